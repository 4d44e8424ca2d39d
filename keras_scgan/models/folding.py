"""Batch normalisation as part of the convolution before it."""

import keras
import numpy as np


def as_scale_and_offset(norm):
    """What a batch normalisation multiplies each channel by, and what it adds then: `[C]` float64 arrays."""
    mean, variance = (np.asarray(value, "float64") for value in (norm.moving_mean, norm.moving_variance))
    scale = 1 / np.sqrt(variance + norm.epsilon)
    if norm.scale:
        scale = scale * np.asarray(norm.gamma, "float64")
    return scale, (np.asarray(norm.beta, "float64") if norm.center else 0) - mean * scale


def fold(conv, norm=None):
    """Weights of a convolution with the batch normalisation after it.

    Args:
        conv: layer with a `kernel` and maybe a `bias`, without activation if there is a batch normalisation.
        norm: `BatchNormalization`, or `None`.

    Returns:
        Kernel, as the layer's is shaped, and bias `[C]`, or `None` where there is none: float64 arrays.
    """
    kernel = np.asarray(conv.kernel, "float64")
    bias = getattr(conv, "bias", None)
    bias = None if bias is None else np.asarray(bias, "float64")
    if norm is None:
        return kernel, bias
    scale, offset = as_scale_and_offset(norm)
    is_depthwise = isinstance(conv, keras.layers.DepthwiseConv2D)
    kernel = kernel * (scale.reshape(kernel.shape[2:]) if is_depthwise else scale)
    return kernel, offset if bias is None else bias * scale + offset
