"""EfficientNet-Lite: EfficientNet without squeeze-and-excitation and with ReLU6, for devices."""

import math
from typing import NamedTuple

import keras

SCALES = {0: (1.0, 1.0), 1: (1.0, 1.1), 2: (1.1, 1.2), 3: (1.2, 1.4), 4: (1.4, 1.8)}
"""Width and depth of each version, as multiples of version 0's."""

_STEM_FILTERS, _HEAD_FILTERS = 32, 1280
_EPSILON = 1e-3


class Stage(NamedTuple):
    """Inverted residual blocks that pass on the same number of channels; the first of them has the strides."""

    repeats: int
    kernel_size: int
    strides: int
    expansion: int
    filters: int


_STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


def build_efficientnet_lite(version=0, *, classes=1000):
    """Builds an untrained EfficientNet-Lite.

    Args:
        version: int from 0 to 4. Defaults to 0, the smallest.
        classes: int. Number of logits. Defaults to ImageNet's.

    Returns:
        A functional model from RGB images `[B, H, W, 3]` in [0, 255], of any size, to `logits [B, classes]`. It scales
        them itself. Its layers `stride2_features` to `stride32_features` give what each stride passes on.

    Raises:
        ValueError: there is no such version.

    Reference:
        [EfficientNet](https://arxiv.org/abs/1905.11946), table 1, and the
        [Lite](https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite) versions of its authors.
    """
    stages = scaled_stages(version)
    image = keras.Input((None, None, 3), name="image")
    x = keras.layers.Rescaling(1 / 128, -127 / 128, name="rescale")(image)
    x = _conv_norm_relu(x, _conv(_STEM_FILTERS, 3, 2, name="conv_stem"), "bn0")
    stride, block = 2, 0
    for i, stage in enumerate(stages):
        stride *= stage.strides
        for repeat in range(stage.repeats):
            x = _block(x, block, stage._replace(strides=1) if repeat else stage)
            block += 1
        if i + 1 < len(stages) and stages[i + 1].strides > 1:
            x = _named(x, stride)
    x = _conv_norm_relu(x, _conv(_HEAD_FILTERS, 1, name="conv_head"), "bn1")
    x = keras.layers.GlobalAveragePooling2D(name="pool")(_named(x, stride))
    logits = keras.layers.Dense(classes, name="logits")(x)
    return keras.Model(image, logits, name=f"efficientnet_lite{version}")


def scaled_stages(version):
    """The stages of a version, a list of `Stage`. First and last are not deepened; stem and head are not widened.

    Raises:
        ValueError: there is no such version.
    """
    if version not in SCALES:
        raise ValueError(f"`version` must be one of {tuple(SCALES)}. Received: version={version!r}")
    width, depth = SCALES[version]
    stages = [stage._replace(filters=_scaled_filters(stage.filters * width)) for stage in _STAGES]
    inner = [stage._replace(repeats=math.ceil(stage.repeats * depth)) for stage in stages[1:-1]]
    return [stages[0], *inner, stages[-1]]


def _scaled_filters(filters):
    """The nearest multiple of 8, or the next one up where that is less than nine tenths."""
    nearest = int(filters + 4) // 8 * 8
    return nearest if nearest >= 0.9 * filters else nearest + 8


# === Layers ===


def _block(x, index, stage):
    """An inverted residual block."""
    inputs, name, norm = x, f"block{index}", f"blocks_{index}_bn"
    if stage.expansion > 1:
        x = _conv_norm_relu(x, _conv(stage.expansion * x.shape[-1], 1, name=f"{name}_expand_conv"), f"{norm}0")
    depthwise = keras.layers.DepthwiseConv2D(
        stage.kernel_size, stage.strides, padding="same", use_bias=False, name=f"{name}_depthwise_conv"
    )
    x = _conv_norm_relu(x, depthwise, f"{norm}1")
    x = _conv(stage.filters, 1, name=f"{name}_project_conv")(x)
    x = _norm(f"{norm}2")(x)
    if stage.strides > 1 or inputs.shape[-1] != stage.filters:
        return x
    return keras.layers.Add(name=f"{name}_add")([x, inputs])


def _conv_norm_relu(x, conv, norm):
    return keras.layers.ReLU(6.0, name=conv.name.replace("conv", "relu"))(_norm(norm)(conv(x)))


def _conv(filters, kernel_size, strides=1, *, name):
    return keras.layers.Conv2D(filters, kernel_size, strides, padding="same", use_bias=False, name=name)


def _norm(name):
    return keras.layers.BatchNormalization(epsilon=_EPSILON, name=name)


def _named(x, stride):
    """The same features under a name by which they are found."""
    return keras.layers.Activation("linear", name=f"stride{stride}_features")(x)
