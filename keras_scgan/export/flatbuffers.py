"""What the converter leaves for XNNPACK to do: changes of finished LiteRT models."""

import copy

import numpy as np

from keras_scgan.export import private_api
from keras_scgan.export.private_api import schema


def with_float_depthwise(data):
    """A model of 8-bit weights, but for those of depthwise convolutions: XNNPACK has none of such, and they are few."""
    model = private_api.parse(data)
    graph = model.subgraphs[0]
    for operator in graph.operators:
        kernel = graph.tensors[operator.inputs[1]] if len(operator.inputs) > 1 else None
        is_depthwise = _builtin(model, operator) == schema.BuiltinOperator.DEPTHWISE_CONV_2D
        if is_depthwise and kernel.type == schema.TensorType.INT8:
            values = np.frombuffer(bytes(model.buffers[kernel.buffer].data), np.int8).reshape(kernel.shape)
            values = values * np.asarray(kernel.quantization.scale, np.float32)  # by channels, the last axis
            model.buffers[kernel.buffer].data = np.frombuffer(values.tobytes(), np.uint8)
            kernel.type, kernel.quantization = schema.TensorType.FLOAT32, None
    return private_api.serialize(model)


def cast_within_delegate(data):
    """A model whose uint8 inputs and outputs become its int8 maps, and these the outputs, by way of float32.

    XNNPACK has no other way, and outside of it the colours alone take as long as half of the decoder.
    """
    model = private_api.parse(data)
    graph = model.subgraphs[0]
    dequantize = _operator_code(model, schema.BuiltinOperator.DEQUANTIZE)
    operators = []
    for operator in graph.operators:
        ends = [graph.tensors[index] for index in (operator.inputs[0], operator.outputs[0])]
        is_quantize = _builtin(model, operator) == schema.BuiltinOperator.QUANTIZE
        if is_quantize and {end.type for end in ends} == {schema.TensorType.INT8, schema.TensorType.UINT8}:
            between = copy.copy(ends[0])
            between.name, between.type, between.quantization = ends[0].name + b"_float", schema.TensorType.FLOAT32, None
            index = np.array([len(graph.tensors)], np.int32)
            graph.tensors.append(between)
            operators.append(copy.copy(operator))
            operators[-1].opcodeIndex, operators[-1].outputs, operator.inputs = dequantize, index, index
        operators.append(operator)
    graph.operators = operators
    return private_api.serialize(model)


def _operator_code(model, builtin):
    """Index of an operator in the model's list of those that it has, to which it is added if it is missing."""
    codes = [code.builtinCode for code in model.operatorCodes]
    if builtin not in codes:
        code = schema.OperatorCodeT()
        code.builtinCode, code.deprecatedBuiltinCode, code.version = builtin, builtin, 2
        model.operatorCodes.append(code)
        codes.append(builtin)
    return codes.index(builtin)


def _builtin(model, operator):
    return model.operatorCodes[operator.opcodeIndex].builtinCode
