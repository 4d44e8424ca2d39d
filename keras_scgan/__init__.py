"""Saliency map-guided photo colorization with a GAN (SCGAN) in TensorFlow and Keras.

The public names are imported when they are first used, so that a tool's flags are read before TensorFlow is loaded.
"""

import importlib

_HOMES = {
    "SCGAN": "keras_scgan.scgan",
    "PRESETS": "keras_scgan.models",
    "build_critic": "keras_scgan.models",
    "build_generator": "keras_scgan.models",
    "build_perceptual_features": "keras_scgan.models.perceptual",
    "build_vgg16_gray": "keras_scgan.models",
}

__all__ = list(_HOMES)


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__():
    return sorted([*globals(), *_HOMES])
