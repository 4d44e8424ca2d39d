"""Samples of fewer bits than their type fill its range, and those of more than 8 keep their depth."""

import struct
import zlib

import numpy as np
import pytest
from sample_photos import GRAY, RGB, deep, encode, opencv, read

WHITES = np.kron(np.maximum(deep(RGB), (RGB > 250) * np.uint16(65535)), np.ones((4, 4, 1), np.uint16))
LOSSY = opencv(".jp2", WHITES)
KINDS = {
    "JPEG 2000, grey, 16 bits": (encode(deep(GRAY), "JPEG2000"), deep(GRAY)),
    "JPEG 2000, RGB, 16 bits": (LOSSY, WHITES),
    "JPEG 2000, grey": (encode(GRAY, "JPEG2000"), GRAY),
    "PGM of 10 bits": (
        b"P5 24 16 1023\n" + (deep(GRAY) >> 6).astype(">u2").tobytes(),
        np.rint((deep(GRAY) >> 6) * (65535 / 1023)).astype(np.uint16),
    ),
    "PGM of 12 bits": (
        b"P5\n# a comment\n24 16\n4095\n" + (deep(GRAY) >> 4).astype(">u2").tobytes(),
        np.rint((deep(GRAY) >> 4) * (65535 / 4095)).astype(np.uint16),
    ),
    "PGM of 100": (b"P5 24 16 100\n" + (GRAY % 101).tobytes(), np.rint(GRAY % 101 / 100 * 255).astype(np.uint8)),
    "PGM with too large values": (b"P5 24 16 200\n" + GRAY.tobytes(), np.rint(np.minimum(GRAY / 200, 1) * 255)),
    "PGM of digits": (b"P2 24 16 15\n" + b" ".join(b"%d" % v for v in (GRAY >> 4).ravel()), (GRAY >> 4) * 17),
    "PPM of 16 bits": (b"P6 24 16 65535\n" + deep(RGB).astype(">u2").tobytes(), deep(RGB)),
    "PPM of 5 bits": (b"P6 24 16 31\n" + (RGB >> 3).tobytes(), np.rint((RGB >> 3) * (255 / 31)).astype(np.uint8)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_samples_fill_the_range_of_their_type(kind):
    data, expected = KINDS[kind]
    found = read(data).pixels
    assert found.dtype == (np.uint16 if expected.max() > 255 else np.uint8)
    np.testing.assert_allclose(found.astype(int), expected, atol=60 if data is LOSSY else 0)


@pytest.mark.parametrize("bits", [4, 6, 10, 12])
def test_jpeg_2000_of_other_depths_is_as_light_as_it_was(bits):
    """A stream of another depth is made by its header: the transform's levels stay, around the new middle."""
    flat = np.full((16, 24), 128 if bits < 8 else 32768, np.uint8 if bits < 8 else np.uint16)
    data = bytearray(encode(flat, "JPEG2000"))
    data[data.find(b"\xff\x4f\xff\x51") + 42] = bits - 1
    found = read(bytes(data)).pixels
    np.testing.assert_allclose(
        found / np.iinfo(found.dtype).max, 2 ** (bits - 1) / (2**bits - 1), atol=1e-3 + 0.5 / 255
    )


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_the_grey_that_a_png_names_is_transparent_at_every_depth(bits):
    samples = (deep(GRAY) >> (16 - bits)).astype(int)
    rows = (samples[..., np.newaxis] >> np.arange(bits - 1, -1, -1)) & 1
    rows = np.packbits(rows.reshape(len(samples), -1).astype(np.uint8), axis=1)
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", *GRAY.T.shape, bits, 0, 0, 0, 0),
        b"tRNS": struct.pack(">H", samples[3, 3]),
        b"IDAT": zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows)),
        b"IEND": b"",
    }
    parts = [struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in chunks.items()]
    found = read(b"".join([b"\x89PNG\r\n\x1a\n", *parts])).pixels
    white = np.iinfo(found.dtype).max
    np.testing.assert_array_equal(found[..., 0], np.rint(samples * (white / (2**bits - 1))))
    np.testing.assert_array_equal(found[..., 3], np.where(samples == samples[3, 3], 0, white))
