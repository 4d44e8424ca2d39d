"""The features of the FID."""

import keras
import numpy as np

from keras_scgan.evaluation import image_models
from keras_scgan.program.errors import UserError

SIZE = 299
"""Pixels of a side of what Inception-v3 sees."""

ENOUGH_IMAGES = 2048
"""With fewer, the covariance of the 2048 features has not its full rank, and the FID says little."""


class InceptionFeatures:
    """The pooled features of keras.applications' Inception-v3, `[N, 2048]`, for a list of `[H, W, 3]` uint8 pictures.

    Args:
        weights: `"imagenet"`, which Keras downloads and keeps, or `None` for random ones, of use in tests alone.

    Raises:
        UserError: The weights cannot be had.
    """

    def __init__(self, weights="imagenet"):
        try:
            self._model = keras.applications.InceptionV3(
                include_top=False, weights=weights, pooling="avg", input_shape=(SIZE, SIZE, 3)
            )
        except Exception as error:  # Keras raises this very class when a download fails
            raise UserError(f"Inception's weights cannot be downloaded ({error}): leave out `fid=True`.") from error

    def __call__(self, images):
        preprocess = keras.applications.inception_v3.preprocess_input
        return np.asarray(image_models.predict(self._model, images, SIZE, preprocess))
