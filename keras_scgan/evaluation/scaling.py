"""Pictures as colourful as others, to tell right colours from merely vivid ones."""

import numpy as np

from keras_scgan.evaluation import metrics
from keras_scgan.photos import color


def scale_colorfulness(image, target):
    """A picture with its colours farther from or nearer to its luma, by the factor that gives it a CCI.

    The CCI is the factor's multiple until values are clipped to what 8 bits hold. A greyscale picture stays as it is.

    Args:
        image: `[H, W, 3]` uint8 RGB.
        target: float. The CCI.

    Returns:
        `[H, W, 3]` uint8 RGB.
    """
    own = metrics.cci(image)
    if not own:
        return image
    luma = color.to_gray(image)[..., np.newaxis].astype(np.float32)
    return color.to_uint8(luma + np.float32(target / own) * (image - luma))
