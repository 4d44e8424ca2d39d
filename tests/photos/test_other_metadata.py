"""What a scan tells of itself survives: resolution, captions, comments, texts."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, IptcImagePlugin, PngImagePlugin
from sample_photos import GRAY, RGB, encode, read

from keras_scgan.photos.files import encode_photo, write_photo
from keras_scgan.photos.metadata import Metadata

CAPTION = b"\x1c\x02\x78\x00\x0cGrandma 1931"
RESOURCES = Metadata.wrap_iptc(CAPTION)
SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "TIFF": ".tif", "BMP": ".bmp"}


def with_segment(jpeg, marker, content):
    """A JPEG with a segment more."""
    return jpeg[:20] + struct.pack(">BBH", 255, marker, 2 + len(content)) + content + jpeg[20:]


def result_of(data, suffix):
    """What Pillow makes of the colour version of a photo."""
    return Image.open(io.BytesIO(encode_photo(f"result{suffix}", RGB, read(data).metadata)))


@pytest.mark.parametrize("name", SUFFIXES)
@pytest.mark.parametrize("target", SUFFIXES)
def test_the_resolution_goes_from_any_format_to_any(name, target):
    result = result_of(encode(GRAY, name, dpi=(600, 300)), SUFFIXES[target])
    np.testing.assert_allclose([float(dpi) for dpi in result.info["dpi"]], (600, 300), rtol=1e-3)
    np.testing.assert_array_equal(np.asarray(result).shape, RGB.shape)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "BMP"])
def test_a_photo_without_a_resolution_gets_none(name):
    result = result_of(encode(GRAY, name), SUFFIXES[name])
    assert name == "BMP" or "dpi" not in result.info


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_captions_of_a_jpeg_are_kept(suffix):
    data = with_segment(encode(GRAY, "JPEG"), 0xED, b"Photoshop 3.0\0" + RESOURCES)
    assert read(data).metadata.photoshop == RESOURCES
    assert IptcImagePlugin.getiptcinfo(result_of(data, suffix))[2, 120] == b"Grandma 1931"


@pytest.mark.parametrize("tag", [33723, 34377])
def test_captions_of_a_tiff_are_kept(tag):
    data = encode(GRAY, "TIFF", tiffinfo={tag: RESOURCES if tag == 34377 else CAPTION})
    for suffix in (".tif", ".jpg"):
        assert IptcImagePlugin.getiptcinfo(result_of(data, suffix))[2, 120] == b"Grandma 1931"


@pytest.mark.parametrize("comment", [b"Grandma 1931", "Müller, 城".encode(), b"\xff\xfe not UTF-8"])
def test_the_comment_of_a_jpeg_is_kept(comment):
    data = encode(GRAY, "JPEG", comment=comment)
    assert result_of(data, ".jpg").info["comment"] == comment
    assert result_of(data, ".png").text["Comment"] == comment.decode(errors="replace")


def test_texts_of_a_png_are_kept():
    info = PngImagePlugin.PngInfo()
    info.add_text("Title", "Grandma")
    info.add_text("Long", "1931 " * 500, zip=True)
    info.add_itxt("Description", "Großmutter 城", "de", "Beschreibung")
    info.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta/>")
    data = encode(GRAY, "PNG", pnginfo=info)
    texts = result_of(data, ".png").text
    assert {key: texts[key] for key in ("Title", "Long", "Description")} == {
        "Title": "Grandma",
        "Long": "1931 " * 500,
        "Description": "Großmutter 城",
    }
    assert (texts["Description"].lang, texts["Description"].tkey) == ("de", "Beschreibung")
    assert texts["XML:com.adobe.xmp"] == "<x:xmpmeta/>"


def test_what_a_format_has_no_place_for_is_left_out(tmp_path):
    everything = Metadata(b"", b"", b"<x:xmpmeta/>", RESOURCES, {"Comment": "c", "Title": "t"}, (600.0, 600.0))
    for suffix in (".jpg", ".png", ".tif", ".webp", ".avif", ".bmp"):
        write_photo(tmp_path / f"photo{suffix}", RGB, everything)
        with Image.open(tmp_path / f"photo{suffix}") as image:
            assert np.asarray(image.convert("RGB")).shape == RGB.shape
