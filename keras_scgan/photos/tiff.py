"""TIFF files: samples of any layout and depth, as what they mean.

Pillow's libtiff decompresses, and stops at what is damaged. Which sample is what, the tags tell: they are read here.
"""

import io
import math
import struct
import zlib

import numpy as np
from absl import logging
from PIL import TiffImagePlugin

from keras_scgan.photos import color, exif, profiles
from keras_scgan.photos.metadata import Metadata
from keras_scgan.photos.samples import in_full_range, unpacked, without_alpha
from keras_scgan.program.errors import BadFileError

_SUBFILE_TYPE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_FILL_ORDER, _STRIP_OFFSETS, _SAMPLES, _ROWS_A_STRIP, _STRIP_BYTES, _PLANAR = 266, 273, 277, 278, 279, 284
_PREDICTOR, _COLORS, _TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_BYTES = 317, 320, 322, 323, 324, 325
_INK_SET, _SAMPLE_FORMAT = 332, 339

_LAYOUT = (_BITS, _COMPRESSION, _PHOTOMETRIC, _FILL_ORDER, 292, 293, _SAMPLES, _ROWS_A_STRIP, _STRIP_BYTES, _PLANAR)
_LAYOUT += (_PREDICTOR, _TILE_WIDTH, _TILE_HEIGHT, _TILE_BYTES, 347, 529, 530, 531, 532)
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _SEPARATED, _YCBCR = 0, 1, 2, 3, 5, 6
_CHANNELS = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3, _PALETTE: 1, _SEPARATED: 4, _YCBCR: 3}
_NAMES = {4: "a mask", 8: "Lab colours", 9: "Lab colours", 10: "Lab colours", 32803: "the raw data of a camera"}
_JPEG = 7
_DEFLATE = {8, 32946}
_OF_BYTES = {1, 5, 8, 32773, 32946, 34925, 50000}  # none, LZW, Deflate, PackBits, LZMA, Zstandard
_OF_PIXELS = {2, 3, 4, _JPEG}  # CCITT's for faxes, JPEG
_IS_REDUCED, _IS_MASK = 1, 4
_UNSIGNED, _UNDEFINED = 1, 4
_NOT_ALPHA, _MULTIPLIED_ALPHA = 0, 1
_RARE = "of a rare kind: save it as RGB or grey"
_MAX_SAMPLES, _MAX_PAGES = 16, 10_000
_MAX_TILE = 1 << 16  # rows


class Tiff:
    """The first picture of a TIFF.

    Args:
        path: str or path, for errors.
        data: bytes. What the file holds.

    Attributes:
        size: width and height as stored, ints.
        pages: int. Pictures in the file, those at a smaller size and masks not counted.

    Raises:
        BadFileError: It is of a kind that is not read.
        ValueError: It is damaged. What Pillow raises of damaged files comes out of its methods too.
    """

    def __init__(self, path, data):
        self._path, self._data = path, data
        self._tags = exif.read_directory(data)
        if self._number(_SUBFILE_TYPE, 0) & _IS_REDUCED:
            raise self._error("that begins with a preview, as the raw files of cameras do: develop it, or save it anew")
        self.pages = _count_pages(data)
        self.size = self._number(_WIDTH, 0), self._number(_HEIGHT, 0)
        self._samples = self._number(_SAMPLES, 1)
        self._photometric = self._number(_PHOTOMETRIC, _RGB if self._samples > 2 else _BLACK_IS_ZERO)
        self._bits = self._check_layout()

    def _check_layout(self):
        """Raises an error if its samples cannot be read; returns their bits."""
        width, height = self.size
        channels = _CHANNELS.get(self._photometric)
        if not (width > 0 and height > 0 and 0 < self._samples <= _MAX_SAMPLES):
            raise ValueError("its tags contradict each other")
        if channels is None:
            raise self._error(
                f"of {_NAMES.get(self._photometric, f'kind {self._photometric}')}: save it as RGB or grey"
            )
        if self._samples < channels or (self._photometric == _SEPARATED and self._number(_INK_SET, 1) != 1):
            raise self._error(f"of {self._samples} channels that are no colours: save it as RGB or grey")
        all_bits, formats = self._numbers(_BITS, (1,)), set(self._numbers(_SAMPLE_FORMAT, (_UNSIGNED,)))
        bits = all_bits[0]
        if set(all_bits) != {bits} or not formats <= {_UNSIGNED, _UNDEFINED} or not 1 <= bits <= 16:
            kind = {2: "signed", 3: "floating-point"}.get(min(formats - {_UNSIGNED, _UNDEFINED}, default=0), "")
            told = ", ".join(map(str, sorted(set(all_bits))))
            kind = f" ({kind})" if kind else ""
            raise self._error(f"of {told} bits a channel{kind}: save it with 8 or 16 bits a channel")
        compression = self._number(_COMPRESSION, 1)
        if compression not in _OF_BYTES | _OF_PIXELS:
            raise self._error(f"of compression {compression}, which cannot be read: save it anew")
        if compression in _OF_BYTES and (self._photometric == _YCBCR or self._number(_PREDICTOR, 1) > 2):
            raise self._error(_RARE)
        return bits

    def metadata(self):
        """What it tells of its picture, `Metadata`."""
        resources = Metadata(photoshop=self._bytes(exif.PHOTOSHOP))
        return Metadata(
            exif=self._exif(),
            icc=self._bytes(exif.ICC_PROFILE),
            xmp=self._bytes(exif.XMP),
            photoshop=resources.photoshop if resources.iptc() else Metadata.wrap_iptc(self._bytes(exif.IPTC)),
            dpi=self._resolution(),
        )

    def _resolution(self):
        """Pixels an inch, horizontally and vertically, or none."""
        horizontal, vertical, unit = exif.RESOLUTION_TAGS
        values = [self._tags.get(tag, 0) for tag in (horizontal, vertical)]
        inches = {2: 1.0, 3: 2.54}.get(self._number(unit, 2))
        if not inches or any(isinstance(value, tuple) or not 0 < value < math.inf for value in values):
            return ()
        return tuple(float(value) * inches for value in values)

    def _exif(self):
        try:
            return exif.from_tiff(self._data, self._tags)
        except Exception:  # Pillow raises anything of damaged tags, without which the picture is still whole
            logging.warning("%s: its EXIF is damaged and left out.", self._path)
            return b""

    def pixels(self):
        """Its pixels as stored, not turned.

        Returns:
            `[H, W]` grey, `[H, W, 3]` RGB or `[H, W, 4]` RGBA, uint8 or, of more than 8 bits, uint16; CMYK is RGB of 8
            bits. Transparency that is not alpha is left out.
        """
        if self._number(_COMPRESSION, 1) in _OF_PIXELS:
            return self._decoded_by_pillow()
        white, largest = 255 if self._bits <= 8 else 65535, 2**self._bits - 1
        samples = self._stored_samples()
        count = _CHANNELS[self._photometric]
        channels, extra = samples[..., :count], samples[..., count:]
        if self._photometric == _PALETTE:
            channels = self._palette()[channels[..., 0]]
        else:
            channels = in_full_range(channels, largest)
        if self._photometric == _WHITE_IS_ZERO:
            channels = white - channels
        alpha = self._alpha_kind(extra.shape[2])
        if self._photometric == _SEPARATED:
            return profiles.cmyk_to_rgb(
                channels if white == 255 else color.to_8_bits(channels), self._bytes(exif.ICC_PROFILE)
            )
        if alpha == _NOT_ALPHA:
            return channels[..., 0] if count == 1 and channels.shape[2] == 1 else np.ascontiguousarray(channels)
        opacity = in_full_range(extra[..., :1], largest)
        if alpha == _MULTIPLIED_ALPHA:
            channels = without_alpha(channels, opacity)
        return np.concatenate([np.broadcast_to(channels, (*channels.shape[:2], 3)), opacity], axis=-1)

    def _alpha_kind(self, extra):
        """What the first of so many extra samples is. One that no tag tells of is taken for alpha."""
        if not extra:
            return _NOT_ALPHA
        return self._numbers(exif.EXTRA_SAMPLES, (exif.STRAIGHT_ALPHA,))[0]

    def _palette(self):
        colors = np.array(self._numbers(_COLORS, ()), np.float64)
        if len(colors) != 3 * 2**self._bits:
            raise ValueError("its tags contradict each other")
        scale = 255 / 65535 if colors.max() > 255 else 1  # as the standard says, and as some programs write
        return np.rint(colors.reshape(3, -1).T * scale).astype(np.uint8)

    # === Decoding ===

    def _decoded_by_pillow(self):
        """Pixels of a compression that knows what pixels are."""
        is_gray = self._photometric in (_WHITE_IS_ZERO, _BLACK_IS_ZERO)
        is_exact = self._bits == 8 or (self._bits == 1 and is_gray)
        if not is_exact or self._photometric == _PALETTE or self._samples != _CHANNELS[self._photometric]:
            raise self._error(_RARE)
        image = self._open({}, self._segments())
        if image.mode == "CMYK":
            return profiles.cmyk_to_rgb(np.asarray(image), self._bytes(exif.ICC_PROFILE))
        return np.asarray(image if image.mode in ("L", "RGB") else image.convert("L" if image.mode == "1" else "RGB"))

    def _stored_samples(self):
        """`[H, W, C]` samples, uint8 or uint16, in the range that their bits have."""
        width, height = self.size
        planes, channels = (self._samples, 1) if self._is_planar() else (1, self._samples)
        bits_a_pixel = self._bits * channels
        changes = {_BITS: 8, _PHOTOMETRIC: _BLACK_IS_ZERO, _SAMPLES: 1, _PLANAR: 1, _PREDICTOR: 1}
        changes[_WIDTH] = math.ceil(width * bits_a_pixel / 8)
        tile = self._number(_TILE_WIDTH, width) if _TILE_OFFSETS in self._tags else width
        if _TILE_OFFSETS in self._tags:
            if tile * bits_a_pixel % 8:
                raise self._error(_RARE)
            changes[_TILE_WIDTH] = tile * bits_a_pixel // 8
        offsets = self._segments()
        if self._number(_COMPRESSION, 1) in _DEFLATE:
            self._check_deflated(offsets, changes.get(_TILE_WIDTH, changes[_WIDTH]))
        count = len(offsets) // planes
        stored = []
        for plane in range(planes):
            part = slice(plane * count, (plane + 1) * count)
            rows = np.asarray(self._open(changes, offsets[part], part))
            stored.append(unpacked(rows, self._bits, width * channels, self._order()).reshape(height, width, channels))
        samples = stored[0] if planes == 1 else np.concatenate(stored, axis=-1)
        if self._number(_PREDICTOR, 1) == 2:
            if self._bits not in (8, 16):
                raise self._error(_RARE)
            samples = np.concatenate(
                [
                    np.cumsum(samples[:, left : left + tile], axis=1, dtype=samples.dtype)
                    for left in range(0, width, tile)
                ],
                axis=1,
            )
        return samples

    def _check_deflated(self, offsets, row):
        """Raises an error if a strip or tile, of rows of so many bytes, is longer, or not what its checksum says.

        Libtiff stops before that, when it has all rows.
        """
        if _TILE_OFFSETS in self._tags:
            sizes, rows = self._numbers(_TILE_BYTES, ()), self._number(_TILE_HEIGHT, 0)
        else:
            sizes, rows = self._numbers(_STRIP_BYTES, ()), self._number(_ROWS_A_STRIP, self.size[1])
        most = row * min(rows, self.size[1] + _MAX_TILE)
        for offset, size in zip(offsets, sizes, strict=False):
            stored = self._data[offset : offset + size]
            if len(zlib.decompressobj().decompress(stored, most + 1)) > most:
                raise ValueError("more rows than it has")

    def _segments(self):
        """Offsets of its strips or tiles, of which none is missing."""
        width, height = self.size
        if _TILE_OFFSETS in self._tags:
            tile = self._number(_TILE_WIDTH, 0), self._number(_TILE_HEIGHT, 0)
            offsets, sizes = self._numbers(_TILE_OFFSETS, ()), self._numbers(_TILE_BYTES, ())
        else:
            tile = width, min(self._number(_ROWS_A_STRIP, height), height)
            offsets, sizes = self._numbers(_STRIP_OFFSETS, ()), self._numbers(_STRIP_BYTES, ())
            if len(offsets) == 1 and not sizes:  # which some old programs leave out
                sizes = (len(self._data) - offsets[0],)
        if min(tile) <= 0:
            raise ValueError("its tags contradict each other")
        count = math.ceil(width / tile[0]) * math.ceil(height / tile[1])
        count *= self._samples if self._is_planar() else 1
        whole = all(o > 0 and n > 0 and o + n <= len(self._data) for o, n in zip(offsets, sizes, strict=False))
        if not whole or len(offsets) < count or len(sizes) < count:
            raise ValueError("parts of the picture are missing")
        return offsets[:count]

    def _open(self, changes, offsets, part=slice(None)):
        """The picture as Pillow decodes it, with some tags changed, from some of its strips or tiles."""
        order = "little" if self._order() == "<" else "big"
        header = self._tags.prefix + (42).to_bytes(2, order) + (8).to_bytes(4, order)
        layout = TiffImagePlugin.ImageFileDirectory_v2(header)
        values = {tag: self._tags[tag] for tag in _LAYOUT if tag in self._tags}
        values |= {_WIDTH: self.size[0], _HEIGHT: self.size[1]} | changes
        is_tiled = _TILE_OFFSETS in self._tags
        for tag in (_STRIP_BYTES, _TILE_BYTES):
            if tag in values:
                values[tag] = self._numbers(tag, ())[part]
        if is_tiled:
            values = {tag: value for tag, value in values.items() if tag not in (_ROWS_A_STRIP, _STRIP_BYTES)}
        elif _STRIP_BYTES not in values:
            values[_STRIP_BYTES] = (len(self._data) - offsets[0],)
        for tag, value in values.items():
            layout[tag] = value
        tag = _TILE_OFFSETS if is_tiled else _STRIP_OFFSETS
        layout[tag] = tuple(offsets)
        # The directory stands before the file. Pillow itself moves the offsets of strips by its length.
        length = 8 + len(layout.tobytes(8))
        if is_tiled:
            layout[tag] = tuple(offset + length for offset in offsets)
        image = TiffImagePlugin.TiffImageFile(io.BytesIO(b"".join([header, layout.tobytes(8), self._data])))
        image.load()
        return image

    # === Tags ===

    def _order(self):
        return "<" if self._tags.prefix == b"II" else ">"

    def _is_planar(self):
        return self._number(_PLANAR, 1) == 2 and self._samples > 1

    def _numbers(self, tag, default):
        """Values of a tag, a tuple of ints."""
        values = self._tags.get(tag, default)
        values = values if isinstance(values, tuple) else (values,)
        if not all(isinstance(value, int) for value in values):
            raise ValueError("its tags contradict each other")
        return values

    def _number(self, tag, default):
        return (*self._numbers(tag, (default,)), default)[0]

    def _bytes(self, tag):
        value = self._tags.get(tag, b"")
        if isinstance(value, bytes):
            return value
        values = value if isinstance(value, tuple) else (value,)  # IPTC is said to be of 32-bit integers
        return np.array(values, self._order() + "u4").tobytes() if all(isinstance(v, int) for v in values) else b""

    def _error(self, what):
        return BadFileError(self._path, f"TIFF {what}")


def _count_pages(data):
    """How many pictures a TIFF has, those at a smaller size and masks not counted. Args: `data`, bytes."""
    order = "<" if data[:1] == b"I" else ">"
    is_big = data[2:4] in (b"+\0", b"\0+")
    place, number, head = ("u8", "Q", 16) if is_big else ("u4", "I", 8)
    entry = np.dtype([(name, order + kind) for name, kind in zip("tnov", ("u2", "u2", place, place), strict=True)])
    (offset,) = struct.unpack_from(order + number, data, head - entry["v"].itemsize)
    seen, pages, size = set(), 0, 8 if is_big else 2
    while offset and offset not in seen and len(seen) < _MAX_PAGES:
        seen.add(offset)
        count = int.from_bytes(data[offset : offset + size], "little" if order == "<" else "big")
        end = offset + size + count * entry.itemsize
        if end + entry["v"].itemsize > len(data):
            break  # the rest is lost
        entries = np.frombuffer(data, entry, count, offset + size)
        kinds = entries["v"][entries["t"] == _SUBFILE_TYPE]
        pages += not (len(kinds) and int(kinds[0]) & (_IS_REDUCED | _IS_MASK))
        (offset,) = struct.unpack_from(order + number, data, end)
    return pages
