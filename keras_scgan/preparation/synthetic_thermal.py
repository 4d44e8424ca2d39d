"""Stand-ins for thermal images, made of colours: to try out what takes thermal images, not to learn about heat.

Nothing that is measured on them says how well real thermal images are colorized.
"""

import cv2
import numpy as np

BLUR = 1 / 64
"""Standard deviation of the blur, in shorter sides: thermal cameras see fewer pixels."""

_RED_MINUS_BLUE, _LUMA = 0.5, 0.25


def synthetic_thermal(photo):
    """A thermal image in appearance: what is red is warm, what is blue is cold, and details are lost.

    `127.5 + 0.5 (red - blue) + 0.25 (luma - 127.5)`, blurred by a Gaussian of a 64th of the shorter side. Greys of one
    luma are of one warmth, and colours of one luma are told apart, so that it is no greyscale version of the photo.

    Args:
        photo: `[H, W, 3]` uint8 RGB.

    Returns:
        `[H, W]` uint8, lighter where it is warmer.
    """
    pixels = photo.astype(np.float32)
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    warmth = 127.5 + _RED_MINUS_BLUE * (pixels[..., 0] - pixels[..., 2]) + _LUMA * (luma - 127.5)
    blurred = cv2.GaussianBlur(warmth, (0, 0), max(BLUR * min(luma.shape), 0.1))
    return np.clip(np.rint(blurred), 0, 255).astype(np.uint8)
