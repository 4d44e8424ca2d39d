"""Colour versions as bytes: of one photo, with the luma of a JPEG encoded again or copied."""

import numpy as np
import pytest
import simplejpeg
from absl import logging
from sample_photos import GRAY, RGB, encode

from keras_scgan.colorizing import results, shipped
from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.photos.files import decode_photo, encode_photo


@pytest.fixture(scope="module")
def colorizer():
    return Colorizer(shipped.FOLDER / "scgan" / "scgan_int8.tflite")


@pytest.fixture
def warnings(monkeypatch):
    told = []
    monkeypatch.setattr(logging, "warning", lambda text, *arguments: told.append(text % arguments))
    return told


@pytest.mark.parametrize(
    ("kind", "suffix", "result_suffix"), [("JPEG", None, ".jpg"), ("GIF", None, ".png"), ("PNG", ".webp", ".webp")]
)
def test_a_photo_comes_back_as_the_colorizer_makes_it(colorizer, kind, suffix, result_suffix):
    data = encode(GRAY, kind)
    result, chosen = results.colorize_bytes(colorizer, data, name="photo", suffix=suffix, quality=80)
    photo = decode_photo("photo", data)
    assert chosen == result_suffix
    expected = encode_photo(f"result{result_suffix}", colorizer.colorize(photo.pixels), photo.metadata, 80)
    assert bytes(result) == bytes(expected)


@pytest.mark.parametrize(
    ("max_side", "shape"), [(12, (8, 12, 3)), (24, (16, 24, 3)), (999, (16, 24, 3)), (1, (1, 1, 3))]
)
def test_a_result_is_no_larger_than_is_wanted(colorizer, max_side, shape):
    result, _ = results.colorize_bytes(colorizer, encode(GRAY, "PNG"), name="photo", max_side=max_side)
    assert decode_photo("result", bytes(result)).pixels.shape == shape


def test_the_luma_of_a_jpeg_is_copied(colorizer, warnings):
    data = encode(GRAY, "JPEG", quality=60)
    result, _ = results.colorize_bytes(colorizer, data, name="photo", lossless_luma=True)
    np.testing.assert_array_equal(simplejpeg.decode_jpeg(result, "GRAY"), simplejpeg.decode_jpeg(data, "GRAY"))
    assert warnings == []


def test_a_luma_that_cannot_be_copied_is_told_and_encoded(colorizer, warnings):
    data = encode(RGB, "JPEG")
    result, _ = results.colorize_bytes(colorizer, data, name="photo", lossless_luma=True)
    assert bytes(result) == bytes(results.colorize_bytes(colorizer, data, name="photo")[0])
    (line,) = warnings
    assert "photo.jpg: its luma is encoded again" in line
    assert "a JPEG of colours" in line


@pytest.mark.parametrize("options", [{"suffix": ".png"}, {"max_side": 12}])
def test_a_luma_that_is_not_to_be_that_of_the_file_is_not_copied(colorizer, warnings, options):
    data = encode(GRAY, "JPEG")
    result, _ = results.colorize_bytes(colorizer, data, name="photo", lossless_luma=True, **options)
    assert bytes(result) == bytes(results.colorize_bytes(colorizer, data, name="photo", **options)[0])
    assert warnings == []
