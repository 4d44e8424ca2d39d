"""Photo files decoded by TensorFlow's own operations, as a server runs them: what `photos.files` does, in a graph.

The pixels are those of `photos.files.read_photo` to the bit (those of CMYK to 1/255).
"""

import typing

import tensorflow as tf

from keras_scgan.photos import color
from keras_scgan.photos import exif as exif_tags
from keras_scgan.photos.metadata import EXIF_MARK

MAX_SIDE = 65535
"""Pixels of a side that are decoded: a JPEG has no more, and a few kilobytes of PNG may claim millions."""

_JPEG_MARK, _PNG_MARK = b"\xff\xd8", b"\x89PNG\r\n\x1a\n"
_SCAN, _FILL, _APP1 = 0xDA, 0xFF, 0xE1
_MAX_SEGMENTS = 4096  # a file of nothing but empty ones would keep the server busy
_PADDING = 32  # zeros behind a file, so that what is read of a short one are numbers
_CHANNELS = 4
_LUMA_SHIFT = 15  # the weights are OpenCV's, integers of that many bits that add up to one
_RED, _GREEN = (round(weight * 2**_LUMA_SHIFT) for weight in color.LUMA_WEIGHTS[:2])
_LUMA_WEIGHTS = (_RED, _GREEN, 2**_LUMA_SHIFT - _RED - _GREEN)
_TURNED, _UPSIDE_DOWN, _MIRRORED = (5, 6, 7, 8), (3, 4, 7, 8), (2, 3, 6, 7)  # EXIF orientations; turned comes first


class Photo(typing.NamedTuple):
    """A decoded photo.

    Args:
        gray: `[H, W]` float32. Rounded luma in [0, white].
        alpha: `[H, W, 1]` uint16 in [0, white], or `[H, W, 0]` of a photo without.
        white: float32 scalar. 255, or 65535 of a PNG with 16 bits a channel.
    """

    gray: tf.Tensor
    alpha: tf.Tensor
    white: tf.Tensor


def decode(contents, index, max_pixels):
    """Decodes one JPEG or PNG file and turns it upright.

    Of a PNG, an orientation that stands behind the pixels is not seen.

    Args:
        contents: scalar string tensor. The file.
        index: scalar integer tensor. The photo's place in its batch, for errors.
        max_pixels: int. Pixels of the largest photo that is decoded.

    Returns:
        `Photo`.

    Raises:
        tf.errors.InvalidArgumentError: At run time: it is no such file, damaged or too large. The text names `index`.
    """
    data = tf.concat([tf.io.decode_raw(contents, tf.uint8), tf.zeros(_PADDING, tf.uint8)], 0)
    is_jpeg, is_png = (tf.reduce_all(_bytes(data, 0, len(m)) == list(m)) for m in (_JPEG_MARK, _PNG_MARK))
    length = tf.strings.as_string(tf.strings.length(contents))
    known = _check(index, is_jpeg | is_png, ["neither a JPEG nor a PNG (", length, " bytes)"])
    with tf.control_dependencies([known]):
        exif, is_transparent = tf.cond(is_jpeg, lambda: (_jpeg_exif(data), False), lambda: _png_chunks(data))
        height, width = tf.unstack(tf.cond(is_jpeg, lambda: _jpeg_size(contents), lambda: _png_size(data)))
    name = tf.where(is_jpeg, "JPEG", "PNG")
    damaged = ["a damaged or truncated ", name, ", or one of a rare kind"]
    limits = f" pixels, but at most {max_pixels} in all and {MAX_SIDE} a side are taken"
    too_large = [tf.strings.as_string(width), "x", tf.strings.as_string(height), limits]
    fits = (height * width <= max_pixels) & (tf.maximum(height, width) <= MAX_SIDE)
    checks = [_check(index, height * width > 0, damaged), _check(index, fits, too_large)]
    is_deep = is_png & (_number(data, 24, 1) == 16)
    with tf.control_dependencies(checks):
        gray, alpha = _attempt(
            lambda file: _decoded(file, is_jpeg, is_deep, is_transparent),
            tf.identity(contents),
            (tf.zeros((0, 0)), tf.zeros((0, 0, 0), tf.uint16)),
        )
    with tf.control_dependencies([_check(index, tf.size(gray) > 0, damaged)]):
        orientation = _orientation(data, exif)
        gray = _upright(gray[..., tf.newaxis], orientation)[..., 0]
    return Photo(gray, _upright(alpha, orientation), tf.where(is_deep, 65535.0, 255.0))


def _check(index, condition, reason):
    """Operation that fails if a condition does not hold, with a text of the image and the reason, a list of strings."""
    return tf.debugging.Assert(condition, [tf.strings.join(["image ", tf.strings.as_string(index), ": ", *reason])])


def _attempt(function, argument, failure):
    """What a function returns, or `failure`, of the same structure, if one of its operations fails.

    Graphs know no exceptions, but data sets leave out elements that fail.
    """
    outcome = tf.data.Dataset.from_tensors(argument).map(function).ignore_errors()
    return outcome.concatenate(tf.data.Dataset.from_tensors(failure)).take(1).get_single_element()


def _decoded(contents, is_jpeg, is_deep, is_transparent):
    """Luma `[H, W]` and alpha `[H, W, 0 or 1]` of a file."""

    def jpeg():
        # The inverse transform that OpenCV takes. Elsewhere the default may be a faster one.
        return _split(tf.io.decode_jpeg(contents, channels=3, dct_method="INTEGER_ACCURATE"), False)

    def png(dtype):
        return _split(tf.io.decode_png(contents, channels=_CHANNELS, dtype=dtype), is_transparent)

    return tf.cond(is_jpeg, jpeg, lambda: tf.cond(is_deep, lambda: png(tf.uint16), lambda: png(tf.uint8)))


def _split(pixels, is_transparent):
    weighted = [weight * tf.cast(pixels[..., i], tf.int32) for i, weight in enumerate(_LUMA_WEIGHTS)]
    luma = tf.bitwise.right_shift(tf.add_n(weighted) + (1 << _LUMA_SHIFT - 1), _LUMA_SHIFT)
    alpha = pixels[..., _CHANNELS - 1 :]
    return tf.cast(luma, tf.float32), tf.cast(alpha[..., : tf.cast(is_transparent, tf.int32)], tf.uint16)


def _upright(image, orientation):
    """Turns an image `[H, W, C]` of an EXIF orientation upright."""

    def is_one_of(orientations):
        return tf.reduce_any(orientation == list(orientations))

    image = tf.cond(is_one_of(_TURNED), lambda: tf.transpose(image, (1, 0, 2)), lambda: image)
    image = tf.cond(is_one_of(_UPSIDE_DOWN), lambda: tf.reverse(image, [0]), lambda: image)
    return tf.cond(is_one_of(_MIRRORED), lambda: tf.reverse(image, [1]), lambda: image)


# === What the bytes tell ===


def _bytes(data, start, count):
    """`count` bytes from `start`, as int64. Where the file has ended, its last byte again."""
    positions = tf.cast(start, tf.int64) + tf.range(tf.cast(count, tf.int64))
    return tf.cast(tf.gather(data, tf.clip_by_value(positions, 0, tf.size(data, tf.int64) - 1)), tf.int64)


def _number(data, start, length, is_little_endian=False):
    digits = _bytes(data, start, length)
    digits = tf.where(is_little_endian, digits[::-1], digits)
    return tf.reduce_sum(digits * [256**i for i in reversed(range(length))])


def _jpeg_size(contents):
    """Height and width by the library that decodes, int64, or zeros if it refuses."""
    shape = _attempt(tf.image.extract_jpeg_shape, contents, tf.zeros(3, tf.int32))
    return tf.cast(shape[:2], tf.int64)


def _png_size(data):
    return tf.stack([_number(data, 20, 4), _number(data, 16, 4)])


def _jpeg_exif(data):
    """Where the EXIF of a JPEG starts, or 0."""
    mark = list(EXIF_MARK)

    def goes_on(position, exif):
        is_inside = position + _PADDING < tf.size(data, tf.int64)
        return is_inside & (exif == 0) & (_number(data, position + 1, 1) != _SCAN)

    def step(position, exif):
        marker = _number(data, position + 1, 1)
        is_exif = (marker == _APP1) & tf.reduce_all(_bytes(data, position + 4, len(mark)) == mark)
        length = tf.where(marker == _FILL, tf.constant(1, tf.int64), 2 + _number(data, position + 2, 2))
        return position + length, tf.where(is_exif, position + 4 + len(mark), exif)

    start = (tf.constant(len(_JPEG_MARK), tf.int64), tf.constant(0, tf.int64))
    return tf.while_loop(goes_on, step, start, maximum_iterations=_MAX_SEGMENTS)[1]


def _png_chunks(data):
    """Where the EXIF of a PNG starts, or 0, and whether some of its pixels may be transparent."""
    pixels, exif_kind, transparency = (int.from_bytes(kind, "big") for kind in (b"IDAT", b"eXIf", b"tRNS"))

    def goes_on(position, *_):
        return (position + _PADDING < tf.size(data, tf.int64)) & (_number(data, position + 4, 4) != pixels)

    def step(position, exif, is_transparent):
        kind = _number(data, position + 4, 4)
        exif = tf.where(kind == exif_kind, position + 8, exif)
        return position + 12 + _number(data, position, 4), exif, is_transparent | (kind == transparency)

    has_alpha_channel = tf.bitwise.bitwise_and(_number(data, 25, 1), 4) > 0
    start = (tf.constant(len(_PNG_MARK), tf.int64), tf.constant(0, tf.int64), has_alpha_channel)
    return tf.while_loop(goes_on, step, start, maximum_iterations=_MAX_SEGMENTS)[1:]


def _orientation(data, exif):
    """The orientation in EXIF that starts at `exif`, or 0 if there is none."""
    is_little_endian = _number(data, exif, 1) == ord("I")
    directory = exif + _number(data, exif + 4, 4, is_little_endian)
    count = _number(data, directory, 2, is_little_endian)
    entries = tf.reshape(_bytes(data, directory + 2, 12 * count), (-1, 12))
    is_found = (_pair(entries, 0, is_little_endian) == exif_tags.ORIENTATION) & (exif > 0)
    is_found &= _pair(entries, 2, is_little_endian) == exif_tags.SHORT
    values = _pair(entries, 8, is_little_endian)
    return tf.reduce_max(tf.concat([tf.where(is_found, values, 0), tf.zeros(1, tf.int64)], 0))


def _pair(entries, column, is_little_endian):
    first, second = entries[:, column], entries[:, column + 1]
    return tf.where(is_little_endian, first + 256 * second, 256 * first + second)
