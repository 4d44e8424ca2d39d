"""The files around the package agree with each other."""

import ast
import os
import pathlib
import re
import tomllib

import pytest

import keras_scgan
from keras_scgan.program import extras

ROOT = pathlib.Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def requirements_of(name):
    lines = (line.partition("#")[0].strip() for line in (ROOT / name).read_text().splitlines())
    return [line for line in lines if line]


def test_requirements_have_the_ranges_of_the_package_and_install_it_last():
    *ranges, last = requirements_of("requirements.txt")
    assert ranges == PROJECT["dependencies"] + EXTRAS["train"] + EXTRAS["video"]
    assert last == "-e .[train,video]"
    assert "-r requirements.txt" in requirements_of("requirements-dev.txt")


def test_every_requirement_has_a_lower_and_an_upper_bound():
    for requirement in PROJECT["dependencies"] + EXTRAS["train"] + EXTRAS["video"]:
        assert re.fullmatch(r"[a-z-]+>=[\d.]+,<[\d.]+", requirement), requirement


def test_all_extras_are_one():
    others = ",".join(name for name in EXTRAS if name != "all")
    assert EXTRAS["all"] == [f"{PROJECT['name']}[{others}]"]


def test_advice_names_extras_that_there_are():
    needed = {"keras", "matplotlib", "scipy", "tensorboard", "tensorflow", "tf_keras_vis"}
    assert 'pip install "keras-scgan[video]"' in extras.advice(ModuleNotFoundError(name="av"))
    assert {re.match(r"[\w-]+", requirement)[0].replace("-", "_") for requirement in EXTRAS["train"]} == needed
    for name in needed:
        assert 'pip install "keras-scgan[train]"' in extras.advice(ModuleNotFoundError(name=f"{name}.part"))
    assert 'pip install "keras-scgan[beam]"' in extras.advice(ModuleNotFoundError(name="apache_beam"))
    assert extras.advice(ModuleNotFoundError(name="keras_scgan.training")) is None
    assert extras.advice(ModuleNotFoundError()) is None


def test_ci_is_a_program():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text().startswith("#!")


def test_the_package_data_hold_every_demo_photo_with_its_map_and_source():
    demo = ROOT / "keras_scgan" / "data" / "demo"
    photos, maps = ({path.stem for path in (demo / part).iterdir()} for part in ("images", "saliency"))
    assert photos == maps
    assert len(photos) >= 12
    sources = (demo / "SOURCES.md").read_text()
    assert [name for name in photos if name not in sources] == []


@pytest.mark.parametrize("name", keras_scgan.__all__)
def test_public_names_exist_and_are_documented(name):
    assert getattr(keras_scgan, name).__doc__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        keras_scgan.no_such_name  # noqa: B018


def test_every_module_has_a_docstring():
    for path in (ROOT / "keras_scgan").rglob("*.py"):
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path
