"""The generator: a U-Net with global features and a saliency branch."""

import keras

from keras_scgan.models.generator_model import Generator
from keras_scgan.models.global_features import build_vgg16_gray
from keras_scgan.models.layers import LumaTransplant, conv_block
from keras_scgan.models.presets import preset_width
from keras_scgan.models.saliency_branch import saliency_branch

DEPTHS = (6, 7, 8)
_ENCODER = (1, 2, 4, 8, 8, 8, 8, 8, 8)  # widths of down1 .. down9, as multiples of the preset's
_DECODER = (8, 8, 8, 8, 8, 4, 2, 1)  # widths of up1 .. up8


def build_generator(preset="paper", *, saliency=True, global_features=True, depth=8, keep_luma=False):
    """Builds the generator, with random weights.

    Args:
        preset: string. One of `keras_scgan.models.PRESETS`. Defaults to `"paper"`.
        saliency: bool. Whether to build the saliency branch. Defaults to `True`.
        global_features: bool. Whether to build the global feature network. Defaults to `True`.
        depth: int. Stride-2 convolutions of the encoder, one of 6, 7 and 8 (the paper's, the default). Heights and
            widths are multiples of `2 ** depth`. A lower depth leaves the innermost layers out.
        keep_luma: bool. Whether the colours get the luma of the input for the one that is predicted, so that training
            is about the chroma alone. It adds no weights. Defaults to `False`, as in the paper.

    Returns:
        A `Generator` from `gray [B, H, W, 1]` in [-1, 1] to a dict: `color [B, H, W, 3]` in [-1, 1] and, with
        the saliency branch, `saliency [B, H, W, 1]` in [0, 1]. Both are float32. The global feature network is its
        layer `global_features`.

    Raises:
        ValueError: the preset is unknown or the depth is not one of the three.

    Example:

    ```python
    generator = build_generator("small", depth=7)
    outputs = generator(gray)  # gray: [B, 256, 256, 1]
    outputs["color"], outputs["saliency"]
    ```

    Reference:
        Section III.A and figure 2 of [SCGAN](https://arxiv.org/abs/2011.11377).
    """
    if depth not in DEPTHS:
        raise ValueError(f"`depth` must be one of {DEPTHS}. Received: depth={depth}")
    width = preset_width(preset)
    gray = keras.Input((None, None, 1), name="gray")

    # === Encoder ===
    down = {1: conv_block(gray, width, kernel_size=7, norm="none", name="down1")}
    for i in range(2, depth + 2):
        x = down[i - 1]
        if i == 7 and global_features:
            features = build_vgg16_gray(preset)(gray)
            x = keras.layers.Concatenate(name="with_global_features")([x, features])
        # The innermost map is 1x1 at the smallest size, where a norm would leave nothing of it.
        norm = "none" if i == depth + 1 else "batch"
        down[i] = conv_block(x, _ENCODER[i - 1] * width, strides=2, norm=norm, name=f"down{i}")

    # === Decoder ===
    # up_i, with the skip connection that precedes it, is numbered as at the paper's depth at every depth.
    up = {}
    x = down[depth + 1]
    for i in range(9 - depth, 9):
        up[i] = conv_block(x, _DECODER[i - 1] * width, upsample=True, name=f"up{i}")
        x = keras.layers.Concatenate(name=f"up{i}_skip")([down[9 - i], up[i]])
    rgb = conv_block(x, 3, norm="none", activation="tanh", name="up9")
    outputs = {"color": LumaTransplant(dtype="float32", name="luma_transplant")([rgb, gray]) if keep_luma else rgb}

    # === Saliency branch ===
    if saliency:
        outputs["saliency"] = saliency_branch({8: up[5], 4: up[6], 2: up[7]}, 2 * width)

    built_from = {
        "preset": preset,
        "saliency": saliency,
        "global_features": global_features,
        "depth": depth,
        "keep_luma": keep_luma,
    }
    description = {"architecture": "paper", "built_from": built_from, "size_multiple": 2**depth}
    return Generator(gray, outputs, name="generator", description=description)
