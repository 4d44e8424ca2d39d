"""Saliency map-guided photo colorization with a GAN (SCGAN) in TensorFlow and Keras."""

import importlib

__version__ = "0.1.0"

_HOMES = {
    "PRESETS": "keras_scgan.models",
    "SCGAN": "keras_scgan.training.scgan",
    "Colorizer": "keras_scgan.colorizing.colorizer",
    "build_critic": "keras_scgan.models",
    "build_generator": "keras_scgan.models",
    "build_perceptual_features": "keras_scgan.models.perceptual",
    "build_vgg16_gray": "keras_scgan.models",
}
"""Where the public names are, each imported when it is used: colorizing needs neither Keras nor TensorFlow."""

__all__ = list(_HOMES)


def __getattr__(name):
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__
