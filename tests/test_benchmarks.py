"""The benchmarks say what they say they do."""

import math
import time

import numpy as np
import pytest

from keras_scgan import data
from keras_scgan.benchmarks import timing, train


def test_calls_are_timed_in_turns_after_a_warm_up():
    called = []
    calls = {"fast": lambda: called.append("fast"), "slow": lambda: (called.append("slow"), time.sleep(0.01))}
    seconds = timing.time_in_turns(calls, rounds=3, warmup=2)
    assert called == ["fast"] * 2 + ["slow"] * 2 + ["fast", "slow"] * 3
    assert {name: values.shape for name, values in seconds.items()} == {"fast": (3,), "slow": (3,)}
    assert seconds["slow"].min() >= 0.01 > np.median(seconds["fast"])


def test_spread_is_of_images_a_second():
    assert timing.spread(np.array([0.5] * 10 + [1.0] + [2.0] * 10), 4) == {"images_per_second": 4, "p10": 2, "p90": 8}


def test_the_peak_is_that_of_a_machine(monkeypatch):
    monkeypatch.setattr(timing, "PEAK_SIZE", 256)
    assert 1e7 < timing.measure_peak("float32", rounds=3) < 1e14


@pytest.fixture(scope="module")
def results():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timing, "PEAK_SIZE", 256)
        return train.benchmark_train(
            preset="testing",
            depth=6,
            image_size=64,
            batch_size=2,
            critic_norm="none",
            perceptual_loss=False,
            precisions=["float32", "float32"],
            rounds=2,
        )


def test_both_stages_are_measured_once_in_each_precision(results):
    assert [(result["stage"], result["precision"]) for result in results] == [(1, "float32"), (2, "float32")]


def test_numbers_fit_each_other(results):
    for result in results:
        assert all(math.isfinite(value) for value in result.values() if not isinstance(value, str))
        assert 0 < result["p10"] <= result["images_per_second"] <= result["p90"]
        rate = result["images_per_second"] * result["gmac_per_image"]
        np.testing.assert_allclose(result["gmac_per_second"], rate, rtol=1e-6)
        np.testing.assert_allclose(result["share_of_peak"], rate / result["peak_gmac_per_second"], rtol=1e-6)
        assert result["ratio"] == 1
    assert results[1]["gmac_per_image"] > results[0]["gmac_per_image"]


def test_the_input_pipeline_is_measured_alone():
    (result,) = train.benchmark_input(
        data.PhotoPairs(data.demo_dir()), image_size=32, batch_size=4, min_crop_area=0.5, rounds=3
    )
    assert result["pairs"] == 20
    np.testing.assert_allclose(result["images_per_second"], 4e3 / result["milliseconds_per_batch"])
