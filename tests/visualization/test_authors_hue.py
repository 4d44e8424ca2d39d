"""Figure 8 by the authors' code: their thresholds, their histogram, their averages."""

import colorsys

import numpy as np
import pytest
from sample_photos import random_photo

from keras_scgan.visualization import authors_hue


def test_variances_are_of_the_counts_of_doubled_hues_that_wrap_and_of_the_pixels(rng):
    patch = random_photo(rng, 16, 16)
    counts = np.zeros(360)
    for pixel in patch.reshape(-1, 3):
        half_degrees = round(180 * colorsys.rgb_to_hsv(*(pixel / 255))[0]) % 180
        counts[2 * half_degrees % 256] += 1
    histogram_variance, pixel_variance = authors_hue.patch_variances(patch)
    assert histogram_variance == pytest.approx(counts.var(), rel=0.05)  # OpenCV rounds some hues otherwise
    assert pixel_variance == pytest.approx(patch.astype(float).var())


def test_violet_wraps_to_the_beginning_of_the_scale():
    violet, orange = (np.full((8, 8, 3), color, np.uint8) for color in ((128, 0, 255), (255, 26, 0)))
    assert authors_hue.patch_variances(violet)[0] == authors_hue.patch_variances(orange)[0]


def halves():
    """A photo whose left half is red and salient, and whose right half is of blues and is not."""
    photo = np.zeros((64, 64, 3), np.uint8)
    photo[:, :32, 0] = 200
    photo[:, 32:, 2] = np.arange(64)[:, None] * 3 + 40
    saliency_map = np.full((64, 64), authors_hue.SALIENT_ABOVE, np.uint8)
    saliency_map[:, :32] += 1
    return photo, saliency_map


def test_a_patch_is_salient_or_not_by_half_of_its_pixels():
    statistics = authors_hue.AuthorsStatistics()
    for key in range(20):
        statistics.add(key, *halves())
    found = statistics.summary()
    assert [found[kind]["patches"] for kind in ("salient", "unsalient", "random")] == [20, 20, 20]
    assert found["salient"]["pixel_variance"] > found["unsalient"]["pixel_variance"]
    again = authors_hue.AuthorsStatistics()
    for key in range(20):
        again.add(key, *halves())
    assert again.summary() == found


def test_a_photo_without_such_a_patch_counts_as_0():
    statistics = authors_hue.AuthorsStatistics()
    photo, saliency_map = halves()
    statistics.add(0, photo, saliency_map)
    alone = statistics.summary()["salient"]
    statistics.add(1, photo, np.zeros_like(saliency_map))
    both = statistics.summary()["salient"]
    assert (alone["patches"], both["patches"]) == (1, 1)
    assert both["pixel_variance"] == pytest.approx(alone["pixel_variance"] / 2)
