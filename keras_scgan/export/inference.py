"""The generator for inference: the same outputs, by operations that devices run fast.

Batch normalisation is folded into the convolutions. What is left are convolutions without padding, leaky ReLU, tanh,
sigmoid, clipping, slices, concatenations, depth_to_space and space_to_depth. XNNPACK, with which LiteRT computes on
CPUs, has all of them, but neither padding by reflection nor the repetition of pixels.
"""

import dataclasses

import keras
import numpy as np
from keras import ops

from keras_scgan import color
from keras_scgan.errors import UserError
from keras_scgan.layers import LumaTransplant, ReflectionPadding2D, UpsampleConv2D

REFLECT_PADDINGS = ("slices", "mirror_pad")

_MAX_CONCATENATED = 4
"""XNNPACK concatenates no more tensors at once."""

_FEW_FILTERS = 4
"""A convolution of no more filters computes 2x2 pixels at once: vector units compute 16 filters, needed or not."""

_MANY_CHANNELS = 128
"""An upsampling convolution of no fewer channels is faster by differences: it saves more than the additions cost."""


def build_inference_model(generator, image_size=None, *, saliency=False, reflect_padding="slices", quantized=False):
    """Builds a model that computes what a generator does, for inference alone.

    Args:
        generator: functional model as of `build_generator`, of any dtype policy.
        image_size: int. Height and width of the images that it takes. Defaults to `None`: any that the generator takes.
        saliency: bool. Whether it predicts saliency maps too, where the generator does. Defaults to `False`.
        reflect_padding: string. `"slices"` (the default), or `"mirror_pad"`: the operation that GPU delegates have and
            XNNPACK has not.
        quantized: bool. Whether its maps are to be quantized, for which they must not be differences of others: without
            them, wide layers take more multiplications. Defaults to `False`.

    Returns:
        A functional float32 model with weights of its own, from `gray [B, H, W, 1]` in [-1, 1] to a dict: `color
        [B, H, W, 3]` in [-1, 1] and, if it is wanted, `saliency [B, H, W, 1]` in [0, 1].

    Raises:
        UserError: The generator has a layer that none of `build_generator` has.
        ValueError: `reflect_padding` has none of its values.
    """
    if reflect_padding not in REFLECT_PADDINGS:
        raise ValueError(
            f"`reflect_padding` must be one of {REFLECT_PADDINGS}. Received: reflect_padding={reflect_padding!r}"
        )
    outputs = {name: tensor for name, tensor in generator.output.items() if name == "color" or saliency}
    gray = keras.Input((image_size, image_size, 1), name="gray", dtype="float32")
    converter = _Converter(reflect_padding, quantized)
    return keras.Model(gray, converter.convert(keras.Model(generator.input, outputs), [_Part(gray)]), name="inference")


@dataclasses.dataclass(frozen=True, eq=False)
class _Part:
    """Channels of a feature map, which are joined to others when it is known how they are to be padded.

    Args:
        tensor: Keras tensor `[B, H, W, C]`, or `[B, H + 2, W + 2, C]` with a ring: the border repeated around it.
        has_ring: bool.
    """

    tensor: keras.KerasTensor
    has_ring: bool = False

    def plain(self):
        return self.tensor[:, 1:-1, 1:-1] if self.has_ring else self.tensor

    def ringed(self):
        if self.has_ring:
            return self.tensor
        return _pad_by_slices(self.tensor, [slice(0, 1)], [slice(-1, None)])


class _Converter:
    """Turns the layers of generators into those of their inference models.

    Args:
        reflect_padding: see `build_inference_model`.
        quantized: likewise.
    """

    def __init__(self, reflect_padding, quantized):
        self._reflect_padding = reflect_padding
        self._quantized = quantized
        self._parts = {}  # tensors and the parts that they stand for, by the tensor's `id`
        self._norms = {}  # batch normalisations, by the `id` of what they normalise
        self._folded = set()

    def convert(self, model, parts):
        """What a functional model computes of parts: Keras tensors, as its output is structured."""
        self._norms |= {id(x.input): x for x in model.layers if isinstance(x, keras.layers.BatchNormalization)}
        clone = keras.models.clone_model(
            model,
            input_tensors=self._stand_in(parts),
            clone_function=lambda layer: layer,
            call_function=lambda layer, inputs, **_: self._stand_in(self._call(layer, inputs)),
        )
        return clone.output

    def _stand_in(self, parts):
        """A tensor that goes through the graph for the parts."""
        tensor = _join(_Part.plain, parts)
        self._parts[id(tensor)] = (tensor, parts)
        return tensor

    def _call(self, layer, inputs):
        """The parts that a layer makes of its inputs."""
        parts = [part for tensor in keras.tree.flatten(inputs) for part in self._parts[id(tensor)][1]]
        match layer:
            case keras.Model():
                return self._parts[id(self.convert(layer, parts))][1]
            case UpsampleConv2D():
                kernel, bias = self._weights(layer)
                by_differences = not self._quantized and kernel.shape[2] >= _MANY_CHANNELS
                upsample_conv = _upsample_conv_by_differences if by_differences else _upsample_conv
                tensor = upsample_conv(_join(_Part.ringed, parts), kernel, bias, layer.name)
                return [_Part(tensor, has_ring=True)]
            case keras.layers.Conv2D(
                padding="valid", dilation_rate=(1, 1), groups=1, use_bias=False, activation=keras.activations.linear
            ):
                return [_Part(_conv(_join(_Part.plain, parts), *self._weights(layer), layer.name, layer.strides))]
            case ReflectionPadding2D():
                return [_Part(self._reflect(part.plain(), layer.padding)) for part in parts]
            case keras.layers.BatchNormalization() if layer in self._folded:
                return parts
            case keras.layers.LeakyReLU():
                slope = layer.negative_slope
                return [_Part(ops.leaky_relu(part.tensor, slope), part.has_ring) for part in parts]
            case keras.layers.Activation():
                return [_Part(layer.activation(_join(_Part.plain, parts)))]
            case keras.layers.Concatenate(axis=-1):
                return parts
            case LumaTransplant():
                return [_Part(_transplant_luma(_join(_Part.plain, parts), layer.name))]
        raise UserError(
            f"The generator cannot be exported: its layer {layer.name!r} ({type(layer).__name__}) is of no kind that "
            "build_generator makes."
        )

    def _weights(self, layer):
        """Kernel of a convolution, and bias or `None`, with the batch normalisation that follows it."""
        kernel = np.asarray(layer.kernel, "float64")
        norm = self._norms.get(id(layer.output))
        if norm is None:
            return kernel, None
        self._folded.add(norm)
        weights = norm.gamma, norm.beta, norm.moving_mean, norm.moving_variance
        gamma, beta, mean, variance = (np.asarray(weight, "float64") for weight in weights)
        scale = gamma / np.sqrt(variance + norm.epsilon)
        return kernel * scale, beta - mean * scale

    def _reflect(self, x, padding):
        if self._reflect_padding == "mirror_pad":
            pad = (padding, padding)
            return ops.pad(x, ((0, 0), pad, pad, (0, 0)), mode="reflect")
        distances = range(1, padding + 1)
        before = [slice(i, i + 1) for i in reversed(distances)]
        return _pad_by_slices(x, before, [slice(-1 - i, -i) for i in distances])


# === Operations ===


def _join(padding, parts):
    """One tensor of parts that are padded by `_Part.plain` or `_Part.ringed`."""
    tensors = [padding(part) for part in parts]
    return tensors[0] if len(tensors) == 1 else ops.concatenate(tensors, axis=-1)


def _pad_by_slices(x, before, after):
    """Rows of a map, then columns, put before and after it: each a slice, in order."""
    for axis in (1, 2):
        lead = (slice(None),) * axis
        x = _concatenate([*(x[(*lead, rows)] for rows in before), x], [x[(*lead, rows)] for rows in after], axis)
    return x


def _concatenate(head, tail, axis):
    if len(head) + len(tail) > _MAX_CONCATENATED:
        head = [ops.concatenate(head, axis=axis)]
    return ops.concatenate([*head, *tail], axis=axis)


def _transplant_luma(x, name):
    """What a `LumaTransplant` makes of `[B, H, W, 4]`, red, green, blue and grey, by a convolution."""
    kernel = np.concatenate([np.eye(3) - np.array(color.LUMA_WEIGHTS)[:, np.newaxis], np.ones((1, 3))])
    return ops.clip(_plain_conv(x, kernel[np.newaxis, np.newaxis], None, name, 1), -1.0, 1.0)


def _upsample_conv(x, kernel, bias, name):
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


def _upsample_conv_by_differences(x, kernel, bias, name):
    """What `_upsample_conv` computes, by 9 products a pixel of the map and filter instead of 16.

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
        return _plain_conv(x, np.concatenate(kernels, axis=-1)[np.newaxis, np.newaxis], bias, f"{name}_{suffix}", 1)

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


def _conv(x, kernel, bias, name, strides):
    size, _, channels, filters = kernel.shape
    has_blocks = all(side is None or (side - size + 1) % 2 == 0 for side in x.shape[1:3])
    if strides != (1, 1) or not has_blocks or size % 2 == 0 or (channels > 1 and filters > _FEW_FILTERS):
        return _plain_conv(x, kernel, bias, name, strides)
    shifts = [((row, 1 - row), (column, 1 - column)) for row in (0, 1) for column in (0, 1)]
    kernels = [np.pad(kernel, (*shift, (0, 0), (0, 0))) for shift in shifts]
    if channels > 1:
        return _from_blocks(x, kernels, bias, name, strides=2)
    # XNNPACK's 8-bit convolutions compute 8 channels at once, so of one channel make four.
    half = (size + 1) // 2
    kernels = [k.reshape(half, 2, half, 2, filters).swapaxes(1, 2).reshape(half, half, 4, filters) for k in kernels]
    return _from_blocks(ops.space_to_depth(x, 2), kernels, bias, name)


def _from_blocks(x, kernels, bias, name, strides=1):
    """A convolution that computes blocks of 2x2 pixels, each by one of four kernels."""
    bias = None if bias is None else np.tile(bias, 4)
    return ops.depth_to_space(_plain_conv(x, np.concatenate(kernels, axis=-1), bias, name, strides), 2)


def _plain_conv(x, kernel, bias, name, strides):
    layer = keras.layers.Conv2D(
        kernel.shape[-1],
        kernel.shape[:2],
        strides,
        use_bias=bias is not None,
        kernel_initializer="zeros",
        dtype="float32",
        name=name,
    )
    y = layer(x)
    layer.set_weights([kernel] if bias is None else [kernel, bias])
    return y
