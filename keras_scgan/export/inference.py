"""The generator for inference: the same outputs, by operations that devices run fast.

Batch normalisation is folded into the convolutions, and layers that XNNPACK, with which LiteRT computes on CPUs, does
not have are built of others that it has: it has neither padding by reflection nor the repetition of pixels.
"""

import collections
import dataclasses

import keras
import numpy as np
from keras import ops

from keras_scgan.export import convolutions
from keras_scgan.models import folding
from keras_scgan.models.joint_bilateral import JointBilateralFilter
from keras_scgan.models.layers import ChromaOnLuma, LumaTransplant, ReflectionPadding2D, UpsampleConv2D, WithOnes
from keras_scgan.photos import color
from keras_scgan.program.errors import UserError

REFLECT_PADDINGS = ("slices", "mirror_pad")

_MAX_CONCATENATED = 4
"""XNNPACK concatenates no more tensors at once."""

_FEW_CHANNELS = 2
"""A map of no more channels is enlarged by a convolution, which is faster than an enlargement of each pixel."""

_MANY_CHANNELS = 128
"""An upsampling convolution of no fewer channels is faster by differences: it saves more than the additions cost."""


def build_inference_model(generator, image_size=None, *, saliency=False, reflect_padding="slices", quantized=False):
    """Builds a model that computes what a generator does, for inference alone.

    Args:
        generator: functional model as of `build_generator` or `build_pretrained_generator`, of any dtype policy.
        image_size: int. Height and width of the images that it takes. Defaults to `None`: any that the generator takes.
        saliency: bool. Whether it predicts saliency maps too, where the generator does. Defaults to `False`.
        reflect_padding: string. `"slices"` (the default), or `"mirror_pad"`: the operation that GPU delegates have and
            XNNPACK has not.
        quantized: bool. Whether its maps are to be quantized, for which they must not be differences of others: without
            them, wide layers take more multiplications. Defaults to `False`.

    Returns:
        A functional float32 model with weights of its own, from `gray [B, H, W, 1]` in [-1, 1] to a dict: `color
        [B, H, W, 3]` in [-1, 1], where the generator has it `chroma [B, h, w, 2]` in [-1, 1], and, if it is wanted,
        `saliency [B, H, W, 1]` in [0, 1].

    Raises:
        UserError: The generator has a layer of a kind that is not known to run fast on CPUs.
        ValueError: `reflect_padding` is not one of `REFLECT_PADDINGS`.
    """
    if reflect_padding not in REFLECT_PADDINGS:
        raise ValueError(
            f"`reflect_padding` must be one of {REFLECT_PADDINGS}. Received: reflect_padding={reflect_padding!r}"
        )
    outputs = {name: tensor for name, tensor in generator.output.items() if name != "saliency" or saliency}
    gray = keras.Input((image_size, image_size, 1), name="gray", dtype="float32")
    converter = _Converter(reflect_padding, quantized)
    return keras.Model(gray, converter.convert(keras.Model(generator.input, outputs), [_Part(gray)]), name="inference")


@dataclasses.dataclass(frozen=True, eq=False)
class _Product:
    """A convolution of single pixels: of a tensor, by a kernel `[1, 1, C, F]` and a bias `[F]`."""

    x: keras.KerasTensor
    kernel: np.ndarray
    bias: np.ndarray

    def then(self, other):
        """The one product that is this and, after it, another."""
        (matrix,) = other.kernel[0]
        return _Product(self.x, self.kernel @ matrix, self.bias @ matrix + other.bias)


@dataclasses.dataclass(frozen=True, eq=False)
class _Part:
    """Channels of a feature map, which are joined to others when it is known how they are to be padded.

    Args:
        tensor: Keras tensor `[B, H, W, C]`, or `[B, H + 2, W + 2, C]` with a ring: the border repeated around it.
        has_ring: bool.
        factor: int. How many times the map is to be enlarged yet, bilinearly. Defaults to 1; only without a ring.
        name: string. Of the layer that enlarges it.
        product: `_Product` that `tensor` is, where that can be made one with what comes after it. Defaults to `None`.
    """

    tensor: keras.KerasTensor
    has_ring: bool = False
    factor: int = 1
    name: str | None = None
    product: _Product | None = None

    def whole(self):
        """As it is padded, enlarged."""
        if self.factor == 1:
            return self.tensor
        blocks = convolutions.enlarged(_with_ring(self.tensor), self.factor, self.name)
        return ops.depth_to_space(blocks, self.factor)

    def plain(self):
        return self.tensor[:, 1:-1, 1:-1] if self.has_ring else self.whole()

    def ringed(self):
        return self.tensor if self.has_ring else _with_ring(self.whole())


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
        self._used_once = set()  # `id`s of tensors
        self._norms = {}  # batch normalisations, by the `id` of what they alone take
        self._folded = set()

    def convert(self, model, parts):
        """What a functional model computes of parts: Keras tensors, as its output is structured."""
        uses = collections.Counter(map(id, model.outputs))
        for operation in model.operations:
            uses.update(map(id, keras.tree.flatten(operation.input)))
        self._used_once |= {key for key, count in uses.items() if count == 1}
        norms = (layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization))
        self._norms |= {id(norm.input): norm for norm in norms if id(norm.input) in self._used_once}
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
                kernel, bias = folding.fold(layer, self._norm_after(layer))
                by_differences = not self._quantized and kernel.shape[2] >= _MANY_CHANNELS
                upsample_conv = (
                    convolutions.upsample_conv_by_differences if by_differences else convolutions.upsample_conv
                )
                tensor = upsample_conv(_join(_Part.ringed, parts), kernel, bias, layer.name)
                return [_Part(tensor, has_ring=True)]
            case keras.layers.Conv2D() | keras.layers.DepthwiseConv2D():
                return [self._convolve(layer, inputs, parts)]
            case keras.layers.Conv2DTranspose():
                return [_Part(convolutions.copied(inputs, layer, *folding.fold(layer, self._norm_after(layer))))]
            case ReflectionPadding2D():
                return [_Part(self._reflect(part.plain(), layer.padding)) for part in parts]
            case keras.layers.BatchNormalization() if layer in self._folded:
                return parts
            case keras.layers.BatchNormalization():
                return [_Part(convolutions.scaled_channels(inputs, *folding.as_scale_and_offset(layer), layer.name))]
            case keras.layers.LeakyReLU():
                slope = layer.negative_slope
                return [_Part(ops.leaky_relu(part.whole(), slope), part.has_ring) for part in parts]
            case keras.layers.ReLU(max_value=None, negative_slope=0) if self._quantized and not _is_fused(layer):
                same = np.ones(inputs.shape[-1])
                return [_Part(ops.relu(convolutions.scaled_channels(inputs, same, 0 * same, layer.name)))]
            case keras.layers.Activation():
                return [_Part(layer.activation(inputs))]
            case keras.layers.Concatenate(axis=-1):
                return parts
            case LumaTransplant():
                kernel = np.concatenate([np.eye(3) - np.array(color.LUMA_WEIGHTS)[:, np.newaxis], np.ones((1, 3))])
                return [_Part(_mix(parts, kernel, layer.name))]
            case ChromaOnLuma() if parts[0].factor > 1:
                return [_Part(_color_of_enlarged(*parts, layer.name))]
            case ChromaOnLuma():
                return [_Part(_mix(parts, np.concatenate([color.CHROMA_TO_RGB, np.ones((1, 3))]), layer.name))]
            case keras.layers.UpSampling2D(interpolation="bilinear", size=(rows, columns)) if (
                inputs.shape[-1] <= _FEW_CHANNELS and rows == columns
            ):
                return [_Part(inputs, factor=rows, name=layer.name)]
            case keras.layers.AveragePooling2D(padding="valid") if inputs.shape[-1] == 1:
                return [_Part(convolutions.block_means(inputs, layer))]
            case WithOnes():
                return [_Part(convolutions.with_ones(inputs, layer.name))]
            case keras.layers.Dropout():
                return parts
            case (
                keras.layers.Add()
                | keras.layers.Multiply()
                | keras.layers.ReLU()
                | keras.layers.Rescaling()
                | keras.layers.Reshape()
                | keras.layers.ZeroPadding2D()
                | keras.layers.AveragePooling2D()
                | keras.layers.MaxPooling2D()
                | keras.layers.GlobalAveragePooling2D()
                | keras.layers.UpSampling2D(interpolation="bilinear")
                | JointBilateralFilter()
            ):
                return [_Part(type(layer).from_config({**layer.get_config(), "dtype": "float32"})(inputs))]
        raise UserError(
            f"The generator cannot be exported: its layer {layer.name!r} ({type(layer).__name__}) is of no kind that "
            "runs fast on CPUs."
        )

    def _convolve(self, layer, inputs, parts):
        """What a convolution makes of its input, with those of single pixels before it that nothing else sees."""
        norm = self._norm_after(layer)
        kernel, bias = folding.fold(layer, norm)
        if type(layer) is not keras.layers.Conv2D or layer.groups > 1 or {*kernel.shape[:2], *layer.strides} != {1}:
            return _Part(convolutions.conv(inputs, layer, kernel, bias, self._quantized))
        product = _Product(inputs, kernel, np.zeros(kernel.shape[-1]) if bias is None else bias)
        before = parts[0].product if len(parts) == 1 else None
        if before is not None:
            both = before.then(product)
            # A map less is worth more multiplications where they take 8 bits.
            if self._quantized or both.kernel.size <= before.kernel.size + product.kernel.size:
                product = both
        tensor = convolutions.conv(product.x, layer, product.kernel, product.bias, self._quantized)
        is_open = layer.activation is keras.activations.linear and id((norm or layer).output) in self._used_once
        return _Part(tensor, product=product if is_open else None)

    def _norm_after(self, layer):
        """The batch normalisation that is to be folded into a convolution, or `None`."""
        norm = self._norms.get(id(layer.output)) if folding.is_linear(layer) else None
        if norm is not None:
            self._folded.add(norm)
        return norm

    def _reflect(self, x, padding):
        if self._reflect_padding == "mirror_pad":
            pad = (padding, padding)
            return ops.pad(x, ((0, 0), pad, pad, (0, 0)), mode="reflect")
        distances = range(1, padding + 1)
        before = [slice(i, i + 1) for i in reversed(distances)]
        return _pad_by_slices(x, before, [slice(-1 - i, -i) for i in distances])


# === Operations ===


def _is_fused(relu):
    """Whether a ReLU becomes part of the convolution that computes its input: XNNPACK has no 8-bit one of its own."""
    before = relu.input._keras_history.operation
    return not isinstance(before, keras.layers.Concatenate | keras.layers.LeakyReLU)


def _join(padding, parts):
    """One tensor of parts that are padded by `_Part.plain` or `_Part.ringed`."""
    tensors = [padding(part) for part in parts]
    return tensors[0] if len(tensors) == 1 else ops.concatenate(tensors, axis=-1)


def _with_ring(x):
    return _pad_by_slices(x, [slice(0, 1)], [slice(-1, None)])


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


def _mix(parts, kernel, name):
    """Colours in [-1, 1]: the sum of all channels, each times its row of `kernel [C, 3]`, by a convolution."""
    x = convolutions.plain_conv(_join(_Part.plain, parts), kernel[np.newaxis, np.newaxis], None, name)
    return ops.clip(x, -1.0, 1.0)


def _color_of_enlarged(chroma, gray, name):
    """What a `ChromaOnLuma` makes of a chroma that is to be enlarged yet, and of a luma.

    Each block of pixels of one of the chroma is computed at once, which takes neither many small maps nor slow copies.
    """
    factor = chroma.factor
    offsets = convolutions.enlarged(_with_ring(chroma.tensor), factor, f"{name}_offsets", color.CHROMA_TO_RGB)
    thrice = np.kron(np.eye(factor**2), np.ones((1, 3)))[np.newaxis, np.newaxis]
    grays = convolutions.plain_conv(ops.space_to_depth(gray.plain(), factor), thrice, None, f"{name}_grays")
    return ops.depth_to_space(ops.clip(grays + offsets, -1.0, 1.0), factor)
