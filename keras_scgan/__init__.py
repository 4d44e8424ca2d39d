"""Saliency map-guided photo colorization with a GAN (SCGAN) in TensorFlow and Keras."""

from keras_scgan.models import PRESETS, build_critic, build_generator, build_vgg16_gray
from keras_scgan.models.perceptual import build_perceptual_features

__all__ = [
    "PRESETS",
    "SCGAN",
    "build_critic",
    "build_generator",
    "build_perceptual_features",
    "build_vgg16_gray",
]


def __getattr__(name):
    if name == "SCGAN":  # imported when it is used: it needs TensorFlow, and the networks do not
        from keras_scgan.scgan import SCGAN

        return SCGAN
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__
