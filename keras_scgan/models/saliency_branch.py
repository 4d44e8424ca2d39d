"""The saliency branch of the paper's generator, and of others that are guided likewise."""

import keras

from keras_scgan.models.layers import conv_block


def saliency_branch(levels, width):
    """Predicts a saliency map from three maps of a decoder.

    Args:
        levels: dict from strides, 8, 4 and 2, to Keras tensors `[B, H / stride, W / stride, C]`.
        width: int. Channels of the branch.

    Returns:
        Keras tensor `[B, H, W, 1]` in [0, 1], float32.

    Reference:
        Section III.A and figure 2 of [SCGAN](https://arxiv.org/abs/2011.11377).
    """
    a = conv_block(levels[8], width, upsample=True, name="saliency_conv11")
    a = conv_block(a, width, upsample=True, name="saliency_conv12")
    b = conv_block(levels[4], width, upsample=True, name="saliency_conv2")
    c = conv_block(levels[2], width, name="saliency_conv3")
    x = keras.layers.Concatenate(name="saliency_concat")([a, b, c])
    x = conv_block(x, width, upsample=True, name="saliency_conv4")
    return conv_block(x, 1, norm="none", activation="sigmoid", name="saliency_final")
