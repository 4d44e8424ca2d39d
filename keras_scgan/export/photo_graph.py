"""From photo files to their colour versions in one TensorFlow graph: what `Colorizer` does, for a server.

Stock operations alone, so that TensorFlow Serving as it comes runs it. `decoding` reads the files; resizing is that of
OpenCV, as products with sparse matrices of its weights. It was compared with OpenCV 4.13, 4.14 and 5.0, the versions
that the package takes.
"""

import tensorflow as tf

from keras_scgan.colorizing import upsampling
from keras_scgan.colorizing.runners import chroma_of
from keras_scgan.export import decoding
from keras_scgan.models.layers import ChromaOnLuma, LumaTransplant
from keras_scgan.photos import color
from keras_scgan.photos.resizing import CUT_SHARPNESS, cubic

MAX_PIXELS = 100_000_000
"""Pixels of the largest photo that is taken, unless said otherwise."""

_BAND_PIXELS = 1 << 20  # of a band of rows that is coloured at a time: the whole photo would take 60 bytes a pixel
_PNG_COMPRESSION = 1
_CUBIC_SHARPNESS = -0.75  # OpenCV's
# OpenCV's coefficients from Cr to R, from Cb and Cr to G, from Cb to B, times 2 ** _SHIFT.
_CR_TO_R, _CB_TO_G, _CR_TO_G, _CB_TO_B, _SHIFT = 22987, -5636, -11698, 29049, 14


def colorize_files(network, image_bytes, *, image_size, max_pixels=MAX_PIXELS, saliency=False, thermal=False):
    """Colorizes photo files one by one.

    The colours are those of `Colorizer` with its defaults, to the rounding of chroma, which is 2/255 at most.

    Args:
        network: function from `[1, S, S, 1]` float32 in [-1, 1] to a dict of `color [1, S, S, 3]`, maybe
            `chroma [1, h, w, 2]`, and, for `saliency`, `saliency [1, S, S, 1]`.
        image_bytes: `[B]` string tensor. JPEG and PNG files.
        image_size: int. Pixels of a side of what the network sees, S.
        max_pixels: int. Pixels of the largest photo that is taken.
        saliency: bool. Whether to return saliency maps. Defaults to `False`.
        thermal: bool. Whether they are thermal images, of which nothing is kept but the size. Defaults to `False`.

    Returns:
        Dict of `[B]` string tensors: `image_bytes`, PNG files of the photos' own sizes and depths with their own alpha,
        and, if asked for, `saliency_bytes`, greyscale PNG files of the same sizes.

    Raises:
        tf.errors.InvalidArgumentError: At run time: one of them is no photo, damaged or too large.
    """

    def colorize(indexed):
        photo = decoding.decode(indexed[1], indexed[0], max_pixels)
        shape = tf.shape(photo.gray)
        content = _content(shape, image_size)
        predicted = network(_prepare(photo, content, image_size)[tf.newaxis])
        height, width = tf.unstack(content)
        if thermal:
            rgb = _enlarged(predicted["color"][0, :height, :width], photo)
        else:
            rgb = _recolored(_cut(chroma_of(predicted)[0], content, image_size), photo)
        outputs = {"image_bytes": _encode(tf.concat([rgb, photo.alpha], -1), photo.white)}
        if saliency:
            outputs["saliency_bytes"] = _saliency_map(predicted["saliency"][0, :height, :width], shape)
        return outputs

    names = ["image_bytes", "saliency_bytes"] if saliency else ["image_bytes"]
    return tf.map_fn(
        colorize,
        (tf.range(tf.size(image_bytes)), image_bytes),
        fn_output_signature={name: tf.TensorSpec((), tf.string) for name in names},
        parallel_iterations=1,  # one photo in memory at a time; the operations use all cores
    )


def with_stretched_luma(network):
    """A network that is to see the luma stretched, as one of the luma as it is: see `network.Network.predict`.

    Args:
        network: function from `gray [B, H, W, 1]` to a dict of `color [B, H, W, 3]`, maybe `chroma [B, h, w, 2]`, and
            other tensors.

    Returns:
        Function of the same kind.
    """

    def predict(gray):
        outputs = network(stretch_luma(gray))
        if "chroma" in outputs:
            chroma = tf.image.resize(outputs["chroma"], tf.shape(gray)[1:3])
            rgb = ChromaOnLuma(dtype="float32")([chroma, gray])
        else:
            rgb = LumaTransplant(dtype="float32")([outputs["color"], gray])
        return {**outputs, "color": rgb}

    return predict


def stretch_luma(gray):
    """`color.stretch_luma` of a tensor `[B, H, W, 1]`."""
    pixels = tf.reshape(gray, (tf.shape(gray)[0], -1))
    rank = tf.shape(pixels)[1] // color.STRETCH_TAIL + 1
    low, high = -tf.math.top_k(-pixels, rank)[0][:, -1], tf.math.top_k(pixels, rank)[0][:, -1]
    low, high = (value[:, tf.newaxis, tf.newaxis, tf.newaxis] for value in (low, high))
    gain = 2 / tf.maximum(high - low, color.MIN_STRETCHED_RANGE)
    return tf.clip_by_value((gray - (low + high) / 2) * gain, -1.0, 1.0)


def _content(shape, size):
    """Height and width that a photo takes of the network's square, from the top left corner."""
    shape = tf.cast(shape, tf.float64)
    return tf.maximum(1, tf.cast(tf.round(size * shape / tf.reduce_max(shape)), tf.int32))


def _prepare(photo, content, size):
    """What the network sees: `[size, size, 1]` in [-1, 1], by way of integers, as in `Colorizer.prepare`."""
    small = _shrink_integers(photo.gray[..., tf.newaxis], content)
    small = tf.clip_by_value(tf.round(_enlarge(small, content)), 0.0, photo.white)
    for axis in (0, 1):
        small = tf.gather(small, _mirrored(content[axis], size), axis=axis)
    return tf.ensure_shape(color.normalize(small * (255 / photo.white)), (size, size, 1))


def _mirrored(length, size):
    """Which of `length` pixels are at `size` places, if these go on as a mirror image, forth and back."""
    places = tf.range(size) % (2 * length)
    return tf.minimum(places, 2 * length - 1 - places)


def _cut(chroma, content, size):
    """The chroma, `[s, s, 2]`, of the content, which is in pixels of the network's square: see `resizing.cut`."""
    if chroma.shape[0] == size:
        return chroma[: content[0], : content[1]]
    pixels = content * chroma.shape[0]
    rows, columns = (
        _cubic_weights(chroma.shape[0], (length + size - 1) // size, extent=length / size, sharpness=CUT_SHARPNESS)
        for length in tf.unstack(pixels)
    )
    return _resize_columns(_resize_rows(chroma, rows), columns)


def _recolored(chroma, photo):
    """`[H, W, 3]` uint16 in [0, white]: a photo with a chroma, `[h, w, 2]`."""
    # The networks' range is 2 wide, that of chroma 1.
    return _recolor(photo, *_guided(_shrink(chroma / 2, tf.shape(photo.gray)), photo))


def _enlarged(colors, photo):
    """`[H, W, 3]` uint16 in [0, white]: colours, `[h, w, 3]` in [-1, 1], at the size of a photo."""
    shape = tf.shape(photo.gray)
    pixels = color.denormalize(_enlarge(_shrink(colors, shape), shape)) * (photo.white / 255)
    return tf.cast(tf.clip_by_value(tf.round(pixels), 0.0, photo.white), tf.uint16)


def _encode(pixels, white):
    """A PNG file of pixels of 16 bits in [0, white], of 8 bits where white is 255."""
    return tf.cond(
        white == 255,
        lambda: tf.io.encode_png(tf.cast(pixels, tf.uint8), _PNG_COMPRESSION),
        lambda: tf.io.encode_png(pixels, _PNG_COMPRESSION),
    )


def _saliency_map(saliency, shape):
    enlarged = tf.image.resize(_shrink(saliency, shape), shape)
    return tf.io.encode_png(tf.cast(tf.round(enlarged * 255), tf.uint8), _PNG_COMPRESSION)


# === Chroma at the photo's size: see `upsampling` ===


def _guided(chroma, photo):
    """Slope and offset `[h, w, 2]` each of the chroma as a linear function of luma, as large as is worth it."""
    small, large = tf.shape(chroma)[:2], tf.shape(photo.gray)

    def size(level):
        return tf.minimum(small * 2**level, large)

    def is_level(level):
        return tf.reduce_any(size(level) != large) & (tf.reduce_prod(size(level)) <= upsampling.GUIDED_PIXELS)

    top = tf.while_loop(lambda level: is_level(level + 1), lambda level: [level + 1], [0])[0]

    def shrink(level, guide, guides):
        guide = _shrink_integers(guide, size(level))
        return level - 1, guide, guides.write(level, guide / photo.white)

    guides = tf.TensorArray(
        tf.float32, top + 1, clear_after_read=False, infer_shape=False, element_shape=(None, None, 1)
    )
    guides = tf.while_loop(lambda level, *_: level >= 0, shrink, (top, photo.gray[..., tf.newaxis], guides))[2]

    def enlarge(level, slope, offset):
        guide = guides.read(level)
        chroma = _enlarge(slope, size(level)) * guide + _enlarge(offset, size(level))
        return level + 1, *_linear_model(chroma, guide)

    start = (1, *_linear_model(chroma, guides.read(0)))
    shapes = (tf.TensorShape(()), tf.TensorShape((None, None, 2)), tf.TensorShape((None, None, 2)))
    return tf.while_loop(lambda level, *_: level <= top, enlarge, start, shapes)[1:]


def _linear_model(chroma, luma):
    mean_luma, mean_square, mean_chroma, mean_product = tf.split(
        _window_mean(tf.concat([luma, luma * luma, chroma, chroma * luma], -1)), (1, 1, 2, 2), -1
    )
    variance = mean_square - mean_luma * mean_luma
    covariance = mean_product - mean_chroma * mean_luma
    slope = _window_mean(covariance / (variance + upsampling.EDGE_VARIANCE))
    return slope, chroma - slope * luma


def _window_mean(image):
    image = tf.pad(image, ((1, 1), (1, 1), (0, 0)), "SYMMETRIC")
    image = image[:-2] + image[1:-1] + image[2:]
    return (image[:, :-2] + image[:, 1:-1] + image[:, 2:]) / 9


def _recolor(photo, slope, offset):
    """`[H, W, 3]` uint16 in [0, white]: `color.recolor`, in bands of rows."""
    height, width = tf.unstack(tf.shape(photo.gray))
    rows = tf.minimum(height, tf.maximum(1, _BAND_PIXELS // width))
    bands = (height + rows - 1) // rows
    model = tf.concat([slope, offset], -1)
    model = _resize_columns(model, _cubic_weights(tf.shape(model)[1], width))
    padded = tf.pad(photo.gray, ((0, bands * rows - height), (0, 0)))[..., tf.newaxis]

    def recolor(start):
        weights = _cubic_weights(tf.shape(model)[0], height, start, rows)
        slope, offset = tf.split(_resize_rows(model, weights), 2, -1)
        gray = padded[start : start + rows]
        return _to_rgb(gray, slope * gray + offset * photo.white, photo.white)

    signature = tf.TensorSpec((None, None, 3), tf.uint16)
    starts = rows * tf.range(bands)
    result = tf.map_fn(recolor, starts, fn_output_signature=signature, parallel_iterations=1)
    return tf.reshape(result, (bands * rows, width, 3))[:height]


def _to_rgb(gray, chroma, white):
    """RGB of luma `[h, w, 1]` and chroma `[h, w, 2]`, in integers, as OpenCV converts YCrCb."""
    zero = (white + 1) / 2
    chroma = tf.cast(tf.clip_by_value(tf.round(chroma + zero), 0.0, white) - zero, tf.int32)
    blue, red = chroma[..., :1], chroma[..., 1:]
    differences = tf.concat([_CR_TO_R * red, _CB_TO_G * blue + _CR_TO_G * red, _CB_TO_B * blue], -1)
    differences = tf.bitwise.right_shift(differences + (1 << _SHIFT - 1), _SHIFT)
    return tf.cast(tf.clip_by_value(tf.cast(gray, tf.int32) + differences, 0, tf.cast(white, tf.int32)), tf.uint16)


# === Resizing as OpenCV does ===


def _shrink(image, size):
    """Averages the sides of an image `[h, w, C]` that are longer than those of `size`."""
    height, width = tf.unstack(tf.shape(image)[:2])
    image = _resize_rows(image, _area_weights(height, tf.minimum(height, size[0])))
    return _resize_columns(image, _area_weights(width, tf.minimum(width, size[1])))


def _shrink_integers(image, size):
    """Rounded averages: of what halves both sides, halves are rounded up, as OpenCV does, and else to even numbers."""
    averages = _shrink(image, size)
    is_half = tf.reduce_all(2 * tf.shape(averages) == tf.shape(image) * [1, 1, 2])
    return tf.where(is_half, tf.floor(averages + 0.5), tf.round(averages))


def _enlarge(image, size):
    """Resizes by cubics."""
    height, width = tf.unstack(tf.shape(image)[:2])
    image = _resize_columns(image, _cubic_weights(width, size[1]))
    return _resize_rows(image, _cubic_weights(height, size[0]))


def _resize_rows(image, weights):
    shape = tf.shape(image)
    resized = tf.sparse.sparse_dense_matmul(weights, tf.reshape(image, (shape[0], shape[1] * shape[2])))
    return tf.reshape(resized, (-1, shape[1], image.shape[2]))


def _resize_columns(image, weights):
    return tf.transpose(_resize_rows(tf.transpose(image, (1, 0, 2)), weights), (1, 0, 2))


def _area_weights(old, new):
    """Weights `[new, old]` of area averaging, sparse; `new` is not larger than `old`."""
    old, new = tf.cast(old, tf.int64), tf.cast(new, tf.int64)
    pixels = tf.range(old)
    # A pixel lies in one new pixel or in two, of which the second gets what is beyond its edge, in units of 1 / old.
    first, second = pixels * new // old, ((pixels + 1) * new - 1) // old
    beyond = tf.minimum((pixels + 1) * new - second * old, new)
    indices = tf.stack([tf.concat([first, second], 0), tf.concat([pixels, pixels], 0)], 1)
    weights = tf.cast(tf.concat([new - beyond, beyond], 0) / old, tf.float32)
    return tf.SparseTensor(indices, weights, tf.stack([new, old]))


def _cubic_weights(old, new, start=0, count=None, *, extent=None, sharpness=_CUBIC_SHARPNESS):
    """Weights `[count, old]` of cubic interpolation, sparse, for the pixels from `start` of `new` ones.

    All of them cover the first `extent` of the `old` pixels, or all.
    """
    count = new if count is None else count
    pixels = tf.cast(start + tf.range(count), tf.float64)
    extent = tf.cast(old if extent is None else extent, tf.float64)
    positions = (pixels + 0.5) * (extent / tf.cast(new, tf.float64)) - 0.5
    left = tf.floor(positions)
    distance = tf.cast(positions - left, tf.float32)[:, tf.newaxis] + [1.0, 0.0, -1.0, -2.0]
    taps = tf.clip_by_value(tf.cast(left, tf.int64)[:, tf.newaxis] + [-1, 0, 1, 2], 0, tf.cast(old, tf.int64) - 1)
    rows = tf.broadcast_to(tf.range(tf.cast(count, tf.int64))[:, tf.newaxis], tf.shape(taps))
    indices = tf.reshape(tf.stack([rows, taps], -1), (-1, 2))
    weights = cubic(tf.abs(distance), sharpness, tf.where)
    shape = tf.cast(tf.stack([count, old]), tf.int64)
    return tf.SparseTensor(indices, tf.reshape(weights, (-1,)), shape)
