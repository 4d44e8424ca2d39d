"""How many multiplications a TensorFlow function takes."""

import math

import tensorflow as tf


def count_macs(function, *args):
    """Multiply-accumulate operations of the convolutions, depthwise ones too, and matrix products of a function.

    Counted is what is computed: an `UpsampleConv2D` takes 4/9 of what a convolution of the upsampled map would.

    Args:
        function: callable of tensors, such as a model or a training step. A `tf.function` is not traced again.
        *args: its arguments, with tensors, or `tf.TensorSpec`s, of known shapes.

    Returns:
        int.
    """
    traced = function if hasattr(function, "get_concrete_function") else tf.function(function)
    graph = traced.get_concrete_function(*args).graph
    return sum(_operation_macs(operation) for operation in graph.get_operations())


def _operation_macs(operation):
    inputs = [tensor.shape for tensor in operation.inputs]
    match operation.type:
        case "Conv2D":
            return math.prod(operation.outputs[0].shape) * math.prod(inputs[1][:3])
        case "Conv2DBackpropInput":  # of sizes, kernel, gradient (or, transposed, input)
            return math.prod(inputs[2]) * math.prod(inputs[1][:3])
        case "Conv2DBackpropFilter":  # of input, sizes, gradient
            return math.prod(inputs[2]) * math.prod(operation.outputs[0].shape[:3])
        case "DepthwiseConv2dNative":
            return math.prod(operation.outputs[0].shape) * math.prod(inputs[1][:2])
        case "DepthwiseConv2dNativeBackpropInput":  # of sizes, kernel, gradient
            return math.prod(inputs[2]) * math.prod(inputs[1][:2])
        case "DepthwiseConv2dNativeBackpropFilter":  # of input, sizes, gradient
            return math.prod(inputs[2]) * math.prod(operation.outputs[0].shape[:2])
        case "MatMul":
            inner = inputs[0][0 if operation.get_attr("transpose_a") else 1]
            return math.prod(operation.outputs[0].shape) * inner
    return 0
