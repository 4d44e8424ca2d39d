"""scgan experiment: a plan trained, measured, gone on with and tabulated."""

import json
import re
import shutil

import pytest

from keras_scgan.data import demo_dir
from keras_scgan.experiments import run as runs
from keras_scgan.models import build_generator
from keras_scgan.program.errors import UserError

BASE = """--stage={stage}
--preset=testing
--depth=6
--image_size=64
--batch_size=2
--steps_per_epoch=1
--epochs=1
--global_features=none
--perceptual_loss_weight=0
--strategy=none
--precision=float32
--output_dir=elsewhere
"""
PLAN = """
title = "A plan"
base = ["stage1.flags", "stage2.flags"]
baseline = "l1"
metrics = ["psnr", "cci"]
[inputs]
zhang = "Results."
[[settings]]
name = "l1"
published = { psnr = 23.8 }
[[settings]]
name = "l2"
flags = ["--pixel_loss=l2"]
stages.2 = ["--adversarial_loss=none"]
[[settings]]
name = "zhang"
results = "{zhang}"
published = { psnr = 22.49 }
"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """Folder of a plan and of four photos to measure on."""
    folder = tmp_path_factory.mktemp("plan")
    (folder / "plan.toml").write_text(PLAN)
    for stage in (1, 2):
        (folder / f"stage{stage}.flags").write_text(BASE.format(stage=stage))
    (folder / "photos").mkdir()
    for path in sorted((demo_dir() / "images").iterdir())[:4]:
        shutil.copy(path, folder / "photos")
    return folder


@pytest.fixture
def experiment(call_tool, plan):
    """Function from flags to what the command leaves, on the demo set."""
    places = [str(plan / "plan.toml"), f"--data_dir={demo_dir()}", f"--validation_dir={plan / 'photos'}"]
    return lambda *flags: call_tool("experiment.py", *places, *flags)


def results_of(folder):
    return {row["setting"]: row for row in map(json.loads, (folder / "results.jsonl").read_text().splitlines())}


def test_a_plan_is_stopped_gone_on_with_and_leaves_what_is_done(experiment, plan, tmp_path, monkeypatch):
    out = f"--output_dir={tmp_path}"
    result = experiment(out, "--only=l1")
    assert result.returncode == 0, result.stderr
    assert "zhang is left out: it needs --inputs=zhang=PATH" in result.stderr
    before = results_of(tmp_path)
    assert list(before) == ["greyscale", "l1", "zhang"]

    evaluate = runs.evaluate
    monkeypatch.setattr(runs, "evaluate", lambda *args, **options: (_ for _ in ()).throw(UserError("stopped")))
    assert experiment(out).stderr.endswith("stopped\n")  # when l2 is trained and not measured yet
    trained = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("generator.keras")}
    assert len(trained) == 4

    monkeypatch.setattr(runs, "evaluate", evaluate)
    result = experiment(out, f"--inputs=zhang={plan / 'photos'}")
    assert result.returncode == 0, result.stderr
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("generator.keras")} == trained
    found = results_of(tmp_path)
    assert list(found) == ["greyscale", "l1", "l2", "zhang"]
    for name in ("greyscale", "l1"):
        assert found[name] == before[name]
    assert found["l1"]["psnr"]["published"] == 23.8
    assert found["l2"]["psnr"]["difference"]["over_seeds"] is None
    assert found["l2"]["parameters"] == build_generator("testing", depth=6, global_features=False).count_params()
    assert "# A plan" in result.stdout
    assert (tmp_path / "table.md").read_text(encoding="utf-8") in result.stdout

    result = experiment(out, "--train_flags=--learning_rate=1e-3")
    assert result.returncode == 2
    assert "l1/seed0 is of other settings (learning_rate): choose another --output_dir" in result.stderr
    critics = {path.parts[-4] for path in tmp_path.rglob("color_critic.keras")}
    assert critics == {"l1"}  # as l2 has no adversarial loss


def test_a_dry_run_estimates_and_writes_nothing(experiment, tmp_path):
    result = experiment(f"--output_dir={tmp_path / 'out'}", "--dry_run", "--seeds=3", "--only=l2")
    assert result.returncode == 0, result.stderr
    line, total = result.stdout.splitlines()
    assert re.fullmatch(r"l2: 0\.0\d h for 3 seeds", line)
    assert total.startswith("All: 0.0")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--only=l3"], "--only=l3: expected one of l1, l2, which lack no input"),
        (["--inputs=zhang"], "--inputs=zhang: expected NAME=PATH"),
        (["--inputs=a=b"], "--inputs=a: the plan has no such input; it has zhang"),
        (["--train_flags=--width=3"], "Unknown command line flag 'width'"),
        (["--train_flags=3"], "'3' is no flag, which is written --name=value"),
        (["--train_flags=--preset='small"], "--train_flags=--preset='small cannot be read: No closing quotation."),
        (["--train_flags=--depth=7"], "is no multiple of 128"),
        (["--evaluate_flags=--image_size=3"], "image_size"),
        (["other.toml"], "Name one plan: scgan experiment PLAN.toml"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_it(experiment, error_of, tmp_path, flags, message):
    assert message in error_of(experiment(f"--output_dir={tmp_path}", *flags))
    assert list(tmp_path.iterdir()) == []


def test_photos_to_train_on_are_asked_for(call_tool, error_of, plan):
    result = call_tool("experiment.py", str(plan / "plan.toml"), f"--validation_dir={plan / 'photos'}")
    assert "Give the photos to train on: --data_dir=DIR" in error_of(result)
