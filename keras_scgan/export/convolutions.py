"""Convolutions as operations that XNNPACK, with which LiteRT computes on CPUs, does fast: the same results."""

import keras
import numpy as np
from keras import ops

_FEW_CHANNELS = 2
"""A convolution of no more channels takes blocks of 2x2 pixels: 8-bit units take 4 or 8 channels, there or not."""

_FEW_FILTERS = 4
"""A convolution of no more filters computes 2x2 pixels at once: vector units compute 16 filters, needed or not."""


def upsample_conv(x, kernel, bias, name):
    """What an `UpsampleConv2D` makes of a map with a ring, with a ring.

    An upsampled row is one of two copies of a row of the map, so a 3x3 kernel meets but two rows of the map: an upper
    copy the row before, with its first taps, and its own row, with the sum of the others; a lower copy its own row,
    with the sum of the first two, and the row after. Columns alike. So a convolution of a 2x2 kernel with four times
    the filters computes, of each two neighbouring rows, the lower copy of the first and the upper copy of the second.
    In a map with a ring, these are the rows 0 and 1, ..., H and H+1, so that the first row computed is -1, and the last
    2H. Both are the same as their neighbours, as the rows that they are computed from are: the result has a ring.

    Args:
        x: Keras tensor `[B, H + 2, W + 2, C]`.
        kernel: `[3, 3, C, F]` array.
        bias: `[F]` array or `None`.
        name: string. The layer's name.

    Returns:
        Keras tensor `[B, 2H + 2, 2W + 2, F]`.
    """
    kernels = [corner for rows in _pairs_of_taps(kernel, 0) for corner in _pairs_of_taps(rows, 1)]
    return _from_blocks(x, kernels, bias, name)


def upsample_conv_by_differences(x, kernel, bias, name):
    """What `upsample_conv` computes, by 9 products a pixel of the map and filter instead of 16.

    With a and b, two neighbouring rows, and s, the sum of the taps t0, t1 and t2, the lower copy of a gives
    (t0 + t1) a + t2 b = s a + t2 (b - a), and the upper copy of b gives t0 a + (t1 + t2) b = s b - t0 (b - a): three
    products instead of four. Columns alike.
    """
    filters = kernel.shape[-1]
    rows_sum, *rows = _sum_and_outer_taps(kernel)
    pixel, *of_columns = _sum_and_outer_taps(rows_sum)
    of_rows = [_sum_and_outer_taps(taps)[0] for taps in rows]
    of_both = [tap for taps in rows for tap in _sum_and_outer_taps(taps)[1:]]

    def products(x, kernels, suffix, bias=None):
        return plain_conv(x, np.concatenate(kernels, axis=-1)[np.newaxis, np.newaxis], bias, f"{name}_{suffix}")

    right, below = x[:, :, 1:] - x[:, :, :-1], x[:, 1:] - x[:, :-1]
    y = products(x, [pixel], "pixels", bias)
    columns = ops.concatenate([y[:, :, :-1], y[:, :, 1:]], axis=-1) + products(right, of_columns, "columns")
    y = products(below, of_rows, "rows")
    halves = [slice(None, filters), slice(filters, None)]
    rows = [y[:, :, places, half] for half in halves for places in (slice(None, -1), slice(1, None))]
    both = products(below[:, :, 1:] - below[:, :, :-1], of_both, "both") + ops.concatenate(rows, axis=-1)
    return ops.depth_to_space(both + ops.concatenate([columns[:, :-1], columns[:, 1:]], axis=-1), 2)


def _sum_and_outer_taps(taps):
    """Of three taps, what multiplies the pixels themselves, and, for a lower and for an upper copy, the differences."""
    return taps.sum(axis=0), taps[2], -taps[0]


def _pairs_of_taps(kernel, axis):
    """What three taps are on the rows `axis` that are met by a lower copy, and by an upper copy."""
    first, second, third = np.moveaxis(kernel, axis, 0)
    return np.stack([first + second, third], axis), np.stack([first, second + third], axis)


def conv(x, layer, kernel, bias, quantized):
    """What a convolution makes of a map.

    Args:
        x: Keras tensor `[B, H, W, C]`.
        layer: `Conv2D` or `DepthwiseConv2D`, of which all but the weights counts.
        kernel: array, as the layer's is shaped.
        bias: `[F]` array or `None`.
        quantized: bool. Whether it is to be computed in 8 bits.
    """
    size, _, channels, filters = kernel.shape
    is_valid, is_gray = layer.padding == "valid", channels <= _FEW_CHANNELS
    has_blocks = all(side is None or (side - (size - 1) * is_valid) % 2 == 0 for side in x.shape[1:3])
    if has_blocks and size % 2 and layer.kernel_size == (size, size) and _is_usual(layer):
        options = {"padding": layer.padding, "activation": layer.activation}
        if layer.strides == (1, 1) and (is_valid if is_gray else filters <= _FEW_FILTERS):
            shifts = [((row, 1 - row), (column, 1 - column)) for row in (0, 1) for column in (0, 1)]
            kernels = [np.pad(kernel, (*shift, (0, 0), (0, 0))) for shift in shifts]
            if is_gray:
                return _from_blocks(ops.space_to_depth(x, 2), map(_of_blocks, kernels), bias, layer.name, **options)
            return _from_blocks(x, kernels, bias, layer.name, strides=2, **options)
        if layer.strides == (2, 2) and is_gray and not is_valid and quantized:
            # The first block begins where the border of zeros does, or a pixel before.
            before = (size - 2) // 2 % 2
            kernel = np.pad(kernel, ((before, 1 - before), (before, 1 - before), (0, 0), (0, 0)))
            return plain_conv(ops.space_to_depth(x, 2), _of_blocks(kernel), bias, layer.name, **options)
    return copied(x, layer, kernel, bias)


def copied(x, layer, kernel, bias):
    """What a convolution of any kind makes of a map with these weights. Args: as of `conv`."""
    return _weighted(type(layer).from_config({**layer.get_config(), **_options(bias)}), x, kernel, bias)


def _is_usual(layer):
    return type(layer) is keras.layers.Conv2D and layer.groups == 1 and layer.dilation_rate == (1, 1)


def _of_blocks(kernel):
    """The kernel of a convolution of stride 2, for blocks of 2x2 pixels as channels."""
    rows, columns, channels, filters = kernel.shape
    kernel = kernel.reshape(rows // 2, 2, columns // 2, 2, channels, filters).swapaxes(1, 2)
    return kernel.reshape(rows // 2, columns // 2, 4 * channels, filters)


def _from_blocks(x, kernels, bias, name, **options):
    """A convolution that computes blocks of 2x2 pixels, each by one of four kernels."""
    bias = None if bias is None else np.tile(bias, 4)
    return ops.depth_to_space(plain_conv(x, np.concatenate(list(kernels), axis=-1), bias, name, **options), 2)


def plain_conv(x, kernel, bias, name, **options):
    """A convolution by a kernel `[h, w, C, F]` and a bias `[F]` or `None`."""
    layer = keras.layers.Conv2D(kernel.shape[-1], kernel.shape[:2], name=name, **options, **_options(bias))
    return _weighted(layer, x, kernel, bias)


def _options(bias):
    return {"use_bias": bias is not None, "dtype": "float32"}


def _weighted(layer, x, kernel, bias):
    y = layer(x)
    layer.set_weights([kernel] if bias is None else [kernel, bias])
    return y


def scaled_channels(x, scale, offset, name):
    """A map whose channels are multiplied by `scale [C]` and shifted by `offset [C]`."""
    layer = keras.layers.DepthwiseConv2D(1, name=name, **_options(offset))
    return _weighted(layer, x, scale[np.newaxis, np.newaxis, :, np.newaxis], offset)


def with_ones(x, name):
    """A map and a channel of ones."""
    channels = x.shape[-1]
    kernel = np.eye(channels, channels + 1)[np.newaxis, np.newaxis]
    return plain_conv(x, kernel, np.eye(channels + 1)[-1], name)


def block_means(x, layer):
    """What an `AveragePooling2D` makes of a map of one channel: XNNPACK has no 8-bit pooling of float32 maps."""
    kernel = np.full((*layer.pool_size, 1, 1), 1.0 / np.prod(layer.pool_size))
    return plain_conv(x, kernel, None, layer.name, strides=layer.strides)


def enlarged(x, factor, name, mix=None):
    """A bilinear enlargement, as blocks of pixels that are channels yet: for `depth_to_space`.

    A pixel of the larger map is a mean of four at most, so a block is a convolution of a pixel and those around it.

    Args:
        x: Keras tensor `[B, H + 2, W + 2, C]`: a map with a ring.
        factor: int. How many times the height and the width become.
        name: string. Of the layer.
        mix: `[C, F]` array by which the channels are multiplied. Defaults to none.

    Returns:
        Keras tensor `[B, H, W, factor * factor * F]`.
    """
    mix = np.eye(x.shape[-1]) if mix is None else mix
    places = (np.arange(factor) + 0.5) / factor - 0.5  # in pixels, from the middle of the pixel in the middle
    taps = np.maximum(0, 1 - np.abs(np.arange(-1, 2)[:, np.newaxis] - places))
    kernel = np.einsum("rx,cy,if->rcixyf", taps, taps, mix).reshape(3, 3, x.shape[-1], -1)
    return plain_conv(x, kernel, None, name)
