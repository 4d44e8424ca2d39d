"""Photos as files: whatever a person has is read, and its colour version written, whole or not at all.

OpenCV decodes and encodes. What it leaves out or gets wrong is made good here: orientation, the metadata of JPEG and
TIFF files, transparent greys of PNG, alpha of TIFF, and the depth of AVIF.
"""

import dataclasses
import pathlib

import cv2
import numpy as np
from absl import logging

from keras_scgan.photos import formats, tiff_tags
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

_SEPARATE_PLANES, _PREVIEW = 2, 1
_END_OF_TEXT = b"\0"  # up to which OpenCV writes the XMP of a PNG, and be it beyond the end
_CHANNELS = ((), (3,), (4,))
_LAB, _ALPHA = {8, 9, 10}, {1, 2}

# === Reading ===


def read_photo(path):
    """Read a photo of any kind: JPEG, PNG, TIFF, WebP, BMP, GIF, AVIF, JPEG 2000 or PNM.

    It is turned upright as the file's orientation says. CMYK becomes RGB, a palette its colours, grey with alpha RGBA,
    and one bit a pixel 0 and 255. Of an animation or of many pages, the first picture is read.

    Args:
        path: str or path.

    Returns:
        `Photo`. Its metadata are what a colour version of it may carry: EXIF and XMP that say that it is upright, EXIF
        without thumbnail, and the colour profile only if it is one of RGB. A TIFF's EXIF are the tags of
        `tiff_tags.DESCRIPTIVE`; the profile and XMP of an AVIF, the second channel of a TIFF of grey and alpha, and
        all metadata of other formats are not read.

    Raises:
        BadFileError: The file cannot be read, is incomplete or too large, or is no picture of 8 or 16 bits a channel.
    """
    return _photo_of(path, read_bytes(path))


def _photo_of(path, data):
    kind = formats.kind_of(data)
    tags = tiff_tags.read_tags(data) if kind == "TIFF" else {}
    _check_tiff(path, tags)
    pixels, chunks = decode(path, data, cv2.IMREAD_UNCHANGED)
    if pixels.dtype not in (np.uint8, np.uint16):
        raise BadFileError(path, f"pixels of type {pixels.dtype}: save it with 8 or 16 bits a channel")
    if pixels.ndim == 3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB if pixels.shape[2] == 3 else cv2.COLOR_BGRA2RGBA)
    metadata = photo_metadata.from_tiff(tags) if kind == "TIFF" else photo_metadata.from_opencv(chunks)
    orientation = tiff_tags.number(tiff_tags.read_tags(metadata.exif), tiff_tags.ORIENTATION, 1)
    if kind == "TIFF":  # which OpenCV has turned upright
        pixels = _divide_by_alpha(pixels, tags)
    elif kind == "GIF":
        pixels = _without_opaque_alpha(pixels)
    elif kind == "PNG":
        pixels = _with_transparent_gray(pixels, data)
    elif kind == "AVIF":
        orientation = formats.avif_orientation(data)
        pixels = _full_range(pixels, formats.avif_depth(data))
    turn = _TURNS.get(orientation)
    return Photo(pixels if turn is None else turn(pixels), photo_metadata.for_color(metadata))


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
    pixels = _to_8_bits(_photo_of(path, data).pixels)
    return cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB) if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., :3])


def read_bytes(path):
    """Read a file, as bytes. Raises: `BadFileError`, also for a JPEG or PNG that ends before its picture does."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise BadFileError(path, error.strerror or "cannot be opened") from None
    if not data:
        raise BadFileError(path, "empty file")
    if formats.is_truncated(data):
        raise BadFileError(path, f"truncated {formats.kind_of(data)}")
    return data


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


def _without_opaque_alpha(pixels):
    """RGB of an opaque GIF, to which OpenCV may add an alpha channel; others as they are."""
    is_opaque = pixels.shape[2:] == (4,) and pixels[..., 3].min() == 255
    return cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB) if is_opaque else pixels


def _with_transparent_gray(pixels, data):
    """RGBA of a greyscale PNG of which one grey is transparent, which OpenCV shows as opaque; others as they are."""
    transparent = formats.png_transparent_gray(data) if pixels.ndim == 2 else None
    if transparent is None:
        return pixels
    white = np.iinfo(pixels.dtype).max
    alpha = np.where(pixels == round(transparent * white), 0, white).astype(pixels.dtype)
    return cv2.merge([pixels, pixels, pixels, alpha])


def _check_tiff(path, tags):
    def number(tag):
        return tiff_tags.number(tags, tag, 0)

    if number(tiff_tags.SUBFILE_TYPE) & _PREVIEW:
        raise BadFileError(path, "a preview comes first, as in the raw files of cameras: develop it, or save it anew")
    if number(tiff_tags.PHOTOMETRIC) in _LAB:
        raise BadFileError(path, "TIFF of Lab colours: save it as RGB or grey")
    if number(tiff_tags.PLANAR_CONFIGURATION) == _SEPARATE_PLANES and number(tiff_tags.BITS_PER_SAMPLE) == 16:
        raise BadFileError(path, "16-bit TIFF of separate planes: save it with interleaved channels")


def _divide_by_alpha(pixels, tags):
    """Pixels of a TIFF, into which OpenCV multiplies an 8-bit alpha channel, as they were before."""
    is_multiplied = tiff_tags.number(tags, tiff_tags.EXTRA_SAMPLES, 0) in _ALPHA and pixels.dtype == np.uint8
    if pixels.ndim == 3 and pixels.shape[2] == 4 and is_multiplied:
        return cv2.cvtColor(pixels, cv2.COLOR_mRGBA2RGBA)
    return pixels


def _full_range(pixels, depth):
    """Pixels of an AVIF of 10 or 12 bits, which OpenCV leaves in that range, in the range of 16 bits."""
    return pixels if depth == 8 else pixels << (16 - depth) | pixels >> (2 * depth - 16)


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


def write_photo(path, pixels, metadata=None, quality=95):
    """Write a photo, whole or not at all, in the format of its suffix.

    What the format cannot hold is reduced: 16 bits a channel to 8, rounded, but for PNG and TIFF; alpha is laid over
    white for JPEG and BMP. JPEG files have chroma at full resolution. PNG, TIFF and BMP are lossless.

    Args:
        path: str or path, with one of `WRITABLE_SUFFIXES` in any case. A file there is replaced.
        pixels: `[H, W]` grey, `[H, W, 3]` RGB or `[H, W, 4]` RGBA, uint8 or uint16.
        metadata: `Metadata` to keep, or `None`. A grey picture gets no colour profile, a TIFF the tags of
            `tiff_tags.DESCRIPTIVE` from EXIF, a BMP nothing.
        quality: int in [1, 100]. Of JPEG, WebP and AVIF; others are lossless.

    Raises:
        BadFileError: The format cannot hold the picture.
        UserError: No format has this suffix.
        OSError: The file cannot be written.
    """
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
    data = _encode(path, kind, _reduce(pixels, kind), metadata, quality)
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def _to_8_bits(pixels):
    return pixels if pixels.dtype == np.uint8 else cv2.convertScaleAbs(pixels, alpha=1 / 257)


def _reduce(pixels, kind):
    """BGR of a picture, with the depth and the channels that a format can hold."""
    if not kind.has_16_bits:
        pixels = _to_8_bits(pixels)
    if pixels.ndim == 2:
        return pixels
    if pixels.shape[2] == 4 and not kind.has_alpha:
        alpha = pixels[..., 3:].astype(np.uint16)
        pixels = ((pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
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
    """Bytes of a file, or `None` if OpenCV refuses."""
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
    return data.tobytes() if done else None
