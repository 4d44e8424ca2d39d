"""Saliency map-guided photo colorization with a GAN (SCGAN) in TensorFlow and Keras."""

from keras_scgan.program import lazy

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

__getattr__, __dir__, __all__ = lazy.attach(__name__, _HOMES)
