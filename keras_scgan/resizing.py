"""Images at another size: sides that are too long are averaged, then those that are too short interpolated."""

import cv2


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
