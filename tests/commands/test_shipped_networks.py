"""The networks that the repository carries: they are whole, they colorize, and tools take the default unasked."""

import json
import pathlib

import cv2
import numpy as np
import pytest

from keras_scgan import Colorizer
from keras_scgan.colorizing import runners, shipped
from keras_scgan.data import demo_dir
from keras_scgan.evaluation import metrics
from keras_scgan.photos import color
from keras_scgan.photos.files import read_photo
from keras_scgan.photos.resizing import resize
from keras_scgan.preparation.detectors import load_detector
from keras_scgan.program.errors import UserError
from keras_scgan.program.files import sha256

ROOT = pathlib.Path(__file__).parents[2]
NAMES = sorted(path.parent.name for path in shipped.FOLDER.glob("*/generator.keras"))
EXAMPLES = sorted((ROOT / "examples").glob("*.jpg"))


@pytest.fixture(scope="module", params=NAMES)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def folder(name):
    return shipped.FOLDER / name


@pytest.fixture(scope="module")
def colorizer(name):
    return Colorizer(name)


def demo_photos():
    return [read_photo(path).pixels for path in sorted((demo_dir() / "images").iterdir())]


def lab(photo):
    return cv2.cvtColor(photo.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)


def test_the_default_is_one_of_them_for_litert_unless_keras_is_needed():
    assert shipped.FOLDER == ROOT / "saved_models"
    assert shipped.DEFAULT_NAME in NAMES
    assert shipped.litert_path() == shipped.FOLDER / "scgan" / "scgan_float16.tflite"
    assert shipped.keras_path() == shipped.FOLDER / "scgan" / "generator.keras"


def test_a_path_is_taken_as_it_is(tmp_path):
    (tmp_path / "generator.keras").touch()
    assert shipped.litert_path(str(tmp_path / "generator.keras")) == tmp_path / "generator.keras"
    assert shipped.keras_path(tmp_path / "generator.keras") == tmp_path / "generator.keras"


def test_they_say_of_themselves_how_they_are_run(name):
    description = runners.describe(runners.load_keras(name))
    assert description.architecture == "pretrained"
    assert description.stretch_luma
    assert description.network_input == "luma"
    network = runners.load_network(name)
    assert network.description == description
    assert network.image_size == description.image_size == 224
    assert network.has_saliency


def test_exports_are_those_that_were_verified_against_the_generator(folder):
    exports = json.loads((folder / "export.json").read_text())
    assert exports.keys() == {"litert_float16", "litert_int8"}
    for entry in exports.values():
        assert entry["generator"]["sha256"] == sha256(folder / "generator.keras")
        for file_name, file in entry["files"].items():
            assert (folder / file_name).stat().st_size == file["bytes"]
            assert sha256(folder / file_name) == file["sha256"]


def test_each_has_a_card_and_a_licence_and_less_than_40_megabytes(folder):
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\n")  # the header that model hubs read
    assert "license:" in card.split("---")[1]
    assert (folder / "LICENSE").stat().st_size
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 40e6


def test_colours_are_nearer_to_the_truth_than_grey_on_photos_that_it_was_not_trained_on(colorizer):
    gains = []
    for photo in demo_photos():
        gray = np.repeat(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=-1)
        gains.append(metrics.chroma_psnr(colorizer.colorize(photo), photo) - metrics.chroma_psnr(gray, photo))
    assert np.mean(gains) > 0.8


def test_no_patch_glares_more_than_what_is_brightest_in_the_true_photo(folder):
    photos = demo_photos()
    true = np.stack([color.chroma(resize(photo, (56, 56)) / np.float32(127.5)) for photo in photos])
    for path in [folder / "generator.keras", *folder.glob("*.tflite")]:
        colorizer = Colorizer(path)
        grays = np.stack([colorizer.prepare(photo) for photo in photos])
        predicted = runners.chroma_of(colorizer.predict(grays, saliency=False))
        strongest, allowed = (np.linalg.norm(chroma, axis=-1).max(axis=(1, 2)) for chroma in (predicted, true))
        assert (strongest < allowed + 0.2).all()


def test_old_photographs_take_on_colour(colorizer):
    assert len(EXAMPLES) >= 6
    chroma = [np.hypot(*lab(colorizer.colorize(read_photo(path).pixels)).T[1:]).mean() for path in EXAMPLES]
    assert np.mean(chroma) > 3
    assert min(chroma) > 1


@pytest.mark.parametrize(
    ("example", "bound"), [("dust_bowl_home", -2), ("french_alpine_landscape", -2), ("nagasaki_boats", -1)]
)
def test_skies_turn_blue(colorizer, example, bound):
    photo = read_photo(ROOT / "examples" / f"{example}.jpg").pixels
    sky = lab(colorizer.colorize(photo))[: len(photo) // 5]
    assert sky[..., 2].mean() < bound  # b of CIE Lab: blue is negative


@pytest.mark.parametrize("kind", ["float16", "int8"])
def test_litert_models_colorize_like_the_generator(folder, kind):
    generator, litert = Colorizer(folder / "generator.keras"), Colorizer(folder / f"{folder.name}_{kind}.tflite")
    values = [metrics.psnr(generator.colorize(photo), litert.colorize(photo)) for photo in demo_photos()[:6]]
    # Chroma stronger than any of the calibration is cut off in 8 bits.
    assert min(values) > (35 if kind == "float16" else 25)
    assert sorted(values)[1] > 35


def test_their_saliency_branch_is_the_detector_scgan(name):
    photo = demo_photos()[0]
    (saliency_map,) = load_detector("scgan", model=name).detect([photo])
    assert saliency_map.shape == photo.shape[:2]
    assert np.ptp(saliency_map) > 100


@pytest.mark.parametrize("model", [None, *NAMES])
def test_colorize_takes_the_default_unasked_and_others_by_name(call_tool, tmp_path, model):
    which = [] if model is None else [f"--model={model}"]
    result = call_tool("colorize.py", EXAMPLES[0], *which, "--saliency_map", f"--output_dir={tmp_path}")
    assert "1 colorized, 0 failed" in result.stdout
    assert np.ptp(read_photo(tmp_path / f"{EXAMPLES[0].stem}_saliency.png").pixels) > 100


def test_a_name_that_is_none_is_an_error_that_lists_them():
    with pytest.raises(UserError, match=f"The model deoldify does not exist: .*{', '.join(NAMES)}"):
        Colorizer("deoldify")


def test_where_they_are_absent_the_user_is_asked_for_a_model(monkeypatch, tmp_path):
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    with pytest.raises(UserError, match=r"give the path of a generator, .*none is here as a \.tflite file"):
        Colorizer()
    with pytest.raises(UserError, match=r"none is here as a \.keras file"):
        runners.load_keras("scgan")
