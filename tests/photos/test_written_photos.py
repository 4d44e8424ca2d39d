"""Photos are written as their format can hold them, whole or not at all."""

import errno
import os

import cv2
import numpy as np
import pytest
from PIL import Image
from sample_photos import ALPHA, GRAY, RGB, RGBA, RNG, deep

from keras_scgan.photos.files import PHOTO_SUFFIXES, WRITABLE_SUFFIXES, output_suffix, read_photo, write_photo
from keras_scgan.photos.metadata import Metadata
from keras_scgan.program.errors import BadFileError, UserError


@pytest.mark.parametrize("suffix", [".png", ".tif", ".TIFF", ".PNG"])
@pytest.mark.parametrize("pixels", [GRAY, RGB, RGBA, deep(GRAY), deep(RGB), deep(RGBA)])
def test_png_and_tiff_hold_everything(tmp_path, suffix, pixels):
    write_photo(tmp_path / f"photo{suffix}", pixels)
    photo = read_photo(tmp_path / f"photo{suffix}")
    assert photo.pixels.dtype == pixels.dtype
    if suffix.lower() != ".png" and pixels is RGBA:  # OpenCV's reader multiplies by alpha
        visible = RGBA[..., 3] >= 128
        np.testing.assert_allclose(photo.pixels[visible].astype(int), pixels[visible], atol=1)
        np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / f"photo{suffix}")), pixels)
    else:
        np.testing.assert_array_equal(photo.pixels, pixels)


@pytest.mark.parametrize("suffix", WRITABLE_SUFFIXES)
@pytest.mark.parametrize("pixels", [GRAY, RGB])
def test_every_format_is_written_as_its_suffix_says(tmp_path, suffix, pixels):
    path = tmp_path / f"photo{suffix}"
    write_photo(path, pixels, quality=100)
    with Image.open(path) as image:
        family = {"JPE": "JPEG", "JPG": "JPEG", "JFI": "JPEG", "TIF": "TIFF", "DIB": "BMP"}
        assert image.format == family.get(suffix[1:4].upper(), suffix[1:].upper())
        mode = "L" if pixels.ndim == 2 else "RGB"
        error = np.abs(np.asarray(image.convert(mode)).astype(int) - pixels).mean()
    assert error <= (0 if suffix in (".png", ".tif", ".tiff", ".bmp", ".dib") else 8)


@pytest.mark.parametrize("suffix", [".bmp", ".jpg", ".webp", ".avif"])
def test_16_bits_are_rounded_where_only_8_can_be_held(tmp_path, suffix):
    pixels = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    eight = np.rint(pixels / 257).astype(np.uint8)
    write_photo(tmp_path / f"16{suffix}", pixels)
    write_photo(tmp_path / f"8{suffix}", eight)
    assert (tmp_path / f"16{suffix}").read_bytes() == (tmp_path / f"8{suffix}").read_bytes()
    if suffix == ".bmp":
        np.testing.assert_array_equal(read_photo(tmp_path / "16.bmp").pixels, eight)


@pytest.mark.parametrize("pixels", [RGBA, deep(RGBA)])
def test_alpha_is_laid_over_white_where_it_cannot_be_held(tmp_path, pixels):
    write_photo(tmp_path / "photo.bmp", pixels)
    white = Image.new("RGBA", (24, 16), "white")
    expected = np.asarray(Image.alpha_composite(white, Image.fromarray(RGBA)).convert("RGB"))
    np.testing.assert_allclose(read_photo(tmp_path / "photo.bmp").pixels.astype(int), expected, atol=1)


@pytest.mark.parametrize("suffix", [".webp", ".avif"])
def test_alpha_is_kept_where_it_can_be_held(tmp_path, suffix):
    write_photo(tmp_path / f"photo{suffix}", RGBA)
    np.testing.assert_allclose(read_photo(tmp_path / f"photo{suffix}").pixels[..., 3].astype(int), ALPHA, atol=4)


def test_a_jpeg_has_chroma_at_full_resolution(tmp_path):
    write_photo(tmp_path / "photo.jpg", RGB)
    with Image.open(tmp_path / "photo.jpg") as image:
        assert {tuple(layer[1:3]) for layer in image.layer} == {(1, 1)}


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".avif"])
def test_quality_is_the_formats_own(tmp_path, suffix):
    noise = RNG.integers(0, 256, (64, 64, 3), np.uint8)
    for quality in (20, 95):
        write_photo(tmp_path / f"{quality}{suffix}", noise, quality=quality)
    sizes = [(tmp_path / f"{quality}{suffix}").stat().st_size for quality in (20, 95)]
    assert sizes[1] > 1.5 * sizes[0]


@pytest.mark.parametrize(
    "name", ["Müller 日本.jpg", "a" * 200 + ".jpg", "two.dots .jpg", "folder/new.jpg", "'[x] %d?.jpg"]
)
def test_any_name_is_written_and_read(tmp_path, name):
    write_photo(tmp_path / name, RGB)
    assert read_photo(str(tmp_path / name)).pixels.shape == RGB.shape


@pytest.mark.parametrize(("suffix", "side"), [(".jpg", 65501), (".webp", 16384), (".png", 1_000_001), (".avif", 32769)])
def test_a_picture_larger_than_its_format_allows_is_an_error(tmp_path, suffix, side):
    with pytest.raises(BadFileError, match=rf"{side}x1 pixels, but \w+ has at most {side - 1} a side"):
        write_photo(tmp_path / f"photo{suffix}", np.zeros((1, side), np.uint8))
    assert not list(tmp_path.iterdir())


def test_what_opencv_refuses_to_write_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(cv2, "imencodeWithMetadata", lambda *_: (False, np.empty(0, np.uint8)))
    with pytest.raises(BadFileError, match=r"photo\.png: 24x16 pixels, which cannot be written as PNG"):
        write_photo(tmp_path / "photo.png", RGB, Metadata(xmp=b"XMP"))


@pytest.mark.parametrize("name", ["photo.gif", "photo"])
def test_a_suffix_without_a_format_is_an_error_that_names_those_that_have_one(tmp_path, name):
    with pytest.raises(UserError, match=r"no photo is written as .*: choose one of \.jpg, "):
        write_photo(tmp_path / name, RGB)


@pytest.mark.parametrize("pixels", [RGB.astype(np.float32), RGB[..., :2], RGB[0, 0], RGB[np.newaxis]])
def test_what_is_no_photo_is_an_error(tmp_path, pixels):
    with pytest.raises(ValueError, match=r"A photo is \[H, W\].* Received: \["):
        write_photo(tmp_path / "photo.png", pixels)


def test_a_full_disk_is_an_error_that_names_the_file_and_leaves_what_was_there(tmp_path, monkeypatch):
    write_photo(tmp_path / "photo.png", GRAY)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: .*photo\.png"):
        write_photo(tmp_path / "photo.png", RGB)
    np.testing.assert_array_equal(read_photo(tmp_path / "photo.png").pixels, GRAY)
    assert [file.name for file in tmp_path.iterdir()] == ["photo.png"]


# === Suffixes ===


def test_the_colour_version_has_the_suffix_of_the_photo_unless_it_cannot_be_written():
    for suffix in (".jpg", ".JPG", ".jfif", ".png", ".tif", ".webp", ".bmp"):
        assert output_suffix(suffix) == suffix
    for suffix in (".gif", ".GIF", ".jp2", ".pgm", ".heic", ""):
        assert output_suffix(suffix) == ".png"
    assert set(map(output_suffix, PHOTO_SUFFIXES)) <= set(WRITABLE_SUFFIXES)
