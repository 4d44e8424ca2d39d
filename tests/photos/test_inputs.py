"""Photos are taken as whatever they are given."""

import io

import icc
import numpy as np
import pytest
from PIL import Image
from sample_photos import ALPHA, BILEVEL, GRAY, PALETTE, RGB, RGBA, deep, encode

from keras_scgan.photos.inputs import to_pixels
from keras_scgan.program.errors import BadFileError

PNG = encode(RGB, "PNG")


def test_a_path_an_open_file_bytes_an_image_and_an_array_are_the_same_photo(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(PNG)
    with open(path, "rb") as file:
        photos = [path, str(path), file, io.BytesIO(PNG), PNG, bytearray(PNG), memoryview(PNG), Image.open(path), RGB]
        for photo in photos:
            np.testing.assert_array_equal(to_pixels(photo), RGB)


def test_a_jpeg_is_read_as_luma_alone_where_that_is_enough():
    stored = encode(RGB, "JPEG")
    assert to_pixels(stored, luma_only=True).ndim == to_pixels(io.BytesIO(stored), luma_only=True).ndim == 2
    assert to_pixels(stored).ndim == 3


WITH_ALPHA = Image.fromarray(np.dstack([GRAY, ALPHA]), "LA")
IMAGES = {
    "L": (Image.fromarray(GRAY), GRAY),
    "1": (Image.fromarray(BILEVEL).convert("1"), BILEVEL),
    "RGB": (Image.fromarray(RGB), RGB),
    "RGBA": (Image.fromarray(RGBA), RGBA),
    "LA": (WITH_ALPHA, np.dstack([GRAY, GRAY, GRAY, ALPHA])),
    "P": (PALETTE, np.asarray(PALETTE.convert("RGB"))),
    "CMYK": (Image.fromarray(RGB).convert("CMYK"), RGB),
    "I;16": (Image.fromarray(deep(GRAY)), deep(GRAY)),
    "I;16B": (Image.frombytes("I;16B", GRAY.shape[::-1], deep(GRAY).astype(">u2").tobytes()), deep(GRAY)),
    "I": (Image.fromarray(deep(GRAY).astype(np.int32)), deep(GRAY)),
}


@pytest.mark.parametrize("mode", IMAGES)
def test_an_image_of_any_mode_is_what_it_looks_like(mode):
    image, expected = IMAGES[mode]
    assert image.mode == mode
    found = to_pixels(image)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("mode", ["La", "RGBa", "PA", "YCbCr", "HSV"])
def test_an_image_of_a_rare_mode_is_nearly_what_it_looks_like(mode):
    source = {"La": "LA", "RGBa": "RGBA", "PA": "P", "YCbCr": "RGB", "HSV": "RGB"}[mode]
    image = IMAGES[source][0].convert(mode)
    found = to_pixels(image)
    assert found.shape[2] == (4 if mode in ("La", "RGBa", "PA") else 3)
    if mode == "La":
        image = image.convert("LA")
    np.testing.assert_array_equal(found, np.asarray(image.convert("RGBA" if found.shape[2] == 4 else "RGB")))


def test_a_transparent_palette_has_alpha():
    stored = encode(PALETTE, "PNG", transparency=0)
    found = to_pixels(Image.open(io.BytesIO(stored)))
    np.testing.assert_array_equal(found, to_pixels(stored))
    assert found.shape[2] == 4


def test_the_colours_of_an_image_become_those_of_srgb():
    profile = icc.gray_profile(icc.gamma(1.0))
    stored = encode(GRAY, "PNG", icc_profile=profile)
    np.testing.assert_array_equal(to_pixels(Image.open(io.BytesIO(stored))), to_pixels(stored))
    assert (to_pixels(stored) > GRAY)[(GRAY > 9) & (GRAY < 250)].all()


def test_an_image_is_turned_upright():
    tags = Image.Exif()
    tags[0x112] = 6
    stored = encode(RGB, "PNG", exif=tags)
    np.testing.assert_array_equal(to_pixels(Image.open(io.BytesIO(stored))), np.rot90(RGB, -1))


@pytest.mark.parametrize(
    ("photo", "error", "message"),
    [
        (None, TypeError, "A photo must be a path, an open file, the bytes of a file, a PIL image or a NumPy array."),
        ([[1, 2], [3, 4]], TypeError, "Received: list"),
        (3, TypeError, "Received: int"),
        (io.StringIO("text"), TypeError, "must be open for reading bytes. Received: one of str"),
        (b"", BadFileError, "the bytes given: empty file"),
        (b"no picture", BadFileError, "the bytes given: no readable picture"),
        (encode(RGB, "JPEG")[:300], BadFileError, "the bytes given: damaged JPEG"),
        (io.BytesIO(b"no picture"), BadFileError, "the open file: no readable picture"),
        ("missing.jpg", BadFileError, "missing.jpg: No such file"),
        (RGB.astype(np.float32), ValueError, "Received: shape=(16, 24, 3), dtype=float32"),
        (RGB[..., :2], ValueError, "A photo must be [H, W]"),
        (np.zeros((0, 4), np.uint8), ValueError, "must have pixels. Received: shape=(0, 4)"),
        (Image.fromarray(GRAY.astype(np.float32)), ValueError, "8 or 16 bits a channel. Received: mode=F, 32 bits"),
        (Image.fromarray(np.full((2, 2), -1, np.int32)), ValueError, "Received: mode=I, 32 bits"),
    ],
)
def test_what_is_no_photo_is_an_error_that_says_what_it_is(photo, error, message):
    with pytest.raises(error) as raised:
        to_pixels(photo)
    assert message in str(raised.value)
