"""Keras models of RGB images in [0, 255], which classifiers, judges and the network of the FID are."""

import numpy as np

from keras_scgan.photos.resizing import to_square

ANY_SIZE = 224
"""Pixels of a side of what a model sees that takes images of any size."""


def shape_of(tensors):
    """Shape of a model's only input or output, a tuple; empty where there is none or several.

    Args:
        tensors: `inputs` or `outputs` of a Keras model.
    """
    return tuple(tensors[0].shape) if tensors and len(tensors) == 1 else ()


def is_of_square_images(model):
    """Whether a model takes one batch of square RGB images, `[B, h, h, 3]`, h being fixed or any."""
    shape = shape_of(model.inputs)
    return len(shape) == 4 and shape[3] == 3 and shape[1] == shape[2]


def predict(model, images, size, preprocess=None):
    """What a model makes of pictures.

    Args:
        model: Keras model of RGB images `[B, size, size, 3]`.
        images: list of `[H, W, 3]` uint8 pictures, each of which is squeezed to the size.
        size: int. Pixels of a side.
        preprocess: function applied to a float32 batch in [0, 255] first. Defaults to none.
    """
    batch = np.stack([to_square(image, size) for image in images]).astype(np.float32)
    return model.predict_on_batch(batch if preprocess is None else preprocess(batch))
