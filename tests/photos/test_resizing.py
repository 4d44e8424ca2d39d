"""Images at another size."""

import cv2
import numpy as np
import pytest

from keras_scgan.photos.resizing import cut, shrink, to_square


@pytest.mark.parametrize(
    ("shape", "size"),
    [((1000, 1500), (149, 224)), ((1792, 896), (224, 112)), ((2001, 640), (224, 224)), ((4000, 3), (1, 1))],
)
def test_many_rows_are_averaged_as_by_opencv_but_for_ties(shape, size, rng):
    image = rng.integers(0, 256, shape).astype(np.uint8)
    found = shrink(image, size).astype(int)
    expected = cv2.resize(image.astype(np.float64), size[::-1], interpolation=cv2.INTER_AREA)
    assert found.shape == size
    assert np.abs(found - expected).max() < 0.51
    of_opencv = cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(found - of_opencv).max() <= 1
    assert (found != of_opencv).mean() <= 1e-3


def test_16_bits_are_averaged_by_opencv(rng):
    image = rng.integers(0, 2**16, (1000, 300)).astype(np.uint16)
    np.testing.assert_array_equal(shrink(image, (99, 50)), cv2.resize(image, (50, 99), interpolation=cv2.INTER_AREA))


def test_whole_pixels_are_cut_out_as_they_are(rng):
    image = rng.uniform(-1, 1, (9, 7, 2)).astype(np.float32)
    np.testing.assert_array_equal(cut(image, (5.0, 7)), image[:5])


@pytest.mark.parametrize("extent", [(7.25, 12.0), (12.0, 5.5), (10.75, 3.9)])
def test_pixels_of_a_part_cover_it_and_nothing_more(extent):
    """What is quadratic stays so, at the places where the new pixels are."""
    y, x = np.mgrid[:16, :16].astype(np.float32) + 0.5
    image = np.stack([y, x, x * y, (x / 4) ** 2], axis=-1)
    found = cut(image, extent)
    size = np.ceil(extent).astype(int)
    assert found.shape == (*size, 4)
    y, x = ((np.arange(n) + 0.5) * length / n for n, length in zip(size, extent, strict=True))
    y, x = np.meshgrid(y, x, indexing="ij")
    expected = np.stack([y, x, x * y, (x / 4) ** 2], axis=-1)
    np.testing.assert_allclose(found[2:, 2:], expected[2:, 2:], atol=1e-4)  # for those before, a neighbour is missing


def test_part_within_one_pixel_is_that_pixel(rng):
    image = rng.uniform(-1, 1, (6, 6, 2)).astype(np.float32)
    assert cut(image, (0.25, 6)).shape == (1, 6, 2)
    np.testing.assert_allclose(cut(image, (0.25, 0.25))[0, 0], image[0, 0], atol=0.3)


@pytest.mark.parametrize("shape", [(8, 8), (64, 64), (8, 64, 3), (64, 8, 3), (1, 1, 3), (300, 200)])
def test_a_square_keeps_the_mean_of_what_is_squeezed(rng, shape):
    image = cv2.GaussianBlur(rng.integers(0, 256, shape, np.uint8), (3, 3), 0).reshape(shape)
    square = to_square(image, 32)
    assert square.shape == (32, 32, *shape[2:])
    assert square.dtype == np.uint8
    np.testing.assert_allclose(square.mean((0, 1)), image.mean((0, 1)), atol=4)


def test_an_image_that_is_the_square_stays_itself():
    image = np.zeros((32, 32, 3), np.uint8)
    assert to_square(image, 32) is image
