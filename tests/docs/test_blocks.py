"""The commands and the Python code of the documentation work, in a folder that has what they name."""

import os
import shutil
import subprocess
import sys

import cv2
import keras
import pytest
import tensorflow as tf
from pages import GUIDES, ROOT, blocks_of
from small_encoder import small_classifier, small_pretrained_generator

from keras_scgan import build_critic, build_generator
from keras_scgan.data import demo_dir

BLOCKS = [
    pytest.param(block, id=str(block), marks=[pytest.mark.slow] if block.slow else [])
    for page in GUIDES
    for block in blocks_of(page)
    if block.language in ("bash", "python") and not block.skip
]


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """Folder with the files of the repository that commands name, photos, and small networks."""
    folder = tmp_path_factory.mktemp("docs")
    shutil.copytree(demo_dir() / "images", folder / "PHOTOS")
    shutil.copytree(demo_dir() / "images", folder / "RESULTS")
    shutil.copytree(demo_dir(), folder / "DIR")
    photo = cv2.imread(str(demo_dir() / "images" / "cat.jpg"))
    for name in ("photo.jpg", "folder/a.jpg", "scans/old/b.tif"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / name), photo)
    _copy(ROOT / "examples" / "nagasaki_boats.jpg", folder / "examples")
    _copy(ROOT / "saved_models" / "scgan" / "generator.keras", folder / "saved_models" / "scgan")
    shutil.copytree(ROOT / "recipes", folder / "recipes")
    for path in ROOT.glob("*.flags"):
        _copy(path, folder)
    keras.utils.set_random_seed(0)
    small_pretrained_generator().save(folder / "generator.keras")
    small_classifier().save(folder / "efficientnet_lite0.keras")
    build_generator("testing", depth=6).save(folder / "vgg16_gray.keras")
    (folder / "RUN").mkdir()
    for name in ("color_critic", "attention_critic"):
        build_critic("testing").save(folder / "RUN" / f"{name}.keras")
    return folder


def _copy(file, folder):
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, folder)


@pytest.fixture
def place(template, tmp_path, monkeypatch):
    """A copy of the template, which is the working directory."""
    folder = shutil.copytree(template, tmp_path / "place")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("block", BLOCKS)
def test_it_runs(place, block, rng):
    if block.language == "python":
        exec(compile(block.text, str(block), "exec"), _names(rng))
    else:
        for words in block.commands:
            _run([*words, *block.append])


def _run(words):
    assert words[0] == "scgan", f"{words[0]} is not run here: give the block `test: skip: REASON`"
    result = subprocess.run(
        [sys.executable, "-m", "keras_scgan", *words[1:]],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=1800,
    )
    assert result.returncode == 0, result.stderr


def _names(rng):
    """What the blocks of Python take as given."""
    gray = rng.uniform(-1, 1, (2, 128, 128, 1)).astype("float32")
    color = rng.uniform(-1, 1, (2, 128, 128, 3)).astype("float32")
    saliency = rng.uniform(0, 1, (2, 128, 128, 1)).astype("float32")
    return {
        "gray": gray,
        "dataset": tf.data.Dataset.from_tensors((gray, color, saliency)),
    }
