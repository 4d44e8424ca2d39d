"""A pixel means here what it does in JPEG and in OpenCV."""

import cv2
import numpy as np
import pytest
import tensorflow as tf

from keras_scgan.photos import color


def test_luma_is_that_of_opencv_for_arrays_and_tensors(rng):
    rgb = rng.uniform(0, 255, (5, 4, 3)).astype("float32")
    expected = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)[..., np.newaxis]
    np.testing.assert_allclose(color.luma(rgb), expected, rtol=1e-5)
    np.testing.assert_allclose(color.luma(tf.constant(rgb)[tf.newaxis])[0], expected, rtol=1e-5)


def test_luma_of_grey_is_the_same_grey():
    grey = np.linspace(-1, 1, 5).reshape(5, 1)
    np.testing.assert_allclose(color.luma(np.repeat(grey, 3, axis=-1)), grey, atol=1e-12)


def test_pixels_come_back_from_the_range_of_the_networks():
    pixels = np.arange(256, dtype="float32")
    values = color.normalize(pixels)
    assert (values.min(), values.max()) == (-1, 1)
    np.testing.assert_array_equal(np.rint(color.denormalize(values)), pixels)


def test_colours_of_their_own_chroma_and_luma_are_the_same(rng):
    rgb = rng.uniform(-1, 1, (5, 4, 3)).astype("float32")
    np.testing.assert_allclose(color.chroma_on_luma(color.chroma(rgb), color.luma(rgb)), rgb, atol=1e-5)
    np.testing.assert_allclose(color.chroma_on_luma(np.array([0.5, -0.5]), np.ones(1)), [0.299, 1, 1], atol=1e-6)


def test_chroma_is_zero_for_gray_and_half_of_the_range_for_pure_blue_and_red():
    rgb = np.array([[0.3, 0.3, 0.3], [0, 0, 1], [1, 0, 0]], "float32")
    found = color.chroma(rgb)
    np.testing.assert_allclose(found[0], 0, atol=1e-6)
    assert found[1, 0] == pytest.approx(0.5)
    assert found[2, 1] == pytest.approx(0.5)
    np.testing.assert_allclose(color.chroma(tf.constant(rgb)), found, atol=1e-6)


def recolored(gray, cb, cr, **options):
    """`color.recolor` with chroma in [-0.5, 0.5]."""
    return color.recolor(gray, *(color.chroma_levels(plane, gray.dtype) for plane in (cb, cr)), **options)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_a_photos_own_chroma_on_its_luma_gives_the_photo_back(dtype, rng):
    white = np.iinfo(dtype).max
    photo = rng.integers(0, white + 1, (50, 60, 3)).astype(dtype)
    chroma = color.chroma(photo.astype("float32") / white)
    found = recolored(color.to_gray(photo), chroma[..., 0], chroma[..., 1])
    assert found.dtype == dtype
    np.testing.assert_allclose(found / white, photo / white, atol=0.008)  # chroma has the pixels' own bits


def test_chroma_out_of_range_is_clipped_and_never_wraps():
    gray = np.full((2, 2), 128, "uint8")
    outside = np.full((2, 2), 7.0, "float32")
    np.testing.assert_array_equal(recolored(gray, outside, outside), recolored(gray, outside / 14, outside / 14))
    assert (recolored(gray, outside, outside)[..., [0, 2]] == 255).all()
    assert (recolored(gray, -outside, -outside)[..., [0, 2]] == 0).all()


def test_no_chroma_gives_gray_exactly():
    gray = np.arange(256, dtype="uint8").reshape(16, 16)
    none = np.zeros((16, 16), "float32")
    np.testing.assert_array_equal(recolored(gray, none, none), np.repeat(gray[..., np.newaxis], 3, axis=-1))


def test_the_order_of_opencv_is_the_other_way_round(rng):
    gray = rng.integers(0, 256, (300, 400)).astype("uint8")
    cb, cr = rng.uniform(-0.3, 0.3, (2, 300, 400)).astype("float32")
    np.testing.assert_array_equal(recolored(gray, cb, cr, order="BGR"), recolored(gray, cb, cr)[..., ::-1])


@pytest.mark.parametrize("shape", [(1, 1), (1, 200_000), (200_000, 1), (300, 401)])
def test_strips_cover_all_rows_once(shape):
    rows = [row for strip in color.strips(shape) for row in range(shape[0])[strip]]
    assert rows == list(range(shape[0]))


def test_stretched_luma_has_one_pixel_in_200_at_each_end_or_beyond(rng):
    gray = rng.uniform(-0.4, 0.7, (30, 40, 1)).astype("float32")
    ranked = sorted(gray.ravel().tolist())
    low, high = ranked[6], ranked[-7]
    expected = np.interp(gray.astype(float), [low, high], [-1, 1])
    found = color.stretch_luma(gray)
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert (found == -1).sum() >= 6
    assert (found == 1).sum() >= 6


def test_each_image_of_a_batch_is_stretched_by_itself(rng):
    grays = (rng.uniform(-1, 1, (2, 3, 15, 15, 1)) * rng.uniform(0, 1, (2, 3, 1, 1, 1))).astype("float32")
    found = color.stretch_luma(grays)
    for index in np.ndindex(2, 3):
        np.testing.assert_array_equal(found[index], color.stretch_luma(grays[index]))


def test_nearly_blank_image_is_stretched_eightfold_at_most_and_stays_centred(rng):
    noise = rng.uniform(-0.01, 0.01, (20, 20, 1)).astype("float32")
    ranked = np.sort(noise, axis=None)
    found = color.stretch_luma(0.6 + noise)
    np.testing.assert_allclose(found, 8 * (noise - (ranked[2] + ranked[-3]) / 2), atol=1e-5)
    assert (color.stretch_luma(np.full((4, 4, 1), -1, "float32")) == 0).all()
