"""From image files to 8-bit pixels, with every file that is broken or no colour photo told apart."""

import cv2
import numpy as np

from keras_scgan.photos import color
from keras_scgan.photos import files as photo_files
from keras_scgan.program.errors import BadFileError

GRAY_TOLERANCE = 6
"""A photo is greyscale when nowhere do its channels, averaged over a 32nd of its sides, differ by more than this.

Of 255. Averaging takes out the colour noise of scans and of JPEG; the dullest of thousands of colour photos reach 12.
"""


def read_color(path, min_side=None):
    """Read a colour photo, turned upright as its EXIF orientation says.

    Args:
        path: str. A file of any kind that `photos.files` reads.
        min_side: float. Pixels of the shorter side that are enough. A larger JPEG is decoded at a half, a quarter or
            an eighth of its size while that leaves so many, which saves most of the time. `None`: full size.

    Returns:
        `[H, W, 3]` uint8 RGB.

    Raises:
        BadFileError: The file cannot be read, is incomplete, or is a greyscale picture.
    """
    photo = photo_files.read_rgb(path, min_side)
    if is_gray(photo):
        raise BadFileError(path, "greyscale, so there is no colour to learn from it")
    return photo


def read_gray(path):
    """Read a saliency map, or a thermal image.

    Args:
        path: str. A file of any kind that `photos.files` reads.

    Returns:
        `[H, W]` uint8.

    Raises:
        BadFileError: The file cannot be read or is incomplete.
    """
    return decode_gray(path, photo_files.read_bytes(path))


def decode_gray(path, data):
    """Decode a saliency map, or a thermal image.

    Args:
        path: str, for the error.
        data: bytes. What the file holds.

    Returns:
        `[H, W]` uint8.

    Raises:
        BadFileError: It cannot be decoded.
    """
    return color.to_gray(color.to_8_bits(photo_files.decode_photo(path, data, luma_only=True).pixels))


def is_gray(photo):
    """Whether a `[H, W, 3]` uint8 photo is greyscale, within `GRAY_TOLERANCE`."""
    small = cv2.resize(photo, (32, 32), interpolation=cv2.INTER_AREA)
    return np.ptp(small.astype(np.int16), axis=-1).max() <= GRAY_TOLERANCE
