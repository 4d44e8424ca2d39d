"""What a pixel means: luma and the [-1, 1] range.

Every function works on NumPy arrays and on tensors of any Keras backend. This module is the only home of these
conventions: training, evaluation, export and the tools all take them from here.
"""

LUMA_WEIGHTS = (0.299, 0.587, 0.114)
"""Weights of R, G and B in the luma (ITU-R BT.601), as in JPEG and as OpenCV and Pillow turn colour into grey."""


def luma(rgb):
    """Greyscale of a colour image.

    Args:
        rgb: `[..., 3]` floating-point red, green and blue, in any range.

    Returns:
        `[..., 1]` luma in the same range, not rounded.
    """
    red, green, blue = LUMA_WEIGHTS
    return red * rgb[..., 0:1] + green * rgb[..., 1:2] + blue * rgb[..., 2:3]


def normalize(pixels):
    """Map pixel values in [0, 255] (floating point) to the networks' range [-1, 1]."""
    return pixels / 127.5 - 1.0


def denormalize(values):
    """Map the networks' range [-1, 1] (floating point) to pixel values in [0, 255], neither clipped nor rounded."""
    return (values + 1.0) * 127.5
