"""The commands: one verb a module, with its flags and what they are wired to.

A verb's module has a docstring, which its `--help` prints, and a function `main(argv)` of the arguments that are no
flags. It has `TAKES_ARGUMENTS = True` if there may be any.
"""

import importlib

from keras_scgan.program import cli


def run(verb):
    """Runs a verb with the arguments of the process. Args: `verb`, the name of its module."""
    module = importlib.import_module(f"{__name__}.{verb}")
    cli.run(module.main, getattr(module, "TAKES_ARGUMENTS", False))
