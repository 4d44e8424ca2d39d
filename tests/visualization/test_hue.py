"""keras_scgan.visualization.hue: the hues of salient patches."""

import colorsys

import cv2
import numpy as np
import pytest
from sample_photos import random_photo

from keras_scgan.visualization import hue


def test_hue_is_that_of_colorsys_and_grey_has_none(rng):
    photo = random_photo(rng, 8, 9)
    photo[0, 0] = 77
    expected = [360 * colorsys.rgb_to_hsv(*(pixel / 255))[0] for pixel in photo.reshape(-1, 3)]
    found = hue.hue_degrees(photo)
    assert np.isnan(found[0, 0])
    np.testing.assert_allclose(found.ravel()[1:], expected[1:], atol=1e-3)


def test_statistics_of_patches_are_those_of_all_their_pixels(rng):
    patches = rng.uniform(0, 360, (3, 16, 16)).astype(np.float32)
    patches[1, :4] = np.nan
    statistics = hue.HueStatistics()
    for patch in patches:
        statistics.add(patch)
    result = statistics.summary()
    hues = patches[~np.isnan(patches)].astype(np.float64)
    assert (result["patches"], result["pixels"], result["pixels_with_hue"]) == (3, 768, 704)
    assert result["variance"] == pytest.approx((hues / 2).var())
    assert result["variance_degrees"] == pytest.approx(hues.var())
    assert result["circular_variance"] == pytest.approx(1 - abs(np.exp(1j * np.radians(hues)).mean()), rel=1e-5)
    assert result["green_cyan_blue_share"] == np.mean((hues >= 90) & (hues < 270))
    np.testing.assert_allclose(result["histogram"], np.histogram(hues, 36, (0, 360))[0] / 704, atol=1e-6)


def test_reds_on_both_ends_of_the_scale_have_no_circular_variance():
    statistics = hue.HueStatistics()
    statistics.add(np.array([[0.0, 360.0]], np.float32))
    result = statistics.summary()
    assert result["circular_variance"] == pytest.approx(0)
    assert result["variance"] == pytest.approx(90**2)


def test_a_kind_without_patches_has_no_numbers():
    result = hue.HueStatistics().summary()
    assert result["patches"] == 0
    assert result["variance"] is None
    assert hue.draw_histograms(dict.fromkeys(hue.KINDS, result)).axes


def test_patches_of_each_kind_are_where_the_map_says(rng):
    saliency_map = cv2.GaussianBlur(rng.integers(0, 256, (60, 70), np.uint8), (0, 0), 8)
    saliency_map = cv2.normalize(saliency_map, None, 0, 255, cv2.NORM_MINMAX)
    patches = hue.choose_patches(saliency_map, rng, size=9, high=0.6, salient_share=0.7, count=50)
    salient = saliency_map >= 0.6 * 255
    shares = {kind: [salient[place].mean() for place in places] for kind, places in patches.items()}
    assert all(saliency_map[place].shape == (9, 9) for places in patches.values() for place in places)
    assert len(shares["salient"]) == len(shares["unsalient"]) == len(shares["random"]) == 50
    assert min(shares["salient"]) >= 0.7 > min(shares["random"])
    assert max(shares["unsalient"]) == 0 < max(shares["random"])


def test_every_place_that_qualifies_is_chosen_and_no_other(rng):
    saliency_map = np.zeros((12, 12), np.uint8)
    saliency_map[2:8, 3:9] = 255
    found = hue.choose_patches(saliency_map, rng, size=5, salient_share=0.8, count=1000)
    corners = {kind: {(rows.start, columns.start) for rows, columns in places} for kind, places in found.items()}
    shares = {(y, x): saliency_map[y : y + 5, x : x + 5].mean() / 255 for y in range(8) for x in range(8)}
    assert corners["salient"] == {corner for corner, share in shares.items() if share >= 0.8}
    assert (1, 3) in corners["salient"]  # exactly 80 %
    assert corners["unsalient"] == {corner for corner, share in shares.items() if share == 0}
    assert corners["random"] == shares.keys()


def test_a_photo_smaller_than_a_patch_gives_none(rng):
    assert hue.choose_patches(np.zeros((63, 99), np.uint8), rng) == {kind: [] for kind in hue.KINDS}


def test_red_objects_before_blue_have_no_blue_and_the_seed_decides_on_the_patches(rng):
    photo = np.zeros((96, 96, 3), np.uint8)
    photo[..., 2] = rng.integers(100, 255, (96, 96))
    saliency_map = np.zeros((96, 96), np.uint8)
    saliency_map[20:70, 20:70] = 255
    photo[20:70, 20:70] = (200, 0, 0)

    def measure(seed):
        return hue.measure_hues([(7, photo, saliency_map)], seed=seed, size=16, salient_share=1.0, count=3)

    result = measure(0)
    assert result["salient"]["green_cyan_blue_share"] == 0
    assert result["unsalient"]["green_cyan_blue_share"] == 1
    assert result == measure(0)
    assert result["random"] != measure(1)["random"]
