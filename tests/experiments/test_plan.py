"""Plans are read as they are written, and what cannot be in one is named."""

import pathlib

import pytest

from keras_scgan.commands import _settings_flags
from keras_scgan.experiments import plan as plans
from keras_scgan.experiments.run import Call, stages_of
from keras_scgan.program.errors import UserError
from keras_scgan.training.train_settings import TrainSettings

ROOT = pathlib.Path(__file__).parents[2]
PLANS = sorted((ROOT / "experiments").glob("*.toml"))
PLAN = """
title = "A plan"
base = ["base.flags"]
baseline = "a"
metrics = ["psnr", "cci_ratio"]
[inputs]
features = "A network."
[[settings]]
name = "a"
[[settings]]
name = "b"
flags = ["--pixel_loss=l2"]
stages.1 = ["--global_features={features}"]
published = { psnr = 23.5 }
"""


@pytest.fixture
def load(tmp_path):
    def from_text(text):
        (tmp_path / "plan.toml").write_text(text)
        return plans.load(tmp_path / "plan.toml")

    return from_text


def test_a_plan_has_its_settings_and_base_files_beside_it(load, tmp_path):
    plan = load(PLAN)
    assert plan.base == (str(tmp_path / "base.flags"),)
    assert [setting.name for setting in plan.settings] == ["a", "b"]
    assert plan.settings[1].published == {"psnr": 23.5}
    assert plan.settings[1].is_trained


def test_inputs_are_put_in_and_settings_that_lack_one_set_apart(load):
    plan, lacking = load(PLAN).with_inputs({"features": "f.keras"})
    assert plan.settings[1].stages == {"1": ("--global_features=f.keras",)}
    assert lacking == []
    plan, lacking = load(PLAN).with_inputs({})
    assert [setting.name for setting in plan.settings] == ["a"]
    assert [setting.name for setting in lacking] == ["b"]
    with pytest.raises(UserError, match="`inputs=maps`: the plan has no such input; it has features"):
        load(PLAN).with_inputs({"maps": "maps"})


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "b"', 'name = "a"', "two settings have one name"),
        ('name = "b"', 'name = "b/c"', "names are of letters"),
        ('baseline = "a"', 'baseline = "c"', "its baseline 'c' is none of its settings"),
        ('"cci_ratio"', '"lpips"', "its metrics are to be of psnr, "),
        ("{features}", "{maps}", "b names an unknown input"),
        ("{ psnr", "{ lpips", "b has other published metrics"),
        ('base = ["base.flags"]', "", "it has no base to train by"),
        ("flags =", "at = 0\nflags =", "is at no number above 0"),
        ("flags =", "flag =", "a setting has no 'flag'; it has at, data_dir, flags"),
        ('["--global_features={features}"]', '"--flip"', "stages of b are to be lists of flags, of 1 and 2"),
        ("stages.1", "stages.both", "stages of b are to be lists of flags, of 1 and 2"),
        ("flags =", 'at = "far"\nflags =', "at of a setting is of another type: 'far'"),
        ("stages.1 =", "stages =", "stages of a setting is of another type: ('--global_features={features}',)"),
        ('name = "b"', "name = 3", "name of a setting is of another type: 3"),
        ('base = ["base.flags"]', "base = [3]", "base has something else than strings: [3]"),
        ("{ psnr =", "{ psnr = '', chroma_psnr =", "are no numbers"),
        ('title = "A plan"', "", "missing 1 required keyword-only argument: 'title'"),
        ("title =", "title", "Expected '=' after a key"),
    ],
)
def test_what_cannot_be_is_named(load, tmp_path, old, new, message):
    with pytest.raises(UserError) as error:
        load(PLAN.replace(old, new))
    assert str(error.value).startswith(f"{tmp_path / 'plan.toml'} is no plan: ")
    assert message in str(error.value)


def test_a_plan_that_is_not_there_is_named():
    with pytest.raises(UserError, match=r"no/plan\.toml: No such file"):
        plans.load("no/plan.toml")


# === Those of the project ===


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_every_plan_of_the_project_stands_with_its_base_files(path):
    plan = plans.load(path)
    assert all(pathlib.Path(name).exists() for name in plan.base)
    used = set().union(*(setting.inputs for setting in plan.settings))
    assert used == plan.inputs.keys()
    for name in plan.inputs:
        assert f"{name}=" in path.read_text().partition("title =")[0] or path.stem == "comparison"


@pytest.mark.parametrize(
    ("name", "start", "flags"),
    [
        ("ablation", {"global_features": "g.keras"}, []),
        ("critic_norm", {"global_features": "g.keras"}, []),
        ("multispectral", {}, []),
        ("data_size", {}, []),
        ("data_size", {}, ["--architecture=pretrained", "--encoder=e.keras"]),
        ("saliency_kind", {"start": "--global_features=g.keras"}, []),
        ("saliency_kind", {"start": "--encoder=e.keras"}, ["--architecture=pretrained"]),
    ],
)
def test_the_settings_of_a_plan_are_ones_that_training_takes(name, start, flags):
    plan = plans.load(ROOT / "experiments" / f"{name}.toml")
    plan, lacking = plan.with_inputs(dict.fromkeys(plan.inputs, "elsewhere") | start)
    assert not lacking
    call = Call(
        train_settings=lambda given: _settings_flags.parse(TrainSettings, given),
        evaluation_settings=None,
        output_dir="out",
        data_dir="photos",
        validation_dir="photos",
        flags=tuple(flags),
    )
    for setting in plan.settings:
        made = stages_of(plan, call, setting, seed=3)
        assert [settings.stage for settings in made] == list(range(1, len(plan.base) + 1))
        assert {settings.seed for settings in made} == {3}
        for settings in made:
            assert settings.architecture == "pretrained" or "--architecture=pretrained" not in flags
            assert settings.init_from == (
                None if settings.stage == 1 else f"out/{setting.name}/seed3/stage1/generator.keras"
            )


@pytest.mark.parametrize(("name", "rows"), [("ablation", 8), ("multispectral", 5), ("comparison", 8)])
def test_the_paper_s_tables_are_whole(name, rows):
    plan = plans.load(ROOT / "experiments" / f"{name}.toml")
    assert len(plan.settings) == rows
    assert all(setting.published.keys() <= set(plan.metrics) for setting in plan.settings)
    assert all({"psnr", "ssim_data_range_2"} <= setting.published.keys() for setting in plan.settings)
