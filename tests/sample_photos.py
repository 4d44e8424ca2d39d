"""Photos, and files of them, made by Pillow, by OpenCV or by hand."""

import io
import pathlib
import struct
import tempfile

import cv2
import numpy as np
from PIL import Image

from keras_scgan.photos.files import read_photo

RNG = np.random.default_rng(0)
RGB = cv2.resize(RNG.integers(0, 256, (4, 6, 3), np.uint8), (24, 16), interpolation=cv2.INTER_CUBIC)
GRAY, ALPHA = np.ascontiguousarray(RGB[..., 0]), np.ascontiguousarray(RGB[..., 1])
RGBA = np.dstack([RGB, ALPHA])
BILEVEL = np.where(GRAY > 127, 255, 0).astype(np.uint8)
PALETTE = Image.fromarray(RGB).quantize(16)


def deep(pixels):
    return pixels.astype(np.uint16) * 257 - (pixels > 0) * np.uint16(7)


def encode(image, file_format, **options):
    """File that Pillow writes."""
    file = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(file, file_format, **options)
    return file.getvalue()


def opencv(suffix, pixels, *options):
    channels = pixels if pixels.ndim == 2 else pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
    return cv2.imencode(suffix, channels, options)[1].tobytes()


def tiff(pixels, **tags):
    """Little-endian TIFF of one strip, made by hand, with tags as `_NUMBER=value`."""
    data = pixels.tobytes()
    entries = {256: pixels.shape[1], 257: pixels.shape[0], 259: 1, 262: 1, 273: 8, 277: 1, 278: pixels.shape[0]}
    entries |= {258: pixels.itemsize * 8, 279: len(data)} | {int(tag[1:]): value for tag, value in tags.items()}
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, entries[tag]) for tag in sorted(entries))
    header = struct.pack("<2sHI", b"II", 42, 8 + len(data))
    return header + data + struct.pack("<H", len(entries)) + directory + bytes(4)


def read(data):
    """Photo that is read from the bytes of its file."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "photo"
        path.write_bytes(data)
        return read_photo(path)


def random_photo(rng, height, width):
    """`[height, width, 3]` uint8, every pixel by itself."""
    return rng.integers(0, 256, (height, width, 3), np.uint8)
