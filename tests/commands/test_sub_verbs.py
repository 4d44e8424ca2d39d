"""Verbs with sub-verbs: each has flags of its own, and refuses those of the others."""

import importlib
import pkgutil

import pytest

from keras_scgan import commands

VERBS = ("benchmark", "visualize")


@pytest.mark.parametrize("verb", VERBS)
def test_every_module_of_a_verb_is_a_sub_verb(verb):
    package = importlib.import_module(f"keras_scgan.commands.{verb}")
    modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
    assert modules - {"shared"} == set(package.SUB_VERBS)
    for name in package.SUB_VERBS:
        assert f"\n{name}: " in package.__doc__


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["hue", "--seed=1", "photo.jpg"], ("visualize.hue", ["--seed=1", "photo.jpg"])),
        (["--seed=1", "photo.jpg", "hue", "hue"], ("visualize.hue", ["--seed=1", "photo.jpg", "hue"])),
        (["hues", "--seed=1"], ("visualize", ["hues"])),
        (["--help"], ("visualize", ["--help"])),
    ],
)
def test_the_sub_verb_is_the_first_that_is_named(arguments, found):
    assert commands.find("visualize", arguments) == (f"keras_scgan.commands.{found[0]}", found[1])


def test_a_verb_without_sub_verbs_keeps_its_arguments():
    assert commands.find("train", ["hue", "--seed=1"]) == ("keras_scgan.commands.train", ["hue", "--seed=1"])


@pytest.mark.parametrize(
    ("tool", "sub_verb", "own", "others"),
    [
        ("benchmark.py", "train", ["critic_norm", "rounds", "output"], ["video", "megapixels", "detector"]),
        ("benchmark.py", "fit", ["model", "photos", "output"], ["rounds", "preset"]),
        ("visualize.py", "aging", ["strength", "rows", "output_dir"], ["model", "patches", "features"]),
        ("visualize.py", "hue", ["patches", "data_dir", "output_dir"], ["rows", "panel_size"]),
    ],
)
def test_help_lists_the_flags_of_the_sub_verb_alone(call_tool, tool, sub_verb, own, others):
    result = call_tool(tool, sub_verb, "--help")
    assert result.returncode == 0
    assert f"scgan {tool.removesuffix('.py')} {sub_verb} " in result.stdout
    listed = {name for name in own + others if f"--{name}:" in result.stdout or f"--[no]{name}:" in result.stdout}
    assert listed == set(own)


@pytest.mark.parametrize("tool", ["benchmark.py", "visualize.py"])
def test_help_without_a_sub_verb_lists_them(call_tool, tool):
    result = call_tool(tool, "--help")
    assert result.returncode == 0
    package = importlib.import_module(f"keras_scgan.commands.{tool.removesuffix('.py')}")
    assert all(f"\n{name}: " in result.stdout for name in package.SUB_VERBS)


@pytest.mark.parametrize(
    ("tool", "arguments", "name"),
    [
        ("benchmark.py", ["fit", "--rounds=3"], "rounds"),
        ("benchmark.py", ["--video=clip.mp4", "input"], "video"),
        ("visualize.py", ["aging", "photo.jpg", "--model=scgan", "--output_dir=figures"], "model"),
        ("visualize.py", ["hue", "--rows=3", "--data_dir=photos", "--output_dir=figures"], "rows"),
    ],
)
def test_flags_of_other_sub_verbs_are_refused(call_tool, error_of, tool, arguments, name):
    assert f"Unknown command line flag '{name}'" in error_of(call_tool(tool, *arguments))
