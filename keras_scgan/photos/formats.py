"""Formats of photo files: how they begin, what they are called, which are read."""

import importlib.util
import re
import zlib

_SIGNATURES = {
    rb"\xff\xd8": "JPEG",
    rb"\x89PNG\r\n\x1a\n": "PNG",
    rb"II[*+]\0|MM\0[*+]": "TIFF",
    rb"RIFF....WEBP": "WebP",
    rb"BM": "BMP",
    rb"GIF8": "GIF",
    rb".{4}ftyp(avi[fs]|.{4,60}avif)": "AVIF",
    rb".{4}ftyp(hei[cxms]|hev[cxms]|mif1|msf1)": "HEIC",
    rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51": "JPEG 2000",
    rb"\xff\x0a|\0\0\0\x0cJXL ": "JPEG XL",
    rb"P[1-6]\s": "PNM",
}

_MARKER = re.compile(rb"\xff([^\xff])", re.DOTALL)
MARKER_OF_PART = re.compile(rb"\xff([^\0\xd0-\xd7\xff])")
"""A marker of a JPEG that is none of 0xFF as data, a restart, or filling."""

_START_OF_SCAN, _END = b"\xda", b"\xd9"
_MAX_SCANS = 500
"""Scans of a JPEG, each of which takes time for all of its pixels, however few bytes it has. Usual are some ten."""
_WITHOUT_LENGTH = {bytes([code]) for code in (0x00, 0x01, *range(0xD0, 0xDA))}

PLUGINS = {"HEIC": ("pillow_heif", "pillow-heif"), "JPEG XL": ("pillow_jxl", "pillow-jxl-plugin")}
"""By what Pillow reads the formats that it does not read itself: a module, and the package that has it."""

_SUFFIXES = {"HEIC": (".heic", ".heif", ".hif"), "JPEG XL": (".jxl",)}

READ_ONLY_SUFFIXES = (".gif", ".jp2", ".j2k", ".jpf", ".jpx", ".j2c", ".jpc", ".ppm", ".pgm", ".pbm", ".pnm")
READ_ONLY_SUFFIXES += tuple(
    suffix for kind, (module, _) in PLUGINS.items() if importlib.util.find_spec(module) for suffix in _SUFFIXES[kind]
)
"""Suffixes of the files that are read but not written; those of HEIC and JPEG XL if what reads them is installed."""


def kind_of(data):
    """Name of the format that a file begins like, "" for none that is known. Args: `data`, bytes."""
    return next((kind for mark, kind in _SIGNATURES.items() if re.match(mark, data, re.DOTALL)), "")


def check_parts(data):
    """Raise `ValueError` if a JPEG or PNG is cut into more parts than a picture has, which would take long to read.

    These are the parts before the pixels, and the scans of a JPEG.

    Likewise if the checksum of a part is wrong, which a PNG has. Pillow does not look at those of the pixels.

    Args:
        data: bytes. Others than these are not looked at.
    """
    parts = {"JPEG": _marker_bytes, "PNG": _chunks}.get(kind_of(data))
    if parts is not None:
        limit = 1000 + len(data) // 100
        for count in parts(data):
            limit -= count
            if limit < 0:
                raise ValueError("too many parts")
    if kind_of(data) == "JPEG" and data.count(b"\xff" + _START_OF_SCAN) > _MAX_SCANS:  # those of other pictures too
        _check_scans(data)


def _marker_bytes(data):
    """Yields how many bytes each marker of a JPEG takes, with what stands before it, up to the first scan."""
    for found in _markers(data, _MARKER):
        if found[1] == _START_OF_SCAN:
            return
        yield found.end() - found.pos


def _check_scans(data):
    """Raise `ValueError` if a JPEG has too many scans up to its end."""
    scans = 0
    for found in _markers(data, MARKER_OF_PART):
        if found[1] == _END:
            return
        scans += found[1] == _START_OF_SCAN
        if scans > _MAX_SCANS:
            raise ValueError("too many scans")


def _markers(data, pattern):
    """Yields the markers of a JPEG, matches of a pattern that are looked for behind the part of the one before."""
    position = 2
    while found := pattern.search(data, position):
        yield found
        position = found.end()
        if found[1] not in _WITHOUT_LENGTH:
            position += int.from_bytes(data[position : position + 2], "big")


def _chunks(data):
    """Yields 1 for each chunk of a PNG. Raises `ValueError` if one that the picture cannot do without is damaged."""
    position, name, view = 8, b"", memoryview(data)
    while position < len(data) and name != b"IEND":
        yield 1
        name = data[position + 4 : position + 8]
        end = position + 8 + int.from_bytes(data[position : position + 4], "big")
        if name[:1].isupper() and zlib.crc32(view[position + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            raise ValueError("a checksum that is wrong")
        position = end + 4
