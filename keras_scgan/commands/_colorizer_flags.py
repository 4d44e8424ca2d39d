"""The flags of what colorizes photos and of what is written, and what they say."""

from absl import flags

from keras_scgan.colorizing import descriptions, planning, upsampling
from keras_scgan.colorizing.colorizer import FITS, MAX_SATURATION
from keras_scgan.photos import decoding

flags.disclaim_key_flags()  # those that are defined here are of the command that calls

FLAGS = flags.FLAGS

_DECIDE = ("fit", "flip_average", "network_input", "saturation", "upsampling")
"""Flags that decide the results, beside the model and its size."""


def define(models="a .keras or .tflite file, a SavedModel folder"):
    """Defines the flags of `Colorizer`. Args: `models`, string, the kinds of files that the model may be."""
    flags.DEFINE_string(
        "model",
        None,
        f"Generator: {models}, or the name of one that comes with the project, whose LiteRT file (float16) is taken. "
        "Default: scgan.",
    )
    flags.DEFINE_integer(
        "image_size",
        None,
        "Pixels of a side of what the network sees. Default: the network's own, at which it was trained.",
        1,
    )
    define_network_input()
    flags.DEFINE_enum("fit", "pad", FITS, "How a photo becomes a square: continued by its mirror image, or squeezed.")
    flags.DEFINE_enum(
        "upsampling", "guided", upsampling.METHODS, "guided: colours follow the edges of the photo's luma."
    )
    flags.DEFINE_float("saturation", 1.0, "Factor of the chroma.", 0, MAX_SATURATION)
    flags.DEFINE_bool("flip_average", False, "Average the predictions for the photo and its mirror image.")


def define_network_input():
    """Defines the flag that says what is colorized."""
    flags.DEFINE_enum(
        "network_input",
        descriptions.LUMA,
        descriptions.NETWORK_INPUTS,
        "What is colorized: photos (luma) or thermal images. The network must have been trained on them.",
    )


def define_results():
    """Defines the flags of which photos are read and what is written."""
    flags.DEFINE_integer(
        "max_pixels", decoding.MAX_PIXELS, "Pixels of the largest photo that is read, by the header of its file.", 1
    )
    flags.DEFINE_enum("format", "same", planning.FORMATS, "Format of photos; same: the original's, or png.")
    flags.DEFINE_integer("quality", 95, "Quality of JPEG, WebP and AVIF.", 1, 100)


def arguments():
    """The arguments of `Colorizer` that the flags give, a dict."""
    return {name: FLAGS[name].value for name in ("model", "image_size", *_DECIDE)}


def settings():
    """The flags that decide the results, beside the model and its size, a dict."""
    return {name: FLAGS[name].value for name in _DECIDE}
