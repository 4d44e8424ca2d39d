"""Colour profiles: what the numbers of a file look like, in sRGB, of which the network has learnt.

Littlecms, in Pillow, does it. Greys, and colours of 16 bits, which it does not take there, are done here where the
profile has curves and a matrix, as those of cameras and working spaces have.
"""

import functools
import io
import struct

import numpy as np
from PIL import Image, ImageCms

from keras_scgan.photos import color

_DATE = slice(24, 36)
_GRAY, _RGB, _CMYK = b"GRAY", b"RGB ", b"CMYK"
_MODES = {_GRAY: "L", _RGB: "RGB", _CMYK: "CMYK"}
"""Pillow's modes of the colour spaces."""

_SAME = 2
"""Of 255. A profile that moves no colour by more than this is that of sRGB."""

_SRGB_GAMMA, _SAME_GAMMA = 1 / 2.2, 0.02
"""What PNG files of sRGB say of their gamma, and how far from that they are still taken for such."""

_GAMMAS = (0.1, 10)
"""The gammas that are no mistake."""

_PARAMETERS = (1, 3, 4, 5, 7)
"""How many numbers each kind of parametric curve has."""

_XYZ_TO_LINEAR_RGB = np.array(
    [[3.1338561, -1.6168667, -0.4906146], [-0.9787684, 1.9161415, 0.0334540], [0.0719453, -0.2289914, 1.4052427]]
)
"""From the XYZ of profiles, whose white is D50, to the linear light of sRGB."""


@functools.cache
def srgb():
    """The profile of sRGB, as bytes: the same ones always."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[_DATE] = bytes(_DATE.stop - _DATE.start)
    return bytes(profile)


def of_image(info):
    """The profile of an image, bytes: its own, or one of the gamma that a PNG without profile tells; `b""` for sRGB.

    Args:
        info: dict. What Pillow tells of the image.
    """
    icc, gamma = info.get("icc_profile") or b"", info.get("gamma", 0)
    if icc or "srgb" in info or not _GAMMAS[0] <= gamma <= _GAMMAS[1] or abs(gamma - _SRGB_GAMMA) < _SAME_GAMMA:
        return icc
    start = srgb().index(b"para") + 12
    curve = struct.pack(">5i", round(65536 / gamma), 65536, 0, 0, 0)  # a power, in place of the curve of sRGB
    return srgb()[:start] + curve + srgb()[start + len(curve) :]


def space_of(icc):
    """Colour space of a profile, 4 bytes, or `b""` of what is no profile that can be used. Args: `icc`, bytes."""
    is_whole = icc[36:40] == b"acsp" and int.from_bytes(icc[:4], "big") == len(icc)
    return icc[16:20] if is_whole and icc[16:20] in _MODES and _transform(icc) is not None else b""


@functools.lru_cache(maxsize=16)
def is_srgb(icc):
    """Whether numbers mean the same with a profile as without. Args: `icc`, bytes; damaged ones do."""
    space = space_of(icc)
    if space not in (_GRAY, _RGB):
        return True
    levels = np.arange(256)
    if np.abs(_gray_levels(icc, np.dtype(np.uint8)).astype(int) - levels).max() > _SAME:
        return False
    sparse = levels[::51].astype(np.uint8)
    grid = np.stack(np.meshgrid(sparse, sparse, sparse), axis=-1).reshape(1, -1, 3)
    return space == _GRAY or np.abs(_by_littlecms(grid, icc).astype(int) - grid).max() <= _SAME


def to_srgb(pixels, icc):
    """Pixels of a picture with a profile as those of sRGB.

    Args:
        pixels: `[H, W]` grey, `[H, W, 3]` RGB or `[H, W, 4]` RGBA, uint8 or uint16.
        icc: bytes. Its profile, if any.

    Returns:
        Tuple of pixels of the same shape and type, `pixels` itself if nothing changes, and of the profile that they
        have, bytes.
    """
    space = space_of(icc)
    if space not in (_GRAY, _RGB) or (space == _GRAY and not _is_gray(pixels)):
        return pixels, b""
    if is_srgb(icc):
        return pixels, icc if space == _RGB else srgb()
    if _is_gray(pixels):
        levels = _gray_levels(icc, pixels.dtype)
        converted = levels[pixels[..., :3]] if pixels.ndim == 3 else levels[pixels]
    elif pixels.dtype == np.uint8:
        converted = _by_littlecms(pixels[..., :3], icc)
    else:
        converted = _deep_colors(pixels[..., :3], icc)
    return np.dstack([converted, pixels[..., 3]]) if pixels.shape[2:] == (4,) else converted, srgb()


def cmyk_to_rgb(pixels, icc):
    """CMYK, `[H, W, 4]` uint8, 255 being all ink, as RGB of sRGB; by the profile of that space that `icc` may be."""
    image = Image.fromarray(np.ascontiguousarray(pixels), "CMYK")
    if space_of(icc) == _CMYK:
        return np.asarray(ImageCms.applyTransform(image, _transform(icc)))
    return np.asarray(image.convert("RGB"))


def _is_gray(pixels):
    return pixels.ndim == 2 or all(np.array_equal(pixels[..., 0], pixels[..., i]) for i in (1, 2))


# === By littlecms ===


@functools.lru_cache(maxsize=16)
def _transform(icc):
    """Littlecms's transform from a profile to sRGB, or `None` of one that it does not take."""
    try:
        source, target = (ImageCms.ImageCmsProfile(io.BytesIO(profile)) for profile in (icc, srgb()))
        return ImageCms.buildTransform(source, target, _MODES[icc[16:20]], "RGB")
    except (ImageCms.PyCMSError, OSError):
        return None


def _by_littlecms(rgb, icc):
    """`[H, W, 3]` uint8 of sRGB. Args: `rgb`, `[H, W, 3]` uint8, grey if the profile is one of grey; `icc`."""
    image = Image.fromarray(np.ascontiguousarray(rgb[..., 0] if space_of(icc) == _GRAY else rgb))
    return np.asarray(ImageCms.applyTransform(image, _transform(icc)))


# === Without it ===


def _gray_levels(icc, dtype):
    """What each level of grey is in sRGB: an array of 256 or 65536 levels of the type.

    Not by littlecms, if it can be helped: it interpolates curves of grey coarsely, and shadows of linear ones wrongly.
    """
    white = np.iinfo(dtype).max
    ramp = np.repeat(np.arange(white + 1, dtype=dtype)[:, np.newaxis, np.newaxis], 3, axis=-1)
    levels = _deep_colors(ramp.astype(np.uint16) * np.uint16(65535 // white), icc)[:, 0, 1]
    return np.rint(levels * (white / 65535)).astype(dtype)


def _deep_colors(rgb, icc):
    """`[H, W, 3]` uint16 of sRGB. Args: `rgb`, `[H, W, 3]` uint16; `icc`, bytes. Profiles of tables give 8 bits."""
    try:
        curves, matrix = _curves_and_matrix(icc)
    except (KeyError, struct.error, ValueError):
        return _by_littlecms(color.to_8_bits(rgb), icc).astype(np.uint16) * 257
    encode = np.rint(65535 * _encoded(np.arange(2**16) / 65535)).astype(np.uint16)
    result = np.empty_like(rgb)
    for rows in color.strips(rgb.shape):
        linear = np.stack([curve[rgb[rows, :, i]] for i, curve in enumerate(curves)], axis=-1) @ matrix.T
        low, share = np.divmod(np.clip(linear, 0, 1) * 65535, 1)
        low = low.astype(np.uint16)
        high = np.minimum(low, 65534) + 1
        result[rows] = np.rint(encode[low] * (1 - share) + encode[high] * share)
    return result


def _encoded(linear):
    """SRGB's curve, of linear light in [0, 1]."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)


def _curves_and_matrix(icc):
    """Three arrays of what each of 65536 levels is in linear light, and the matrix to the linear light of sRGB."""
    count = struct.unpack_from(">I", icc, 128)[0]
    entries = struct.iter_unpack(">4sII", icc[132 : 132 + 12 * min(count, 100)])
    tags = {name: icc[start : start + length] for name, start, length in entries}
    if space_of(icc) == _GRAY:
        return [_curve(tags[b"kTRC"])] * 3, np.eye(3)
    if b"A2B0" in tags:
        raise ValueError("a profile of tables")
    columns = [np.array(struct.unpack_from(">3i", tags[name], 8)) / 65536 for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
    return [_curve(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC")], _XYZ_TO_LINEAR_RGB @ np.stack(columns, axis=1)


def _curve(tag):
    """Linear light of 65536 levels, by a tag of a curve (ICC.1:2022, 10.6 and 10.18)."""
    x = np.arange(2**16) / 65535
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        if count == 0:
            return x
        values = np.frombuffer(tag, ">u2", count, 12)
        return x ** (values[0] / 256) if count == 1 else np.interp(x, np.linspace(0, 1, count), values / 65535)
    (kind,) = struct.unpack_from(">H", tag, 8)
    if tag[:4] != b"para" or kind >= len(_PARAMETERS):
        raise ValueError("no curve")
    values = np.array(struct.unpack_from(f">{_PARAMETERS[kind]}i", tag, 12)) / 65536
    if kind == 0:
        return x ** values[0]
    g, a, b, c, d, e, f = np.pad(values, (0, 7 - len(values)))
    if kind < 3:
        c, d, e, f = 0, -b / a, c, c
    return np.where(x >= d, np.maximum(a * x + b, 0) ** g + e, c * x + f)
