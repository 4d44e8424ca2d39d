"""Calls of TensorFlow and LiteRT that their public interfaces do not offer, which a new version may change.

All of the project's are here, and each says what it is for. `TRIED_WITH` are the versions that they were tried with.
"""

import os
import pathlib

import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.lite.python import schema_py_generated
from tensorflow.lite.python.convert import mlir_quantize
from tensorflow.lite.tools import flatbuffer_utils

TRIED_WITH = {"tensorflow": "2.21", "ai-edge-litert": "2.3"}
"""Minor version of each package."""

schema = schema_py_generated
"""Classes of the parts of a LiteRT model, and their types and operations by name."""


def parse(data):
    """The parts of a LiteRT model, a `schema.ModelT` that may be changed. Args: `data`, bytes of a `.tflite` file."""
    return flatbuffer_utils.convert_bytearray_to_object(data)


def serialize(model):
    """The bytes of a `.tflite` file. Args: `model`, as of `parse`."""
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def calibrate(converter):
    """Converts a model without quantizing it, with the ranges that its maps have for the representative data.

    Args:
        converter: `tf.lite.TFLiteConverter` with a representative data set.

    Returns:
        bytes of a `.tflite` file.
    """
    converter._experimental_calibrate_only = True
    return bytes(converter.convert())


def quantize(data, float_maps=()):
    """Gives a calibrated model 8-bit weights and maps, and uint8 inputs and outputs; averages stay in float32.

    Args:
        data: bytes, as of `calibrate`.
        float_maps: list of the names of maps that are computed in float32 too.

    Returns:
        bytes of a `.tflite` file.
    """
    return mlir_quantize(
        data,
        input_data_type=tf.uint8,
        output_data_type=tf.uint8,
        denylisted_ops=["AVERAGE_POOL_2D"],
        denylisted_nodes=list(float_maps),
    )


def interpreter_of_all_maps(data):
    """An `Interpreter` of a LiteRT model that keeps every map that it computes, and runs without XNNPACK.

    Args:
        data: bytes of a `.tflite` file.
    """
    return Interpreter(
        model_content=data,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        num_threads=os.cpu_count(),
    )


def operations(interpreter):
    """Operations of a LiteRT model: those that a delegate has taken over too, and at the end the delegates.

    Args:
        interpreter: `ai_edge_litert.interpreter.Interpreter`.

    Returns:
        List of dicts: `index`, `op_name`, and `inputs` and `outputs`, arrays of the indices of tensors.
    """
    return interpreter._get_ops_details()


def read_signatures(folder):
    """Signatures of a SavedModel, which is not loaded for it: a mapping from names to `SignatureDef`s.

    Args:
        folder: path of the SavedModel.
    """
    data = (pathlib.Path(folder) / "saved_model.pb").read_bytes()
    return saved_model_pb2.SavedModel.FromString(data).meta_graphs[0].signature_def


def type_name(number):
    """Name of a type of tensors, such as `DT_FLOAT`. Args: `number`, int, that protocol buffers have for it."""
    return types_pb2.DataType.Name(number)
