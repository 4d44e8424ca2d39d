"""Photos as files: whatever a person has is read, and its colour version written, whole or not at all.

OpenCV decodes and encodes. What it leaves out or gets wrong is made good: see `repairs` and `metadata`.
"""

import dataclasses
import pathlib

import cv2
import numpy as np
from absl import logging

from keras_scgan.photos import formats, repairs, tiff_tags
from keras_scgan.photos import metadata as photo_metadata
from keras_scgan.photos.metadata import Metadata
from keras_scgan.program.errors import BadFileError, UserError
from keras_scgan.program.files import atomic_path


@dataclasses.dataclass(frozen=True, eq=False)
class Photo:
    """A photo as `read_photo` returns it.

    Args:
        pixels: `[H, W]` grey, `[H, W, 3]` RGB or `[H, W, 4]` RGBA (alpha not multiplied in), uint8 or uint16.
        metadata: `Metadata`.
    """

    pixels: np.ndarray
    metadata: Metadata


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
_TIFF = _Format("TIFF", (".tif", ".tiff"), has_16_bits=True)
_FORMATS = (
    _JPEG,
    _Format("PNG", (".png",), 1_000_000, has_16_bits=True, metadata_by_opencv=True),
    _TIFF,
    _Format("WebP", (".webp",), 16383, quality=cv2.IMWRITE_WEBP_QUALITY, metadata_by_opencv=True),
    _Format("AVIF", (".avif",), 65536, quality=cv2.IMWRITE_AVIF_QUALITY, metadata_by_opencv=True),
    _Format("BMP", (".bmp", ".dib"), has_alpha=False),
)

WRITABLE_SUFFIXES = tuple(suffix for kind in _FORMATS for suffix in kind.suffixes)
"""Suffixes of the files that `write_photo` writes, in lower case."""

PHOTO_SUFFIXES = (*WRITABLE_SUFFIXES, ".gif", ".jp2", ".ppm", ".pgm", ".pbm", ".pnm")
"""Suffixes by which photos in a folder are known, in lower case. What a file holds does not depend on its name."""

_SEPARATE_PLANES, _PREVIEW = 2, 1
_END_OF_TEXT = b"\0"  # up to which OpenCV writes the XMP of a PNG, even beyond the end
_CHANNELS = ((), (3,), (4,))
_LUMA = cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION
_LAB = {8, 9, 10}

# === Reading ===


def read_photo(path, luma_only=False):
    """Read a photo of any kind: JPEG, PNG, TIFF, WebP, BMP, GIF, AVIF, JPEG 2000 or PNM.

    It is turned upright as the file's orientation says. CMYK becomes RGB, a palette its colours, grey with alpha RGBA,
    and one bit a pixel 0 and 255. Of an animation or of many pages, the first picture is read.

    Args:
        path: str or path.
        luma_only: bool. Whether its colours are not wanted: those of a JPEG are then not decoded, and its pixels are
            grey, equal to `color.to_gray` of its RGB to 1/255, but for colours that RGB had to clip.

    Returns:
        `Photo`. Its metadata are what a colour version of it may carry: EXIF and XMP that say that it is upright, EXIF
        without thumbnail, and the colour profile only if it is one of RGB. A TIFF's EXIF are the tags of
        `tiff_tags.DESCRIPTIVE`; the profile and XMP of an AVIF, the second channel of a TIFF of grey and alpha, and
        all metadata of other formats are not read.

    Raises:
        BadFileError: It cannot be read, is incomplete or too large, or is no picture of 8 or 16 bits a channel.
    """
    return decode_photo(path, read_bytes(path), luma_only)


def decode_photo(path, data, luma_only=False):
    """`read_photo` of what a file holds. Args: `path`, for the error; `data`, bytes; `luma_only`."""
    kind = formats.kind_of(data)
    tags = tiff_tags.read_tags(data) if kind == "TIFF" else {}
    _check_tiff(path, tags)
    pixels, chunks = decode(path, data, _LUMA if luma_only and kind == "JPEG" else cv2.IMREAD_UNCHANGED)
    if pixels.dtype not in (np.uint8, np.uint16):
        raise BadFileError(path, f"pixels of type {pixels.dtype}: save it with 8 or 16 bits a channel")
    if pixels.ndim == 3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB if pixels.shape[2] == 3 else cv2.COLOR_BGRA2RGBA)
    metadata = photo_metadata.from_tiff(tags) if kind == "TIFF" else photo_metadata.from_opencv(chunks)
    orientation = tiff_tags.number(tiff_tags.read_tags(metadata.exif), tiff_tags.ORIENTATION, 1)
    if kind == "TIFF":  # which OpenCV has turned upright
        pixels = repairs.divide_by_alpha(pixels, tags)
    elif kind == "GIF":
        pixels = repairs.without_opaque_alpha(pixels)
    elif kind == "PNG":
        pixels = repairs.with_transparent_gray(pixels, data)
    elif kind == "AVIF":
        orientation = formats.avif_orientation(data)
        pixels = repairs.full_range(pixels, formats.avif_depth(data))
    return Photo(repairs.upright(pixels, orientation), photo_metadata.for_color(metadata))


def read_rgb(path):
    """Reads a photo as what it looks like on a screen.

    Args:
        path: path, as of `read_photo`.

    Returns:
        `[H, W, 3]` uint8 RGB: 16 bits are rounded to 8, alpha is left out.

    Raises:
        BadFileError: It cannot be read.
    """
    return decode_rgb(path, read_bytes(path))


def decode_rgb(path, data):
    """`read_rgb` of what a file holds. Args: `path`, for the error; `data`, bytes."""
    pixels = _to_8_bits(decode_photo(path, data).pixels)
    return cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB) if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., :3])


def read_bytes(path):
    """Read a file, as bytes. Raises: `BadFileError`, also as `check_whole`."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise BadFileError(path, error.strerror or "cannot be opened") from None
    check_whole(path, data)
    return data


def check_whole(path, data):
    """Raise `BadFileError` if a file is empty, or a JPEG or PNG that ends before its picture does."""
    if not data:
        raise BadFileError(path, "empty file")
    if formats.is_truncated(data):
        raise BadFileError(path, f"truncated {formats.kind_of(data)}")


def decode(path, data, flags):
    """Decode a picture.

    Args:
        path: str or path, for the error.
        data: bytes. What the file holds.
        flags: int. OpenCV's IMREAD_ flags.

    Returns:
        Tuple of the pixels, as OpenCV has them (BGR), and its metadata, a dict from OpenCV's type to bytes.

    Raises:
        BadFileError: It cannot be decoded.
    """
    try:
        pixels, types, chunks = cv2.imdecodeWithMetadata(np.frombuffer(data, np.uint8), flags=flags)
    except cv2.error as error:
        raise BadFileError(path, _reason(error)) from None
    if pixels is None:
        kind = formats.kind_of(data)
        if kind == "HEIC":
            raise BadFileError(path, "HEIC, which cannot be read here: convert it to JPEG or PNG")
        raise BadFileError(path, f"damaged {kind}, or one of a rare kind" if kind else "no readable picture")
    return pixels, {kind: chunk.tobytes() for kind, chunk in zip(types, chunks, strict=True)}


def _reason(error):
    if error.code == cv2.Error.StsNoMem:
        return "too large for the memory"
    if "CV_IO_MAX_IMAGE_" in str(error):
        return "larger than OpenCV reads: 2^20 pixels a side, 2^30 in all (more if OPENCV_IO_MAX_IMAGE_PIXELS is set)"
    return f"no readable picture ({error.err or error.func})"


def _check_tiff(path, tags):
    def number(tag):
        return tiff_tags.number(tags, tag, 0)

    if number(tiff_tags.SUBFILE_TYPE) & _PREVIEW:
        raise BadFileError(path, "a preview comes first, as in the raw files of cameras: develop it, or save it anew")
    if number(tiff_tags.PHOTOMETRIC) in _LAB:
        raise BadFileError(path, "TIFF of Lab colours: save it as RGB or grey")
    if number(tiff_tags.PLANAR_CONFIGURATION) == _SEPARATE_PLANES and number(tiff_tags.BITS_PER_SAMPLE) == 16:
        raise BadFileError(path, "16-bit TIFF of separate planes: save it with interleaved channels")


# === Writing ===


def output_suffix(suffix):
    """Suffix of the colour version of a photo: its own, or .png for what is only read or has 256 colours, like GIF.

    Args:
        suffix: str, in any case, with its dot.
    """
    return suffix if suffix.lower() in WRITABLE_SUFFIXES else ".png"


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
        metadata: `Metadata` to keep, or `None`. A grey picture gets no colour profile, a TIFF the tags of
            `tiff_tags.DESCRIPTIVE` from EXIF, a BMP nothing.
        quality: int in [1, 100]. Of JPEG, WebP and AVIF; others are lossless.
        order: string. Order of the channels of `pixels`: `"RGB"`, or `"BGR"`, which is written without a copy.

    Raises:
        BadFileError: The format cannot hold the picture.
        UserError: No format has this suffix.
        OSError: The file cannot be written.
    """
    data = encode_photo(path, pixels, metadata, quality, order)
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


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


def _to_8_bits(pixels):
    return pixels if pixels.dtype == np.uint8 else cv2.convertScaleAbs(pixels, alpha=1 / 257)


def _reduce(pixels, kind, order):
    """BGR of a picture, with the depth and the channels that a format can hold."""
    if not kind.has_16_bits:
        pixels = _to_8_bits(pixels)
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
        data, too_long = formats.add_jpeg_metadata(data, metadata.exif, metadata.icc, metadata.xmp)
        if too_long:
            logging.warning("%s: written without its %s, too long for a JPEG.", path, " and ".join(too_long))
    return photo_metadata.add_to_tiff(data, metadata, has_alpha=pixels.shape[2:] == (4,)) if kind is _TIFF else data


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
