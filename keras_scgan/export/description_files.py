"""Writes into exported models what `colorizing.descriptions` reads of them."""

import dataclasses
import io
import json
import pathlib
import zipfile

from keras_scgan.colorizing.descriptions import FILE_NAME


def append_to_tflite(model, description):
    """The contents of a `.tflite` file with a description.

    Args:
        model: bytes. The contents without one.
        description: `Description`.

    Returns:
        bytes, the same each time.
    """
    file = io.BytesIO(model)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(zipfile.ZipInfo(FILE_NAME), _to_json(description))
    return file.getvalue()


def write_to_saved_model(folder, description):
    """Writes a description into the folder of a SavedModel's version."""
    path = pathlib.Path(folder, "assets.extra", FILE_NAME)
    path.parent.mkdir(exist_ok=True)
    path.write_text(_to_json(description), encoding="utf-8")


def _to_json(description):
    return json.dumps(dataclasses.asdict(description), indent=2) + "\n"
