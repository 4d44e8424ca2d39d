"""Files that are made to take long or much memory are refused in little of both."""

import struct
import time
import zlib

import numpy as np
import pytest
from sample_photos import PALETTE, RGB, encode, read

from keras_scgan.photos.files import decode_photo
from keras_scgan.program.errors import BadFileError

SIZE = 4_000_000
JPEG, PNG = encode(RGB, "JPEG"), encode(RGB, "PNG")


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def exif_of_one_value():
    """EXIF of thousands of tags that have the same 50 000 bytes."""
    count = 5000
    entries = b"".join(struct.pack(">HHII", 50_000 + tag % 10_000, 4, 12_500, 8) for tag in range(count))
    return b"Exif\0\0MM\0*" + struct.pack(">IH", 8, count) + entries + bytes(4)


@pytest.mark.parametrize(
    "data",
    [
        JPEG[:2] + b"\xff" * SIZE + JPEG[2:],
        JPEG[:20] + b"\xff\xed\0\2" * (SIZE // 4) + JPEG[20:],
        JPEG[:20] + b"\xff\xfe\0\3a" * (SIZE // 5) + JPEG[20:],
        JPEG[:20] + b"\xff\0" * (SIZE // 2) + JPEG[20:],
        PNG[:33] + chunk(b"teSt", b"") * (SIZE // 12) + PNG[33:],
        PNG[:33] + chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(900_000), 9)) * 200 + PNG[33:],
        b"P5\n" + b"#a\n" * (SIZE // 3) + b"2 2 255\nabcd",
    ],
    ids=["fill bytes", "empty segments", "comments", "no markers", "empty chunks", "texts", "comments of a PGM"],
)
def test_parts_without_end_are_refused_at_once(data):
    start = time.process_time()
    with pytest.raises(BadFileError, match="damaged"):
        read(data)
    assert time.process_time() - start < 1


SCANS = b"\xff\xda\0\x08\1\1\0\0\0\0\0" * 1000
"""Scans of a progressive picture, each of which a decoder fills all pixels from."""


@pytest.mark.parametrize("between", [b"", b"\xff\xfe\0\4\xff\xd9"], ids=["at once", "an end in a comment"])
def test_scans_without_end_are_refused_at_once(between):
    data = encode(np.zeros((5000, 5000), np.uint8), "JPEG", progressive=True)
    start = time.process_time()
    with pytest.raises(BadFileError, match="too many scans"):
        read(data[:-2] + between + SCANS + data[-2:])
    assert time.process_time() - start < 1


def test_what_follows_a_jpeg_is_no_part_of_it():
    np.testing.assert_array_equal(read(JPEG + SCANS).pixels, read(JPEG).pixels)


def test_tags_of_one_value_take_no_more_time_than_bytes():
    start = time.process_time()
    assert read(encode(RGB, "JPEG", exif=exif_of_one_value())).pixels.shape == RGB.shape
    assert time.process_time() - start < 1


def test_a_photo_of_more_pixels_than_are_allowed_is_refused_by_its_header():
    assert decode_photo("photo", PNG, max_pixels=RGB.size // 3).pixels.shape == RGB.shape
    for name in ("PNG", "JPEG", "TIFF", "WEBP", "AVIF", "BMP", "GIF", "JPEG2000", "PPM"):
        with pytest.raises(BadFileError, match=r"24x16 pixels, more than 383: .* allow `max_pixels=384`"):
            decode_photo("photo", encode(RGB, name), max_pixels=383)
    with pytest.raises(BadFileError, match="pixels, more than 200000000"):
        read(
            PNG[:16]
            + struct.pack(">II", 20_000, 20_000)
            + PNG[24:29]
            + struct.pack(">I", zlib.crc32(PNG[12:16] + struct.pack(">II", 20_000, 20_000) + PNG[24:29]))
            + PNG[33:]
        )


@pytest.mark.parametrize("name", [b"IHDR", b"PLTE", b"IDAT"])
def test_a_png_whose_checksum_is_wrong_is_damaged(name):
    data = bytearray(encode(PALETTE, "PNG"))
    length = int.from_bytes(data[data.index(name) - 4 : data.index(name)], "big")
    data[data.index(name) + 4 + length] ^= 1
    with pytest.raises(BadFileError, match="damaged PNG"):
        read(bytes(data))


def test_what_follows_a_png_is_no_part_of_it():
    assert (
        read(PNG + b"what a program has added, at some length, in capital letters: DATA" * 9).pixels.shape == RGB.shape
    )
