"""Any photo file is read as it looks, and written as its format can hold it."""

import io
import os
import struct
import zlib

import cv2
import numpy as np
import pytest
import simplejpeg
from PIL import Image, ImageOps
from sample_photos import ALPHA, BILEVEL, GRAY, PALETTE, RGB, RGBA, deep, encode, opencv, read, tiff

from keras_scgan.photos import color
from keras_scgan.photos.files import read_photo
from keras_scgan.program.errors import BadFileError, UserError

ORIENTATION = 0x112


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width, height, data):
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


# === Kinds of files ===

EXACT = {
    "PNG RGB": (encode(RGB, "PNG"), RGB),
    "PNG grey": (encode(GRAY, "PNG"), GRAY),
    "PNG RGBA": (encode(RGBA, "PNG"), RGBA),
    "PNG grey and alpha": (
        encode(Image.fromarray(np.dstack([GRAY, ALPHA]), "LA"), "PNG"),
        np.dstack([GRAY, GRAY, GRAY, ALPHA]),
    ),
    "PNG with a transparent grey": (
        encode(GRAY, "PNG", transparency=int(GRAY[3, 3])),
        np.dstack([GRAY, GRAY, GRAY, np.where(GRAY[3, 3] == GRAY, 0, 255)]),
    ),
    "PNG of one bit with transparent black": (
        encode(Image.fromarray(BILEVEL).convert("1"), "PNG", transparency=0),
        np.dstack([BILEVEL] * 4),
    ),
    "PNG palette": (encode(PALETTE, "PNG"), np.asarray(PALETTE.convert("RGB"))),
    "PNG of one bit": (encode(Image.fromarray(BILEVEL).convert("1"), "PNG"), BILEVEL),
    "PNG grey of 16 bits": (encode(deep(GRAY), "PNG"), deep(GRAY)),
    "PNG RGB of 16 bits": (opencv(".png", deep(RGB)), deep(RGB)),
    "WebP RGB": (encode(RGB, "WEBP", lossless=True), RGB),
    "WebP RGBA": (encode(RGBA, "WEBP", lossless=True, exact=True), RGBA),
    "WebP animation": (
        encode(RGB, "WEBP", lossless=True, save_all=True, append_images=[Image.fromarray(RGB[::-1])]),
        RGB,
    ),
    "BMP RGB": (encode(RGB, "BMP"), RGB),
    "BMP grey": (encode(GRAY, "BMP"), GRAY),
    "BMP of one bit": (encode(Image.fromarray(BILEVEL).convert("1"), "BMP"), BILEVEL),
    "GIF animation": (
        encode(PALETTE, "GIF", save_all=True, append_images=[Image.fromarray(RGB[::-1])]),
        np.asarray(PALETTE.convert("RGB")),
    ),
    "TIFF RGB": (encode(RGB, "TIFF"), RGB),
    "TIFF of one bit": (encode(Image.fromarray(BILEVEL).convert("1"), "TIFF", compression="group4"), BILEVEL),
    "TIFF grey of 16 bits": (tiff(deep(GRAY)), deep(GRAY)),
    "TIFF inverted": (tiff(255 - GRAY, _262=0), GRAY),
    "TIFF RGB of 16 bits": (opencv(".tif", deep(RGB)), deep(RGB)),
    "TIFF RGBA of 16 bits": (opencv(".tif", deep(RGBA)), deep(RGBA)),
    "TIFF of two pages": (encode(RGB, "TIFF", save_all=True, append_images=[Image.fromarray(RGB[::-1])]), RGB),
    "JPEG 2000": (encode(RGB, "JPEG2000"), RGB),
    "PPM": (encode(RGB, "PPM"), RGB),
    "PGM": (encode(GRAY, "PPM"), GRAY),
    "one pixel": (encode(RGB[:1, :1], "PNG"), RGB[:1, :1]),
}


@pytest.mark.parametrize("kind", EXACT)
def test_a_lossless_file_is_read_as_it_is(kind):
    data, pixels = EXACT[kind]
    photo = read(data)
    assert photo.pixels.dtype == (np.uint16 if "16 bits" in kind else np.uint8)
    np.testing.assert_array_equal(photo.pixels, pixels)


@pytest.mark.parametrize("image", [Image.fromarray(RGB), Image.fromarray(GRAY), Image.fromarray(RGB).convert("CMYK")])
@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_a_jpeg_is_read_as_by_pillow(image, options):
    data = encode(image, "JPEG", quality=95, **options)
    expected = Image.open(io.BytesIO(data))
    expected = np.asarray(expected.convert("RGB") if image.mode == "CMYK" else expected)
    photo = read(data)
    assert photo.pixels.shape == expected.shape
    np.testing.assert_allclose(photo.pixels.astype(int), expected, atol=1)


def test_a_cmyk_jpeg_stored_as_ycck_is_read_as_by_pillow():
    data = bytearray(encode(Image.fromarray(RGB).convert("CMYK"), "JPEG"))
    data[data.find(b"Adobe") + 11] = 2
    expected = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    np.testing.assert_allclose(read(data).pixels.astype(int), expected, atol=1)


def test_the_alpha_of_a_tiff_is_not_multiplied_into_its_colours():
    opaque_enough = np.maximum(RGBA, [0, 0, 0, 128]).astype(np.uint8)
    np.testing.assert_allclose(read(encode(opaque_enough, "TIFF")).pixels.astype(int), opaque_enough, atol=1)


@pytest.mark.parametrize("depth", [8, 10, 12])
def test_an_avif_fills_the_range_of_its_type(depth):
    ramp = np.tile(np.linspace(0, 2**depth - 1, 64), (64, 1)).astype(np.uint8 if depth == 8 else np.uint16)
    pixels = read(opencv(".avif", ramp, cv2.IMWRITE_AVIF_DEPTH, depth, cv2.IMWRITE_AVIF_QUALITY, 100)).pixels
    assert pixels.dtype == np.uint8
    np.testing.assert_allclose(color.to_gray(pixels) / 255, ramp / (2**depth - 1), atol=0.01)


# === Orientation ===


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("name", "pixels"), [("PNG", RGB), ("PNG", GRAY), ("WEBP", RGBA), ("TIFF", RGB), ("AVIF", RGB)]
)
def test_a_photo_stands_upright_and_says_so(name, pixels, orientation):
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    options = {"WEBP": {"lossless": True, "exact": True}, "AVIF": {"quality": 100, "subsampling": "4:4:4"}}
    data = encode(pixels, name, exif=tags, **options.get(name, {}))
    photo = read(data)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    np.testing.assert_allclose(photo.pixels.astype(int), expected, atol=1 if name == "AVIF" else 0)
    tags.load(photo.metadata.exif)
    assert tags.get(ORIENTATION, 1) == 1


@pytest.mark.parametrize("orientation", [0, 9, 300])
def test_an_orientation_that_does_not_exist_is_none(orientation):
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    photo = read(encode(RGB, "PNG", exif=tags))
    np.testing.assert_array_equal(photo.pixels, RGB)
    assert photo.orientation == 1


# === Bad files ===


def error_of(data):
    with pytest.raises(BadFileError) as error:
        read(data)
    assert isinstance(error.value, UserError)
    assert str(error.value) == f"{error.value.path}: {error.value.reason}"
    assert "\n" not in error.value.reason
    return error.value.reason


@pytest.mark.parametrize("name", ["JPEG", "PNG", "TIFF", "WebP", "GIF", "AVIF", "BMP"])
@pytest.mark.parametrize("share", [0.5, 0.96])
def test_a_truncated_file_is_an_error_that_names_its_kind(capfd, name, share):
    data = encode(RGB, name)
    assert error_of(data[: int(share * len(data))]).startswith(f"damaged {name}, or one of a rare kind (")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"no picture" * 9, "no readable picture"),
        (b"%PDF-1.7 is none either", "no readable picture"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99), "damaged HEIC, or one of a rare kind"),
        (tiff(GRAY.astype(np.float32), _339=3), "TIFF of 32 bits a channel (floating-point): save it with 8 or 16"),
        (tiff(GRAY.astype(np.int16), _339=2), "TIFF of 16 bits a channel (signed): save it with 8 or 16"),
        (tiff(GRAY, _259=34712), "TIFF of compression 34712, which cannot be read: save it anew"),
        (tiff(GRAY, _262=8), "TIFF of Lab colours"),
        (tiff(GRAY, _254=1), "TIFF that begins with a preview, as the raw files of cameras do"),
        (png(40_000, 40_000, b""), "40000x40000 pixels, more than 200000000: if you trust it, allow `max_pix"),
    ],
)
def test_what_cannot_be_read_is_an_error_that_says_why(capfd, data, reason):
    assert error_of(data).startswith(reason)
    assert capfd.readouterr().err == ""


def test_a_picture_that_memory_does_not_hold_is_an_error(monkeypatch):
    def full(*_, **__):
        raised = cv2.error("Failed to allocate 3072000000 bytes")
        raised.code, raised.err = cv2.Error.StsNoMem, "Failed to allocate 3072000000 bytes"
        raise raised

    monkeypatch.setattr(cv2, "imdecode", full)
    assert error_of(opencv(".png", deep(RGB))) == "too large for the memory"

    def without(*_, **__):
        raise MemoryError

    monkeypatch.setattr(simplejpeg, "decode_jpeg", without)
    assert error_of(encode(RGB, "JPEG")) == "too large for the memory"


def test_a_file_that_cannot_be_opened_is_an_error(tmp_path):
    with pytest.raises(BadFileError, match=r"gone\.jpg: No such file"):
        read_photo(tmp_path / "gone.jpg")
    with pytest.raises(BadFileError, match="Is a directory"):
        read_photo(tmp_path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="everything is allowed")
def test_a_file_that_may_not_be_read_is_an_error(tmp_path):
    (tmp_path / "photo.png").write_bytes(encode(RGB, "PNG"))
    (tmp_path / "photo.png").chmod(0)
    with pytest.raises(BadFileError, match="Permission denied"):
        read_photo(tmp_path / "photo.png")
