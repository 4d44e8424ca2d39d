"""The network that the repository carries: that it is whole, that it colorizes, and that the tools take it unasked."""

import json
import pathlib

import cv2
import numpy as np
import pytest

from keras_scgan import Colorizer, metrics, networks
from keras_scgan.data import demo_dir
from keras_scgan.errors import UserError
from keras_scgan.files import sha256
from keras_scgan.photo_files import read_photo
from keras_scgan.saliency import load_detector

ROOT = pathlib.Path(__file__).parents[2]
FOLDER = networks.SHIPPED_MODEL.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.jpg"))


@pytest.fixture(scope="module")
def colorizer():
    return Colorizer()


def demo_photos():
    return [read_photo(path).pixels for path in sorted((demo_dir() / "images").iterdir())]


def lab(photo):
    return cv2.cvtColor(photo.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)


def test_exports_are_those_that_were_verified_against_the_generator():
    exports = json.loads((FOLDER / "export.json").read_text())
    assert exports.keys() == {"litert_float16", "litert_int8"}
    for entry in exports.values():
        assert entry["generator"]["sha256"] == sha256(networks.SHIPPED_MODEL)
        for name, file in entry["files"].items():
            assert (FOLDER / name).stat().st_size == file["bytes"]
            assert sha256(FOLDER / name) == file["sha256"]


def test_all_that_is_shipped_is_less_than_30_megabytes():
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 30e6


def test_colours_are_nearer_to_the_truth_than_grey_on_photos_that_it_was_not_trained_on(colorizer):
    gains = []
    for photo in demo_photos():
        gray = np.repeat(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=-1)
        gains.append(metrics.chroma_psnr(colorizer.colorize(photo), photo) - metrics.chroma_psnr(gray, photo))
    assert np.mean(gains) > 0.3


def test_old_photographs_take_on_colour(colorizer):
    assert len(EXAMPLES) >= 6
    chroma = [np.hypot(*lab(colorizer.colorize(read_photo(path).pixels)).T[1:]).mean() for path in EXAMPLES]
    assert np.mean(chroma) > 3
    assert min(chroma) > 1


@pytest.mark.parametrize("name", ["black_canyon", "dust_bowl_home", "nagasaki_boats"])
def test_skies_turn_blue(colorizer, name):
    photo = read_photo(ROOT / "examples" / f"{name}.jpg").pixels
    sky = lab(colorizer.colorize(photo))[: len(photo) // 5]
    assert sky[..., 2].mean() < -2  # b of CIE Lab: blue is negative


@pytest.mark.parametrize("kind", ["float16", "int8"])
def test_litert_models_colorize_like_the_generator(colorizer, kind):
    litert = Colorizer(FOLDER / f"scgan_small_{kind}.tflite")
    values = [metrics.psnr(colorizer.colorize(photo), litert.colorize(photo)) for photo in demo_photos()[:4]]
    assert min(values) > 35


def test_its_saliency_branch_is_the_detector_scgan(colorizer):
    photo = demo_photos()[0]
    (saliency_map,) = load_detector("scgan").detect([photo])
    assert saliency_map.shape == photo.shape[:2]
    assert np.ptp(saliency_map) > 100


def test_colorize_takes_it_unasked(call_tool, tmp_path):
    result = call_tool("colorize.py", EXAMPLES[0], f"--output_dir={tmp_path}", takes_arguments=True)
    assert "1 colorized, 0 failed" in result.stdout


def test_where_it_is_absent_the_user_is_asked_for_a_model(monkeypatch, tmp_path):
    monkeypatch.setattr(networks, "SHIPPED_MODEL", tmp_path / "generator.keras")
    with pytest.raises(UserError, match="--model=PATH"):
        Colorizer()
