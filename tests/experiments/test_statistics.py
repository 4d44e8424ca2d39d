"""Intervals cover what they should, and a difference is claimed where photos and seeds agree on it."""

import numpy as np
import pytest

from keras_scgan.experiments import statistics


def test_the_interval_over_photos_is_that_of_the_mean_of_pairs(rng):
    hardness = rng.normal(0, 10, 400)
    values, base = hardness + rng.normal(0.5, 1, 400), hardness
    mean, low, high = statistics.over_photos(values, base)
    differences = values - base
    error = 1.96 * differences.std() / np.sqrt(400)  # in which the photos' hardness has no part
    assert mean == pytest.approx(differences.mean())
    assert low == pytest.approx(mean - error, abs=0.02)
    assert high == pytest.approx(mean + error, abs=0.02)
    assert statistics.over_photos(values, base) == (mean, low, high)  # the same each time


@pytest.mark.parametrize(("values", "base"), [([3.0], [1.0]), ([3.0, 4.0], [1.0, 2.0])])
def test_a_photo_or_equal_differences_have_no_interval(values, base):
    assert statistics.over_photos(values, base) == (2.0, 2.0, 2.0)


def test_the_interval_over_seeds_is_welch_s():
    low, high = statistics.over_seeds([10.0, 12.0], [1.0, 1.5, 2.0])
    variances = np.var([10.0, 12.0], ddof=1) / 2, np.var([1.0, 1.5, 2.0], ddof=1) / 3
    degrees = sum(variances) ** 2 / (variances[0] ** 2 / 1 + variances[1] ** 2 / 2)
    assert 1 < degrees < 1.2
    assert (low + high) / 2 == pytest.approx(9.5)
    assert (high - low) / 2 > 9 * np.sqrt(sum(variances))  # as of so few degrees of freedom


def test_one_seed_has_no_spread_and_no_interval_and_claims_nothing():
    assert statistics.spread([3.0]) is None
    assert statistics.over_seeds([3.0], [1.0, 2.0]) is None
    assert not statistics.is_beyond_chance((1.0, 2.0), None)


def test_equal_seeds_have_the_difference_for_their_interval():
    assert statistics.over_seeds([3.0, 3.0], [1.0, 1.0]) == (2.0, 2.0)
    assert statistics.spread([3.0, 5.0]) == pytest.approx(np.sqrt(2))


@pytest.mark.parametrize(
    ("photos", "seeds", "is_claimed"),
    [((1, 2), (0.5, 3), True), ((-2, -1), (-3, -1), True), ((-1, 2), (1, 2), False), ((1, 2), (-1, 2), False)],
)
def test_a_difference_is_claimed_where_zero_is_in_neither_interval(photos, seeds, is_claimed):
    assert statistics.is_beyond_chance(photos, seeds) == is_claimed
