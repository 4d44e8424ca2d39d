"""Keras models from files and to them, and from keras.applications by name.

The package of this module registers the layers of the project's networks.
"""

import inspect
import pathlib
import sys

import keras
from absl import logging

from keras_scgan.program.errors import UserError, first_line
from keras_scgan.program.files import atomic_path

_MAX_TOLD = 300  # characters of an error of Keras, which may hold much of the file


def load_model(path, argument):
    """Loads a Keras model with inputs and outputs, of this project's layers or not. It is not compiled.

    Args:
        path: path of a `.keras` file.
        argument: string. Name of the argument that gave the path, for the errors.

    Raises:
        UserError: There is no such file, or no such model in it.
    """
    if not pathlib.Path(path).is_file():
        raise UserError(f"`{argument}={path}`: there is no such file.")
    try:
        model = keras.models.load_model(path, compile=False)
    except Exception as error:  # a file that is no model can fail in any way
        raise UserError(
            f"`{argument}={path}` is no model that Keras can load: {first_line(error)[:_MAX_TOLD]}"
        ) from error
    if not getattr(model, "inputs", None):  # a Sequential model has none before it knows their shape
        raise UserError(
            f"`{argument}={path}` was saved before it was called, and has no inputs: call it, then save it."
        )
    return model


def save_model(model, path):
    """Writes a Keras model as a `.keras` file, whole or not at all."""
    with atomic_path(path) as temporary:
        model.save(temporary)
    logging.info("Wrote %s", path)


def load_application(name, argument, *, value=None, instead="Give a .keras file.", **options):
    """Builds a model of `keras.applications` with its ImageNet weights, which Keras downloads once and keeps.

    Args:
        name: string, such as `"MobileNetV2"`.
        argument: string. Name of the argument that asked for it, for the errors.
        value: what that argument has. Defaults to `name`.
        instead: string. What to do where the weights cannot be had, for the error.
        **options: of that model's function.

    Returns:
        The model, and the function that its images `[B, H, W, 3]` in [0, 255] go through first.

    Raises:
        UserError: There is no such model, or its weights cannot be had.
    """
    build = getattr(keras.applications, name, None)
    if not inspect.isfunction(build):
        raise UserError(
            f"`{argument}={name}`: expected a .keras file, or a name of keras.applications such as MobileNetV2."
        )
    try:
        model = build(**{"weights": "imagenet", **options})
    except Exception as error:  # Keras raises this very class when a download fails
        raise UserError(
            f"`{argument}={name if value is None else value}`: the weights of {name} cannot be downloaded "
            f"({first_line(error)}). {instead}"
        ) from error
    return model, sys.modules[build.__module__].preprocess_input
