"""Chroma from the network's size to the photo's, along the edges of the photo's luma."""

import cv2
import numpy as np

from keras_scgan.photos import color
from keras_scgan.photos.resizing import shrink

METHODS = ("guided", "bicubic")

EDGE_VARIANCE = 1e-2
"""Variance of luma (range 1) in a 3x3 window above which its edges are taken for edges of chroma."""

GUIDED_PIXELS = 1 << 20
"""Size up to which an image is doubled step by step, each guided by the photo's luma at that size."""


def upsample_chroma(chroma, gray, method="guided"):
    """Enlarges chroma to the size of a photo.

    `"guided"` takes chroma to be a linear function of luma within each 3x3 window of the small image, as the guided
    filter does, and applies that function to the large photo's luma: chroma then changes where the luma does. The small
    chroma itself is not smoothed, and what it says where the luma is flat is interpolated by cubics. The enlargement
    goes in steps of two, so that windows shrink with the distance over which an edge can be placed.

    Args:
        chroma: `[h, w, 2]` float32, in [-0.5, 0.5].
        gray: `[H, W]` luma of the photo, uint8 or uint16, in both directions at least as large.
        method: string. `"guided"`, or `"bicubic"`: chroma alone.

    Returns:
        `[H, W]` Cb and `[H, W]` Cr, of the type of `gray`: see `color.chroma_levels`.

    Reference:
        [Guided Image Filtering](https://doi.org/10.1109/TPAMI.2012.213), eq. 5-8; the small chroma is kept as in
        regression-based pan-sharpening ([Aiazzi et al. 2007](https://doi.org/10.1109/TGRS.2007.901007)).
    """
    planes = cv2.split(chroma)
    if method == "bicubic":
        return tuple(color.chroma_levels(_enlarged(plane, gray.shape), gray.dtype) for plane in planes)
    guides = [_Guide(luma) for luma in _luma_pyramid(gray, planes[0].shape)]
    scratch = tuple(np.empty(gray.shape, np.float32) for _ in range(2))
    return tuple(_guided(plane, guides, gray, scratch) for plane in planes)


def _luma_pyramid(gray, size):
    """Luma in [0, 1] at sizes that double, from a small one up to what is near that of the photo or large enough."""
    sizes = [size]
    while sizes[-1] != gray.shape:
        size = tuple(min(2 * small, large) for small, large in zip(size, gray.shape, strict=True))
        if size == gray.shape or size[0] * size[1] > GUIDED_PIXELS:
            break
        sizes.append(size)
    guides = [gray]
    for height, width in reversed(sizes):
        guides.append(shrink(guides[-1], (height, width)))
    return [guide * np.float32(1 / np.iinfo(gray.dtype).max) for guide in guides[:0:-1]]


class _Guide:
    """Luma, `[h, w]` float32, with what the linear models of both planes of chroma have in common."""

    def __init__(self, luma):
        self.luma = luma
        self.mean = _window_mean(luma)
        self.sharpness = 1 / (_window_mean(luma * luma) - self.mean * self.mean + EDGE_VARIANCE)

    def linear_model(self, plane):
        """Slope and offset, `[h, w]` each, of a plane of chroma as a linear function of luma around each pixel."""
        covariance = _window_mean(plane * self.luma) - _window_mean(plane) * self.mean
        slope = _window_mean(covariance * self.sharpness)
        return slope, plane - slope * self.luma


def _guided(plane, guides, gray, scratch):
    """A plane of chroma as levels. Args: `scratch`, two `[H, W]` float32 arrays that are overwritten."""
    slope, offset = guides[0].linear_model(plane)
    for guide in guides[1:]:
        plane = _enlarged(slope, guide.luma.shape) * guide.luma + _enlarged(offset, guide.luma.shape)
        slope, offset = guide.linear_model(plane)
    models = (slope * np.float32(1 / np.iinfo(gray.dtype).max), offset)
    slope, offset = (_enlarged(model, gray.shape, dst) for model, dst in zip(models, scratch, strict=True))
    levels = np.empty_like(gray)
    for rows in color.strips(gray.shape):
        chroma = cv2.accumulateProduct(slope[rows], gray[rows].astype(np.float32), offset[rows])
        color.chroma_levels(chroma, gray.dtype, dst=levels[rows])
    return levels


def _window_mean(image):
    return cv2.blur(image, (3, 3), borderType=cv2.BORDER_REFLECT)


def _enlarged(plane, size, dst=None):
    return cv2.resize(plane, size[::-1], dst=dst, interpolation=cv2.INTER_CUBIC)
