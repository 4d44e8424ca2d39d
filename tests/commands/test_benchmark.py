"""scgan benchmark, run as a user does."""

import json

import pytest
from small_encoder import small_pretrained_generator

import keras_scgan
from keras_scgan.colorizing import shipped
from keras_scgan.commands.benchmark.shared import evenly_spread


@pytest.mark.parametrize(("count", "total", "places"), [(3, 9, [0, 3, 6]), (3, 5, [0, 1, 3]), (4, 2, [0, 1])])
def test_photos_are_taken_from_all_of_a_data_set(count, total, places):
    assert evenly_spread(count, total) == places


@pytest.mark.slow
def test_training_is_measured_against_the_machine_and_with_its_input(run_tool, tmp_path):
    network = ["--preset=testing", "--depth=6", "--image_size=64", "--batch_size=2", "--critic_norm=none"]
    output = tmp_path / "results.jsonl"
    result = run_tool("benchmark.py", "train", *network, "--noperceptual_loss", "--rounds=1", f"--output={output}")
    assert result.returncode == 0, result.stderr
    for part in ("stage", "share", "float32", "images/s"):
        assert part in result.stdout
    results = [json.loads(line) for line in output.read_text().splitlines()]
    assert results[-1]["benchmark"] == "input"
    assert {(r["stage"], r["ratio"]) for r in results[:-1] if r["precision"] == "float32"} == {(1, 1.0), (2, 1.0)}


@pytest.mark.slow
def test_the_input_of_shards_is_at_least_twice_as_fast_as_that_of_full_size_photos(call_tool, tmp_path):
    output = tmp_path / "results.jsonl"
    arguments = ("--photos=16", "--image_size=128", "--rounds=2", f"--output={output}")
    result = call_tool("benchmark.py", "input", *arguments)
    assert result.returncode == 0, result.stderr
    results = {r["data_set"]: r for r in (json.loads(line) for line in output.read_text().splitlines())}
    assert list(results) == ["folder, 1200 pixels", "folder, 256 pixels", "shards, 256 pixels"]
    assert all(name in result.stdout for name in results)
    assert results["shards, 256 pixels"]["ratio"] > 2


@pytest.mark.slow
def test_every_kind_of_model_is_timed_beside_keras(call_tool, tmp_path):
    output = tmp_path / "results.jsonl"
    network = ("--preset=testing", "--depth=6", "--image_size=64", "--rounds=2", f"--output={output}")
    small_pretrained_generator(image_size=32, stretch_luma=True).save(tmp_path / "other.keras")
    baseline = f"--baseline={tmp_path / 'other.keras'}"
    result = call_tool("benchmark.py", "infer", *network, baseline)
    assert result.returncode == 0, result.stderr
    results = {r["variant"]: r for r in (json.loads(line) for line in output.read_text().splitlines())}
    assert {f"litert_{kind}" for kind in ("float32", "float16", "dynamic", "int8")} < results.keys()
    assert results["keras_float32"]["ratio"] == 1.0
    assert results["litert_float32"]["psnr"] > 80
    assert results["litert_float32"]["outside_delegate"] == []
    assert results["naive_float32"]["outside_delegate"]
    assert all(r["baseline_ratio"] > 0 for r in results.values())
    assert "of baseline" in result.stdout


@pytest.mark.slow
def test_kinds_of_a_generator_that_sees_the_luma_stretched_are_compared_as_they_run(call_tool, tmp_path):
    output = tmp_path / "results.jsonl"
    small_pretrained_generator(image_size=64, stretch_luma=True).save(tmp_path / "generator.keras")
    arguments = (f"--model={tmp_path / 'generator.keras'}", "--nonaive", "--rounds=1", f"--output={output}")
    result = call_tool("benchmark.py", "infer", *arguments)
    assert result.returncode == 0, result.stderr
    results = {r["variant"]: r for r in (json.loads(line) for line in output.read_text().splitlines())}
    assert results["litert_float32"]["psnr"] > 80
    assert results["litert_int8"]["psnr"] > 30
    assert results["litert_int8"]["baseline_ratio"] is None


def test_colorizing_is_measured_by_stages(call_tool, tmp_path):
    output = tmp_path / "results.jsonl"
    arguments = ("--preset=testing", "--depth=6", "--megapixels=0.3", "--files=3", "--rounds=2")
    result = call_tool("benchmark.py", "colorize", *arguments, f"--output={output}")
    assert result.returncode == 0, result.stderr
    values, run = [json.loads(line) for line in output.read_text().splitlines()]
    assert list(values["seconds"]) == ["decode", "prepare", "network", "upsampling", "encode"]
    assert all(f"{stage} " in result.stdout for stage in values["seconds"])
    assert values["megapixels"] == pytest.approx(0.3, rel=0.01)
    assert values["total_seconds"] > 0.8 * sum(values["seconds"].values()) > 0
    assert (run["benchmark"], run["photos"]) == ("colorize_run", 3)
    assert f"{run['share_of_limit']:.0%} of it" in result.stdout


@pytest.mark.slow
def test_archives_are_measured_beside_folders(call_tool, tmp_path):
    pytest.importorskip("apache_beam")
    output = tmp_path / "results.jsonl"
    arguments = ("--workers=1,2", "--files=6", "--megapixels=0.1", "--rounds=1", f"--output={output}")
    result = call_tool("benchmark.py", "archive", *arguments)
    assert result.returncode == 0, result.stderr
    results = [json.loads(line) for line in output.read_text().splitlines()]
    assert [r["run"] for r in results] == ["colorize", "archive, workers: 1", "archive, workers: 2"]
    assert results[0]["ratio"] == 1.0
    assert all(r["photos_per_second"] > 0 and r["photos"] == 6 and r["run"] in result.stdout for r in results)
    if results[0]["memory_mib"]:
        assert results[2]["memory_mib"] > results[1]["memory_mib"]


def test_the_way_to_make_photos_square_is_measured(call_tool, tmp_path):
    keras_scgan.build_generator("testing", depth=6).save(tmp_path / "generator.keras")
    arguments = (f"--model={tmp_path / 'generator.keras'}", "--photos=2")
    result = call_tool("benchmark.py", "fit", *arguments)
    assert result.returncode == 0, result.stderr
    assert len(result.stdout.splitlines()) == 1 + 4 * 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name one benchmark: train, input, infer, colorize, archive, upsampling"),
        (
            ["trian", "--rounds=2"],
            "name one benchmark: train, input, infer, colorize, archive, upsampling",
        ),
        (["train", "input"], "unexpected argument 'input'"),
        (["colorize", "--model=missing.keras"], "missing.keras does not exist"),
        (["train", "--image_size=96"], "--image_size=96 is no multiple of 128"),
        (["train", "--encoder=x.keras", "--encoder_image_size=100"], "--encoder_image_size=100 is no multiple of 32"),
        (["train", "--encoder=missing.keras"], "--encoder=missing.keras: there is no such file"),
        (["input", "--data_dir=/no/photos"], "/no/photos does not exist"),
        (["input", "--rounds=0"], "rounds"),
        (["train", "--encoder_image_size=64"], "--encoder_image_size is for --encoder"),
        (["train", "--encoder=x.keras", "--critic_norm=none"], "--critic_norm is not for --encoder"),
        (["infer", "--model=x.keras", "--depth=6"], "--depth is for a generator with random weights"),
        (["flicker", "--video=x.mp4", "--data_dir=DIR"], "--data_dir is for an old film"),
    ],
)
def test_wrong_flags_are_one_line(call_tool, error_of, arguments, message):
    result = call_tool("benchmark.py", *arguments)
    assert message in error_of(result)
    assert len(result.stderr.splitlines()) == 1


def test_serve_measures_loops_and_draws_them(call_tool, tmp_path):
    model = shipped.FOLDER / "scgan" / "scgan_int8.tflite"
    output, plot = tmp_path / "results.jsonl", tmp_path / "plot.png"
    run = call_tool(
        *("benchmark.py", "serve", f"--model={model}", "--megapixels=0.01", "--requests=8", "--concurrency=1,2"),
        *("--load=0.5,1", f"--output={output}", f"--plot={plot}"),
    )
    assert run.returncode == 0, run.stderr
    results = [json.loads(line) for line in output.read_text().splitlines()]
    assert [result["loop"] for result in results] == ["closed", "closed", "open", "open"]
    assert all(result["answered"] == 8 for result in results)
    assert len(run.stdout.splitlines()) == 5
    assert plot.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("flag", ["--load=0", "--load=x", "--concurrency=-1", "--concurrency="])
def test_serve_refuses_loops_that_cannot_be(call_tool, error_of, flag):
    assert f"{flag}: expected numbers above 0" in error_of(call_tool("benchmark.py", "serve", flag))
