"""Photos as people hand them over: paths, open files, the bytes of files, PIL images, arrays."""

import os

import numpy as np
from PIL import Image, ImageOps

from keras_scgan.photos import decoding, profiles
from keras_scgan.photos.files import decode_photo, read_photo

_TYPES = (np.uint8, np.uint16)


def to_pixels(photo, luma_only=False):
    """The pixels of a photo, whatever it is given as.

    Args:
        photo: path of a file of any kind that `files.read_photo` reads; binary file that is open for reading; bytes of
            such a file; PIL image, which is turned upright as it says; or array.
        luma_only: bool. Whether the colours are not wanted: see `files.read_photo`.

    Returns:
        `[H, W]` grey, `[H, W, 3]` RGB or `[H, W, 4]` RGBA, uint8 or uint16, with pixels. An array is returned as it is.

    Raises:
        BadFileError: The file cannot be read, or is no picture.
        TypeError: It is nothing of these.
        ValueError: The array or the image is no such photo.
    """
    if isinstance(photo, np.ndarray):
        return check_pixels(photo)
    if isinstance(photo, str | os.PathLike):
        return read_photo(photo, luma_only).pixels
    if isinstance(photo, bytes | bytearray | memoryview):
        return decode_photo("the bytes given", bytes(photo), luma_only).pixels
    if isinstance(photo, Image.Image):
        return check_pixels(_from_pil(photo))
    if hasattr(photo, "read"):
        return _from_file(photo, luma_only)
    raise TypeError(
        "A photo must be a path, an open file, the bytes of a file, a PIL image or a NumPy array. "
        f"Received: {type(photo).__name__}"
    )


def check_pixels(pixels):
    """Returns an array that is a photo. Raises `ValueError` if it is none; see `to_pixels`."""
    if pixels.dtype not in _TYPES or pixels.ndim not in (2, 3) or (*pixels.shape, 3)[2] not in (3, 4):
        raise ValueError(
            "A photo must be [H, W], [H, W, 3] or [H, W, 4], uint8 or uint16. "
            f"Received: shape={pixels.shape}, dtype={pixels.dtype}"
        )
    if 0 in pixels.shape:
        raise ValueError(f"A photo must have pixels. Received: shape={pixels.shape}")
    return pixels


def _from_file(file, luma_only):
    data = file.read()
    if not isinstance(data, bytes):
        raise TypeError(f"A photo's file must be open for reading bytes. Received: one of {type(data).__name__}")
    return decode_photo(getattr(file, "name", "the open file"), data, luma_only).pixels


def _from_pil(image):
    pixels = decoding.pixels_of(ImageOps.exif_transpose(image))
    return profiles.to_srgb(pixels, profiles.of_image(image.info))[0]
