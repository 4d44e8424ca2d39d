"""What a photo file tells of its picture beside the pixels, and how it goes into another file."""

import dataclasses
import re
import struct
import zlib

from PIL import PngImagePlugin

from keras_scgan.photos import profiles

_APP1, _APP2, _APP13, _COMMENT = 0xE1, 0xE2, 0xED, 0xFE
_MAX_SEGMENT, _MAX_PROFILE_PARTS = 65533, 255

EXIF_MARK = b"Exif\0\0"
"""What EXIF begins with in a JPEG."""

MAX_EXIF = _MAX_SEGMENT - len(EXIF_MARK)
"""Bytes of the longest EXIF that a JPEG takes."""

_XMP_MARK, _ICC_MARK, _PHOTOSHOP_MARK = b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0", b"Photoshop 3.0\0"
_IPTC = b"8BIM\x04\x04\0\0"
_COMMENT_KEY = "Comment"
_TEXTS_OF_METADATA = re.compile(r"XML:com\.adobe\.xmp|Raw profile type (exif|APP1|icc|icm|xmp)", re.IGNORECASE)
"""Keys of PNG texts that are EXIF, a profile or XMP, which go their own ways."""

_INCH = 0.0254  # metres
_END_OF_HEADER = 33  # of a PNG
_BMP_RESOLUTION = 38


@dataclasses.dataclass(frozen=True)
class Metadata:
    """What a photo file tells of its picture, as its format has it; each of them is empty where there is none.

    Args:
        exif: bytes. EXIF, a TIFF structure.
        icc: bytes. Colour profile.
        xmp: bytes. XMP, an XML document.
        photoshop: bytes. Photoshop's image resources, of which one is IPTC: captions, names and places.
        texts: dict of strings by key, as a PNG has them; the comment of a JPEG is that of the key `"Comment"`.
        dpi: tuple of two floats, horizontal and vertical pixels an inch, or `()`.
    """

    exif: bytes = b""
    icc: bytes = b""
    xmp: bytes = b""
    photoshop: bytes = b""
    texts: dict = dataclasses.field(default_factory=dict)
    dpi: tuple = ()

    @staticmethod
    def wrap_iptc(iptc):
        """IPTC as one of Photoshop's image resources, bytes; none of none."""
        return _IPTC + struct.pack(">I", len(iptc)) + iptc + bytes(len(iptc) % 2) if iptc else b""

    def iptc(self):
        """IPTC out of Photoshop's image resources, bytes, or none."""
        _, _, found = self.photoshop.partition(_IPTC)
        return found[4 : 4 + int.from_bytes(found[:4], "big")]


def from_pillow(image):
    """`Metadata` of an image that Pillow has opened from a file."""
    info = image.info
    texts = {key: text for key, text in getattr(image, "text", {}).items() if not _TEXTS_OF_METADATA.fullmatch(key)}
    comment = info.get("comment")
    if isinstance(comment, bytes) and comment:
        texts[_COMMENT_KEY] = comment.decode(errors="surrogateescape")
    xmp = info.get("xmp") or info.get("XML:com.adobe.xmp") or b""
    segments = [content for name, content in getattr(image, "applist", ()) if name == "APP13"]
    return Metadata(
        exif=(info.get("exif") or b"").removeprefix(EXIF_MARK),
        icc=profiles.of_image(info),
        xmp=(xmp.encode() if isinstance(xmp, str) else xmp).rstrip(b"\0"),
        photoshop=b"".join(s.removeprefix(_PHOTOSHOP_MARK) for s in segments if s.startswith(_PHOTOSHOP_MARK)),
        texts=texts,
        dpi=_resolution(info),
    )


def _resolution(info):
    """Pixels an inch. Pillow makes some up for a JPEG of none."""
    dpi = info.get("dpi", ())
    is_told = info.get("jfif_unit", 1) > 0 and len(dpi) == 2 and min(dpi) > 0
    return tuple(map(float, dpi)) if is_told else ()


def set_orientation_of_xmp(xmp, orientation=1):
    """XMP, bytes, that gives another orientation, if it gives any. Args: `orientation`, int. Defaults to upright."""
    return re.sub(rb'(tiff:Orientation(?:>|=["\']))[1-8]', rb"\g<1>%d" % orientation, xmp)


def add_to_jpeg(data, metadata):
    """Add metadata to a JPEG.

    Args:
        data: bytes-like. A JPEG that begins with a JFIF segment.
        metadata: `Metadata`.

    Returns:
        Tuple of the JPEG, bytes, or `data` itself if nothing is added, and of the names of the metadata that are too
        long for it, a list.
    """
    step = _MAX_SEGMENT - len(_ICC_MARK) - 2
    parts = [metadata.icc[start : start + step] for start in range(0, len(metadata.icc), step)]
    comment = metadata.texts.get(_COMMENT_KEY, "").encode(errors="surrogateescape")
    step = _MAX_SEGMENT - len(_PHOTOSHOP_MARK)
    resources = [metadata.photoshop[start : start + step] for start in range(0, len(metadata.photoshop), step)]
    contents = {
        "EXIF": [(_APP1, EXIF_MARK + metadata.exif)] if metadata.exif else [],
        "XMP": [(_APP1, _XMP_MARK + metadata.xmp)] if metadata.xmp else [],
        "colour profile": [(_APP2, _ICC_MARK + bytes([i % 256, len(parts) % 256]) + p) for i, p in enumerate(parts, 1)],
        "IPTC": [(_APP13, _PHOTOSHOP_MARK + part) for part in resources],
        "comment": [(_COMMENT, comment)] if comment else [],
    }
    too_long = [
        name
        for name, segments in contents.items()
        if len(segments) > _MAX_PROFILE_PARTS or any(len(content) > _MAX_SEGMENT for _, content in segments)
    ]
    added = [
        struct.pack(">BBH", 0xFF, marker, 2 + len(content)) + content
        for name, segments in contents.items()
        for marker, content in segments
        if name not in too_long
    ]
    if not added and not metadata.dpi:
        return data, too_long
    start = 4 + int.from_bytes(data[4:6], "big")  # the JFIF segment has to stay the first
    header = bytearray(data[:start])
    if metadata.dpi:
        struct.pack_into(">BHH", header, 13, 1, *(min(round(dpi), 65535) for dpi in metadata.dpi))
    return b"".join([header, *added, data[start:]]), too_long


def add_to_png(data, metadata):
    """A PNG, bytes-like, with the texts and the resolution of `Metadata`."""
    chunks = PngImagePlugin.PngInfo()
    for key, text in metadata.texts.items():
        if isinstance(text, PngImagePlugin.iTXt):
            chunks.add_itxt(key, text, text.lang or "", text.tkey or "")
        else:
            chunks.add_text(key, text.encode(errors="surrogateescape").decode(errors="replace"))
    if metadata.dpi:
        chunks.add(b"pHYs", struct.pack(">IIB", *_dots_a_metre(metadata), 1))
    added = [struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c, *_ in chunks.chunks]
    return b"".join([data[:_END_OF_HEADER], *added, data[_END_OF_HEADER:]]) if added else data


def add_to_bmp(data, metadata):
    """A BMP, bytes-like, with the resolution of `Metadata`."""
    if not metadata.dpi:
        return data
    data = bytearray(data)
    struct.pack_into("<ii", data, _BMP_RESOLUTION, *_dots_a_metre(metadata))
    return data


def _dots_a_metre(metadata):
    return [min(round(dpi / _INCH), 2**31 - 1) for dpi in metadata.dpi]
