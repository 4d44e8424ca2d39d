"""What OpenCV leaves out or gets wrong of pixels: orientation, some alpha channels, and the depth of AVIF."""

import cv2
import numpy as np

from keras_scgan.photos import formats, tiff_tags

_TURNS = {
    2: lambda image: cv2.flip(image, 1),
    3: lambda image: cv2.rotate(image, cv2.ROTATE_180),
    4: lambda image: cv2.flip(image, 0),
    5: cv2.transpose,
    6: lambda image: cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE),
    7: lambda image: cv2.flip(cv2.transpose(image), -1),
    8: lambda image: cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE),
}
"""What brings a picture of an EXIF orientation upright."""

_ALPHA = {1, 2}


def without_opaque_alpha(pixels):
    """RGB of an opaque GIF, to which OpenCV may add an alpha channel; others as they are."""
    is_opaque = pixels.shape[2:] == (4,) and pixels[..., 3].min() == 255
    return cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB) if is_opaque else pixels


def with_transparent_gray(pixels, data):
    """RGBA of a greyscale PNG of which one grey is transparent, which OpenCV shows as opaque; others as they are."""
    transparent = formats.png_transparent_gray(data) if pixels.ndim == 2 else None
    if transparent is None:
        return pixels
    white = np.iinfo(pixels.dtype).max
    alpha = np.where(pixels == round(transparent * white), 0, white).astype(pixels.dtype)
    return cv2.merge([pixels, pixels, pixels, alpha])


def divide_by_alpha(pixels, tags):
    """Pixels of a TIFF, into which OpenCV multiplies an 8-bit alpha channel, as they were before."""
    is_multiplied = tiff_tags.number(tags, tiff_tags.EXTRA_SAMPLES, 0) in _ALPHA and pixels.dtype == np.uint8
    if pixels.ndim == 3 and pixels.shape[2] == 4 and is_multiplied:
        return cv2.cvtColor(pixels, cv2.COLOR_mRGBA2RGBA)
    return pixels


def full_range(pixels, depth):
    """Pixels of an AVIF of 10 or 12 bits, which OpenCV leaves in that range, in the range of 16 bits."""
    return pixels if depth == 8 else pixels << (16 - depth) | pixels >> (2 * depth - 16)


def upright(pixels, orientation):
    """Pixels of a picture of an EXIF orientation, turned upright; those of one that does not exist as they are."""
    turn = _TURNS.get(orientation)
    return pixels if turn is None else turn(pixels)
