"""What the bytes of a photo file tell without being decoded, and the segments that a JPEG keeps its metadata in."""

import re
import struct

_SIGNATURES = {
    rb"\xff\xd8": "JPEG",
    rb"\x89PNG\r\n\x1a\n": "PNG",
    rb"II[*+]\0|MM\0[*+]": "TIFF",
    rb"RIFF....WEBP": "WebP",
    rb"BM": "BMP",
    rb"GIF8": "GIF",
    rb".{4}ftyp(avi[fs]|.{4,60}avif)": "AVIF",
    rb".{4}ftyp(hei[cxms]|hev[cxms]|mif1|msf1)": "HEIC",
    rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51": "JPEG 2000",
}

_END_OF_IMAGE = b"\xff\xd9"
_START_OF_SCAN, _FILL, _APP1, _APP2 = 0xDA, 0xFF, 0xE1, 0xE2
_START_OF_FRAME = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MAX_SEGMENT, _MAX_PROFILE_PARTS = 65533, 255

EXIF_MARK, XMP_MARK = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
"""What EXIF and XMP begin with in a JPEG."""

_ICC_MARK = b"ICC_PROFILE\0"

_AVIF_ORIENTATIONS = {
    None: {0: 1, 1: 8, 2: 3, 3: 6},
    0: {0: 4, 1: 5, 2: 2, 3: 7},
    1: {0: 2, 1: 7, 2: 4, 3: 5},
}
"""EXIF orientations by the mirror axis, if any, and the quarter turns before that, counter-clockwise."""


def kind_of(data):
    """Name of the format that a file begins like, "" for none that is known. Args: `data`, bytes."""
    return next((kind for mark, kind in _SIGNATURES.items() if re.match(mark, data, re.DOTALL)), "")


def is_truncated(data):
    """Whether a file is a JPEG or PNG that ends before its picture does. Args: `data`, bytes.

    Decoders may fill what is missing with grey in silence.
    """
    kind = kind_of(data)
    if kind == "JPEG":
        return data.rfind(_END_OF_IMAGE, _jpeg_scan(data)[1]) < 0  # at the end of most files, so from there
    return kind == "PNG" and b"IEND" not in _png_chunks(data)


def jpeg_short_side(data):
    """Pixels of the shorter side of the picture in a file, an int, or 0 if it is no JPEG. Args: `data`, bytes."""
    return _jpeg_scan(data)[0] if kind_of(data) == "JPEG" else 0


def png_transparent_gray(data):
    """The grey of a greyscale PNG that is transparent, in [0, 1], or `None`. Args: `data`, bytes of a whole PNG."""
    chunks = _png_chunks(data)
    if b"tRNS" not in chunks:
        return None
    depth = chunks[b"IHDR"][8]
    return int.from_bytes(chunks[b"tRNS"][:2], "big") / (2**depth - 1)


def avif_orientation(data):
    """EXIF orientation that is equal to the turn and the mirroring of an AVIF, an int. Args: `data`, bytes."""
    turn = re.search(rb"\0\0\0\x09irot(.)", data, re.DOTALL)
    mirror = re.search(rb"\0\0\0\x09imir(.)", data, re.DOTALL)
    return _AVIF_ORIENTATIONS[mirror[1][0] & 1 if mirror else None][turn[1][0] & 3 if turn else 0]


def avif_depth(data):
    """Bits a channel of an AVIF: 8, 10 or 12. Args: `data`, bytes."""
    setup = re.search(rb"av1C..(.)", data, re.DOTALL)
    is_deep, is_deepest = (setup[1][0] & 0x40, setup[1][0] & 0x20) if setup else (0, 0)
    return (12 if is_deepest else 10) if is_deep else 8


def add_jpeg_metadata(data, exif, icc, xmp):
    """Add metadata to a JPEG, which OpenCV cannot if they are XMP or longer than 64 kB.

    Args:
        data: bytes-like. A JPEG that begins with a JFIF segment.
        exif: bytes, as `icc` and `xmp`: empty for none.
        icc: bytes. Colour profile.
        xmp: bytes.

    Returns:
        Tuple of the JPEG, bytes, or `data` itself if nothing is added, and of the names of the metadata that are too
        long for it, a list.
    """
    step = _MAX_SEGMENT - len(_ICC_MARK) - 2
    parts = [icc[start : start + step] for start in range(0, len(icc), step)]
    contents = {
        "EXIF": [(_APP1, EXIF_MARK + exif)] if exif else [],
        "XMP": [(_APP1, XMP_MARK + xmp)] if xmp else [],
        "colour profile": [(_APP2, _ICC_MARK + bytes([i % 256, len(parts) % 256]) + p) for i, p in enumerate(parts, 1)],
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
    if not added:
        return data, too_long
    start = 4 + int.from_bytes(data[4:6], "big")  # the JFIF segment has to stay the first
    return b"".join([data[:start], *added, data[start:]]), too_long


def _jpeg_scan(data):
    """Shorter side of a JPEG in pixels, and where its first scan begins.

    The marker segments are walked, so that the end of an embedded thumbnail is not taken for the end of the picture.
    """
    position, short_side = 2, 0
    while position + 9 <= len(data):
        marker, length, height, width = struct.unpack_from(">xBHxHH", data, position)
        if marker == _START_OF_SCAN:
            break
        if marker in _START_OF_FRAME:
            short_side = min(height, width)
        position += 1 if marker == _FILL else 2 + length
    return short_side, position


def _png_chunks(data):
    """Chunks of a PNG that are all there: dict from the type to the content of the first of that type."""
    chunks, position, view = {}, 8, memoryview(data)
    while position + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        if position + 12 + length > len(data):
            break
        chunks.setdefault(kind, view[position + 8 : position + 8 + length])
        position += 12 + length
    return chunks
