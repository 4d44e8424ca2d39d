"""The benchmarks say what they say they do."""

import math
import time

import numpy as np
import pytest
from small_encoder import small_classifier, small_pretrained_generator

from keras_scgan import build_generator, data
from keras_scgan.benchmarks import colorize, flicker, infer, input_pipeline, timing, train
from keras_scgan.models.encoder_source import EncoderSource
from keras_scgan.photos import color
from keras_scgan.photos.resizing import to_square


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


def test_pretrained_generators_are_measured_beside_that_of_the_paper():
    results = train.benchmark_pretrained(
        EncoderSource(small_classifier(), "a classifier", None),
        preset="testing",
        depth=6,
        image_size=64,
        encoder_image_size=32,
        batch_size=2,
        precisions=["float32", "float32"],
        rounds=2,
    )
    assert [result["generator"] for result in results] == ["paper", "all", "cached", "early", "none"]
    assert [result["image_size"] for result in results] == [64, 32, 32, 32, 32]
    assert results[0]["ratio"] == 1
    assert all(0 < result["p10"] <= result["images_per_second"] <= result["p90"] for result in results)


@pytest.mark.parametrize("is_pretrained", [False, True])
def test_a_generator_in_bfloat16_has_outputs_in_float32_with_the_luma_that_they_keep(rng, is_pretrained):
    generator = small_pretrained_generator() if is_pretrained else build_generator("testing", depth=6, keep_luma=True)
    copy = infer._with_policy(generator, "mixed_bfloat16")
    assert copy.get_layer("chroma_conv" if is_pretrained else "up9_conv").compute_dtype == "bfloat16"
    assert copy.description == generator.description
    gray = rng.uniform(-0.3, 0.3, (1, 64, 64, 1)).astype("float32")
    colors = np.asarray(copy(gray)["color"])
    inside = np.abs(colors).max(axis=-1) < 1
    assert inside.mean() > 0.2
    np.testing.assert_allclose(color.luma(colors)[inside], gray[inside], atol=1e-5)


def test_the_input_of_the_same_photos_is_measured_from_folders_and_from_shards(tmp_path):
    sets = input_pipeline.make_sets(data.open_data_set(data.demo_dir()), tmp_path, count=4)
    photos = [[data_set.read(2)[field] for data_set in sets.values()] for field in ("color", "saliency")]
    for full, small, sharded in photos:
        assert min(full.shape[:2]) == 1200
        assert small.shape[:2] == sharded.shape[:2] == (256, 256)
        assert np.abs(small.astype(int) - sharded).mean() < 3
        assert np.abs(to_square(full, 256).astype(int) - sharded).mean() < 3
    arguments = {"image_size": 32, "batch_size": 4, "min_crop_area": 0.5}
    results = input_pipeline.benchmark_input(sets, **arguments, rounds=2, seconds=0.05)
    assert [result["data_set"] for result in results] == list(sets)
    assert results[0]["ratio"] == 1
    for result in results:
        assert result.items() >= (arguments | {"pairs": 4}).items()
        np.testing.assert_allclose(result["images_per_second"], 4e3 / result["milliseconds_per_batch"])


class Painter:
    """A colorizer whose memory and results are known."""

    image_size = 8

    def prepare(self, photo):
        return np.zeros((8, 8, 1), np.float32)

    def predict(self, grays, saliency):
        return {"color": np.zeros((len(grays), 8, 8, 3), np.float32)}

    def finish(self, photo, predicted, order="RGB"):
        np.ones(100 * 2**20, np.uint8)  # 100 MiB
        return np.dstack([photo] * 3)

    def colorize(self, photo):
        return np.full_like(photo, photo.mean())


def test_the_memory_of_a_photo_is_its_peak(rng):
    photo = rng.integers(0, 256, (32, 48, 3)).astype(np.uint8)
    result = colorize.benchmark_colorize(Painter(), photo, rounds=2)
    assert result["memory_mib"] is None or 95 < result["memory_mib"] < 130


def test_a_run_is_measured_beside_decoding_and_encoding_alone():
    paths = sorted((data.demo_dir() / "images").iterdir())[:2]
    result = colorize.benchmark_run(Painter(), paths, 0.1, count=3, rounds=2)
    assert (result["photos"], result["megapixels"]) == (3, 0.1)
    assert result["seconds_a_photo"] > 0
    assert result["lossless_luma_seconds_a_photo"] > 0
    expected = result["limit_seconds_a_photo"] / result["seconds_a_photo"]
    np.testing.assert_allclose(result["share_of_limit"], expected)
    assert result["memory_mib"] is None or 95 < result["memory_mib"] < 500


def test_a_run_that_fails_is_not_timed():
    class Broken(Painter):
        def finish(self, photo, predicted, order="RGB"):
            raise MemoryError

    with pytest.raises(RuntimeError, match="must not fail"):
        colorize.benchmark_run(Broken(), sorted((data.demo_dir() / "images").iterdir())[:1], 0.1, count=1)


def test_the_large_photo_has_its_size_and_grain():
    path = sorted((data.demo_dir() / "images").iterdir())[0]
    photo = colorize.large_photo(path, 1.5)
    assert photo.shape == (1000, 1500, 3)
    assert np.abs(np.diff(photo[..., 1].astype(int), axis=1)).mean() > 3


def test_fits_are_compared_on_the_same_cuts():
    paths = sorted((data.demo_dir() / "images").iterdir())[:3]
    results = colorize.benchmark_fits({"a": Painter(), "b": Painter()}, paths, aspects=[2.0, 0.5])
    assert [(r["aspect"], r["fit"], r["photos"]) for r in results] == [
        (2.0, "a", 3), (2.0, "b", 3), (0.5, "a", 3), (0.5, "b", 3),
    ]  # fmt: skip
    assert results[0]["chroma_psnr"] == results[1]["chroma_psnr"] != results[2]["chroma_psnr"]


class Noise(Painter):
    """A colorizer whose colours flicker."""

    def __init__(self, rng):
        self.rng = rng

    def prepare(self, photo):
        return np.repeat(np.linspace(-1, 1, 64, dtype=np.float32)[:, np.newaxis, np.newaxis], 64, axis=1)

    def predict(self, grays, saliency):
        return {"chroma": self.rng.uniform(-1, 1, (1, 64, 64, 2)).astype(np.float32)}

    def finish(self, photo, predicted):
        return np.rint(np.clip(127.5 + 50 * predicted["chroma"] @ color.CHROMA_TO_RGB, 0, 255)).astype(np.uint8)


def test_smoothing_takes_flicker_away(rng):
    frames = [np.full((64, 64, 3), 128, np.uint8)] * 8
    unsmoothed, smoothed = flicker.benchmark_flicker(Noise(rng), frames, [0.0, 0.8])
    assert smoothed["flicker"] < 0.5 * unsmoothed["flicker"]
    assert smoothed["chroma_error"] < unsmoothed["chroma_error"]


def test_an_old_film_pans_and_flickers():
    path = sorted((data.demo_dir() / "images").iterdir())[0]
    first, second = flicker.old_film(path, 2)
    assert first.shape == second.shape == (256, 192, 3)
    assert 3 < np.abs(first.astype(int) - second).mean() < 40
