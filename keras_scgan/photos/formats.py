"""Formats of photo files: how they begin, what they are called, which are read."""

import importlib.util
import re

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
