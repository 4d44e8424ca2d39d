"""A small classifier, and a generator that has it for an encoder, for tests of what surrounds them."""

import keras
import numpy as np

from keras_scgan.models import build_encoder, build_pretrained_generator

_FILTERS = (4, 6, 8, 12, 16)
_CHROMA_STDDEV = 0.4


def small_classifier(seed=0):
    """An untrained classifier of RGB images in [0, 255], with strides from 2 to 32."""
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    image = keras.Input((None, None, 3), name="image")
    x = keras.layers.Rescaling(1 / 127.5, -1, name="scale")(image)
    for i, filters in enumerate(_FILTERS, 1):
        x = keras.layers.Conv2D(filters, 3, 2, padding="same", use_bias=False, name=f"block{i}_conv")(x)
        norm = keras.layers.BatchNormalization(name=f"block{i}_norm")
        x = keras.layers.ReLU(name=f"block{i}_relu")(norm(x))
        low, high = ([0.5], [1.5]), ([-0.2], [0.2])
        norm.set_weights([rng.uniform(*bounds, filters) for bounds in (low, high, high, low)])
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(image, keras.layers.Dense(10, name="logits")(x), name="classifier")


def small_pretrained_generator(seed=0, *, saliency=True, **description):
    """An untrained generator of strong colours on `small_classifier`, which takes multiples of 32 pixels.

    Args:
        seed: int. Key of its weights.
        saliency: bool. Whether it has a saliency branch.
        **description: fields of its description.
    """
    generator = build_pretrained_generator(build_encoder(small_classifier(seed)), saliency=saliency)
    noise = np.random.default_rng(seed).uniform(-1, 1, (4, 8, 8, 1)).astype("float32").repeat(8, 1).repeat(8, 2)
    kernel = generator.get_layer("chroma_conv").kernel
    kernel.assign(kernel * (_CHROMA_STDDEV / np.arctanh(generator(noise)["chroma"]).std()))
    generator.describe(**description)
    return generator
