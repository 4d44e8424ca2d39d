"""What a pixel means: luma, chroma, the [-1, 1] range, and how colour is put on a photo's own luma.

This module is the only home of these conventions: training, evaluation, export and the tools all take them from here.
`luma`, `chroma`, `normalize`, `denormalize` and, with a `clip` of theirs, `transplant_luma` work on NumPy arrays and on
tensors of any Keras backend; the others on NumPy arrays.
"""

import cv2
import numpy as np

LUMA_WEIGHTS = (0.299, 0.587, 0.114)
"""Weights of R, G and B in the luma (ITU-R BT.601), as in JPEG and as OpenCV and Pillow turn colour into grey."""

_CHROMA_SCALE = np.array([0.5 / (1 - LUMA_WEIGHTS[2]), 0.5 / (1 - LUMA_WEIGHTS[0])], "float32")

CHROMA_TO_RGB = np.array(
    [
        [0.0, -2 * (1 - LUMA_WEIGHTS[2]) * LUMA_WEIGHTS[2] / LUMA_WEIGHTS[1], 2 * (1 - LUMA_WEIGHTS[2])],
        [2 * (1 - LUMA_WEIGHTS[0]), -2 * (1 - LUMA_WEIGHTS[0]) * LUMA_WEIGHTS[0] / LUMA_WEIGHTS[1], 0.0],
    ],
    "float32",
)
"""What Cb and Cr, the rows, add to the luma in R, G and B: `chroma @ CHROMA_TO_RGB` (ITU-R BT.601)."""

STRETCH_TAIL = 200
"""One pixel in so many may be beyond what `stretch_luma` makes black, and one beyond what it makes white."""

MIN_STRETCHED_RANGE = 0.25
"""Of 2. Luma of a smaller range is stretched no more than luma of this one, so that a blank photo stays blank."""

STRIP_PIXELS = 1 << 16
"""Pixels of a large photo that are worked on at a time, so that what lies between its steps stays in the cache."""


def luma(rgb):
    """Greyscale of a colour image.

    Args:
        rgb: `[..., 3]` floating-point red, green and blue, in any range.

    Returns:
        `[..., 1]` luma in the same range, not rounded.
    """
    red, green, blue = LUMA_WEIGHTS
    return red * rgb[..., 0:1] + green * rgb[..., 1:2] + blue * rgb[..., 2:3]


def chroma(rgb):
    """What a colour image has beside its luma.

    Args:
        rgb: `[..., 3]` floating-point red, green and blue, in any range.

    Returns:
        `[..., 2]`: Cb and Cr (ITU-R BT.601), which are 0 for grey and at most half of the range away from it.
    """
    return (rgb[..., ::-2] - luma(rgb)) * _CHROMA_SCALE


def saturate(rgb, factor):
    """A floating-point colour image, `[..., 3]` in any range, with its chroma times a factor, not clipped."""
    gray = luma(rgb)
    return gray + factor * (rgb - gray)


def normalize(pixels):
    """Map pixel values in [0, 255] (floating point) to the networks' range [-1, 1]."""
    return pixels / 127.5 - 1.0


def denormalize(values):
    """Map the networks' range [-1, 1] (floating point) to pixel values in [0, 255], neither clipped nor rounded."""
    return (values + 1.0) * 127.5


def transplant_luma(rgb, gray, clip=np.clip):
    """Colours with another luma: red, green and blue change by one amount, which leaves the chroma as it is.

    Args:
        rgb: `[..., 3]` float32 array in [-1, 1].
        gray: `[..., 1]` float32 array in [-1, 1].
        clip: function that clips such arrays. Defaults to NumPy's.

    Returns:
        `[..., 3]`, clipped to [-1, 1].
    """
    return clip(rgb + (gray - luma(rgb)), -1.0, 1.0)


def chroma_on_luma(chroma, gray):
    """Colours of a chroma and a luma.

    Args:
        chroma: `[..., 2]` float32 array, as `chroma` gives it of colours in [-1, 1].
        gray: `[..., 1]` float32 array in [-1, 1].

    Returns:
        `[..., 3]`, clipped to [-1, 1].
    """
    return np.clip(gray + chroma @ CHROMA_TO_RGB, -1, 1)


def stretch_luma(gray):
    """Luma with the full contrast, as networks that are trained so see it: faded photos look like others.

    Linear, from the 0.5th and 99.5th percentile of an image, pixels of it, to -1 and 1, and clipped.

    Args:
        gray: `[..., H, W, 1]` floating-point array in [-1, 1].

    Returns:
        The same shape and type.
    """
    pixels = gray.reshape(*gray.shape[:-3], -1)
    tail, count = pixels.shape[-1] // STRETCH_TAIL, pixels.shape[-1]
    ranked = np.partition(pixels, (tail, count - 1 - tail), axis=-1)
    low, high = (ranked[..., rank, np.newaxis, np.newaxis, np.newaxis] for rank in (tail, count - 1 - tail))
    gain = 2 / np.maximum(high - low, MIN_STRETCHED_RANGE)
    return np.clip((gray - (low + high) / 2) * gain, -1, 1)


def to_uint8(pixels):
    """Pixel values in [0, 255] (floating point) as they are written to disk: rounded, and clipped to that range."""
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def to_8_bits(pixels):
    """Integer pixels of 16 bits, rounded to 8; those of 8 as they are."""
    return pixels if pixels.dtype == np.uint8 else cv2.convertScaleAbs(pixels, alpha=1 / 257)


def to_gray(pixels):
    """Luma of integer pixels, rounded.

    Args:
        pixels: `[H, W]` grey, `[H, W, 3]` RGB or `[H, W, 4]` RGBA, uint8 or uint16.

    Returns:
        `[H, W]` of the same type.
    """
    return pixels if pixels.ndim == 2 else cv2.cvtColor(pixels[..., :3], cv2.COLOR_RGB2GRAY)


def chroma_levels(plane, dtype, dst=None):
    """Chroma as integers, as files have it: rounded, and clipped to the range of the type, whose middle is no chroma.

    Args:
        plane: `[H, W]` float32 Cb or Cr, in [-0.5, 0.5]. What lies outside is clipped.
        dtype: uint8 or uint16.
        dst: `[H, W]` array of that type that is filled, or `None` for a new one.

    Returns:
        `[H, W]` of that type.
    """
    white = np.iinfo(dtype).max
    if dtype == np.uint8:  # the same by what OpenCV does several times faster, which saturates above alone
        return cv2.convertScaleAbs(np.maximum(plane, -128 / 255), dst=dst, alpha=white, beta=128)
    return cv2.addWeighted(plane, white, plane, 0, (white + 1) / 2, dst=dst, dtype=cv2.CV_16U)  # rounds and saturates


def recolor(gray, cb, cr, order="RGB"):
    """The luminance transplant: a predicted chroma on a photo's own luma.

    Args:
        gray: `[H, W]` luma, uint8 or uint16.
        cb: `[H, W]` of the same type: see `chroma_levels`.
        cr: likewise.
        order: string. Order of the result's channels, `"RGB"`, or `"BGR"` for OpenCV.

    Returns:
        `[H, W, 3]` of the type of `gray`. Colours outside the RGB cube are clipped to it; the luma of all others is
        that of `gray`, to 1/255. No chroma gives grey exactly.
    """
    code = cv2.COLOR_YCrCb2RGB if order == "RGB" else cv2.COLOR_YCrCb2BGR
    result = np.empty((*gray.shape, 3), gray.dtype)
    for rows in strips(gray.shape):
        cv2.cvtColor(cv2.merge([gray[rows], cr[rows], cb[rows]]), code, dst=result[rows])
    return result


def strips(shape):
    """Yields slices of the rows of an image, each of about `STRIP_PIXELS`. Args: `shape`, height and width first."""
    step = max(1, STRIP_PIXELS // shape[1])
    for start in range(0, shape[0], step):
        yield slice(start, start + step)
