"""Tags of a TIFF structure: that of a TIFF file, and of EXIF metadata, which is a TIFF without a picture."""

import struct

SUBFILE_TYPE, BITS_PER_SAMPLE, PHOTOMETRIC, ORIENTATION = 254, 258, 262, 274
PLANAR_CONFIGURATION, EXTRA_SAMPLES = 284, 338
XMP, ICC_PROFILE = 700, 34675

DESCRIPTIVE = (270, 271, 272, 282, 283, 296, 305, 306, 315, 33432)
"""Tags that tell of the picture as such, and nothing of how it is stored: description, maker and model of the camera,
resolution (horizontal, vertical and its unit), software, time, artist and copyright."""

BYTE, SHORT, UNDEFINED = 1, 3, 7
_SIZES = {BYTE: 1, 2: 1, SHORT: 2, 4: 4, 5: 8, 6: 1, UNDEFINED: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_RATIONALS = {5, 10}

_ENTRY = 12
_EMPTY = struct.pack("<2sHIHI", b"II", 42, 8, 0, 0)


def read_tags(data):
    """Read the tags of the first picture.

    Args:
        data: bytes. A TIFF structure. A damaged one has the tags that can be read, a BigTIFF none.

    Returns:
        Dict from tag number to a pair of the value's type number and its little-endian bytes.
    """
    tags = {}
    try:
        order, entries, _ = _directory(data)
        for position in entries:
            tag, kind, count = struct.unpack_from(order + "HHI", data, position)
            length = count * _SIZES.get(kind, 0)
            start = position + 8 if length <= 4 else struct.unpack_from(order + "I", data, position + 8)[0]
            value = bytes(data[start : start + length])
            if value and len(value) == length:
                tags[tag] = kind, value if order == "<" else _swap(kind, value)
    except struct.error:
        pass  # the structure ends early: these were all
    return tags


def number(tags, tag, default):
    """The first number of a tag's value, an int, or `default` where there is no such tag."""
    if tag not in tags:
        return default
    kind, value = tags[tag]
    return int.from_bytes(value[: _SIZES[kind]], "little")


def add_tags(data, tags):
    """Add tags to a TIFF structure.

    Args:
        data: bytes. A little-endian TIFF structure. Defaults to one without any tag.
        tags: dict as `read_tags` returns it.

    Returns:
        bytearray. The structure with a new directory at its end.
    """
    tiff = bytearray(data)
    _, positions, next_directory = _directory(tiff)
    entries = {struct.unpack_from("<H", tiff, start)[0]: tiff[start : start + _ENTRY] for start in positions}
    following = tiff[next_directory : next_directory + 4]
    for tag, (kind, value) in tags.items():
        field = value.ljust(4, b"\0")
        if len(value) > 4:
            field = struct.pack("<I", _align(tiff))
            tiff += value
        entries[tag] = struct.pack("<HHI", tag, kind, len(value) // _SIZES[kind]) + field
    struct.pack_into("<I", tiff, 4, _align(tiff))
    return tiff + struct.pack("<H", len(entries)) + b"".join(entries[tag] for tag in sorted(entries)) + following


def build(tags):
    """EXIF metadata of nothing but some tags, as bytes. Args: `tags`, dict as `read_tags` returns it."""
    return bytes(add_tags(_EMPTY, tags))


def upright_exif(exif):
    """EXIF metadata of a picture that has been turned upright and colorized.

    The orientation becomes 1. The thumbnail, which is grey and maybe lies on its side, is taken off the list of
    pictures, so that nobody shows it. Everything else stays where it is, as the data of cameras need.

    Args:
        exif: bytes. EXIF metadata.

    Returns:
        bytes of the same length, or none if the metadata are damaged.
    """
    patched = bytearray(exif)
    try:
        order, entries, next_directory = _directory(exif)
        for position in entries:
            if struct.unpack_from(order + "H", exif, position)[0] == ORIENTATION:
                struct.pack_into(order + "HIHH", patched, position + 2, SHORT, 1, 1, 0)
        struct.pack_into(order + "I", patched, next_directory, 0)
    except struct.error:
        return b""
    return bytes(patched)


def _directory(data):
    """Byte order, positions of the entries of the first directory, and position of the offset of the next one."""
    order = ">" if data[:2] == b"MM" else "<"
    magic, start = struct.unpack_from(order + "HI", data, 2)
    if magic != 42:
        raise struct.error(f"no TIFF structure: {magic}")
    first, (count,) = start + 2, struct.unpack_from(order + "H", data, start)
    end = first + _ENTRY * count
    return order, range(first, end, _ENTRY), end


def _swap(kind, value):
    """Turn the byte order of a value."""
    size = _SIZES[kind] // 2 if kind in _RATIONALS else _SIZES[kind]
    return b"".join(value[start : start + size][::-1] for start in range(0, len(value), size))


def _align(data):
    """Pad a bytearray to an even length, at which values of TIFF begin, and return that."""
    data += bytes(len(data) % 2)
    return len(data)
