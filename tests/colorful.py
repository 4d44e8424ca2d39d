"""Small generators of strong colours, for tests of what surrounds them."""

import keras
import numpy as np

from keras_scgan import build_generator
from keras_scgan.models import Generator
from keras_scgan.models.layers import conv_block


def colorful_generator(**options):
    """An untrained generator without global features, depth 6: with weights 0.02 wide it would make grey."""
    keras.utils.set_random_seed(1)
    generator = build_generator("testing", depth=6, global_features=False, **options)
    for weight in generator.trainable_weights:
        if weight.path.endswith("kernel"):
            weight.assign(weight * (50 / np.prod(weight.shape[:-1]) ** 0.5))
    return generator


def chroma_generator(**description):
    """An untrained generator, blue where it is dark and red where it is light, whose chroma has a quarter of the size.

    Args: fields of its description.
    """
    keras.utils.set_random_seed(1)
    gray = keras.Input((None, None, 1), name="gray")
    chroma = keras.layers.Conv2D(2, 4, 4, use_bias=False, name="chroma_conv")(gray)
    outputs = {
        "color": conv_block(gray, 3, norm="none", activation="tanh", name="color"),
        "chroma": keras.layers.Activation("tanh", name="chroma")(chroma),
        "saliency": conv_block(gray, 1, norm="none", activation="sigmoid", name="saliency"),
    }
    fields = {"architecture": "test", "built_from": {}, "size_multiple": 4, **description}
    generator = Generator(gray, outputs, description=fields)
    for name in ("color", "saliency"):
        kernel = generator.get_layer(f"{name}_conv").kernel
        kernel.assign(np.random.default_rng(0).normal(0, 0.3, kernel.shape))
    generator.get_layer("chroma_conv").kernel.assign(np.full((4, 4, 1, 2), [-0.06, 0.04]))
    return generator
