"""The features of the FID."""

import numpy as np

from keras_scgan.evaluation import image_models
from keras_scgan.models.loading import load_application

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
        told = {"value": True, "instead": "Leave it out."}
        options = {"include_top": False, "weights": weights, "pooling": "avg", "input_shape": (SIZE, SIZE, 3)}
        self._model, self._preprocess = load_application("InceptionV3", "fid", **told, **options)

    def __call__(self, images):
        return np.asarray(image_models.predict(self._model, images, SIZE, self._preprocess))
