"""The colour version of a greyscale JPEG keeps how it lies, and what a colour version of it may carry."""

import io
import struct

import cv2
import icc
import numpy as np
import pytest
import simplejpeg
from PIL import Image, ImageOps
from sample_photos import GRAY, RGB, encode

from keras_scgan.photos import lossless_luma
from keras_scgan.photos.files import decode_photo
from keras_scgan.photos.jpeg_luma import NotKeptError

ORIENTATION, MAKER = 0x112, 0x10F
LARGE = cv2.resize(GRAY, (70, 50), interpolation=cv2.INTER_CUBIC)
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf tiff:Orientation="%d"/></x:xmpmeta>'


def gray_jpeg(orientation, **options):
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = orientation, "A camera"
    return encode(LARGE, "JPEG", quality=95, exif=exif, xmp=XMP % orientation, dpi=(300, 300), **options)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("order", ["RGB", "BGR"])
def test_the_colours_lie_as_the_luma_does(orientation, order):
    data = gray_jpeg(orientation)
    photo = decode_photo("photo.jpg", data)
    height, width = photo.pixels.shape
    colors = cv2.merge([photo.pixels] * 3)
    colors[: height // 2, : width // 3, 0] //= 2  # a corner of another colour, of the upright photo
    result = lossless_luma.encode(
        "result.jpg", data, photo, colors if order == "RGB" else colors[..., ::-1], 100, order
    )
    np.testing.assert_array_equal(simplejpeg.decode_jpeg(result, "GRAY"), simplejpeg.decode_jpeg(data, "GRAY"))
    with Image.open(io.BytesIO(result)) as image:
        assert (image.getexif()[ORIENTATION], image.getexif()[MAKER]) == (orientation, "A camera")
        assert image.info["xmp"].rstrip(b"\0") == XMP % orientation
        assert image.info["dpi"] == (300, 300)
        upright = np.asarray(ImageOps.exif_transpose(image)).astype(int)
    expected = cv2.cvtColor(colors, cv2.COLOR_RGB2YCrCb)
    found = cv2.cvtColor(upright.astype(np.uint8), cv2.COLOR_RGB2YCrCb)
    assert upright.shape == colors.shape
    assert np.abs(found[..., 1:].astype(int) - expected[..., 1:]).mean() < 1.5


def test_an_orientation_that_does_not_exist_becomes_none():
    exif = b"Exif\0\0" + struct.pack("<2sHIHHHIII", b"II", 42, 8, 1, ORIENTATION, 4, 1, 70_000, 0)  # of 32 bits
    data = encode(LARGE, "JPEG", quality=95, exif=exif)
    photo = decode_photo("photo.jpg", data)
    result = lossless_luma.encode("result.jpg", data, photo, cv2.merge([photo.pixels] * 3))
    with Image.open(io.BytesIO(result)) as image:
        assert image.getexif()[ORIENTATION] == 1


def test_a_photo_lies_on_its_side_only_where_its_exif_can_say_so():
    data = gray_jpeg(6)
    second = struct.pack(">BBH", 0xFF, 0xE1, 65535) + b"Exif\0\0" + bytes(65527)
    end = data.index(b"\xff\xe1", data.index(b"Exif"))
    data = data[:end] + second + data[end:]
    photo = decode_photo("photo.jpg", data)
    assert photo.orientation == 6
    with pytest.raises(NotKeptError, match="an orientation in EXIF of several segments"):
        lossless_luma.encode("result.jpg", data, photo, cv2.merge([photo.pixels] * 3))


@pytest.mark.parametrize("count", [1, 5, 40])
def test_the_result_of_a_file_that_a_camera_has_filled_is_read_as_that_is(count):
    data = gray_jpeg(1)
    data = data[:-2] + bytes(count) + data[-2:]
    photo = decode_photo("photo.jpg", data)
    result = lossless_luma.encode("result.jpg", data, photo, cv2.merge([photo.pixels] * 3))
    np.testing.assert_array_equal(decode_photo("result.jpg", result, luma_only=True).pixels, photo.pixels)


def test_greys_of_another_profile_than_srgb_are_not_kept():
    data = encode(LARGE, "JPEG", icc_profile=icc.gray_profile(icc.gamma(1.0)))
    photo = decode_photo("photo.jpg", data)
    with pytest.raises(NotKeptError, match="profile"):
        lossless_luma.encode("result.jpg", data, photo, cv2.merge([photo.pixels] * 3))


def test_a_photo_of_colours_is_not_kept():
    data = encode(RGB, "JPEG")
    with pytest.raises(NotKeptError, match="a JPEG of colours"):
        lossless_luma.encode("result.jpg", data, decode_photo("photo.jpg", data), RGB)
