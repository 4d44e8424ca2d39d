"""Photos as files: whatever a person has is read, and its colour version written, whole or not at all.

`decoding` reads. OpenCV encodes; the metadata that it leaves out are added here.
"""

import dataclasses
import pathlib

import cv2
import numpy as np
from absl import logging

from keras_scgan.photos import color, decoding, exif, formats, profiles
from keras_scgan.photos import metadata as photo_metadata
from keras_scgan.photos.metadata import Metadata
from keras_scgan.program.errors import BadFileError, UserError
from keras_scgan.program.files import open_regular, write_bytes


@dataclasses.dataclass(frozen=True, eq=False)
class Photo:
    """A photo as `read_photo` returns it.

    Args:
        pixels: `[H, W]` grey, `[H, W, 3]` RGB or `[H, W, 4]` RGBA (alpha not multiplied in), uint8 or uint16.
        metadata: `Metadata`.
        has_new_colors: bool. Whether the pixels are not those that the file has, but what they look like in sRGB.
        orientation: int in [1, 8]. The file's, as EXIF has it, of which the pixels are turned upright.
    """

    pixels: np.ndarray
    metadata: Metadata
    has_new_colors: bool = False
    orientation: int = 1


@dataclasses.dataclass(frozen=True)
class _Format:
    """What a format can hold, and how OpenCV writes it."""

    name: str
    suffixes: tuple
    max_side: int = 2**20
    options: tuple = ()
    quality: int | None = None
    has_alpha: bool = True
    has_16_bits: bool = False
    metadata_by_opencv: bool = False


# Photos get their colours here, so these are not stored at half the resolution, as JPEG files mostly do.
_FULL_CHROMA = (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)
_JPEG = _Format(
    "JPEG", (".jpg", ".jpeg", ".jpe", ".jfif"), 65500, _FULL_CHROMA, cv2.IMWRITE_JPEG_QUALITY, has_alpha=False
)
_PNG = _Format("PNG", (".png",), 1_000_000, has_16_bits=True, metadata_by_opencv=True)
_TIFF = _Format("TIFF", (".tif", ".tiff"), has_16_bits=True)
_BMP = _Format("BMP", (".bmp", ".dib"), has_alpha=False)
_FORMATS = (
    _JPEG,
    _PNG,
    _TIFF,
    _Format("WebP", (".webp",), 16383, quality=cv2.IMWRITE_WEBP_QUALITY, metadata_by_opencv=True),
    _Format("AVIF", (".avif",), 32768, quality=cv2.IMWRITE_AVIF_QUALITY, metadata_by_opencv=True),
    _BMP,
)

WRITABLE_SUFFIXES = tuple(suffix for kind in _FORMATS for suffix in kind.suffixes)
"""Suffixes of the files that `write_photo` writes, in lower case."""

PHOTO_SUFFIXES = (*WRITABLE_SUFFIXES, *formats.READ_ONLY_SUFFIXES)
"""Suffixes by which photos in a folder are known, in lower case. What a file holds does not depend on its name."""

_CHANNELS = ((), (3,), (4,))
_END_OF_TEXT = b"\0"  # up to which OpenCV writes the XMP of a PNG, even beyond the end

# === Reading ===


def read_photo(path, luma_only=False, max_pixels=decoding.MAX_PIXELS):
    """Read a photo of any kind: JPEG, PNG, TIFF, WebP, BMP, GIF, AVIF, JPEG 2000 or PNM.

    HEIC and JPEG XL are read too, if pillow-heif and pillow-jxl-plugin are installed.

    It is turned upright as the file's orientation says, and its colours, or greys, become those of sRGB if it has a
    profile of others. CMYK becomes RGB, a palette its colours, grey with alpha RGBA, and one bit a pixel 0 and 255. Of
    an animation or of many pages, the first picture is read; a warning tells of pages that are left out. More than 8
    bits a channel become 16, but for CMYK and for AVIF, HEIC and colours of JPEG XL, of which 8 are read.

    Args:
        path: str or path.
        luma_only: bool. Whether its colours are not wanted: its pixels are then `color.to_gray` of its RGB, unless it
            has alpha. Those of a JPEG are not even decoded, and equal to that to 1/255, but for colours that RGB had to
            clip.
        max_pixels: int. Pixels of the largest photo that is read, by the header of its file.

    Returns:
        `Photo`. Its metadata are what a colour version of it may carry: EXIF and XMP that say that it is upright, EXIF
        without thumbnail, and a colour profile if the file has one: that of the pixels, which is one of RGB. A TIFF's
        EXIF are the tags of `exif.DESCRIPTIVE`, those of the camera and the place.

    Raises:
        BadFileError: It cannot be read, is damaged or too large, or is no picture of 8 or 16 bits a channel.
    """
    return decode_photo(path, read_bytes(path), luma_only, max_pixels)


def decode_photo(path, data, luma_only=False, max_pixels=decoding.MAX_PIXELS, min_side=None):
    """`read_photo` of what a file holds.

    Args:
        path: str or path, for the error.
        data: bytes.
        luma_only: as for `read_photo`.
        max_pixels: likewise.
        min_side: float. Pixels of the shorter side that are enough of a JPEG: see `decoding.decode`.
    """
    stored, metadata = decoding.decode(path, data, luma_only, max_pixels, min_side)
    pixels, icc = profiles.to_srgb(stored, metadata.icc)
    has_new_colors = pixels is not stored
    if luma_only and pixels.shape[2:] == (3,):
        pixels = color.to_gray(pixels)
    upright, exif_of_upright, orientation = exif.upright(pixels, metadata.exif)
    xmp = photo_metadata.set_orientation_of_xmp(metadata.xmp)
    metadata = dataclasses.replace(metadata, exif=exif_of_upright, icc=icc, xmp=xmp)
    return Photo(upright, metadata, has_new_colors, orientation)


def read_rgb(path, min_side=None):
    """Reads a photo as what it looks like on a screen.

    Args:
        path: path, as of `read_photo`.
        min_side: float, as of `decode_photo`.

    Returns:
        `[H, W, 3]` uint8 RGB: 16 bits are rounded to 8, alpha is left out.

    Raises:
        BadFileError: It cannot be read.
    """
    return decode_rgb(path, read_bytes(path), min_side)


def decode_rgb(path, data, min_side=None):
    """`read_rgb` of what a file holds. Args: `path`, for the error; `data`, bytes; `min_side`, as of `decode_photo`."""
    pixels = color.to_8_bits(decode_photo(path, data, min_side=min_side).pixels)
    return cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB) if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., :3])


def read_bytes(path):
    """Read a file, as bytes. Raises: `BadFileError`."""
    try:
        with open_regular(path) as file:
            return file.read()
    except OSError as error:
        raise BadFileError(path, error.strerror or "cannot be opened") from None


# === Writing ===


def output_suffix(suffix):
    """Suffix of the colour version of a photo: its own, or .png for what is only read or has 256 colours, like GIF.

    Args:
        suffix: str, in any case, with its dot.
    """
    return suffix if suffix.lower() in WRITABLE_SUFFIXES else ".png"


def is_jpeg_name(path):
    """Whether a file of this name is written as a JPEG. Args: `path`, str or path."""
    return pathlib.Path(path).suffix.lower() in _JPEG.suffixes


def suffix_of_contents(data):
    """Suffix of a result in the format of a photo that has no name. Args: `data`, bytes, what its file holds."""
    kind = formats.kind_of(data)
    return next((known.suffixes[0] for known in _FORMATS if known.name == kind), ".png")


def write_photo(path, pixels, metadata=None, quality=95, order="RGB"):
    """Write a photo, whole or not at all, in the format of its suffix.

    What the format cannot hold is reduced: 16 bits a channel to 8, rounded, but for PNG and TIFF; alpha is laid over
    white for JPEG and BMP. JPEG files have chroma at full resolution. PNG, TIFF and BMP are lossless.

    Args:
        path: str or path, with one of `WRITABLE_SUFFIXES` in any case. A file there is replaced.
        pixels: `[H, W]` grey, `[H, W, 3]` RGB or `[H, W, 4]` RGBA, uint8 or uint16.
        metadata: `Metadata` to keep, or `None`. A grey picture gets no colour profile. A JPEG has no texts but a
            comment, a PNG no IPTC, a TIFF neither texts nor all of EXIF (see `exif.add_to_tiff`), WebP and AVIF none of
            these and no resolution; a BMP has a resolution alone.
        quality: int in [1, 100]. Of JPEG, WebP and AVIF; others are lossless.
        order: string. Order of the channels of `pixels`: `"RGB"`, or `"BGR"`, which is written without a copy.

    Raises:
        BadFileError: The format cannot hold the picture.
        UserError: No format has this suffix.
        OSError: The file cannot be written.
    """
    write_bytes(path, encode_photo(path, pixels, metadata, quality, order))


def encode_photo(path, pixels, metadata=None, quality=95, order="RGB"):
    """What `write_photo` writes, a bytes-like object. It takes the same arguments, and raises the same errors."""
    path = pathlib.Path(path)
    kind = next((kind for kind in _FORMATS if path.suffix.lower() in kind.suffixes), None)
    if kind is None:
        known = ", ".join(WRITABLE_SUFFIXES)
        raise UserError(
            f"{path}: no photo is written as {path.suffix or 'a file without suffix'}: choose one of {known}."
        )
    if pixels.dtype not in (np.uint8, np.uint16) or pixels.ndim not in (2, 3) or pixels.shape[2:] not in _CHANNELS:
        got = f"{list(pixels.shape)} {pixels.dtype}"
        raise ValueError(f"A photo is [H, W], [H, W, 3] or [H, W, 4] uint8 or uint16. Received: {got}")
    height, width = pixels.shape[:2]
    if max(height, width) > kind.max_side:
        limit = f"{kind.name} has at most {kind.max_side} a side"
        raise BadFileError(path, f"{width}x{height} pixels, but {limit}: write another format")
    metadata = metadata or Metadata()
    if pixels.ndim == 2:
        metadata = dataclasses.replace(metadata, icc=b"")
    return _encode(path, kind, _reduce(pixels, kind, order), metadata, quality)


def _reduce(pixels, kind, order):
    """BGR of a picture, with the depth and the channels that a format can hold."""
    if not kind.has_16_bits:
        pixels = color.to_8_bits(pixels)
    if pixels.ndim == 3 and pixels.shape[2] == 4 and not kind.has_alpha:
        alpha = pixels[..., 3:].astype(np.uint16)
        pixels = ((pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    if pixels.ndim == 2 or order == "BGR":
        return pixels
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR if pixels.shape[2] == 3 else cv2.COLOR_RGBA2BGRA)


def _encode(path, kind, pixels, metadata, quality):
    options = [*kind.options] if kind.quality is None else [kind.quality, quality, *kind.options]
    data = _opencv_encode(kind.suffixes[0], pixels, metadata if kind.metadata_by_opencv else Metadata(), options)
    if data is None and kind.metadata_by_opencv and metadata != Metadata():
        data = _opencv_encode(kind.suffixes[0], pixels, Metadata(), options)
        if data is not None:
            logging.warning("%s: written without its metadata, which %s does not take.", path, kind.name)
    if data is None:
        raise BadFileError(path, f"{pixels.shape[1]}x{pixels.shape[0]} pixels, which cannot be written as {kind.name}")
    if kind is _JPEG:
        data = add_to_jpeg(path, data, metadata)
    elif kind is _PNG:
        data = photo_metadata.add_to_png(data, metadata)
    elif kind is _TIFF:
        data = _add_to_tiff(path, data, metadata, has_alpha=pixels.shape[2:] == (4,))
    elif kind is _BMP:
        data = photo_metadata.add_to_bmp(data, metadata)
    return data


def add_to_jpeg(path, data, metadata):
    """`metadata.add_to_jpeg` with a warning, which names `path`, of what is too long; returns the JPEG alone."""
    data, too_long = photo_metadata.add_to_jpeg(data, metadata)
    if too_long:
        logging.warning("%s: written without its %s, too long for a JPEG.", path, " and ".join(too_long))
    return data


def _add_to_tiff(path, data, metadata, has_alpha):
    try:
        return exif.add_to_tiff(data, metadata, has_alpha)
    except Exception:  # Pillow raises anything of damaged tags
        logging.warning("%s: written without its EXIF, which is damaged.", path)
        return exif.add_to_tiff(data, dataclasses.replace(metadata, exif=b""), has_alpha)


def _opencv_encode(suffix, pixels, metadata, options):
    """What a file holds, a bytes-like object, or `None` if OpenCV refuses."""
    chunks = {
        cv2.IMAGE_METADATA_EXIF: metadata.exif,
        cv2.IMAGE_METADATA_ICCP: metadata.icc,
        cv2.IMAGE_METADATA_XMP: metadata.xmp + _END_OF_TEXT if suffix == ".png" and metadata.xmp else metadata.xmp,
    }
    chunks = {kind: np.frombuffer(chunk, np.uint8) for kind, chunk in chunks.items() if chunk}
    try:
        done, data = cv2.imencodeWithMetadata(suffix, pixels, list(chunks), list(chunks.values()), options)
    except cv2.error:
        return None
    return memoryview(data) if done else None
