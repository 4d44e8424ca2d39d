"""Where the modules of the package stand, and which of them may import which."""

import ast
import graphlib
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
PACKAGE = ROOT / "keras_scgan"
USE = ("program", "photos", "films", "colorizing", "serving", "web")
WITHOUT_FLAGS = (
    *USE,
    *("archive", "beam"),
    *("benchmarks", "data", "evaluation", "export", "models", "preparation", "training", "user_study"),
    "visualization",
)
"""Parts that name no flag, in no message and no docstring: flags are the commands'."""
ABOUT_COMMANDS = ("keras_scgan.program.arguments", "keras_scgan.program.cli", "keras_scgan.export.serving_files")
"""What all commands have in common, and the texts that tell how to call TensorFlow Serving."""


def module_of(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


PATHS = {module_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def part_of(module):
    """The part of the package that a module belongs to; the package itself for its own names."""
    return module.split(".")[:2][-1]


ON_BEAM = [name for name in PATHS if part_of(name) in ("archive", "beam")]
USE_MODULES = [name for name in PATHS if part_of(name) in USE and name != "keras_scgan.program.quiet_tensorflow"]


def imports(module):
    return imports_of(PATHS[module])


def imports_of(path):
    """Absolute names of the modules that a file imports when it is imported itself, not within a function."""
    pending, found = list(ast.parse(path.read_text(encoding="utf-8")).body), set()
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            found |= {name if name in PATHS else node.module for name in names}
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            pending += ast.iter_child_nodes(node)
    return found


def is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_every_module_belongs_to_a_part_of_the_package():
    assert {path.name for path in PACKAGE.glob("*.py")} == {"__init__.py", "__main__.py"}
    assert set(USE) < {path.name for path in PACKAGE.iterdir()}


@pytest.mark.parametrize("module", USE_MODULES + ON_BEAM)
def test_what_uses_networks_imports_nothing_that_makes_them(module):
    imported = imports(module)
    parts = (*USE, "archive", "beam") if module in ON_BEAM else USE
    assert {name for name in imported if name in PATHS and part_of(name) not in parts} == set()
    assert {name for name in imported if name.split(".")[0] in ("keras", "tensorflow")} == set()


WITHOUT_TENSORFLOW = """
import os, sys, cv2
settings = lambda: (dict(os.environ), cv2.utils.logging.getLogLevel(), cv2.getNumThreads())
before = settings()
{program}
assert not {{"keras", "tensorflow"}} & sys.modules.keys()
assert settings() == before
"""


@pytest.mark.parametrize(
    "program",
    [
        f"import {', '.join(USE_MODULES)}",
        "import numpy as np; from keras_scgan import Colorizer; Colorizer().colorize(np.zeros((20, 30), np.uint8))",
    ],
)
def test_colorizing_loads_no_tensorflow_and_changes_no_setting(program):
    command = [sys.executable, "-c", WITHOUT_TENSORFLOW.format(program=program)]
    subprocess.run(command, check=True, cwd=PACKAGE.parent)


def test_importing_prints_nothing():
    command = [sys.executable, "-c", f"import {', '.join(USE_MODULES)}; from keras_scgan import Colorizer"]
    result = subprocess.run(command, capture_output=True, text=True, cwd=PACKAGE.parent)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize("module", ["keras_scgan.commands.user_study.make", "keras_scgan.commands.benchmark.archive"])
def test_commands_that_import_tensorflow_by_others_print_none_of_its_notes(module):
    result = subprocess.run(
        [sys.executable, "-c", f"import {module}"], capture_output=True, text=True, cwd=PACKAGE.parent
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_no_file_imports_what_windows_lacks():
    lacking = {"fcntl", "grp", "pty", "pwd", "resource", "termios"}
    paths = [path for folder in (PACKAGE, ROOT / "tools", ROOT / "tests") for path in folder.rglob("*.py")]
    assert [path for path in paths if imports_of(path) & lacking] == []


def test_no_imports_run_in_a_circle():
    graph = {module: imports(module) & PATHS.keys() for module in PATHS}
    assert len(list(graphlib.TopologicalSorter(graph).static_order())) == len(PATHS)


@pytest.mark.parametrize(
    "module", [module for module in PATHS if part_of(module) in WITHOUT_FLAGS and module not in ABOUT_COMMANDS]
)
def test_the_library_names_arguments_and_no_flags(module):
    strings = (node.value for node in ast.walk(ast.parse(PATHS[module].read_text(encoding="utf-8"))) if is_text(node))
    assert [flag for string in strings for flag in re.findall(r"(?<![\w-])--(?:\w+|$)", string)] == []


def test_imports_within_classes_and_conditions_count_and_those_of_functions_do_not(tmp_path, monkeypatch):
    path = tmp_path / "module.py"
    path.write_text("if True:\n    import keras\nclass A:\n    from os import path\ndef f():\n    import tensorflow\n")
    monkeypatch.setitem(PATHS, "module", path)
    assert imports("module") == {"keras", "os"}
