"""Lets the programs in this folder run the package beside it, whether it is installed or not."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from keras_scgan.commands import run  # noqa: F401 (the package is found from here on)
