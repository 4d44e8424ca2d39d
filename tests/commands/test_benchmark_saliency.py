"""scgan benchmark saliency, run as a user does."""

import functools
import json

import keras
import pytest


@pytest.fixture
def benchmark(call_tool):
    return functools.partial(call_tool, "benchmark.py", "saliency")


def test_detectors_are_measured_a_line_each(benchmark, tmp_path):
    gray = keras.Input((32, 32, 1))
    layers = {"color": keras.layers.Conv2D(3, 1), "saliency": keras.layers.Conv2D(1, 1, activation="sigmoid")}
    keras.Model(gray, {name: layer(gray) for name, layer in layers.items()}).save(tmp_path / "generator.keras")
    output = tmp_path / "results.jsonl"
    arguments = ("--detector=spectral_residual,scgan", f"--model={tmp_path / 'generator.keras'}", "--photos=2")
    result = benchmark(*arguments, f"--output={output}")
    assert result.returncode == 0, result.stderr
    results = [json.loads(line) for line in output.read_text().splitlines()]
    assert [values["detector"] for values in results] == ["spectral_residual", "scgan"]
    for values, line in zip(results, result.stdout.splitlines()[1:], strict=True):
        assert (values["benchmark"], values["photos"]) == ("saliency", 2)
        assert 0 < values["mae"] < 1
        assert 0 < values["max_f"] < 1
        assert values["p10"] <= values["images_per_second"] <= values["p90"]
        assert line.split()[:3] == [values["detector"], f"{values['mae']:.4f}", f"{values['max_f']:.4f}"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--detector=pfan"], "There is no detector 'pfan'"),
        (["--model=generator.keras"], "--model is the generator of the detector scgan"),
        (["--data_dir=/no/photos"], "/no/photos does not exist"),
    ],
)
def test_wrong_flags_are_one_line(benchmark, error_of, arguments, message):
    assert message in error_of(benchmark(*arguments))
