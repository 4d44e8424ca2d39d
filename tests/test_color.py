"""A pixel means here what it does in JPEG and in OpenCV."""

import cv2
import numpy as np
import tensorflow as tf

from keras_scgan import color


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
