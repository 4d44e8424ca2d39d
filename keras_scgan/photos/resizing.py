"""Images at another size: sides that are too long are averaged, then those that are too short interpolated."""

import cv2
import numpy as np

CUT_SHARPNESS = -0.5
"""Of the cubics of `cut`: with it, what is linear is resampled exactly."""


def shrink(image, size):
    """Averages the sides of an image that are longer than those of `size`. Arguments as of `resize`."""
    height, width = (min(sides) for sides in zip(image.shape[:2], size, strict=True))
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


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
