"""The program `scgan`: its verbs are the modules of this package, each with its flags and what they are wired to.

A verb's module has a docstring, whose first line `scgan --help` prints and all of which `scgan VERB --help`, and a
function `main(argv)` of the arguments that are no flags. It has `TAKES_ARGUMENTS = True` if there may be any.

A verb that is a package has sub-verbs, which `SUB_VERBS` lists: modules likewise, each with flags of its own alone. A
module whose name begins with an underscore is no verb.
"""

import ast
import difflib
import glob
import importlib.util
import os
import pathlib
import pkgutil
import sys

import keras_scgan
from keras_scgan.program import cli, quiet, streams

DEFAULT_VERB = "colorize"
"""What is done with photos that are named without a verb."""

_HELP = """Colorizes photos, and trains, measures and exports the networks that do.

    scgan photo.jpg folder/         is short for scgan colorize photo.jpg folder/
    scgan VERB [arguments] [flags]
    scgan VERB --help               explains its flags
    scgan --version

Exit status: 0, all is done; 1, a file could not be used, and the others are done; 2, the call is wrong, or something
that it needs is missing; 130 and 143, stopped by Ctrl-C or a signal.

Verbs:"""


def main():
    """Runs the verb that the first argument of the process names."""
    streams.prepare()
    sys.argv[0] = "scgan"
    first, *rest = sys.argv[1:] or ["--help"]
    if first in cli.HELP:
        print("\n".join([_HELP, *(f"  {verb:20}{_summary(verb)}" for verb in verbs())]))
    elif first == "--version":
        print(f"scgan {keras_scgan.__version__}")
    elif first in verbs():
        run(first, rest)
    elif first.startswith("-") or os.path.exists(first) or glob.has_magic(first):
        run(DEFAULT_VERB, sys.argv[1:])
    else:
        similar = difflib.get_close_matches(first, verbs(), n=1)
        advice = f"Did you mean {similar[0]}?" if similar else "scgan --help lists the verbs."
        cli.fail(f"There is no file, folder or verb {first}. {advice}")


def run(verb, arguments=None):
    """Runs a verb.

    Args:
        verb: string, one of `verbs()`.
        arguments: list of strings. Defaults to those of the process, a program of its own for this verb.
    """
    streams.prepare()
    if arguments is not None:
        sys.argv = [f"scgan {verb}", *arguments]
    quiet.set_log_levels()
    with cli.errors_in_a_line():
        name, sys.argv[1:] = find(verb, sys.argv[1:])
        module = importlib.import_module(name)
    cli.run(module.main, getattr(module, "TAKES_ARGUMENTS", False))


def find(verb, arguments):
    """Finds what runs a verb.

    Args:
        verb: string. Name of its module.
        arguments: list of strings, flags too.

    Returns:
        Name of the module, which for a verb with sub-verbs is that of the first one among the arguments; and the
        arguments without it. Where there is none, the package, which says so, and of the arguments those that are no
        flags, and `--help`.
    """
    name = f"{__name__}.{verb}"
    if importlib.util.find_spec(name).submodule_search_locations is None:
        return name, arguments
    sub_verbs = importlib.import_module(name).SUB_VERBS
    place = next((i for i, argument in enumerate(arguments) if argument in sub_verbs), None)
    if place is None:
        return name, [argument for argument in arguments if argument in cli.HELP or not argument.startswith("-")]
    return f"{name}.{arguments[place]}", [*arguments[:place], *arguments[place + 1 :]]


def verbs():
    """Names of the verbs, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def _summary(verb):
    """First line of a verb's docstring, without importing it: few machines have what all of them need."""
    source = pathlib.Path(importlib.util.find_spec(f"{__name__}.{verb}").origin).read_text(encoding="utf-8")
    return ast.get_docstring(ast.parse(source)).partition("\n")[0]
