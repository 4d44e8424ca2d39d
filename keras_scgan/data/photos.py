"""From image files to 8-bit pixels, with every file that is broken or no colour photo told apart."""

import struct

import cv2
import numpy as np

from keras_scgan.data.bad_files import BadFileError

GRAY_TOLERANCE = 6
"""A photo is greyscale when nowhere do its channels, averaged over a 32nd of its sides, differ by more than this.

Of 255. Averaging takes out the colour noise of scans and of JPEG; the dullest of thousands of colour photos reach 12.
"""

_REDUCED_COLOR = {8: cv2.IMREAD_REDUCED_COLOR_8, 4: cv2.IMREAD_REDUCED_COLOR_4, 2: cv2.IMREAD_REDUCED_COLOR_2}
_START_OF_IMAGE, _END_OF_IMAGE = b"\xff\xd8", b"\xff\xd9"
_START_OF_SCAN, _FILL = 0xDA, 0xFF
_START_OF_FRAME = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def read_color(path, min_side=None):
    """Read a colour photo, turned upright as its EXIF orientation says.

    Args:
        path: str. A JPEG or PNG file.
        min_side: float. Pixels of the shorter side that are enough. A larger JPEG is decoded at a half, a quarter or
            an eighth of its size while that leaves so many, which saves most of the time. `None`: full size.

    Returns:
        `[H, W, 3]` uint8 RGB.

    Raises:
        BadFileError: The file cannot be read, is incomplete, or is a greyscale picture.
    """
    data = _read_bytes(path)
    flags = cv2.IMREAD_COLOR
    if data.startswith(_START_OF_IMAGE):
        short_side, complete = _inspect_jpeg(data)
        if not complete:
            raise BadFileError(path, "truncated JPEG")
        if min_side is not None:
            flags = next((flag for factor, flag in _REDUCED_COLOR.items() if short_side >= factor * min_side), flags)
    photo = cv2.cvtColor(_decode(path, data, flags), cv2.COLOR_BGR2RGB)
    if is_gray(photo):
        raise BadFileError(path, "greyscale, so there is no colour to learn from it")
    return photo


def read_gray(path):
    """Read a saliency map.

    Args:
        path: str. A JPEG or PNG file.

    Returns:
        `[H, W]` uint8.

    Raises:
        BadFileError: The file cannot be read or is incomplete.
    """
    data = _read_bytes(path)
    if data.startswith(_START_OF_IMAGE) and not _inspect_jpeg(data)[1]:
        raise BadFileError(path, "truncated JPEG")
    return _decode(path, data, cv2.IMREAD_GRAYSCALE)


def is_gray(photo):
    """Whether a `[H, W, 3]` uint8 photo is greyscale, within `GRAY_TOLERANCE`."""
    small = cv2.resize(photo, (32, 32), interpolation=cv2.INTER_AREA)
    return np.ptp(small.astype(np.int16), axis=-1).max() <= GRAY_TOLERANCE


def resize(image, size):
    """Resize to a square: each side that is too long by area averaging, then each that is too short by cubic.

    Args:
        image: `[H, W]` or `[H, W, 3]` uint8. Its aspect ratio is not kept (the paper squeezes photos likewise).
        size: int. Pixels of a side.

    Returns:
        `[size, size]` or `[size, size, 3]` uint8.
    """
    height, width = image.shape[:2]
    shrunk = cv2.resize(image, (min(width, size), min(height, size)), interpolation=cv2.INTER_AREA)
    return cv2.resize(shrunk, (size, size), interpolation=cv2.INTER_CUBIC)


def _read_bytes(path):
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise BadFileError(path, error.strerror or "cannot be opened") from None
    if not data:
        raise BadFileError(path, "empty file")
    return data


def _decode(path, data, flags):
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:  # e.g. more pixels than OpenCV takes
        image = None
    if image is None:
        raise BadFileError(path, "no readable picture")
    return image


def _inspect_jpeg(data):
    """Shorter side in pixels, and whether the picture is complete: libjpeg fills what is missing with grey in silence.

    The marker segments are walked up to the first scan, so that the end of an embedded thumbnail is not taken for the
    end of the picture.
    """
    position, short_side = len(_START_OF_IMAGE), 0
    while position + 9 <= len(data):
        marker, length, height, width = struct.unpack_from(">xBHxHH", data, position)
        if marker == _START_OF_SCAN:
            break
        if marker in _START_OF_FRAME:
            short_side = min(height, width)
        position += 1 if marker == _FILL else 2 + length
    return short_side, data.find(_END_OF_IMAGE, position) >= 0
