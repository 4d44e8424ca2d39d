"""Images at another size: sides that are too long are averaged, then those that are too short interpolated."""

import itertools

import cv2
import numpy as np

CUT_SHARPNESS = -0.5
"""Of the cubics of `cut`: with it, what is linear is resampled exactly."""

MANY_ROWS = 4
"""Rows that become one from which on those of a grey image of 8 bits are summed before its columns are averaged.

That is faster by far. One pixel in ten thousand may be rounded otherwise than where OpenCV does all of it.
"""


def shrink(image, size):
    """Averages the sides of an image that are longer than those of `size`. Arguments as of `resize`."""
    height, width = (min(sides) for sides in zip(image.shape[:2], size, strict=True))
    if image.ndim == 2 and image.dtype == np.uint8 and image.shape[0] >= MANY_ROWS * height:
        sums = cv2.resize(_sum_rows(image, height), (width, height), interpolation=cv2.INTER_AREA)
        return np.rint(sums * np.float32(height / len(image))).astype(np.uint8)
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def _sum_rows(image, height):
    """Sums of equal shares of the rows of a `[H, W]` uint8 image, `[height, W]` float32."""
    edges = np.arange(height + 1) * (len(image) / height)
    whole = edges.astype(int)
    sums = np.empty((height, image.shape[1]), np.float32)
    for row, (start, end) in enumerate(itertools.pairwise(whole)):
        cv2.reduce(image[start:end], 0, cv2.REDUCE_SUM, dst=sums[row : row + 1], dtype=cv2.CV_32F)
    # Of a row that an edge divides, the part above the edge belongs to the sum before.
    above = image[np.minimum(whole, len(image) - 1)].astype(np.float32)
    above *= (edges - whole).astype(np.float32)[:, np.newaxis]
    sums += above[1:]
    sums -= above[:-1]
    return sums


def resize(image, size, interpolation=cv2.INTER_CUBIC):
    """Resizes an image. Its aspect ratio is not kept.

    Args:
        image: `[H, W]` or `[H, W, C]`, of a type that OpenCV resizes.
        size: height and width in pixels.
        interpolation: OpenCV's, of the sides that are too short.

    Returns:
        `[*size]` or `[*size, C]` of the same type.
    """
    return cv2.resize(shrink(image, size), size[::-1], interpolation=interpolation)


def to_square(image, size):
    """Squeezes an image to a square, as the paper does with photos: its aspect ratio is not kept.

    Args:
        image: as for `resize`.
        size: int. Pixels of a side.

    Returns:
        `[size, size]` or `[size, size, C]` of the same type; the image itself where it has this size.
    """
    return image if image.shape[:2] == (size, size) else resize(image, (size, size))


def center_square(image):
    """The largest square in the middle of an image, `[S, S]` or `[S, S, C]`; the image itself where it is a square."""
    height, width = image.shape[:2]
    size = min(height, width)
    top, left = (height - size) // 2, (width - size) // 2
    return image if height == width else np.ascontiguousarray(image[top : top + size, left : left + size])


def cut(image, extent):
    """Cuts the top left part out of an image, whose sides may end within a pixel.

    Args:
        image: `[H, W, C]` float32.
        extent: height and width of the part in pixels, floats.

    Returns:
        `[h, w, C]` float32, `extent` rounded up. Where that is whole, these are the image's own pixels. Otherwise they
        are interpolated by cubics, a little smaller than the image's, so that they cover the part and nothing more.
    """
    for axis, length in enumerate(extent):
        size = int(np.ceil(length))
        if size == length:
            image = np.take(image, range(size), axis)
        else:
            weights = _cut_weights(image.shape[axis], length, size)
            image = np.moveaxis(np.tensordot(weights, image, (1, axis)), 0, axis)
    return image


def _cut_weights(old, length, new):
    """Weights `[new, old]` of the pixels of an image for those of the part of it that is `length` of them long."""
    positions = (np.arange(new) + 0.5) * (length / new) - 0.5
    left = np.floor(positions).astype(int)
    weights = np.zeros((new, old), np.float32)
    for tap in (-1, 0, 1, 2):
        distances = np.abs(positions - left - tap)
        weights[np.arange(new), np.clip(left + tap, 0, old - 1)] += cubic(distances, CUT_SHARPNESS)
    return weights


def cubic(x, sharpness, where=np.where):
    """Weights of cubic interpolation, by how far away a pixel is.

    Args:
        x: array of distances in pixels, in [0, 2].
        sharpness: float. The slope at a distance of 1.
        where: function that chooses among the elements of such arrays. Defaults to NumPy's.
    """
    a = sharpness
    return where(x <= 1, ((a + 2) * x - (a + 3)) * x * x + 1, ((a * x - 5 * a) * x + 8 * a) * x - 4 * a)
