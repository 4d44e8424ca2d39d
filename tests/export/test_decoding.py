"""Decoding photo files in a graph."""

import io
import struct
import zlib

import numpy as np
import pytest
import sample_photos as samples
import tensorflow as tf
from PIL import Image

from keras_scgan.export import decoding
from keras_scgan.photos import color
from keras_scgan.photos import files as photo_files

MAX_PIXELS = 10_000


@pytest.fixture(autouse=True)
def _same_random_numbers():
    """In place of that of all tests: TensorFlow builds its graphs anew, for seconds, after a seed is set."""


@pytest.fixture(scope="module")
def decode():
    """Function from a file and its index to a `decoding.Photo` of arrays."""
    signature = [tf.TensorSpec((), tf.string), tf.TensorSpec((), tf.int32)]
    function = tf.function(lambda file, i: decoding.decode(file, i, MAX_PIXELS), signature, autograph=False)
    return lambda data, index=0: decoding.Photo(*(tensor.numpy() for tensor in function(data, index)))


def exif(orientation, order="<"):
    """EXIF with two other tags, one of which holds the orientation's number as a value."""
    tags = [(256, 3, 274), (274, 3, orientation), (305, 3, 7)]
    entries = b"".join(struct.pack(order + "HHIHH", tag, kind, 1, value, 0) for tag, kind, value in tags)
    mark = b"II" if order == "<" else b"MM"
    return mark + struct.pack(order + "HIH", 42, 8, len(tags)) + entries + bytes(4)


def jpeg(pixels, exif=b"", **options):
    file = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(file, "JPEG", exif=b"Exif\0\0" + exif if exif else b"", **options)
    return file.getvalue()


def png_chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_of_size(width, height):
    data = samples.encode(samples.GRAY, "PNG")
    return data[:8] + png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) + data[33:]


def png_with(chunk):
    data = samples.encode(samples.RGB, "PNG")
    return data[:33] + chunk + data[33:]


FILES = {
    "jpeg_rgb": jpeg(samples.RGB, quality=90),
    "jpeg_gray": jpeg(samples.GRAY),
    "jpeg_half_chroma": jpeg(samples.RGB[:13, :11], subsampling=2),
    "jpeg_progressive": jpeg(samples.RGB, progressive=True),
    "png_rgb": samples.encode(samples.RGB, "PNG"),
    "png_gray": samples.encode(samples.GRAY, "PNG"),
    "png_bilevel": samples.encode(Image.fromarray(samples.BILEVEL).convert("1"), "PNG"),
    "png_rgba": samples.encode(samples.RGBA, "PNG"),
    "png_gray_alpha": samples.encode(Image.fromarray(samples.RGBA).convert("LA"), "PNG"),
    "png_palette": samples.encode(samples.PALETTE, "PNG"),
    "png_transparent_color_of_palette": samples.encode(samples.PALETTE, "PNG", transparency=3),
    "png_transparent_gray": samples.encode(samples.GRAY, "PNG", transparency=int(samples.GRAY[0, 0])),
    "png_transparent_rgb": samples.encode(samples.RGB, "PNG", transparency=tuple(map(int, samples.RGB[0, 0]))),
    "png_16_gray": samples.opencv(".png", samples.deep(samples.GRAY)),
    "png_16_rgb": samples.opencv(".png", samples.deep(samples.RGB)),
    "png_16_rgba": samples.opencv(".png", samples.deep(samples.RGBA)),
    "one_pixel": samples.encode(samples.RGB[:1, :1], "PNG"),
}


def check(photo, data, tolerance=0):
    """Asserts that a decoded photo is what `read_photo` makes of the file."""
    pixels = samples.read(data).pixels
    assert photo.white == np.iinfo(pixels.dtype).max
    gray = color.to_gray(pixels)
    assert photo.gray.shape == gray.shape
    assert np.abs(photo.gray - gray).max() <= tolerance
    alpha = pixels[..., 3:] if pixels.ndim == 3 else np.zeros((*gray.shape, 0))
    np.testing.assert_array_equal(photo.alpha, alpha)


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_pixels_are_those_of_read_photo(decode, data):
    check(decode(data), data)


def test_cmyk_is_that_of_read_photo_but_for_the_rounding_of_its_products(decode):
    data = jpeg(Image.fromarray(samples.RGB).convert("CMYK"))
    check(decode(data), data, tolerance=1)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(10))
def test_orientation_is_undone(decode, orientation, order):
    for data in (jpeg(samples.RGB, exif(orientation, order)), png_with(png_chunk(b"eXIf", exif(orientation, order)))):
        check(decode(data), data)
    upright = decode(jpeg(samples.RGB)).gray.shape
    assert (decode(data).gray.shape == upright) == (orientation not in (5, 6, 7, 8))


def test_orientation_turns_alpha_too(decode):
    file = io.BytesIO()
    Image.fromarray(samples.RGBA).save(file, "PNG", exif=exif(6))
    check(decode(file.getvalue()), file.getvalue())
    assert decode(file.getvalue()).alpha.shape == (*samples.ALPHA.T.shape, 1)


def test_exif_is_found_behind_other_segments(decode):
    plain = jpeg(samples.RGB, exif(3))
    other = b"\xff\xe1" + struct.pack(">H", 2 + 40) + b"http://ns.adobe.com/xap/1.0/\0" + bytes(11)
    data = plain[:2] + other * 3 + b"\xff" * 5 + plain[2:]
    check(decode(data), data)
    assert (decode(data).gray == decode(jpeg(samples.RGB)).gray[::-1, ::-1]).all()


@pytest.mark.parametrize("length", range(0, 60, 7))
def test_exif_that_ends_early_is_no_error(decode, length):
    for order in "<>":
        assert decode(jpeg(samples.RGB, exif(1, order)[:length] + b"\xff" * 3)).gray.shape == samples.GRAY.shape


NO_PICTURES = {
    "empty": (b"", "neither a JPEG nor a PNG (0 bytes)"),
    "text": (b"Hello", "neither a JPEG nor a PNG (5 bytes)"),
    "other": (samples.encode(samples.RGB, "TIFF"), "neither a JPEG nor a PNG"),
    "jpeg_mark": (b"\xff\xd8", "a damaged or truncated JPEG"),
    "jpeg_half": (jpeg(samples.RGB)[:-200], "a damaged or truncated JPEG"),
    "jpeg_without_end": (jpeg(samples.RGB)[:-2], "a damaged or truncated JPEG"),
    "jpeg_of_zeros": (b"\xff\xd8" + bytes(10**6), "a damaged or truncated JPEG"),
    "png_mark": (samples.encode(samples.RGB, "PNG")[:8], "a damaged or truncated PNG"),
    "png_half": (samples.encode(samples.RGB, "PNG")[:-200], "a damaged or truncated PNG"),
    "png_without_end": (samples.encode(samples.RGB, "PNG")[:-12], "a damaged or truncated PNG"),
    "png_of_no_size": (png_of_size(0, 5), "a damaged or truncated PNG"),
    "png_of_another_size": (png_of_size(30, 40), "a damaged or truncated PNG"),
    "large_png": (png_of_size(101, 100), "101x100 pixels, but at most 10000 in all and 65535 a side are taken"),
    "huge_png": (png_of_size(2**31 - 1, 2**31 - 1), "2147483647x2147483647 pixels"),
    "large_jpeg": (jpeg(np.zeros((100, 101), np.uint8)), "101x100 pixels, but at most 10000 in all"),
}


@pytest.mark.parametrize(("data", "reason"), NO_PICTURES.values(), ids=NO_PICTURES)
def test_error_tells_which_image_is_none_and_why(decode, data, reason):
    with pytest.raises(tf.errors.InvalidArgumentError) as error:
        decode(data, 17)
    assert f"[image 17: {reason}" in error.value.message


def test_side_that_no_jpeg_has_is_refused():
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"image 2: 100000x10 pixels, .* 65535 a side"):
        decoding.decode(png_of_size(100_000, 10), 2, 10**8)


def test_damaged_files_are_decoded_or_refused(decode, rng):
    refused = []
    originals = [
        jpeg(samples.RGB, exif(6)),
        samples.encode(samples.RGBA, "PNG"),
        samples.encode(samples.PALETTE, "PNG"),
    ]
    for i in range(150):
        data = bytearray(originals[i % 3])
        for position in rng.integers(0, min(len(data), 200), 3):
            data[position] = rng.integers(256)
        try:
            decode(bytes(data))
        except tf.errors.InvalidArgumentError as error:
            refused.append(error.message)
    assert 10 < len(refused) < 140
    assert all("[image 0: " in message for message in refused)


def test_largest_jpegs_are_taken():
    assert photo_files._JPEG.max_side <= decoding.MAX_SIDE
