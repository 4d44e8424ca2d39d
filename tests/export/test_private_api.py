"""What is not public of TensorFlow and LiteRT is called in one module, with the versions that it was tried with."""

import importlib.metadata
import pathlib
import re

import pytest

import keras_scgan
from keras_scgan.export import private_api

PRIVATE = re.compile(r"\._experimental_|\._get_ops_details|\btensorflow\.(core|lite|python)\b|\bkeras\.src\b")


@pytest.mark.parametrize("package", private_api.TRIED_WITH)
def test_the_installed_version_was_tried(package):
    assert importlib.metadata.version(package).startswith(f"{private_api.TRIED_WITH[package]}.")


def test_private_calls_stand_in_one_module():
    sources = pathlib.Path(keras_scgan.__file__).parent.rglob("*.py")
    found = [path.name for path in sources if PRIVATE.search(path.read_text(encoding="utf-8"))]
    assert found == [pathlib.Path(private_api.__file__).name]


def test_a_model_that_is_parsed_and_serialized_is_the_same():
    data = next(pathlib.Path(keras_scgan.__file__).parents[1].glob("saved_models/scgan/*_int8.tflite")).read_bytes()
    model = private_api.parse(data)
    again = private_api.parse(private_api.serialize(model))
    assert len(again.buffers) == len(model.buffers) > 0
    assert [tensor.name for tensor in again.subgraphs[0].tensors] == [t.name for t in model.subgraphs[0].tensors]
