"""EXIF, a TIFF structure without a picture: which way up a photo is, and what its colour version may say."""

import io
import struct

import cv2
from PIL import Image, TiffImagePlugin

ORIENTATION, SHORT = 274, 3
EXIF_DIRECTORY, GPS_DIRECTORY = 34665, 34853
RESOLUTION_TAGS = (282, 283, 296)
"""Horizontal and vertical resolution, and its unit."""

EXTRA_SAMPLES, XMP, IPTC, PHOTOSHOP, ICC_PROFILE = 338, 700, 33723, 34377, 34675
STRAIGHT_ALPHA = 2

DESCRIPTIVE = (269, 270, 271, 272, *RESOLUTION_TAGS, 285, 305, 306, 315, 316, 33432)
"""Tags that tell of the picture as such, and nothing of how it is stored: names of the document and its page,
description, maker and model of the camera, resolution, software, time, artist, computer and copyright."""

_ENTRY, _INCH = 12, 2
_TURNS = {
    2: lambda image: cv2.flip(image, 1),
    3: lambda image: cv2.rotate(image, cv2.ROTATE_180),
    4: lambda image: cv2.flip(image, 0),
    5: cv2.transpose,
    6: lambda image: cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE),
    7: lambda image: cv2.flip(cv2.transpose(image), -1),
    8: lambda image: cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE),
}
"""What brings a picture of an orientation upright."""
_OPPOSITES = {6: 8, 8: 6}
"""Orientations of which each undoes what brings the other upright; all others undo their own."""


def upright(pixels, exif):
    """Turns a picture upright.

    Args:
        pixels: `[H, W]` or `[H, W, C]` array.
        exif: bytes. The EXIF that came with it.

    Returns:
        Tuple of the pixels, turned as `exif` says, of the EXIF of the result, without a picture's orientation and
        thumbnail (see `_patch`), and of the orientation that it had, an int.
    """
    orientation, patched = _patch(exif)
    turn = _TURNS.get(orientation)
    return pixels if turn is None else turn(pixels), patched, orientation


def lay_back(pixels, orientation):
    """Turns an upright picture to how one of an orientation is stored. Args: `pixels`, array; `orientation`, int."""
    turn = _TURNS.get(_OPPOSITES.get(orientation, orientation))
    return pixels if turn is None else turn(pixels)


def set_orientation(exif, orientation):
    """EXIF, bytes, that gives another orientation, if it gives any. The thumbnail is left out."""
    return _patch(exif, orientation)[1]


def _patch(exif, new_orientation=1):
    """The orientation, an int, and EXIF of a picture that has been turned upright, as 1 says, and colorized.

    The thumbnail, which is grey and maybe lies on its side, is taken off the list of pictures, so that nobody shows it.
    Everything else stays where it is, as the data of cameras need. Of damaged EXIF nothing is left.
    """
    patched, orientation = bytearray(exif), 1
    try:
        order = ">" if exif[:2] == b"MM" else "<"
        magic, start = struct.unpack_from(order + "HI", exif, 2)
        (count,) = struct.unpack_from(order + "H", exif, start)
        end = start + 2 + _ENTRY * count
        struct.pack_into(order + "I", patched, end, 0)
    except struct.error:
        return 1, b""
    if magic != 42:
        return 1, b""
    for position in range(start + 2, end, _ENTRY):
        tag, kind = struct.unpack_from(order + "HH", exif, position)
        if tag == ORIENTATION:
            orientation = struct.unpack_from(order + ("H" if kind == SHORT else "I"), exif, position + 8)[0]
            struct.pack_into(order + "HIHH", patched, position + 2, SHORT, 1, new_orientation, 0)
    return orientation if orientation in _TURNS else 1, bytes(patched)


def read_directory(data, offset=None, group=None):
    """Tags of a TIFF, Pillow's `ImageFileDirectory_v2`. Its `next` is where another one begins, or 0.

    Args:
        data: bytes-like. The TIFF, maybe damaged.
        offset: int. Where the tags begin. Defaults to the first ones.
        group: int. The tag that gives that place, if one does.
    """
    order, is_big = ">" if data[:2] == b"MM" else "<", bytes(data[2:4]) in (b"+\0", b"\0+")
    tags = TiffImagePlugin.ImageFileDirectory_v2(bytes(data[:2]) + struct.pack(order + "HI", 42, 0), group=group)
    tags._bigtiff = is_big  # which Pillow sees in the header of a little-endian one alone
    if offset is None:
        (offset,) = struct.unpack_from(order + ("Q" if is_big else "I"), data, 8 if is_big else 4)
    file = io.BytesIO(data)
    file.seek(offset)
    tags.next = 0
    tags.load(file)
    return tags


def from_tiff(data, tags):
    """EXIF of what a TIFF tells of its picture, as bytes.

    Args:
        data: bytes. The TIFF.
        tags: Pillow's `ImageFileDirectory_v2` of the picture.
    """
    exif = Image.Exif()
    for tag in (*DESCRIPTIVE, ORIENTATION):
        if tag in tags:
            exif[tag] = tags[tag]
    for tag in (EXIF_DIRECTORY, GPS_DIRECTORY):
        if isinstance(tags.get(tag), int):
            exif[tag] = dict(read_directory(data, tags[tag], group=tag))
    return exif.tobytes().removeprefix(b"Exif\0\0") if len(exif) else b""


def add_to_tiff(data, metadata, has_alpha):
    """A TIFF with metadata, and with its fourth channel marked as alpha.

    Args:
        data: bytes-like. A little-endian TIFF as OpenCV writes it: of one picture, in strips.
        metadata: `metadata.Metadata`. Of its EXIF, the tags of `DESCRIPTIVE`, those of the camera and the place go in.
        has_alpha: bool.

    Returns:
        bytes.
    """
    tags = read_directory(data)
    for tag in list(tags):
        tags[tag] = tags[tag]  # Pillow writes those alone that have been asked for
    if metadata.dpi:
        for tag, value in zip(RESOLUTION_TAGS, (*metadata.dpi, _INCH), strict=True):
            tags[tag] = value
    described = Image.Exif()
    described.load(metadata.exif)
    for tag in DESCRIPTIVE:
        if tag in described:
            tags[tag] = described[tag]
    for tag in (EXIF_DIRECTORY, GPS_DIRECTORY):
        if values := described.get_ifd(tag):
            tags[tag] = dict(values)
    blocks = {ICC_PROFILE: metadata.icc, XMP: metadata.xmp, PHOTOSHOP: metadata.photoshop, IPTC: metadata.iptc()}
    for tag, value in blocks.items():
        if value:
            tags[tag] = value
    if has_alpha:
        tags[EXTRA_SAMPLES] = STRAIGHT_ALPHA
    # Pillow counts the strips from the end of the directory, which stands behind the header here.
    tags[TiffImagePlugin.STRIPOFFSETS] = tuple(offset - 8 for offset in tags[TiffImagePlugin.STRIPOFFSETS])
    return b"".join([tags.prefix, struct.pack("<HI", 42, 8), tags.tobytes(8), data[8:]])
