"""Files of every kind, and the same ones damaged in ways that a seed chooses."""

import io
import struct
import zlib

import cv2
import icc
import numpy as np
import pillow_heif
import pillow_jxl  # noqa: F401 (registers itself)
from PIL import Image, PngImagePlugin
from sample_photos import ALPHA, BILEVEL, GRAY, PALETTE, RGB, RGBA, deep, encode, opencv

from keras_scgan.photos.files import encode_photo
from keras_scgan.photos.metadata import Metadata

pillow_heif.register_heif_opener()
_PNG = b"\x89PNG\r\n\x1a\n"
_NUMBERS = (0, 1, 2, 0x7F, 0xFF, 0x100, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF)


def files():
    """A list of the suffix and the bytes of each kind of file."""
    tags = Image.Exif()
    tags[0x112], tags[0x10F], tags[0x11A] = 6, "A maker of cameras", 600.0
    tags.get_ifd(0x8769)[0x829A] = 0.01
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", "Grandma 1931", zip=True)
    texts.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta/>")
    exif, gray_profile, profile = tags.tobytes(), icc.gray_profile(icc.gamma(1.8)), icc.rgb_profile(icc.gamma(2.2))
    everything = Metadata(
        exif[6:], profile, b"<x:xmpmeta/>", Metadata.wrap_iptc(b"\x1c\x02\x78\0\x01G"), {}, (300, 300)
    )
    cmyk, gray_alpha = Image.fromarray(RGB).convert("CMYK"), Image.fromarray(np.dstack([GRAY, ALPHA]), "LA")
    large = cv2.resize(RGB, (96, 64))
    heif, jxl = (_encode_plugin(large, name, exif) for name in ("HEIF", "JXL"))
    return [
        (".jpg", encode(large, "JPEG", exif=exif, icc_profile=profile, comment="Grandma", dpi=(300, 300))),
        (".jpg", encode(GRAY, "JPEG", icc_profile=gray_profile)),
        (".jpg", encode(large, "JPEG", progressive=True)),
        (".jpg", encode(cmyk, "JPEG")),
        (".jpg", bytes(encode_photo("x.jpg", RGB, everything))),
        (".jpg", opencv(".jpg", large, cv2.IMWRITE_JPEG_RST_INTERVAL, 3)),
        (".png", encode(RGB, "PNG", pnginfo=texts, icc_profile=profile, exif=exif, dpi=(600, 600))),
        (".png", encode(gray_alpha, "PNG")),
        (".png", encode(PALETTE, "PNG", transparency=0)),
        (".png", opencv(".png", deep(RGBA))),
        (".png", encode(deep(GRAY), "PNG", icc_profile=gray_profile)),
        (".png", encode(Image.fromarray(BILEVEL).convert("1"), "PNG")),
        (".tif", encode(RGB, "TIFF", compression="tiff_lzw", icc_profile=profile)),
        (".tif", encode(RGB, "TIFF", compression="jpeg")),
        (".tif", encode(Image.fromarray(BILEVEL).convert("1"), "TIFF", compression="group4")),
        (".tif", encode(gray_alpha, "TIFF")),
        (".tif", encode(cmyk, "TIFF", compression="packbits")),
        (".tif", encode(GRAY, "TIFF", save_all=True, append_images=[Image.fromarray(RGB)])),
        (".tif", bytes(encode_photo("x.tif", deep(RGBA), everything))),
        (".webp", encode(RGBA, "WEBP", exif=exif, icc_profile=profile)),
        (".webp", encode(large, "WEBP", lossless=True)),
        (".avif", encode(large, "AVIF", exif=exif)),
        (".bmp", encode(RGB, "BMP")),
        (".gif", encode(PALETTE, "GIF")),
        (".jp2", encode(large, "JPEG2000")),
        (".jp2", encode(deep(GRAY), "JPEG2000")),
        (".pgm", b"P5 24 16 1023\n" + (deep(GRAY) >> 6).astype(">u2").tobytes()),
        (".ppm", b"P3 4 2 255\n" + b" ".join(b"%d" % value for value in RGB[:2, :4].ravel())),
        (".heic", heif),
        (".jxl", jxl),
    ]


def _encode_plugin(pixels, name, exif):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, name, quality=90, exif=exif)
    return file.getvalue()


def mutate(rng, data, other):
    """A damaged copy of a file. Args: `rng`, NumPy's; `data`, bytes; `other`, those of another file."""
    changed = bytearray(data)
    for _ in range(rng.integers(1, 6)):
        start = int(rng.integers(len(changed) or 1))
        length = int(rng.integers(1, 1 + min(64, len(changed) or 1)))
        kind = rng.integers(7)
        if kind == 0:
            changed[start : start + 1] = [int(rng.integers(256))]
        elif kind == 1:
            number = int(rng.choice(_NUMBERS)) if rng.integers(2) else int(rng.integers(2**32))
            size, order = int(rng.choice([2, 4])), str(rng.choice(["big", "little"]))
            changed[start : start + size] = (number % 256**size).to_bytes(size, order)
        elif kind == 2:
            del changed[start : start + length]
        elif kind == 3:
            changed[start:start] = changed[start : start + length]
        elif kind == 4:
            changed[start : start + length] = rng.bytes(length)
        elif kind == 5:
            place = int(rng.integers(len(other)))
            changed[start : start + length] = other[place : place + length]
        elif rng.integers(8) == 0:
            del changed[start:]
    return _with_checksums(bytes(changed)) if rng.integers(2) else bytes(changed)


def _with_checksums(data):
    """A PNG whose chunks are right by their checksums, so that what is damaged is read; others as they are."""
    if not data.startswith(_PNG):
        return data
    fixed, position = bytearray(data), len(_PNG)
    while position + 12 <= len(data):
        end = position + 8 + struct.unpack_from(">I", data, position)[0]
        if end + 4 > len(data):
            break
        struct.pack_into(">I", fixed, end, zlib.crc32(data[position + 4 : end]))
        position = end + 4
    return bytes(fixed)
