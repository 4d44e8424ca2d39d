"""Crops, contrast and sharpness as JAX makes them, against OpenCV and NumPy."""

import types

import cv2
import numpy as np
import pytest

from keras_scgan.photos import color

jax = pytest.importorskip("jax")

from keras_scgan.training.on_jax import augment  # noqa: E402 (needs JAX)
from keras_scgan.training.on_jax.pictures import MAP_SIZE, PHOTO_SIZE  # noqa: E402

SIZE = 64


def drawn(**changes):
    """Two samples, of which each is all of its photo."""
    whole = {
        "photo": np.array([1, 0], np.int32),
        "version": np.array([-1, -1], np.int32),
        "start": np.zeros((2, 2), np.float32),
        "length": np.ones((2, 2), np.float32),
        "flip": np.array([False, False]),
        "sharpness": np.zeros(2, np.float32),
    }
    return {**whole, **changes}


@pytest.fixture
def pictures(rng):
    def smooth(*shape):
        small = rng.integers(0, 256, shape, np.uint8)
        return small.repeat(8, 1).repeat(8, 2)

    photo, saliency = PHOTO_SIZE // 8, MAP_SIZE // 8
    return {
        "color": smooth(2, photo, photo, 3),
        "saliency": smooth(2, saliency, saliency),
        "aged": rng.integers(0, 256, (2, 1, PHOTO_SIZE, PHOTO_SIZE), np.uint8),
    }


def make(pictures, **changes):
    batch = augment.make_batch(drawn(**changes), pictures, jax.random.key(0), PHOTO_SIZE)
    return {name: np.asarray(array) for name, array in batch.items()}


def test_a_whole_photo_of_the_size_of_the_batch_is_itself(pictures):
    batch = make(pictures)
    np.testing.assert_allclose(color.denormalize(batch["color"]), pictures["color"][[1, 0]], atol=0.01)
    expected = color.stretch_luma(color.luma(batch["color"]))
    difference = batch["gray"] - expected
    assert np.abs(difference).mean() < 0.01  # the percentiles are of some of the pixels, and there is noise
    assert 0.004 < difference.std() < 0.02


def test_crops_are_those_of_the_photo_and_of_its_map(pictures):
    half = {"start": np.full((2, 2), 0.25, np.float32), "length": np.full((2, 2), 0.5, np.float32)}
    batch = make(pictures, **half)
    for sample, photo in enumerate((1, 0)):
        kept = pictures["color"][photo][40:120, 40:120].astype(np.float32)
        expected = cv2.resize(kept, (PHOTO_SIZE, PHOTO_SIZE), interpolation=cv2.INTER_LINEAR)
        inner = np.s_[8:-8, 8:-8]
        assert np.abs(color.denormalize(batch["color"][sample]) - expected)[inner].mean() < 4
        kept = pictures["saliency"][photo][24:72, 24:72].astype(np.float32)
        expected = cv2.resize(kept, (PHOTO_SIZE, PHOTO_SIZE), interpolation=cv2.INTER_LINEAR)
        assert np.abs(255 * batch["saliency"][sample, ..., 0] - expected)[inner].mean() < 4


def test_all_arrays_are_mirrored_alike(pictures):
    plain = make(pictures)
    mirrored = make(pictures, flip=np.array([True, False]))
    for name in ("color", "saliency"):
        np.testing.assert_allclose(mirrored[name][0], plain[name][0][:, ::-1], atol=1e-5)
        np.testing.assert_allclose(mirrored[name][1], plain[name][1], atol=1e-5)


def test_aged_luma_is_what_the_network_sees_and_nothing_else(pictures):
    plain, aged = make(pictures), make(pictures, version=np.array([0, -1], np.int32))
    np.testing.assert_array_equal(aged["color"], plain["color"])
    np.testing.assert_array_equal(aged["gray"][1], plain["gray"][1])
    expected = color.stretch_luma(color.normalize(pictures["aged"][1, 0, ..., np.newaxis].astype(np.float32)))
    assert np.abs(aged["gray"][0] - expected).mean() < 0.02


def test_sharpening_raises_the_contrast_of_edges_alone(pictures):
    pictures["color"][:] = 100
    pictures["color"][:, :, 80:] = 140
    plain, sharp = (make(pictures, sharpness=np.full(2, strength, np.float32)) for strength in (0.0, 1.0))

    def beyond(batch, column):
        """How much lighter a column is than the light half."""
        return batch["gray"][0, :, column].mean() - batch["gray"][0, :, 100:].mean()

    assert abs(beyond(plain, 80)) < 0.02
    assert beyond(sharp, 80) > 0.2
    assert abs(beyond(sharp, 90)) < 0.02


def test_what_is_drawn_has_the_odds_and_the_bounds_that_are_asked_for(rng):
    settings = types.SimpleNamespace(batch_size=4000, min_crop_area=0.5, aged_share=0.25, aged_versions=3)
    found = augment.draw(rng, np.array([0.1, 0.0, 0.9]), settings)
    counts = np.bincount(found["photo"], minlength=3)
    assert counts[1] == 0
    assert 0.08 < counts[0] / 4000 < 0.12
    assert 0.22 < np.mean(found["version"] >= 0) < 0.28
    assert set(found["version"]) == {-1, 0, 1, 2}
    area = found["length"].prod(axis=1)
    assert 0.49 < area.min() < 0.55
    assert area.max() <= 1
    assert (found["start"] + found["length"]).max() <= 1 + 1e-6
