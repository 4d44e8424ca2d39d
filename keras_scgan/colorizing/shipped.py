"""The trained generators that come with the project, by name."""

import os
import pathlib

from keras_scgan.program.errors import UserError

_IN_PACKAGE = pathlib.Path(__file__).parents[1] / "saved_models"

FOLDER = _IN_PACKAGE if _IN_PACKAGE.is_dir() else _IN_PACKAGE.parents[1] / "saved_models"
"""Where they are, each in a folder of its name: in an installed package, or beside that of a clone."""

DEFAULT_NAME = "scgan"
"""Name of the one that is taken unless another is asked for."""


def litert_path(model=None):
    """Path of a generator to colorize with: as given, or the LiteRT file (float16) of the shipped one of this name.

    Args:
        model: path, or name. Defaults to `DEFAULT_NAME`.

    Raises:
        UserError: There is none.
    """
    return _find(model, "{}_float16.tflite")


def keras_path(model=None):
    """Path of a generator that is to be a Keras model: as given, or the `.keras` file of the shipped one of this name.

    A wheel has none. Args and Raises: as of `litert_path`.
    """
    return _find(model, "generator.keras")


def _find(model, file_name):
    name = DEFAULT_NAME if model is None else os.fspath(model)
    if model is not None and os.path.exists(model):
        return pathlib.Path(model)
    files = {folder.name: folder / file_name.format(folder.name) for folder in sorted(FOLDER.glob("*/"))}
    found = {name: path for name, path in files.items() if path.exists()}
    if name in found:
        return found[name]
    names = ", ".join(found) or f"none is here as a {pathlib.PurePath(file_name).suffix} file"
    raise UserError(
        f"The model {name} does not exist: give the path of a generator, or the name of one that comes with the "
        f"project ({names})."
    )
