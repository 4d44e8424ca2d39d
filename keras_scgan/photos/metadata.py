"""What a photo file tells of its picture beside the pixels: EXIF, colour profile and XMP."""

import dataclasses
import re
import struct

import cv2

from keras_scgan.photos import formats, tiff_tags

_STRAIGHT_ALPHA = 2


@dataclasses.dataclass(frozen=True)
class Metadata:
    """What a photo file tells of its picture, as its format has it; each of them is empty where there is none.

    Args:
        exif: bytes. EXIF, a TIFF structure.
        icc: bytes. Colour profile.
        xmp: bytes. XMP, an XML document.
    """

    exif: bytes = b""
    icc: bytes = b""
    xmp: bytes = b""


def from_opencv(chunks):
    """`Metadata` from those that OpenCV finds, which leaves the marks of some formats in them."""
    return Metadata(
        exif=chunks.get(cv2.IMAGE_METADATA_EXIF, b"").removeprefix(formats.EXIF_MARK),
        icc=chunks.get(cv2.IMAGE_METADATA_ICCP, b""),
        xmp=chunks.get(cv2.IMAGE_METADATA_XMP, b"").removeprefix(formats.XMP_MARK).rstrip(b"\0"),
    )


def from_tiff(tags):
    """`Metadata` of a TIFF. Args: `tags`, dict as `tiff_tags.read_tags` returns it."""

    def value(tag):
        return tags.get(tag, (None, b""))[1]

    descriptive = {tag: tags[tag] for tag in tiff_tags.DESCRIPTIVE if tag in tags}
    exif = tiff_tags.build(descriptive) if descriptive else b""
    return Metadata(exif, value(tiff_tags.ICC_PROFILE), value(tiff_tags.XMP))


def for_color(metadata):
    """Metadata that are right for the photo upright and in colour."""
    icc = metadata.icc
    is_rgb = icc[16:20] == b"RGB " and icc[36:40] == b"acsp" and int.from_bytes(icc[:4], "big") == len(icc)
    return Metadata(
        exif=tiff_tags.upright_exif(metadata.exif),
        icc=icc if is_rgb else b"",
        xmp=re.sub(rb'(tiff:Orientation(?:>|=["\']))[2-8]', rb"\g<1>1", metadata.xmp),
    )


def add_to_tiff(data, metadata, has_alpha):
    """A TIFF file with metadata, of which OpenCV writes none, and with its fourth channel marked as alpha."""
    exif = tiff_tags.read_tags(metadata.exif)
    tags = {tag: exif[tag] for tag in tiff_tags.DESCRIPTIVE if tag in exif}
    if metadata.icc:
        tags[tiff_tags.ICC_PROFILE] = tiff_tags.UNDEFINED, metadata.icc
    if metadata.xmp:
        tags[tiff_tags.XMP] = tiff_tags.BYTE, metadata.xmp
    if has_alpha:
        tags[tiff_tags.EXTRA_SAMPLES] = tiff_tags.SHORT, struct.pack("<H", _STRAIGHT_ALPHA)
    return tiff_tags.add_tags(data, tags)
