"""TIFF files of any layout are read as what they look like, or refused by name."""

import io
import struct

import cv2
import numpy as np
import pytest
from PIL import Image, TiffImagePlugin
from sample_photos import ALPHA, BILEVEL, GRAY, RGB, RGBA, deep, encode, read

from keras_scgan.photos.files import read_photo, write_photo
from keras_scgan.photos.metadata import Metadata
from keras_scgan.program.errors import BadFileError

LZW, DEFLATE, PACKBITS, ZSTD = 5, 8, 32773, 50000
INKS = np.dstack([RGB, GRAY // 3])
ON_WHITE_PAPER = np.asarray(Image.fromarray(INKS, "CMYK").convert("RGB"))
BESIDE = np.dstack([RGB, ALPHA, GRAY])
HALVES = np.maximum(RGBA, [0, 0, 0, 128]).astype(np.uint8)
MULTIPLIED = np.dstack([np.rint(HALVES[..., :3] * (HALVES[..., 3:] / 255)).astype(np.uint8), HALVES[..., 3]])


def planes(pixels):
    return np.ascontiguousarray(np.moveaxis(pixels, -1, 0))


def packed(samples, bits):
    """Samples as rows of bits."""
    rows = samples.reshape(len(samples), -1, 1)
    stored = (rows >> np.arange(bits - 1, -1, -1)) & 1
    return np.packbits(stored.reshape(len(samples), -1).astype(np.uint8), axis=1)


def layout(pixels, photometric, bits=None, order="<", **tags):
    """TIFF of one strip, or of one a plane if `_284=2`, with tags as `_NUMBER=value`."""
    channels = 1 if pixels.ndim == 2 else pixels.shape[0 if tags.get("_284") == 2 else 2]
    shape = pixels.shape[1:] if tags.get("_284") == 2 else pixels.shape[:2]
    bits = bits or 8 * pixels.itemsize
    stored = packed(pixels, bits) if bits not in (8, 16) else pixels.astype(pixels.dtype.newbyteorder(order))
    strips = [part.tobytes() for part in stored] if tags.get("_284") == 2 else [stored.tobytes()]
    values = {256: shape[1], 257: shape[0], 258: (bits,) * channels, 259: 1, 262: photometric, 277: channels}
    values |= {273: tuple(8 + sum(map(len, strips[:i])) for i in range(len(strips))), 278: shape[0]}
    values |= {279: tuple(map(len, strips))} | {int(tag[1:]): value for tag, value in tags.items()}
    data = b"".join(strips)
    extra, directory = b"", struct.pack(order + "H", len(values))
    start = 8 + len(data) + 2 + 12 * len(values) + 4
    for tag in sorted(values):
        numbers = values[tag] if isinstance(values[tag], tuple) else (values[tag],)
        field = struct.pack(f"{order}{len(numbers)}I", *numbers)
        if len(numbers) > 1:
            field, extra = struct.pack(order + "I", start + len(extra)), extra + field
        directory += struct.pack(order + "HHI", tag, 4, len(numbers)) + field
    magic = b"II" if order == "<" else b"MM"
    return struct.pack(f"{order}2sHI", magic, 42, 8 + len(data)) + data + directory + bytes(4) + extra


def by_opencv(pixels, compression, predictor):
    """TIFF of several strips."""
    channels = pixels if pixels.ndim == 2 else pixels[..., ::-1]
    options = (cv2.IMWRITE_TIFF_COMPRESSION, compression, cv2.IMWRITE_TIFF_PREDICTOR, predictor)
    return cv2.imencode(".tif", channels, (*options, cv2.IMWRITE_TIFF_ROWSPERSTRIP, 3))[1].tobytes()


KINDS = {
    "white is zero": (layout(255 - GRAY, 0), GRAY),
    "white is zero, 16 bits": (layout(65535 - deep(GRAY), 0), deep(GRAY)),
    "white is zero, 16 bits, big-endian": (layout(65535 - deep(GRAY), 0, order=">"), deep(GRAY)),
    "white is zero, 4 bits": (layout(15 - (GRAY >> 4), 0, bits=4), (GRAY >> 4) * 17),
    "white is zero, with alpha": (
        layout(np.dstack([255 - GRAY, ALPHA]), 0, _338=2),
        np.dstack([GRAY, GRAY, GRAY, ALPHA]),
    ),
    "2 bits": (layout(GRAY >> 6, 1, bits=2), (GRAY >> 6) * 85),
    "10 bits": (layout(deep(GRAY) >> 6, 1, bits=10), np.rint((deep(GRAY) >> 6) * (65535 / 1023))),
    "12 bits": (layout(deep(GRAY) >> 4, 1, bits=12), np.rint((deep(GRAY) >> 4) * (65535 / 4095))),
    "12 bits of colours": (layout(deep(RGB) >> 4, 2, bits=12), np.rint((deep(RGB) >> 4) * (65535 / 4095))),
    "grey with alpha": (layout(np.dstack([GRAY, ALPHA]), 1, _338=2), np.dstack([GRAY, GRAY, GRAY, ALPHA])),
    "grey with alpha, 16 bits": (
        layout(deep(np.dstack([GRAY, ALPHA])), 1, _338=2),
        deep(np.dstack([GRAY, GRAY, GRAY, ALPHA])),
    ),
    "grey with alpha that no tag tells of": (layout(np.dstack([GRAY, ALPHA]), 1), np.dstack([GRAY] * 3 + [ALPHA])),
    "grey and something else": (layout(np.dstack([GRAY, ALPHA]), 1, _338=0), GRAY),
    "RGB in planes": (layout(planes(RGB), 2, _284=2), RGB),
    "RGB in planes, 16 bits": (layout(deep(planes(RGB)), 2, _284=2), deep(RGB)),
    "RGBA in planes": (layout(planes(RGBA), 2, _284=2, _338=2), RGBA),
    "RGB and something else": (layout(RGBA, 2, _338=0), RGB),
    "RGB, alpha and something else": (layout(BESIDE, 2, _338=(2, 0)), RGBA),
    "RGB with alpha multiplied in": (layout(MULTIPLIED, 2, _338=1), HALVES),
    "CMYK": (layout(INKS, 5), ON_WHITE_PAPER),
    "CMYK, 16 bits": (layout(INKS.astype(np.uint16) * 257, 5), ON_WHITE_PAPER),
    "CMYK and alpha": (layout(np.dstack([INKS, ALPHA]), 5, _338=2), ON_WHITE_PAPER),
    "palette": (
        layout(GRAY >> 4, 3, bits=4, _320=tuple(int(v) for v in planes(RGB[4:5, :16]).ravel().astype(int) * 257)),
        RGB[4][GRAY >> 4],
    ),
    "palette of 8 bits": (
        layout(GRAY >> 4, 3, bits=4, _320=tuple(int(v) for v in planes(RGB[4:5, :16]).ravel())),
        RGB[4][GRAY >> 4],
    ),
    "fax": (encode(Image.fromarray(BILEVEL).convert("1"), "TIFF", compression="group3"), BILEVEL),
    "big-endian colours": (layout(deep(RGB), 2, order=">"), deep(RGB)),
}
KINDS |= {
    f"compression {compression}, predictor {predictor}, {8 * pixels.itemsize} bits, {pixels.ndim} axes": (
        by_opencv(pixels, compression, predictor),
        pixels,
    )
    for compression in (LZW, DEFLATE, PACKBITS)
    for predictor in ((1,) if compression == PACKBITS else (1, 2))
    for pixels in (GRAY, RGB, deep(GRAY), deep(RGB))
}


def as_big(data):
    """A TIFF of one directory and of short fields as one with offsets of 64 bits, of the same order of bytes."""
    order = "<" if data[:2] == b"II" else ">"
    (start,) = struct.unpack_from(order + "I", data, 4)
    (count,) = struct.unpack_from(order + "H", data, start)
    directory = struct.pack(order + "Q", count)
    for tag, kind, length, value in struct.iter_unpack(order + "HHII", data[start + 2 : start + 2 + 12 * count]):
        directory += struct.pack(order + "HHQ", tag, kind, length)
        directory += struct.pack(order + "I4x", value + 8 * (tag == TiffImagePlugin.STRIPOFFSETS))
    header = struct.pack(order + "2sHHHQ", data[:2], 43, 8, 0, start + 8)
    return header + data[8:start] + directory + bytes(8)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("pixels", [GRAY, deep(GRAY)])
def test_a_tiff_of_64_bits_is_read_in_either_order_of_bytes(order, pixels):
    np.testing.assert_array_equal(read(as_big(layout(pixels, 1, order=order))).pixels, pixels)


@pytest.mark.parametrize("kind", KINDS)
def test_a_tiff_of_any_layout_is_what_it_looks_like(kind):
    data, expected = KINDS[kind]
    found = read(data).pixels
    assert found.dtype == (np.uint8 if found.dtype == np.uint8 and expected.max() <= 255 else np.uint16)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.astype(int), expected, atol=1 if "multiplied" in kind else 0)


def as_tiles(data, side):
    """The same picture in tiles, by Pillow's tags: `data` is a TIFF of one strip of a 3-channel picture."""
    pixels = read(data).pixels
    height, width = pixels.shape[:2]
    padded = np.pad(pixels, ((0, -height % side), (0, -width % side), (0, 0)))
    tiles = [
        padded[y : y + side, x : x + side].tobytes() for y in range(0, height, side) for x in range(0, width, side)
    ]
    offsets = tuple(8 + sum(map(len, tiles[:i])) for i in range(len(tiles)))
    directory = TiffImagePlugin.ImageFileDirectory_v2(b"II*\0\0\0\0\0")
    tags = {256: width, 257: height, 258: (8 * pixels.itemsize,) * 3, 259: 1, 262: 2, 277: 3}
    for tag, value in (tags | {322: side, 323: side, 324: offsets, 325: tuple(map(len, tiles))}).items():
        directory[tag] = value
    body = b"".join(tiles)
    return struct.pack("<2sHI", b"II", 42, 8 + len(body)) + body + directory.tobytes(8 + len(body))


@pytest.mark.parametrize("pixels", [RGB, deep(RGB)])
def test_tiles_that_go_beyond_the_picture_are_cut(pixels):
    np.testing.assert_array_equal(read(as_tiles(layout(pixels, 2), 16)).pixels, pixels)


@pytest.mark.parametrize(
    "kind", ["compression 5, predictor 1, 8 bits, 2 axes", "compression 8, predictor 2, 16 bits, 3 axes"]
)
def test_a_strip_that_cannot_be_decompressed_is_an_error(kind):
    data = bytearray(KINDS[kind][0])
    tags = Image.open(io.BytesIO(data)).tag_v2
    start, length = tags[273][1], tags[279][1]
    data[start + 4 : start + length] = b"\xff" * (length - 4)
    with pytest.raises(BadFileError, match="damaged TIFF"):
        read(bytes(data))


@pytest.mark.parametrize(
    "change", [{"_273": 10**6}, {"_279": 10**6}, {"_279": 0}, {"_278": 3}, {"_256": 0}, {"_258": 0}]
)
def test_a_picture_of_which_parts_are_missing_is_an_error(change):
    with pytest.raises(BadFileError, match="TIFF"):
        read(layout(GRAY, 1, **change))


def test_a_deflated_strip_that_is_longer_than_its_rows_is_an_error():
    data = encode(RGB, "TIFF", compression="tiff_adobe_deflate")
    assert Image.open(io.BytesIO(data)).tag_v2[278] == len(RGB)
    short = bytearray(data)
    for tag in (257, 278):  # the height, and that of the strip
        position = next(i for i in range(len(data)) if data[i : i + 2] == struct.pack("<H", tag) and data[i + 2] < 5)
        struct.pack_into("<H", short, position + 8, len(RGB) - 1)
    with pytest.raises(BadFileError, match="damaged TIFF"):
        read(bytes(short))


@pytest.mark.parametrize("rows", [4, 16])
def test_a_deflated_strip_whose_checksum_is_wrong_is_an_error(rows):
    data = bytearray(encode(RGB, "TIFF", compression="tiff_adobe_deflate", tiffinfo={278: rows}))
    tags = Image.open(io.BytesIO(data)).tag_v2
    data[tags[273][-1] + tags[279][-1] - 1] ^= 1
    with pytest.raises(BadFileError, match="damaged TIFF"):
        read(bytes(data))


def test_pages_that_are_left_out_are_told(tmp_path, caplog):
    path = tmp_path / "album.tif"
    path.write_bytes(encode(RGB, "TIFF", save_all=True, append_images=[Image.fromarray(GRAY), Image.fromarray(RGB)]))
    np.testing.assert_array_equal(read_photo(path).pixels, RGB)
    assert f"{path}: only the first page is read, 2 more are left out" in caplog.text


def test_a_thumbnail_is_no_page(tmp_path, caplog):
    thumbnail = Image.fromarray(GRAY)
    thumbnail.encoderinfo = {"tiffinfo": {254: 1}}
    path = tmp_path / "photo.tif"
    path.write_bytes(encode(RGB, "TIFF", save_all=True, append_images=[thumbnail]))
    with Image.open(path) as image:
        assert image.n_frames == 2
    read_photo(path)
    assert "pages" not in caplog.text


def test_directories_that_go_in_a_circle_end():
    data = bytearray(layout(GRAY, 1))
    (start,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, start)
    struct.pack_into("<I", data, start + 2 + 12 * count, start)
    np.testing.assert_array_equal(read(bytes(data)).pixels, GRAY)


def test_tags_that_overlap_are_not_copied_again_and_again():
    entries = b"".join(struct.pack("<HHII", 1000 + i, 7, 200_000, 8) for i in range(16_000))
    data = struct.pack("<2sHIH", b"II", 42, 8, 16_000) + entries + bytes(4)
    with pytest.raises(BadFileError, match="damaged TIFF"):
        read(data)


def test_camera_and_place_stay_in_a_tiff(tmp_path):
    tags = Image.Exif()
    tags.get_ifd(0x8769)[0x829A] = 1 / 125
    tags.get_ifd(0x8825)[1] = "N"
    tags[0x13B] = "Someone"
    write_photo(tmp_path / "scan.tif", GRAY, Metadata(exif=tags.tobytes().removeprefix(b"Exif\0\0")))
    photo = read_photo(tmp_path / "scan.tif")
    write_photo(tmp_path / "color.tif", RGB, photo.metadata)
    with Image.open(tmp_path / "color.tif") as image:
        found = image.getexif()
        assert found[0x13B] == "Someone"
        assert found.get_ifd(0x8769)[0x829A] == pytest.approx(1 / 125)
        assert found.get_ifd(0x8825)[1] == "N"
    np.testing.assert_array_equal(read_photo(tmp_path / "color.tif").pixels, RGB)


def test_a_tiff_of_a_jpeg_is_read():
    data = encode(RGB, "TIFF", compression="jpeg", quality=95)
    np.testing.assert_allclose(read(data).pixels.astype(int), np.asarray(Image.open(io.BytesIO(data))), atol=1)
