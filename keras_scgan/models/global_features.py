"""VGG-16-Gray: VGG-16 on greyscale photos, with stride-2 convolutions in the place of its max-pooling."""

import keras

from keras_scgan.models.layers import conv_block
from keras_scgan.models.presets import preset_width

STRIDE = 32
_LAYERS = (  # name, width as a multiple of the preset's, stride
    ("conv1_1", 1, 1),
    ("conv1_2", 1, 2),
    ("conv2_1", 2, 1),
    ("conv2_2", 2, 2),
    ("conv3_1", 4, 1),
    ("conv3_2", 4, 1),
    ("conv3_3", 4, 2),
    ("conv4_1", 8, 1),
    ("conv4_2", 8, 1),
    ("conv4_3", 8, 2),
    ("conv5_1", 8, 1),
    ("conv5_2", 8, 1),
    ("conv5_3", 8, 1),
    ("pool5", 8, 2),
)


def build_vgg16_gray(preset="paper", *, classes=None, image_size=224, dropout=0.5):
    """Builds the global feature network, with or without a classifier on top.

    Args:
        preset: string. One of `keras_scgan.models.PRESETS`. Defaults to `"paper"`.
        classes: int. Outputs of the classifier head (two hidden layers, 4096 wide in the paper's preset). Defaults to
            `None`: no head.
        image_size: int, a multiple of 32. Height and width of the photos that the head takes (224 in VGG-16; the
            feature network takes any multiple of 32).
        dropout: float. Dropout rate between the layers of the head.

    Returns:
        A functional model from `gray [B, H, W, 1]` in [-1, 1] to `global_features [B, H/32, W/32, 8 * width]`, or
        to `logits [B, classes]`. The classifier has the feature network as its layer `global_features`.

    Raises:
        ValueError: the preset is unknown or the image size is no multiple of 32.

    Reference:
        Section III.A and figure 2 of [SCGAN](https://arxiv.org/abs/2011.11377);
        [VGG](https://arxiv.org/abs/1409.1556).
    """
    width = preset_width(preset)
    gray = x = keras.Input((None, None, 1), name="gray")
    for name, multiple, strides in _LAYERS:
        norm = "none" if name == "conv1_1" else "batch"
        x = conv_block(x, multiple * width, strides=strides, norm=norm, name=name)
    features = keras.Model(gray, x, name="global_features")
    if classes is None:
        return features

    if image_size % STRIDE:
        raise ValueError(f"`image_size` must be a multiple of {STRIDE}. Received: image_size={image_size}")
    gray = keras.Input((image_size, image_size, 1), name="gray")
    x = keras.layers.Flatten(name="flatten")(features(gray))
    for name in ("fc6", "fc7"):
        x = keras.layers.Dense(64 * width, activation="relu", name=name)(x)
        x = keras.layers.Dropout(dropout, name=f"{name}_dropout")(x)
    logits = keras.layers.Dense(classes, dtype="float32", name="logits")(x)
    return keras.Model(gray, logits, name="vgg16_gray")
