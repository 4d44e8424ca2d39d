"""Saliency map-guided photo colorization with a GAN (SCGAN) in TensorFlow and Keras."""

import importlib

from keras_scgan.models import PRESETS, build_critic, build_generator, build_vgg16_gray
from keras_scgan.models.perceptual import build_perceptual_features

__all__ = [
    "PRESETS",
    "SCGAN",
    "Colorizer",
    "build_critic",
    "build_generator",
    "build_perceptual_features",
    "build_vgg16_gray",
]


# Imported when they are used: SCGAN needs TensorFlow, which the networks do not.
_LAZY = {"SCGAN": "keras_scgan.training.scgan", "Colorizer": "keras_scgan.colorizing.colorizer"}


def __getattr__(name):
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__
