"""What figures show of photos and of what networks say of them, as pictures."""

import cv2
import numpy as np

from keras_scgan.photos import color


def rgb_of(photo):
    """A photo as it is shown: 8 bits, three channels, on white where it is transparent.

    Args:
        photo: `[H, W]`, `[H, W, 3]` or `[H, W, 4]` uint8 or uint16.

    Returns:
        `[H, W, 3]` uint8.
    """
    if photo.ndim == 2:
        photo = np.repeat(photo[..., np.newaxis], 3, axis=-1)
    if photo.dtype == np.uint8 and photo.shape[-1] == 3:
        return photo
    peak = np.iinfo(photo.dtype).max
    rgb = photo[..., :3] / np.float32(peak)
    if photo.shape[-1] == 4:
        alpha = photo[..., 3:] / np.float32(peak)
        rgb = alpha * rgb + (1.0 - alpha)
    return color.to_uint8(255.0 * rgb)


def weighted(photo, saliency_map):
    """The image that the attention critic judges: colour times saliency, in [-1, 1], so that 0 is mid grey.

    Args:
        photo: `[H, W, 3]` uint8.
        saliency_map: `[H, W]` uint8, 255 = salient.

    Returns:
        `[H, W, 3]` uint8.

    Reference:
        Eq. 2 and figure 7 of [SCGAN](https://arxiv.org/abs/2011.11377).
    """
    return color.to_uint8(
        color.denormalize(color.normalize(photo.astype(np.float32)) * saliency_map[..., np.newaxis] / 255)
    )


def upsample(values, size, *, first, step):
    """Values of cells at regular places as a picture: bilinear between them, constant beyond the outermost.

    Args:
        values: `[h, w]` float32.
        size: int. Height and width of the picture.
        first: float. Pixel (row and column) that the first cell's receptive field has its centre on.
        step: float. Pixels from one cell to the next.

    Returns:
        `[size, size]` float32.
    """
    places = ((np.arange(size) - first) / step).astype(np.float32)
    x, y = np.meshgrid(places, places)
    return cv2.remap(np.asarray(values, np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
