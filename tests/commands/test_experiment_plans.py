"""Plans of the project, run on the demo photos."""

import json
import pathlib
import re

import pytest
from small_encoder import small_classifier

from keras_scgan.data import PhotoShards, demo_dir

ROOT = pathlib.Path(__file__).parents[2]
SMALL = "--image_size=64 --batch_size=2 --epochs=1 --steps_per_epoch=1 --strategy=none --precision=float32"

TABLE_III = ["pix2pix", "pix2pix_saliency", "uresnet", "uresnet_saliency", "scgan"]


def read_rows(folder):
    return [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]


def test_saliency_kinds_are_compared_on_a_pretrained_encoder(call_tool, tmp_path):
    small_classifier().save(tmp_path / "encoder.keras")
    arguments = [
        str(ROOT / "experiments" / "saliency_kind.toml"),
        f"--data_dir={demo_dir()}",
        f"--validation_dir={demo_dir()}",
        f"--output_dir={tmp_path / 'out'}",
        f"--inputs=start=--encoder={tmp_path / 'encoder.keras'},fixation={demo_dir()}",
        f"--train_flags=--architecture=pretrained --preset=testing --perceptual_loss_weight=0 {SMALL}",
        "--evaluate_flags=--first=2",
        "--only=fixation",
    ]
    result = call_tool("experiment.py", *arguments, "--dry_run")
    assert re.match(r"fixation: 0\.0\d h", result.stdout), result.stderr[-2000:]
    result = call_tool("experiment.py", *arguments)
    assert result.returncode == 0, result.stderr[-2000:]
    assert [row["setting"] for row in read_rows(tmp_path / "out")] == ["greyscale", "fixation"]


@pytest.mark.parametrize("names", [["scgan"], pytest.param(TABLE_III, marks=pytest.mark.slow)])
def test_the_plan_of_thermal_images_runs_from_synthetic_ones_to_a_table_that_says_so(call_tool, tmp_path, names):
    data_dir = tmp_path / "set"
    result = call_tool(
        "prepare_data.py",
        f"--images={demo_dir() / 'images'}",
        f"--saliency_dir={demo_dir() / 'saliency'}",
        f"--output_dir={data_dir}",
        "--synthetic_thermal",
        "--split=authors",
        "--image_size=64",
        "--workers=0",
    )
    assert result.returncode == 0, result.stderr
    assert "Synthetic, made of the photos' colours: thermal" in result.stdout
    shards = PhotoShards(data_dir, fields=("color", "saliency", "thermal"), split="validation")
    assert [shards.key(index) for index in range(len(shards))] == ["astronaut"]

    result = call_tool(
        "experiment.py",
        str(ROOT / "experiments" / "multispectral.toml"),
        f"--data_dir={data_dir}",
        f"--validation_dir={data_dir}",
        f"--output_dir={tmp_path / 'out'}",
        f"--train_flags=--preset=testing --depth=6 {SMALL}",
        f"--only={','.join(names)}",
    )
    assert result.returncode == 0, result.stderr[-2000:]
    rows = read_rows(tmp_path / "out")
    assert [row["setting"] for row in rows] == ["greyscale", "thermal_input", *names]
    assert all("Thermal images are synthetic" in row["note"] for row in rows)
    assert "**Thermal images are synthetic" in result.stdout
    assert all("published" in row["psnr"] and "mean" in row["psnr"] for row in rows[2:])
    report = (tmp_path / "out" / "scgan" / "seed0" / "evaluation" / "table.md").read_text(encoding="utf-8")
    assert "- thermal images: synthetic" in report
