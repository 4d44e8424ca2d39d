"""Colour profiles made by hand, of curves and, if they are of colours, primaries (ICC.1:2022)."""

import struct

import numpy as np

WIDE_RGB = np.array([[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]])
"""XYZ of red, green and blue, the columns, of Adobe's RGB, under D50."""

D50 = (0.9642, 1.0, 0.8249)


def gamma(value):
    """A curve that is a power."""
    return b"curv" + struct.pack(">4xIH", 1, round(value * 256))


def table(values):
    """A curve through values in [0, 1]."""
    return b"curv" + struct.pack(">4xI", len(values)) + np.rint(np.asarray(values) * 65535).astype(">u2").tobytes()


def parametric(kind, *parameters):
    """A curve of one of the kinds 0 to 4."""
    return b"para" + struct.pack(f">4xHH{len(parameters)}i", kind, 0, *_fixed(parameters))


def gray_profile(curve):
    """A profile of grey."""
    return _profile(b"GRAY", {b"kTRC": curve})


def rgb_profile(curve, primaries=WIDE_RGB):
    """A profile of colours with one curve."""
    columns = {
        name: b"XYZ " + struct.pack(">4x3i", *_fixed(c)) for name, c in zip(_COLORANTS, primaries.T, strict=True)
    }
    return _profile(b"RGB ", columns | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))


_COLORANTS = (b"rXYZ", b"gXYZ", b"bXYZ")


def _fixed(values):
    return [round(value * 65536) for value in values]


def _profile(space, tags):
    tags = tags | {b"wtpt": b"XYZ " + struct.pack(">4x3i", *_fixed(D50))}
    tags[b"desc"] = b"mluc" + struct.pack(">4xII2s2sII", 1, 12, b"en", b"US", 2, 28) + "t".encode("utf-16-be")
    tags[b"cprt"] = tags[b"desc"]
    start, directory, body = 132 + 12 * len(tags), b"", b""
    for name, tag in tags.items():
        directory += struct.pack(">4sII", name, start + len(body), len(tag))
        body += tag.ljust(-(-len(tag) // 4) * 4, b"\0")
    length = start + len(body)
    header = struct.pack(">I4sI4s4s4s12x4s", length, b"none", 0x04200000, b"mntr", space, b"XYZ ", b"acsp")
    header = header.ljust(68, b"\0") + struct.pack(">3i", *_fixed(D50))
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + directory + body
