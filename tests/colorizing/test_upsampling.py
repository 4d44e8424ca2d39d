"""Enlarging chroma."""

import cv2
import numpy as np
import pytest

from keras_scgan import data
from keras_scgan.benchmarks.upsampling import benchmark_upsampling, bleeding
from keras_scgan.colorizing.upsampling import METHODS, upsample_chroma
from keras_scgan.photos import color


def two_halves(size, left, right, edge):
    """`[size, size]` array of two values that meet at a column."""
    image = np.full((size, size), left, np.float32)
    image[:, edge:] = right
    return image


def enlarged(small, gray, method):
    """`[H, W, 2]` chroma in [-0.5, 0.5]."""
    white = np.iinfo(gray.dtype).max
    levels = np.dstack(upsample_chroma(small, gray, method))
    assert levels.dtype == gray.dtype
    return (levels - (white + 1) / 2) / white


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (64, 64), (65, 131), (300, 40)])
def test_flat_chroma_stays_what_it_is(method, shape, rng):
    gray = rng.integers(0, 2**16, shape).astype(np.uint16)
    small = np.full((min(shape[0], 16), min(shape[1], 16), 2), (0.1, -0.2), np.float32)
    found = enlarged(small, gray, method)
    assert found.shape == (*shape, 2)
    np.testing.assert_allclose(found, np.broadcast_to((0.1, -0.2), found.shape), atol=2e-5)


@pytest.mark.parametrize("method", METHODS)
def test_chroma_of_the_photos_size_is_left_alone(method, rng):
    gray = rng.integers(0, 2**16, (20, 30)).astype(np.uint16)
    chroma = rng.uniform(-0.5, 0.5, (20, 30, 2)).astype(np.float32)
    np.testing.assert_allclose(enlarged(chroma, gray, method), chroma, atol=2e-5)


def test_edge_of_chroma_moves_to_the_edge_of_luma():
    edge = 70  # within the small image's ninth column, of 8 pixels
    gray = 257 * two_halves(128, 40, 200, edge).astype(np.uint16)
    true = np.dstack([two_halves(128, -0.2, 0.3, edge), two_halves(128, 0.1, -0.1, edge)])
    small = cv2.resize(true, (16, 16), interpolation=cv2.INTER_AREA)
    errors = {method: np.abs(enlarged(small, gray, method) - true).mean() for method in METHODS}
    assert errors["guided"] < 0.3 * errors["bicubic"]


def test_chroma_without_an_edge_of_luma_is_enlarged_as_by_cubics(rng):
    gray = np.full((128, 128), 100, np.uint8)
    small = cv2.GaussianBlur(rng.uniform(-0.5, 0.5, (16, 16, 2)).astype(np.float32), (0, 0), 2)
    guided, bicubic = (enlarged(small, gray, method) for method in METHODS)
    np.testing.assert_allclose(guided, bicubic, atol=0.01)


def test_guided_enlargement_beats_bicubic_on_photos():
    paths = sorted((data.demo_dir() / "images").iterdir())
    results = benchmark_upsampling(paths, 128, [4])
    guided, bicubic = (next(r for r in results if r["method"] == method) for method in METHODS)
    assert guided["photos"] == bicubic["photos"] == len(paths)
    assert guided["chroma_psnr"] > bicubic["chroma_psnr"] + 0.5
    assert guided["bleeding"] < 0.95 * bicubic["bleeding"]


def test_bleeding_counts_errors_along_edges_alone():
    true = np.repeat(two_halves(64, 60, 180, 32)[..., np.newaxis], 3, axis=-1).astype(np.uint8)
    true[:, :32, 0] = 200
    far = true.copy()
    far[:, 50:, 2] = 0
    near = true.copy()
    near[:, 32:34] = near[:, 31:32]
    assert bleeding(true, true) == bleeding(far, true) == 0
    assert bleeding(near, true) > 10


def test_luma_survives_the_transplant_of_any_chroma(rng):
    gray = rng.integers(60, 190, (40, 50)).astype(np.uint8)
    planes = (rng.uniform(-0.12, 0.12, gray.shape).astype(np.float32) for _ in range(2))
    cb, cr = (color.chroma_levels(plane, gray.dtype) for plane in planes)
    assert np.abs(color.to_gray(color.recolor(gray, cb, cr)).astype(int) - gray).max() <= 1


def test_strips_of_a_photo_become_what_the_whole_does(rng, monkeypatch):
    gray = cv2.resize(rng.integers(0, 256, (90, 70)).astype(np.uint8), (700, 431), interpolation=cv2.INTER_CUBIC)
    small = cv2.GaussianBlur(rng.uniform(-0.5, 0.5, (50, 56, 2)).astype(np.float32), (0, 0), 2)
    results = []
    for pixels in (1, 1 << 16, 1 << 30):
        monkeypatch.setattr(color, "STRIP_PIXELS", pixels)
        results.append(color.recolor(gray, *upsample_chroma(small, gray)))
    np.testing.assert_array_equal(results[0], results[2])
    np.testing.assert_array_equal(results[1], results[2])
