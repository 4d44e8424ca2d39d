"""A difference comes with the interval that chance in the choice of the photos gives it."""

import numpy as np
import pytest

from keras_scgan.evaluation import differences, metrics


def records_of(values, name="chroma_psnr"):
    return {f"photo {place}": {name: float(value)} for place, value in enumerate(values)}


def vectors_of(features):
    return {f"photo {place}": vector for place, vector in enumerate(features)}


def test_resamples_have_as_many_photos_and_are_the_same_ones_each_time():
    counts = differences.draw(40)
    assert counts.shape == (differences.RESAMPLES, 40)
    assert (counts.sum(axis=1) == 40).all()
    assert counts.mean(axis=0) == pytest.approx(np.ones(40), abs=0.15)
    np.testing.assert_array_equal(counts, differences.draw(40))


def test_resamples_of_one_photo_alone_are_left_out():
    np.testing.assert_array_equal(np.unique(differences.draw(2), axis=0), [[1, 1]])


def test_interval_of_a_mean_is_that_of_the_photos_differences(rng):
    hard = rng.normal(20, 5, 400)  # what is hard in a photo for both methods has no part in it
    better = rng.normal(0.5, 1, 400)
    found = differences.compare(records_of(hard + better), records_of(hard))
    assert found["images"] == 400
    found = found["chroma_psnr"]
    assert found["difference"] == pytest.approx(better.mean())
    half = 1.96 * better.std() / np.sqrt(400)
    assert found["low"] == pytest.approx(better.mean() - half, abs=0.2 * half)
    assert found["high"] == pytest.approx(better.mean() + half, abs=0.2 * half)


def test_interval_of_the_kid_is_as_wide_as_sets_of_other_photos_differ():
    def draw_sets(seed):
        rng = np.random.default_rng(seed)
        truth = rng.normal(size=(60, 4))
        return truth + 0.5 * rng.normal(size=(60, 4)) + 0.5, truth + 0.8, truth

    def difference(mine, base, truth):
        return 1000 * (metrics.kernel_distance(mine, truth) - metrics.kernel_distance(base, truth))

    spread = np.std([difference(*draw_sets(seed)) for seed in range(400)])
    blank = records_of(np.zeros(60), "psnr")
    widths = []
    for seed in range(30):
        sets = draw_sets(seed)
        found = differences.compare(blank, blank, [vectors_of(features) for features in sets])["kid_x1000"]
        assert found["difference"] == pytest.approx(difference(*sets))
        assert found["low"] < found["difference"] < found["high"]
        widths.append(found["high"] - found["low"])
    assert np.mean(widths) == pytest.approx(2 * 1.96 * spread, rel=0.2)


def test_photos_that_both_have_are_compared():
    mine, base = records_of([1, 2, 3, 4]), records_of([0, 0, 0, 0])
    del mine["photo 0"], base["photo 3"]
    found = differences.compare(mine, base)
    assert (found["images"], found["chroma_psnr"]["difference"]) == (2, 2.5)
    assert differences.compare(mine, records_of([0, 1])) == {}


def test_a_photo_of_infinite_psnr_is_left_out_of_its_difference_alone():
    found = differences.compare(records_of([np.inf, 1, 3]), records_of([2, 2, np.inf]))
    assert found["images"] == 3
    assert found["chroma_psnr"] == {"difference": -1, "low": -1, "high": -1}
    assert differences.compare(records_of([np.inf] * 2), records_of([1, 2])) == {"images": 2}


def test_metrics_that_are_not_of_all_photos_are_left_out():
    assert differences.compare(records_of([np.nan, 1]), records_of([1, 2])) == {"images": 2}
    assert differences.compare(records_of([1, 2]), records_of([1, 2], "cci")) == {"images": 2}
