"""Every flagfile of the project is one that its tool takes."""

import os
import pathlib

import pytest
from small_encoder import small_classifier, small_pretrained_generator
from tiny_teacher import build_classifier

from keras_scgan.commands import _settings_flags
from keras_scgan.data import demo_dir
from keras_scgan.training.on_jax.settings import Settings

ROOT = pathlib.Path(__file__).parents[2]
FLAGFILES = sorted(
    str(path.relative_to(ROOT))
    for pattern in ("*.flags", "recipes/*.flags", "saved_models/*/*.flags")
    for path in ROOT.glob(pattern)
)
OF_JAX = {"saved_models/scgan/gpu.flags": 3, "saved_models/scgan_all/gpu.flags": 4}
"""How often each draws old photographs."""

OF_OTHER_TOOLS = ("recipes/distil.flags", "recipes/pretrain.flags", *OF_JAX)
OF_A_NETWORK = "recipes/finetune.flags"
SHIPPED = pathlib.PurePath("saved_models/scgan/generator.keras")
INTERPOLATED = pathlib.PurePath("runs/scgan_all/generator.keras")

# The smallest networks, and neither downloads nor files of weights.
SMALL = ["--preset=testing", "--image_size=256", "--strategy=none"]
NO_FILES = ["--global_features=random", "--perceptual_loss_weight=0"]


def resolve(call_tool, tool, flagfile, *arguments):
    """What a dry run of a tool with a flagfile prints, after a check that its flags stand."""
    own = [line for line in (ROOT / flagfile).read_text().splitlines() if line.startswith("--")]
    result = call_tool(tool, f"--flagfile={ROOT / flagfile}", *arguments, "--dry_run")
    assert result.returncode == 0, result.stderr
    resolved = dict(line.removeprefix("--").partition("=")[::2] for line in result.stdout.splitlines() if "--" in line)
    for line in own:
        name, _, value = line.removeprefix("--").partition("=")
        if name not in "".join(arguments):
            assert resolved[name] == value or float(resolved[name]) == float(value), name
    return result.stdout


@pytest.mark.parametrize("flagfile", [name for name in FLAGFILES if name not in (*OF_OTHER_TOOLS, OF_A_NETWORK)])
def test_every_flagfile_resolves_in_a_dry_run_which_writes_nothing(call_tool, tmp_path, monkeypatch, flagfile):
    monkeypatch.chdir(tmp_path)
    flags = dict(line.partition("=")[::2] for line in (ROOT / flagfile).read_text().splitlines())
    data = [] if "--dataset" in flags else ["--dataset=demo"]
    is_pretrained = flags.get("--architecture") == "pretrained"
    if is_pretrained:
        start = pathlib.Path(flags.get("--init_from", flags.get("--encoder")))
        start.parent.mkdir(parents=True, exist_ok=True)
        (small_pretrained_generator(stretch_luma=True) if "--init_from" in flags else small_classifier()).save(start)
    before = sorted(tmp_path.rglob("*"))
    output = resolve(call_tool, "train.py", flagfile, *data, *SMALL, *NO_FILES)
    parameters = "Parameters: generator " + ("" if is_pretrained else "2")
    for part in ("steps an epoch", parameters, "GMAC for an image of 256 pixels", "MiB on each replica"):
        assert part in output
    assert sorted(tmp_path.rglob("*")) == before


def test_every_network_that_a_flagfile_starts_from_is_the_result_of_another():
    given, made = set(), {SHIPPED, INTERPOLATED}
    for flagfile in FLAGFILES:
        lines = dict(line.partition("=")[::2] for line in (ROOT / flagfile).read_text().splitlines())
        for flag in ("--init_from", "--global_features", "--models"):
            given |= {path for path in lines.get(flag, "").split(",") if "/" in path}
        run_dir = pathlib.PurePath(lines.get("--output_dir", "."))
        for stage in ("stage1", "stage2") if lines.get("--stage") == "both" else (".",):
            made.add(run_dir / stage / "generator.keras")
        made.add(run_dir / "global_features.keras")
    assert len(given) >= 5
    assert {pathlib.PurePath(path) for path in given} <= made


@pytest.mark.parametrize("flagfile", OF_JAX)
def test_the_flagfile_of_a_training_on_jax_is_one_of_its_settings(flagfile):
    lines = [line for line in (ROOT / flagfile).read_text().splitlines() if line.startswith("--")]
    settings = _settings_flags.parse(Settings, [*lines, "--data_dir=DIR"])
    assert settings.draws_by_prefix["fsac"] == OF_JAX[flagfile]
    assert len(settings.perceptual_weights) == 2


def test_the_flagfile_of_fine_tuning_resolves_with_the_network_that_it_starts_from(call_tool, tmp_path, monkeypatch):
    (tmp_path / SHIPPED).parent.mkdir(parents=True)
    small_pretrained_generator(stretch_luma=True).save(tmp_path / SHIPPED)
    monkeypatch.chdir(tmp_path)
    output = resolve(call_tool, "train.py", OF_A_NETWORK, "--dataset=demo", "--strategy=none")
    assert "GMAC for an image of 224 pixels" in output
    assert os.listdir(tmp_path) == ["saved_models"]


def test_distillation_s_flagfile_resolves_likewise(call_tool, tmp_path, monkeypatch):
    build_classifier().save(tmp_path / "teacher.keras")
    monkeypatch.chdir(tmp_path)
    places = [f"--data_dir={demo_dir()}", "--teacher=teacher.keras"]
    assert "20 photos" in resolve(call_tool, "pretrain.py", "recipes/distil.flags", *places, *SMALL, "--batch_size=4")
    assert os.listdir(tmp_path) == ["teacher.keras"]


def test_the_classifier_s_flagfile_resolves_likewise(call_tool, tmp_path, monkeypatch):
    for name in ("cat", "dog"):
        (tmp_path / "set" / name).mkdir(parents=True)
        (tmp_path / "set" / name / "photo.jpg").write_bytes(next((demo_dir() / "images").iterdir()).read_bytes())
    monkeypatch.chdir(tmp_path)
    assert "2 photos" in resolve(
        call_tool, "pretrain.py", "recipes/pretrain.flags", "--data_dir=set", *SMALL, "--batch_size=2"
    )
    assert os.listdir(tmp_path) == ["set"]
