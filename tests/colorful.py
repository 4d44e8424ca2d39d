"""A small generator of strong colours, for tests of what surrounds it."""

import keras
import numpy as np

from keras_scgan import build_generator


def colorful_generator(**options):
    """An untrained generator of the testing preset, depth 6: with weights 0.02 wide it would make grey."""
    keras.utils.set_random_seed(1)
    generator = build_generator("testing", depth=6, **options)
    for weight in generator.trainable_weights:
        if weight.path.endswith("kernel"):
            weight.assign(weight * (50 / np.prod(weight.shape[:-1]) ** 0.5))
    return generator
