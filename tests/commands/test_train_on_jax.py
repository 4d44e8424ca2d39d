"""scgan train_on_jax: a training in a process of its own, without TensorFlow, and what is refused."""

import importlib.util
import os
import pathlib
import subprocess
import sys

import cv2
import keras
import numpy as np
import pytest
from pair_folders import write_pair
from small_encoder import small_classifier, small_pretrained_generator

from keras_scgan.photos import color
from keras_scgan.program.errors import UserError
from keras_scgan.training.on_jax.settings import Settings

pytestmark = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with two reddish photos, a generator of wrong colours, a classifier, and no TensorFlow for Python."""
    folder = tmp_path_factory.mktemp("jax")
    ramp = np.linspace(60, 180, 160, dtype=np.float32)
    gray = (ramp[:, np.newaxis] + 20 * np.sin(ramp / 5)).astype(np.float32)
    for name, image in (("old_0", gray), ("new_1", gray[::-1])):
        photo = np.clip(np.stack([image + 50, image - 10, image - 40], axis=-1), 0, 255).astype(np.uint8)
        write_pair(folder, name, photo, np.full((96, 96), 255, np.uint8))
    small_pretrained_generator(image_size=64, stretch_luma=True).save(folder / "first.keras")
    small_classifier(1).save(folder / "classifier.keras")
    text = "raise ModuleNotFoundError('No module named tensorflow', name='tensorflow')"
    (folder / "tensorflow.py").write_text(text)
    return folder


def call(folder, *arguments, **places):
    places = {
        "data_dir": folder,
        "init_from": folder / "first.keras",
        "perceptual_weights": folder / "classifier.keras",
        "perceptual_layers": "block3_relu,pool",
        **places,
    }
    flags = [f"--{name}={value}" for name, value in places.items()]
    flags += ["--image_size=64", "--perceptual_size=64", "--judged_size=32", "--preset=testing", "--batch_size=2"]
    return run(folder, *flags, *arguments)


def run(folder, *arguments):
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (folder, ROOT))),
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_backend_optimization_level=0",  # compiles in a quarter of the time
    }
    command = [sys.executable, "-m", "keras_scgan", "train_on_jax", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)


@pytest.mark.slow
def test_a_training_brings_colours_nearer_to_the_truth_and_writes_what_it_made(folder, tmp_path):
    output = tmp_path / "run"
    result = call(
        folder,
        "--minutes=0.4",
        "--warm_up_steps=5",
        "--learning_rate=1e-2",
        "--ema_momentum=0.8",
        "--perceptual_gradient_ratio=0.1",  # an untrained classifier and new critics know nothing
        "--adversarial_gradient_ratio=0.1",
        "--draws=new:3",
        output_dir=output,
        validation_dir=folder,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    names = {"generator.keras", "generator_half_way.keras", "color_critic.keras", "attention_critic.keras"}
    assert {path.name for path in output.iterdir()} == names
    assert "validation: chroma PSNR" in result.stderr

    photo = cv2.imread(str(folder / "images" / "old_0.png"))[..., ::-1]
    true = color.normalize(cv2.resize(photo, (64, 64)).astype(np.float32))
    gray = color.stretch_luma(color.luma(true))[np.newaxis]
    first, last = (
        keras.models.load_model(path, compile=False) for path in (folder / "first.keras", output / "generator.keras")
    )
    errors = [
        np.abs(color.chroma(np.asarray(model(gray)["color"])[0]) - color.chroma(true)).mean() for model in (first, last)
    ]
    assert errors[1] < 0.85 * errors[0], result.stderr[-2000:]
    assert last.description == first.description

    again = call(folder, output_dir=output)
    assert again.returncode == 2
    assert "has a generator.keras" in again.stderr


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"image_size": 100}, "a multiple of 32"),
        ({"draws": ("fsac",)}, "expected NAME:TIMES"),
        ({"draws": ("fsac:-1",)}, "expected NAME:TIMES"),
        ({"draws": ("fsac:nan",)}, "expected NAME:TIMES"),
        ({"perceptual_weights": ()}, "expected the file of one classifier"),
        ({"perceptual_layers": ("pool",)}, "`perceptual_layers=pool`: expected a map or more"),
        ({"preset": "tiny"}, "`preset=tiny`: expected one of paper"),
        ({"minutes": 0.0}, "more than 0"),
    ],
)
def test_settings_that_cannot_be_are_named(changes, said):
    required = {"data_dir": "d", "init_from": "g", "output_dir": "o", "perceptual_weights": ("p",)}
    with pytest.raises(UserError, match=said):
        Settings(**{**required, **changes})


def test_help_is_all_that_is_printed(folder):
    result = run(folder, "--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert "--init_from" in result.stdout


def test_files_that_are_none_are_named(folder, tmp_path):
    for changes, said in (
        ({"init_from": folder / "classifier.keras"}, "is no generator on a pre-trained encoder"),
        ({"perceptual_layers": "block3_relu,nothing"}, "has no layer 'nothing'"),
    ):
        result = call(folder, **{"output_dir": tmp_path / "run", **changes})
        assert result.returncode == 2, result.stderr[-2000:]
        assert said in result.stderr
