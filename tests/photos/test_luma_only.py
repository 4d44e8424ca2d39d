"""Luma alone, where a decoder gives it: equal to that of the colours, to 1/255."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms
from sample_photos import GRAY, RGBA, encode, read

from keras_scgan import data
from keras_scgan.photos import color
from keras_scgan.photos.files import read_photo

# Mild colours, that RGB holds whatever the compression does to them.
PHOTO = np.clip(np.rint(96 + (read_photo(sorted((data.demo_dir() / "images").iterdir())[0]).pixels - 96.0) / 3), 0, 255)
RGB = PHOTO.astype(np.uint8)[:120, :100]
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
ROTATED = Image.Exif()
ROTATED[0x112] = 6


def as_ycck():
    stored = bytearray(encode(Image.fromarray(RGB).convert("CMYK"), "JPEG", quality=95))
    stored[stored.find(b"Adobe") + 11] = 2
    return bytes(stored)


JPEGS = {
    "colour": encode(RGB, "JPEG", quality=90),
    "colour at full resolution": encode(RGB, "JPEG", quality=95, subsampling=0),
    "progressive": encode(RGB, "JPEG", quality=90, progressive=True),
    "grey": encode(GRAY, "JPEG"),
    "stored as RGB": encode(RGB, "JPEG", quality=95, keep_rgb=True),
    "CMYK": encode(Image.fromarray(RGB).convert("CMYK"), "JPEG", quality=95),
    "YCCK": as_ycck(),
    "rotated": encode(RGB, "JPEG", quality=90, exif=ROTATED),
    "with a profile": encode(RGB, "JPEG", icc_profile=PROFILE),
}


def read_luma(tmp_path, contents):
    path = tmp_path / "photo"
    path.write_bytes(contents)
    return read_photo(path, luma_only=True)


@pytest.mark.parametrize("kind", JPEGS)
def test_the_luma_of_a_jpeg_is_that_of_its_colours(tmp_path, kind):
    whole, luma = read(JPEGS[kind]), read_luma(tmp_path, JPEGS[kind])
    assert luma.pixels.ndim == 2
    np.testing.assert_allclose(luma.pixels.astype(int), color.to_gray(whole.pixels), atol=1)
    assert luma.metadata == whole.metadata
    assert bool(luma.metadata.icc) == (kind == "with a profile")


@pytest.mark.parametrize("name", ["PNG", "WEBP", "TIFF", "BMP"])
def test_of_other_formats_the_luma_is_taken(tmp_path, name):
    contents = encode(RGB, name)
    np.testing.assert_array_equal(read_luma(tmp_path, contents).pixels, color.to_gray(read(contents).pixels))
    contents = encode(RGBA, "PNG")
    np.testing.assert_array_equal(read_luma(tmp_path, contents).pixels, RGBA)


def test_16_bits_stay_16_bits(tmp_path):
    assert cv2.imwrite(str(tmp_path / "deep.png"), RGB.astype(np.uint16) * 257)
    assert read_photo(tmp_path / "deep.png", luma_only=True).pixels.dtype == np.uint16


def test_colours_outside_rgb_have_the_luma_that_the_file_has(tmp_path):
    levels = np.full((16, 16, 3), (100, 250, 30), np.uint8)  # Y, Cb and Cr of which blue would be 316
    stored = io.BytesIO()
    Image.fromarray(levels, "YCbCr").save(stored, "JPEG", quality=100, subsampling=0)
    np.testing.assert_allclose(read_luma(tmp_path, stored.getvalue()).pixels, 100, atol=1)
    assert abs(int(color.to_gray(read(stored.getvalue()).pixels)[8, 8]) - 100) > 3
