"""tools/benchmark.py, run as a user does."""

import json

import pytest


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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name one benchmark: train or input"),
        (["train", "input"], "name one benchmark: train or input"),
        (["train", "--image_size=96"], "--image_size=96 is no multiple of 128"),
        (["input", "--data_dir=/no/photos"], "/no/photos does not exist"),
        (["input", "--rounds=0"], "rounds"),
    ],
)
def test_wrong_flags_are_one_line(call_tool, error_of, arguments, message):
    result = call_tool("benchmark.py", *arguments, takes_arguments=True)
    assert message in error_of(result)
    assert len(result.stderr.splitlines()) == 1
