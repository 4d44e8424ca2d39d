"""The critic: a 70x70 PatchGAN under spectral normalisation."""

import keras

from keras_scgan.models.layers import conv_block
from keras_scgan.models.presets import preset_width

MIN_SIZE = 24
"""Pixels of a side that an image needs to get a score from a critic, this one or that of Pix2Pix."""

_LAYERS = (  # name, kernel, stride, padding, width as a multiple of the preset's
    ("block1", 7, 1, 3, 1),
    ("block2", 3, 2, 1, 2),
    ("block3", 3, 2, 1, 4),
    ("block4", 3, 2, 1, 8),
    ("final1", 4, 1, 1, 8),
)


def build_critic(preset="paper", *, norm="batch", spectral_normalization=True):
    """Builds a critic, with random weights.

    SCGAN has two, for colour images and for images weighted by their saliency map.

    Args:
        preset: string. One of `keras_scgan.models.PRESETS`. Defaults to `"paper"`.
        norm: `"batch"` (the paper's, the default), `"instance"` or `"none"`. Statistics of a batch tie its samples
            together, which a penalty on each sample's gradient takes to be apart: of a user's own choice, take
            another.
        spectral_normalization: bool. Divide each kernel by its largest singular value. Defaults to `True`.

    Returns:
        A functional model from a dict of `gray [B, H, W, 1]` and `image [B, H, W, 3]`, both in [-1, 1], to scores
        `[B, H/8 - 2, W/8 - 2, 1]`, float32 and unbounded.

    Raises:
        ValueError: preset or norm are unknown.

    Reference:
        Section III.A and figure 3 of [SCGAN](https://arxiv.org/abs/2011.11377).
    """
    width = preset_width(preset)
    inputs = {"gray": keras.Input((None, None, 1), name="gray"), "image": keras.Input((None, None, 3), name="image")}
    x = keras.layers.Concatenate(name="gray_and_image")([inputs["gray"], inputs["image"]])
    shared = {"spectral_normalization": spectral_normalization}
    for name, kernel_size, strides, padding, multiple in _LAYERS:
        x = conv_block(
            x,
            multiple * width,
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            norm="none" if name == "block1" else norm,
            name=name,
            **shared,
        )
    scores = conv_block(x, 1, kernel_size=4, padding=1, norm="none", activation="linear", name="final2", **shared)
    return keras.Model(inputs, scores, name="critic")


def score_without_side_effects(critic, gray, image, training):
    """Scores as in `critic(...)`, where training mode updates neither batch statistics nor singular vectors."""
    trainable, fixed = ([v.value for v in vs] for vs in (critic.trainable_variables, critic.non_trainable_variables))
    scores, _ = critic.stateless_call(trainable, fixed, {"gray": gray, "image": image}, training=training)
    return scores
