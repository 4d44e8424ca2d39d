"""Colour for a greyscale JPEG whose luma is not encoded again: two components more, each in scans of its own.

The scans of a component that no other shares are the same in a greyscale and in a colour JPEG. So those of the luma are
copied, bit for bit, and the greyscale picture can be got back out of the colour one.

Reference:
    ITU-T T.81, sections A.2.2 (scans of one component) and B.2 (syntax).
"""

import dataclasses
import struct

import cv2

from keras_scgan.photos.formats import MARKER_OF_PART

_SOI, _EOI, _APP0 = 0xD8, 0xD9, 0xE0
_DHT, _SOS, _DQT, _DRI = 0xC4, 0xDA, 0xDB, 0xDD
_SOF_SEQUENTIAL, _SOF_EXTENDED, _SOF_PROGRESSIVE = 0xC0, 0xC1, 0xC2
_FRAMES = (_SOF_SEQUENTIAL, _SOF_EXTENDED, _SOF_PROGRESSIVE)
_KEPT = (_DHT, _DQT, _DRI)
_PASSED_OVER = (*range(_APP0, 0xF0), 0xFE)  # application data and comments

_LUMA, _CB, _CR = 1, 2, 3  # names of components, by which every reader knows them as such
_FULL_SIZE = 0x11
_JFIF = b"JFIF\0\x01\x01" + struct.pack(">BHHBB", 0, 1, 1, 0, 0)  # no resolution, no thumbnail
_NO_RESTARTS = b"\0\0"


class NotKeptError(ValueError):
    """A picture whose luma cannot be copied. The message says why, in a few words."""


@dataclasses.dataclass(frozen=True)
class Grey:
    """A greyscale JPEG in parts, as of `parse`.

    Args:
        frame: int. The marker of its frame.
        size: `(height, width)`.
        table: int. Number of its table of quantization.
        segments: list of tuples of a marker, the content of its segment, and the data of the scan that may follow. Of
            tables of quantization, there is its own alone.
    """

    frame: int
    size: tuple
    table: int
    segments: list


def add_chroma(grey, cb, cr, quality=95):
    """Makes a colour JPEG of a greyscale one.

    Args:
        grey: `Grey`.
        cb: `[H, W]` uint8, of the picture's size as it is stored. 128 is no colour.
        cr: likewise.
        quality: int in [1, 100], of the chroma.

    Returns:
        bytes: a JPEG that begins with a JFIF segment and has none of the metadata, in YCbCr with chroma at full
        resolution. The scans of its luma, with their tables, are those of `grey`.
    """
    if not grey.size == cb.shape == cr.shape:
        raise ValueError(f"The chroma must have the picture's size, {grey.size}. Received: {cb.shape} and {cr.shape}")
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_PROGRESSIVE, int(grey.frame == _SOF_PROGRESSIVE)]
    planes = [parse(cv2.imencode(".jpg", plane, options)[1].tobytes()) for plane in (cb, cr)]
    table = (grey.table + 1) % 4
    components = [(_LUMA, grey.table), (_CB, table), (_CR, table)]
    frame = struct.pack(">BHHB", 8, *grey.size, len(components)) + b"".join(
        bytes([name, _FULL_SIZE, used]) for name, used in components
    )
    return b"".join(
        [
            bytes([0xFF, _SOI]),
            _segment(_APP0, _JFIF),
            _segment(_DQT, bytes([table]) + _values_of_table(planes[0])),
            _segment(grey.frame, frame),
            *_scans(grey, _LUMA),
            _segment(_DRI, _NO_RESTARTS),
            *_scans(planes[0], _CB, left_out=(_DQT,)),
            *_scans(planes[1], _CR, left_out=(_DQT,)),
            bytes([0xFF, _EOI]),
        ]
    )


def _values_of_table(picture):
    """The 64 bytes of the one table of quantization that OpenCV's encoder writes for a grey picture."""
    (content,) = (content for marker, content, _ in picture.segments if marker == _DQT)
    return content[1:]


def _scans(picture, component, left_out=()):
    """Yields the segments of a grey picture's tables and scans, as those of a component."""
    for marker, content, scan in picture.segments:
        if marker == _SOS:
            content = content[:1] + bytes([component]) + content[2:]
        if marker not in left_out:
            yield _segment(marker, content) + scan


def _segment(marker, content):
    return struct.pack(">BBH", 0xFF, marker, 2 + len(content)) + content


def parse(data):
    """Takes a greyscale JPEG apart.

    Args:
        data: bytes of the file: sequential or progressive, of 8 bits, Huffman-coded.

    Returns:
        `Grey`.

    Raises:
        NotKeptError: It is no such JPEG.
    """
    frame, size, table, segments = None, None, None, []
    for marker, content, scan in _segments(data):
        if marker in _FRAMES and frame is None:
            frame = marker
            size, table = _read_frame(content)
        elif marker in _KEPT or (marker == _SOS and frame is not None):
            segments.append((marker, content, scan))
        elif marker not in _PASSED_OVER:
            raise NotKeptError(f"a JPEG of a rare kind, with a marker {marker:#x}")
    if not any(marker == _SOS for marker, *_ in segments):
        raise NotKeptError("a JPEG without a picture")
    return Grey(frame, size, table, list(_with_own_table(segments, table)))


def _with_own_table(segments, number):
    """Yields segments without the tables of quantization that no scan uses: they would take the place of the chroma's.

    Many encoders write those of colour pictures into grey ones too.
    """
    for marker, content, scan in segments:
        if marker == _DQT:
            content = _own_table(content, number)
        if content:
            yield marker, content, scan


def _own_table(content, number):
    """The part of a segment of tables of quantization that has those of a number."""
    own = b""
    while content:
        length = 1 + (128 if content[0] >> 4 else 64)
        own += content[:length] if content[0] & 15 == number else b""
        content = content[length:]
    return own


def _read_frame(content):
    if len(content) < 6:
        raise NotKeptError("a damaged JPEG")
    bits, height, width, components = struct.unpack_from(">BHHB", content)
    if components != 1 or len(content) != 9:
        raise NotKeptError("a JPEG of colours" if components in (3, 4) else f"a JPEG of {components} components")
    if bits != 8 or not height:
        raise NotKeptError(f"a JPEG of {bits} bits" if bits != 8 else "a JPEG that tells its height at its end")
    return (height, width), content[8]


def _segments(data):
    """Yields the marker, the content and the data of the scan, where there is one, of each segment of a JPEG."""
    if data[:2] != bytes([0xFF, _SOI]):
        raise NotKeptError("no JPEG")
    position = 2
    while data[(position := _next_marker(data, position)) + 1] != _EOI:
        marker = data[position + 1]
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        content = data[position + 4 : end]
        position = _next_marker(data, end) if marker == _SOS else end
        yield marker, content, data[end:position]


def _next_marker(data, position):
    """Where the next marker is that is none of a restart."""
    found = MARKER_OF_PART.search(data, position)
    if found is None:
        raise NotKeptError("a JPEG that breaks off")
    return found.start()
