"""Networks from image to image that the paper compares itself with on thermal images: Pix2Pix and UResNet.

Both are U-Nets as many layers deep as the paper's generator, of either input, and can have its saliency branch.
"""

import keras

from keras_scgan.models.generator import DEPTHS
from keras_scgan.models.generator_model import Generator
from keras_scgan.models.layers import (
    BATCH_NORM_MOMENTUM,
    KERNEL_STDDEV,
    LEAKY_RELU_SLOPE,
    NORM_EPSILON,
    NORMS,
    BatchNormalization,
    conv_block,
)
from keras_scgan.models.presets import preset_width
from keras_scgan.models.saliency_branch import saliency_branch

_WIDTHS = (1, 2, 4, 8, 8, 8, 8, 8)  # of the encoder's maps from stride 2 on, as multiples of the preset's
_DROPOUTS = 3  # of the decoder's innermost maps, by Pix2Pix
_KERNEL_SIZE = 4  # of Pix2Pix


def build_pix2pix(preset="paper", *, saliency=True, depth=8):
    """Builds the generator of Pix2Pix, with random weights: U-Net-256, where the preset is the paper's.

    Dropout is for training alone: inference, where Pix2Pix keeps it, gives the same colours each time.

    Args:
        preset: string. One of `keras_scgan.models.PRESETS`. Defaults to `"paper"`: 64 channels first, as published.
        saliency: bool. Whether to build SCGAN's saliency branch, for its attention loss. Defaults to `True`.
        depth: int. Stride-2 convolutions, one of 6, 7 and 8 (U-Net-256, the default). Heights and widths are multiples
            of `2 ** depth`.

    Returns:
        A `Generator` from `gray [B, H, W, 1]` in [-1, 1] to a dict: `color [B, H, W, 3]` in [-1, 1] and, with the
        saliency branch, `saliency [B, H, W, 1]` in [0, 1]. Both are float32.

    Raises:
        ValueError: the preset is unknown or the depth is not one of the three.

    Reference:
        Section 6.1.1 of [Pix2Pix](https://arxiv.org/abs/1611.07004).
    """

    def down(x, filters, level, name):
        x = _normed(_conv(filters, 2, name)(x), _norm_of(level, depth), name)
        return _leaky_relu(x, name)

    def up(x, filters, level, name):
        x = _transposed_conv(filters, name)(keras.layers.ReLU(name=f"{name}_relu")(x))
        x = _normed(x, "batch", name)
        return keras.layers.Dropout(0.5, name=f"{name}_dropout")(x) if depth - level <= _DROPOUTS else x

    def out(x):
        x = keras.layers.ReLU(name="out_relu")(x)
        x = _transposed_conv(3, "out", use_bias=True)(x)
        return keras.layers.Activation("tanh", dtype="float32", name="out_tanh")(x)

    return _build_u_net("pix2pix", preset, saliency, depth, down, up, out)


def build_uresnet(preset="paper", *, saliency=True, depth=8):
    """Builds UResNet, a U-Net with residual blocks, with random weights.

    The paper names it without its layers. This one has the blocks of the paper's generator: of each map of the encoder
    but the innermost, a residual block of two convolutions.

    Args and errors: as of `build_pix2pix`, like what it returns.

    Reference:
        Section IV.F of [SCGAN](https://arxiv.org/abs/2011.11377).
    """

    def down(x, filters, level, name):
        x = conv_block(x, filters, strides=2, norm=_norm_of(level, depth), name=name)
        return x if level == depth else _residual_block(x, filters, f"{name}_residual")

    def up(x, filters, level, name):
        return conv_block(x, filters, upsample=True, name=name)

    def out(x):
        return conv_block(x, 3, upsample=True, norm="none", activation="tanh", name="out")

    return _build_u_net("uresnet", preset, saliency, depth, down, up, out)


def build_patch_critic(preset="paper", *, norm="batch"):
    """Builds the critic of Pix2Pix, a 70x70 PatchGAN, with random weights.

    Args:
        preset: string. One of `keras_scgan.models.PRESETS`. Defaults to `"paper"`: 64 channels first, as published.
        norm: `"batch"` (as published, the default), `"instance"` or `"none"`.

    Returns:
        A functional model from a dict of `gray [B, H, W, 1]` and `image [B, H, W, 3]`, both in [-1, 1], to scores
        `[B, H/8 - 2, W/8 - 2, 1]`, float32 and unbounded: logits, as the loss `"vanilla"` takes them.

    Raises:
        ValueError: preset or norm are unknown.

    Reference:
        Section 6.1.2 of [Pix2Pix](https://arxiv.org/abs/1611.07004).
    """
    width = preset_width(preset)
    if norm not in NORMS:
        raise ValueError(f"`norm` must be one of {NORMS}. Received: norm={norm!r}")
    inputs = {"gray": keras.Input((None, None, 1), name="gray"), "image": keras.Input((None, None, 3), name="image")}
    x = keras.layers.Concatenate(name="gray_and_image")([inputs["gray"], inputs["image"]])
    for i, (multiple, strides) in enumerate(((1, 2), (2, 2), (4, 2), (8, 1)), 1):
        name = f"block{i}"
        x = keras.layers.ZeroPadding2D(1, name=f"{name}_pad")(x)
        x = _conv(multiple * width, strides, name, padding="valid", use_bias=i == 1)(x)
        x = _leaky_relu(_normed(x, "none" if i == 1 else norm, name), name)
    x = keras.layers.ZeroPadding2D(1, name="final_pad")(x)
    scores = _conv(1, 1, "final", padding="valid", use_bias=True, dtype="float32")(x)
    return keras.Model(inputs, scores, name="critic")


BUILDERS = {"pix2pix": build_pix2pix, "uresnet": build_uresnet}
"""Functions that build a generator, by the name of its architecture."""


def _build_u_net(architecture, preset, saliency, depth, down, up, out):
    """A U-Net of parts.

    Args:
        architecture: its name.
        preset: as of `build_pix2pix`.
        saliency: likewise.
        depth: likewise.
        down: function that halves the size of a map. It takes the map, and of the result the number of channels, the
            level (its stride is 2 to that power) and the name.
        up: function that doubles it, likewise.
        out: function of a map of half the size that gives the colours.
    """
    if depth not in DEPTHS:
        raise ValueError(f"`depth` must be one of {DEPTHS}. Received: depth={depth}")
    width = preset_width(preset)
    gray = keras.Input((None, None, 1), name="gray")
    x, skips = gray, {}
    for level in range(1, depth + 1):
        x = skips[level] = down(x, _WIDTHS[level - 1] * width, level, f"down{level}")
    levels = {}
    for level in range(depth - 1, 0, -1):
        levels[2**level] = up(x, _WIDTHS[level - 1] * width, level, f"up{level}")
        x = keras.layers.Concatenate(name=f"up{level}_skip")([skips[level], levels[2**level]])
    outputs = {"color": out(x)}
    if saliency:
        outputs["saliency"] = saliency_branch(levels, 2 * width)
    built_from = {"preset": preset, "saliency": saliency, "depth": depth}
    description = {"architecture": architecture, "built_from": built_from, "size_multiple": 2**depth}
    return Generator(gray, outputs, name="generator", description=description)


def _norm_of(level, depth):
    """Norm of a level of an encoder: the innermost map is 1x1 at the smallest size, of which it would leave nothing."""
    return "none" if level in (1, depth) else "batch"


def _residual_block(x, filters, name):
    y = conv_block(x, filters, name=f"{name}1")
    y = conv_block(y, filters, activation="linear", name=f"{name}2")
    return keras.layers.Add(name=f"{name}_sum")([x, y])


def _conv(filters, strides, name, **options):
    options = {"padding": "same", "use_bias": False, **options}
    return keras.layers.Conv2D(filters, _KERNEL_SIZE, strides, **options, **_named(name))


def _transposed_conv(filters, name, use_bias=False):
    options = {"padding": "same", "use_bias": use_bias}
    return keras.layers.Conv2DTranspose(filters, _KERNEL_SIZE, 2, **options, **_named(name))


def _named(name):
    return {"kernel_initializer": keras.initializers.RandomNormal(stddev=KERNEL_STDDEV), "name": f"{name}_conv"}


def _normed(x, norm, name):
    if norm == "batch":
        return BatchNormalization(momentum=BATCH_NORM_MOMENTUM, epsilon=NORM_EPSILON, name=f"{name}_norm")(x)
    if norm == "instance":
        return keras.layers.GroupNormalization(groups=-1, epsilon=NORM_EPSILON, name=f"{name}_norm")(x)
    return x


def _leaky_relu(x, name):
    return keras.layers.LeakyReLU(LEAKY_RELU_SLOPE, name=f"{name}_relu")(x)
