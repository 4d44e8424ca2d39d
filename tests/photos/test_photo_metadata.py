"""A photo's metadata are kept, as far as they are right for the photo upright and in colour."""

import io
import struct

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms, PngImagePlugin, TiffImagePlugin
from sample_photos import GRAY, RGB, RNG, encode, read

from keras_scgan.photos.files import read_photo, write_photo
from keras_scgan.photos.metadata import Metadata

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GRAY_PROFILE = SRGB[:16] + b"GRAY" + SRGB[20:]
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="1"/></x:xmpmeta>'
XMP_OF_6 = XMP.replace(b'"1"', b'"6"')
ORIENTATION, MAKE, ARTIST, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 0x112, 0x10F, 0x13B, 0x11A, 0x11B, 0x128


def exif(orientation=1, order=">", thumbnail=b""):
    """EXIF with a maker, an artist and a thumbnail."""
    header = b"MM\0*" if order == ">" else b"II*\0"
    maker, artist = b"Maker of cameras\0", b"Someone\0"
    entries = [(MAKE, 2, len(maker), 50), (ORIENTATION, 3, 1, orientation), (ARTIST, 2, len(artist), 70)]
    first = struct.pack(order + "IH", 8, len(entries))
    for tag, kind, count, value in entries:
        first += struct.pack(order + "HHI", tag, kind, count)
        first += struct.pack(order + ("HH" if kind == 3 else "I"), value, *([0] if kind == 3 else []))
    first = header + first + struct.pack(order + "I", 80 if thumbnail else 0)
    second = struct.pack(order + "H", 2)
    second += struct.pack(order + "HHII", 0x201, 4, 1, 110) + struct.pack(order + "HHII", 0x202, 4, 1, len(thumbnail))
    body = first.ljust(50, b"\0") + maker.ljust(20, b"\0") + artist.ljust(10, b"\0")
    return body + second.ljust(30, b"\0") + thumbnail if thumbnail else body


def big_endian_tiff(tags):
    """Big-endian TIFF of `GRAY` with tags of Pillow."""
    height, width = GRAY.shape
    layout = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 0, 277: 1, 278: height, 279: GRAY.size}
    for tag, value in layout.items():
        tags[tag] = value
    data = b"MM\0*\0\0\0\x08" + tags.tobytes(8) + GRAY.tobytes()  # Pillow counts the strip's offset from there
    for tag in layout:
        del tags[tag]
    return data


def metadata_of(path):
    """What Pillow finds in a file."""
    with Image.open(path) as image:
        image.load()
        xmp = image.info.get("xmp", image.info.get("XML:com.adobe.xmp", b""))
        xmp = xmp.encode() if isinstance(xmp, str) else xmp
        return dict(image.getexif()), image.info.get("icc_profile", b""), xmp


# === Kept and read ===


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".avif", ".tif"])
def test_metadata_that_are_written_are_found_by_pillow(tmp_path, suffix):
    path = tmp_path / f"photo{suffix}"
    write_photo(path, RGB, Metadata(exif(), SRGB, XMP))
    tags, icc, xmp = metadata_of(path)
    assert {tag: tags[tag] for tag in (MAKE, ARTIST)} == {MAKE: "Maker of cameras", ARTIST: "Someone"}
    assert icc == SRGB
    assert xmp == XMP


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_metadata_survive_being_written_and_read(tmp_path, suffix):
    path = tmp_path / f"photo{suffix}"
    written = Metadata(exif(), SRGB, XMP)
    write_photo(path, RGB, written)
    photo = read_photo(path)
    assert photo.metadata.icc == SRGB
    assert photo.metadata.xmp == XMP
    write_photo(path, photo.pixels, photo.metadata)
    assert metadata_of(path)[0][ARTIST] == "Someone"
    assert read_photo(path).metadata == photo.metadata
    assert suffix == ".tif" or photo.metadata == written


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_metadata_that_pillow_wrote_are_read(name):
    tags = Image.Exif()
    tags[ARTIST] = "Someone"
    options = {"icc_profile": SRGB, "exif": tags}
    if name == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", XMP_OF_6.decode())
    else:
        options["tiffinfo" if name == "TIFF" else "xmp"] = (
            {700: XMP_OF_6, ARTIST: "Someone"} if name == "TIFF" else XMP_OF_6
        )
    metadata = read(encode(RGB, name, **options)).metadata
    assert metadata.icc == SRGB
    assert metadata.xmp == XMP
    tags = Image.Exif()
    tags.load(metadata.exif)
    assert tags[ARTIST] == "Someone"


@pytest.mark.parametrize("order", [">", "<"])
def test_the_resolution_and_the_maker_of_a_scan_go_from_tiff_to_tiff(tmp_path, order):
    tags = TiffImagePlugin.ImageFileDirectory_v2((b"MM\0*" if order == ">" else b"II*\0") + bytes(4))
    tags[X_RESOLUTION], tags[Y_RESOLUTION], tags[RESOLUTION_UNIT], tags[MAKE] = 600.5, 300.0, 3, "Maker of scanners"
    (tmp_path / "scan.tif").write_bytes(big_endian_tiff(tags) if order == ">" else encode(GRAY, "TIFF", tiffinfo=tags))
    assert (tmp_path / "scan.tif").read_bytes().startswith(b"MM" if order == ">" else b"II")
    photo = read_photo(tmp_path / "scan.tif")
    np.testing.assert_array_equal(photo.pixels, GRAY)
    write_photo(tmp_path / "color.tif", RGB, photo.metadata)
    with Image.open(tmp_path / "color.tif") as image:
        written = dict(image.tag_v2)
    assert {tag: written[tag] for tag in tags} == dict(tags)
    np.testing.assert_array_equal(read_photo(tmp_path / "color.tif").pixels, RGB)


def test_only_a_profile_of_rgb_is_kept():
    assert read(encode(GRAY, "JPEG", icc_profile=SRGB)).metadata.icc == SRGB
    assert read(encode(GRAY, "JPEG", icc_profile=GRAY_PROFILE)).metadata.icc == b""
    assert read(encode(RGB, "JPEG", icc_profile=SRGB[:-1])).metadata.icc == b""


def test_a_grey_picture_gets_no_profile_of_colours(tmp_path):
    write_photo(tmp_path / "gray.png", GRAY, Metadata(icc=SRGB))
    assert metadata_of(tmp_path / "gray.png")[1] == b""


def test_a_profile_of_several_segments_is_written_to_a_jpeg(tmp_path):
    length = 200_000
    large = length.to_bytes(4, "big") + SRGB[4:] + RNG.bytes(length - len(SRGB))
    write_photo(tmp_path / "photo.jpg", RGB, Metadata(icc=large))
    assert metadata_of(tmp_path / "photo.jpg")[1] == large
    assert read_photo(tmp_path / "photo.jpg").metadata.icc == large


def test_metadata_that_a_format_does_not_take_are_left_out_with_a_warning(tmp_path, caplog):
    write_photo(tmp_path / "photo.jpg", RGB, Metadata(exif() + bytes(70_000), SRGB, XMP + bytes(70_000)))
    assert "photo.jpg: written without its EXIF and XMP, too long for a JPEG" in caplog.text
    assert metadata_of(tmp_path / "photo.jpg") == ({}, SRGB, b"")
    no_profile = (201).to_bytes(4, "big") + SRGB[4:201]  # libpng wants a multiple of 4
    write_photo(tmp_path / "photo.png", RGB, Metadata(icc=no_profile))
    assert "photo.png: written without its metadata, which PNG does not take" in caplog.text
    np.testing.assert_array_equal(read_photo(tmp_path / "photo.png").pixels, RGB)


@pytest.mark.parametrize("order", [">", "<"])
def test_a_jpeg_turned_upright_keeps_its_exif_but_no_thumbnail(order):
    thumbnail = encode(GRAY, "JPEG")
    data = encode(GRAY, "JPEG", quality=95, exif=b"Exif\0\0" + exif(6, order, thumbnail))
    before = Image.open(io.BytesIO(data)).getexif()
    assert before.get_ifd(ExifTags.IFD.IFD1)[0x202] == len(thumbnail)
    photo = read(data)
    assert photo.pixels.shape == GRAY.shape[::-1]
    after = Image.Exif()
    after.load(photo.metadata.exif)
    assert dict(after) == dict(before) | {ORIENTATION: 1}
    assert dict(after)[MAKE] == "Maker of cameras"
    assert not after.get_ifd(ExifTags.IFD.IFD1)


@pytest.mark.parametrize("damaged", [b"MM", b"MM\0*\0\0\0\x08", b"MM\0*\0\0\0\x08\0\x7f", b"MM\0*\xff\xff\xff\xff\0\0"])
def test_damaged_exif_is_left_out(damaged):
    photo = read(encode(GRAY, "JPEG", exif=b"Exif\0\0" + damaged))
    assert photo.pixels.shape == GRAY.shape
    assert photo.metadata == Metadata()
