"""From the bytes of a photo file to its pixels and metadata, as stored, or an error that names the file.

Whatever a decoder does with damaged data, what comes out of here is the picture or a `BadFileError`.
"""

import contextlib
import importlib
import io
import warnings

import cv2
import numpy as np
import simplejpeg
from absl import logging
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    WebPImagePlugin,
)

from keras_scgan.photos import formats, jpeg_repairs, profiles
from keras_scgan.photos import metadata as photo_metadata
from keras_scgan.photos.samples import in_full_range
from keras_scgan.photos.tiff import Tiff
from keras_scgan.program.errors import BadFileError, first_line

# Pillow warns of oddities without the name of the file, thousands of times of some.
warnings.filterwarnings("ignore", module="PIL")

MAX_PIXELS = 200_000_000
"""Pixels of the largest photo that is read, unless more are allowed: a small file may claim billions."""

_CLASSES = {
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "WebP": WebPImagePlugin.WebPImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
    "JPEG 2000": Jpeg2KImagePlugin.Jpeg2KImageFile,
    "PNM": PpmImagePlugin.PpmImageFile,
}
_FORMATS_OF_PLUGINS = {"HEIC": "HEIF", "JPEG XL": "JXL"}

_MAX_FAULTS = 5
"""Times that a JPEG is decoded, of which each may tell of another harmless fault."""

_DEEP_MODES = {"I;16", "I;16L", "I;16B", "I;16N"}
_EXACT_MODES = {"L", "RGB"}
_MAX_PNM_HEADER = 1 << 16
_JPEG_2000_SIZES = b"\xff\x4f\xff\x51"
_BINARY_PNM = (b"P5", b"P6")
_SHALLOW = {2, 4}  # bits of PNG
_WITH_COLORS = {2, 4, 6}  # colour types of PNG: RGB, grey with alpha, RGB with alpha


def decode(path, data, luma_only=False, max_pixels=MAX_PIXELS, min_side=None):
    """Decode a photo.

    Args:
        path: str or path, for errors.
        data: bytes. What the file holds.
        luma_only: bool. Whether the colours of a JPEG are not wanted; they come all the same if a profile needs them.
        max_pixels: int. Pixels of the largest photo that is decoded.
        min_side: float. Pixels of the shorter side that are enough of a JPEG: see `_strict_jpeg`.

    Returns:
        Tuple of the pixels as stored, `[H, W]` grey, `[H, W, 3]` RGB or `[H, W, 4]` RGBA, uint8 or uint16, and of
        `Metadata`.

    Raises:
        BadFileError: It is damaged, or no picture of 8 or 16 bits a channel.
        TooManyPixelsError: It is larger than `max_pixels`.
    """
    if not data:
        raise BadFileError(path, "empty file")
    kind = formats.kind_of(data)
    if not kind:
        raise BadFileError(path, "no readable picture")
    with _errors_of(path, kind):
        formats.check_parts(data)
        if kind == "JPEG":
            return _decode_jpeg(path, data, luma_only, max_pixels, min_side)
        if kind == "TIFF":
            return _decode_tiff(path, data, max_pixels)
        return _decode_by_pillow(path, data, kind, max_pixels)


class TooManyPixelsError(BadFileError):
    """A photo of more pixels than are allowed. `size` is its width and height."""

    def __init__(self, path, size, max_pixels):
        width, height = self.size = size
        super().__init__(
            path,
            f"{width}x{height} pixels, more than {max_pixels}: if you trust it, allow `max_pixels={width * height}`",
        )


@contextlib.contextmanager
def _errors_of(path, kind):
    """Context that makes a `BadFileError` of whatever a decoder raises."""
    try:
        yield
    except BadFileError:
        raise
    except MemoryError:
        raise BadFileError(path, "too large for the memory") from None
    except Exception as error:  # decoders raise anything
        if isinstance(error, cv2.error) and error.code == cv2.Error.StsNoMem:
            raise BadFileError(path, "too large for the memory") from None
        reason = first_line(error)
        raise BadFileError(path, f"damaged {kind}, or one of a rare kind{f' ({reason})' if reason else ''}") from None


def _check_size(path, size, max_pixels):
    width, height = size
    if width * height > max_pixels:
        raise TooManyPixelsError(path, size, max_pixels)


# === JPEG ===


def _strict_jpeg(path, data, colors, min_side=None):
    """Decode a JPEG, of which libjpeg goes on over damaged data: that is an error here.

    Args:
        path: str or path, for warnings.
        data: bytes. The file.
        colors: string. `"GRAY"`, `"RGB"`, or `"CMYK"` for a JPEG of that.
        min_side: float. Pixels of the shorter side that are enough. It is decoded at a half, a quarter or an eighth of
            its size while that leaves so many. `None`: full size.

    Returns:
        `[H, W, C]` uint8, C 1, 3 or 4.

    Raises:
        ValueError: It is damaged or of a kind that is not read.
    """
    options = {"colorspace": colors}
    if min_side is not None:
        height, width, *_ = simplejpeg.decode_jpeg_header(data, strict=False)
        factor = next((factor for factor in (8, 4, 2) if min(height, width) >= factor * min_side), 1)
        options |= {"min_height": -(-height // factor), "min_width": -(-width // factor)}
    fault = None
    for _ in range(_MAX_FAULTS):
        try:
            pixels = simplejpeg.decode_jpeg(data, **options)
        except ValueError as error:
            mended = jpeg_repairs.mend(data, str(error), has_inks=colors == "CMYK")
            if mended == data:
                raise
            data, fault = mended, fault or error
        else:
            if fault is not None:
                logging.warning("%s: parts of the picture may be damaged (%s).", path, first_line(fault))
            return pixels
    raise fault


def _decode_jpeg(path, data, luma_only, max_pixels, min_side):
    image = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    _check_size(path, image.size, max_pixels)
    metadata = photo_metadata.from_pillow(image)
    if simplejpeg.decode_jpeg_header(data, strict=False)[2] in ("CMYK", "YCCK"):
        inks = 255 - _strict_jpeg(path, data, "CMYK")  # as Adobe's programs store them
        return profiles.cmyk_to_rgb(inks, metadata.icc), metadata
    is_gray = image.mode == "L" or (luma_only and profiles.is_srgb(metadata.icc))
    pixels = _strict_jpeg(path, data, "GRAY" if is_gray else "RGB", min_side)
    return pixels[..., 0] if is_gray else pixels, metadata


# === TIFF ===


def _decode_tiff(path, data, max_pixels):
    picture = Tiff(path, data)
    _check_size(path, picture.size, max_pixels)
    if picture.pages > 1:
        logging.warning("%s: only the first page is read, %d more are left out.", path, picture.pages - 1)
    return picture.pixels(), picture.metadata()


# === Others ===


def _decode_by_pillow(path, data, kind, max_pixels):
    if kind == "PNM":
        _class_of(path, kind)(io.BytesIO(data[:_MAX_PNM_HEADER]))  # fails where comments have no end
    image = _class_of(path, kind)(io.BytesIO(data))
    _check_size(path, image.size, max_pixels)
    if kind == "PNM" and data[:2] in _BINARY_PNM:
        return _pnm_samples(image, data), photo_metadata.Metadata()
    image.load()  # all of it, to find damage, whoever decodes it in the end
    is_gray = image.mode in _EXACT_MODES
    if kind == "PNG" and is_gray and data[24] in _SHALLOW and isinstance(image.info.get("transparency"), int):
        image.info["transparency"] *= 255 // (2 ** data[24] - 1)  # as Pillow has scaled the greys
    if kind == "PNG" and data[24] == 16 and data[25] in _WITH_COLORS:
        pixels = _by_opencv(data)
    elif kind == "JPEG 2000":
        pixels = _jpeg_2000_samples(image, data)
    else:
        pixels = pixels_of(image)
    return pixels, photo_metadata.from_pillow(image)


def _by_opencv(data):
    """RGB or RGBA of 16 bits, which Pillow does not have."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)
    if pixels is None or pixels.dtype != np.uint16 or pixels.ndim != 3:
        raise ValueError("channels of more than 8 bits that are neither RGB nor RGBA")
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB if pixels.shape[2] == 3 else cv2.COLOR_BGRA2RGBA)


def _jpeg_2000_samples(image, data):
    """Pixels of a JPEG 2000 of any depth: Pillow's are not as light as they are stored, and white of deep RGB black."""
    start = data.find(_JPEG_2000_SIZES) + len(_JPEG_2000_SIZES)
    count = int.from_bytes(data[start + 36 : start + 38], "big")
    kinds = set(data[start + 38 : start + 38 + 3 * count : 3])
    bits = min(kinds) + 1
    if image.mode == "P" or (image.mode in ("L", "RGB", "RGBA", "LA") and kinds == {7}):
        return pixels_of(image)
    if len(kinds) != 1 or bits > 16:
        raise ValueError("channels of several depths, or with signs")
    if bits > 8 and image.mode not in _DEEP_MODES:
        pixels, unused = _by_opencv(data), 0
    else:
        pixels = pixels_of(image)
        unused = 8 * pixels.itemsize - bits
    return in_full_range(pixels >> unused, 2**bits - 1)


def _pnm_samples(image, data):
    """Pixels of a binary PNM of grey or RGB, of any largest value."""
    _, (_, _, width, height), start, arguments = image.tile[0]
    largest = arguments[1] if isinstance(arguments, tuple) else 65535 if arguments == "I;16B" else 255
    channels = 3 if image.mode == "RGB" else 1
    stored = np.frombuffer(data, ">u2" if largest > 255 else "u1", height * width * channels, start)
    pixels = in_full_range(stored.astype(stored.dtype.newbyteorder("=")), largest)
    return pixels.reshape((height, width, 3) if channels == 3 else (height, width))


def _class_of(path, kind):
    """The class by which Pillow opens files of a kind."""
    if kind in _CLASSES:
        return _CLASSES[kind]
    name, package = formats.PLUGINS[kind]
    try:
        module = importlib.import_module(name)
    except ImportError:
        raise BadFileError(path, f'{kind}, which takes {package} to read: pip install "keras-scgan[formats]"') from None
    if hasattr(module, "register_heif_opener"):
        module.register_heif_opener()
    return Image.OPEN[_FORMATS_OF_PLUGINS[kind]][0]


def pixels_of(image):
    """Pixels of an image of Pillow's, not turned, as `decode` returns them.

    Raises:
        ValueError: It has more than 16 bits a channel.
    """
    if image.mode in ("I", "F"):
        return _of_32_bits(np.asarray(image), image.mode)
    pixels = np.asarray(image if image.mode in _DEEP_MODES else _converted(image))
    pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    transparent = image.info.get("transparency")
    if image.mode in _DEEP_MODES and isinstance(transparent, int):
        alpha = np.where(pixels == transparent, 0, np.iinfo(pixels.dtype).max).astype(pixels.dtype)
        return cv2.merge([pixels, pixels, pixels, alpha])
    return pixels


def _of_32_bits(pixels, mode):
    """Pixels of an image of 32 bits, as which Pillow opens some files of 16."""
    if mode == "F" or pixels.min() < 0 or pixels.max() > np.iinfo(np.uint16).max:
        raise ValueError(f"A PIL image must have 8 or 16 bits a channel. Received: mode={mode}, 32 bits")
    return pixels.astype(np.uint16)


def _converted(image):
    """An image of 8 bits as grey, RGB or RGBA."""
    if image.mode in _EXACT_MODES and not image.has_transparency_data:
        return image
    if image.mode == "La":
        image = image.convert("LA")
    return image.convert("RGBA" if image.has_transparency_data else "L" if image.mode == "1" else "RGB")
