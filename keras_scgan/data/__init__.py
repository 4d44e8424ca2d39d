"""Data sets of colour photos with saliency maps, and the batches that networks train on."""

from keras_scgan.data.bad_files import BadFiles, DataError
from keras_scgan.data.numpy_map import original_errors
from keras_scgan.data.pairs import PhotoPairs, demo_dir
from keras_scgan.data.pipeline import NOISE_STDDEV, steps_per_epoch, training_batches, validation_batches

__all__ = [
    "NOISE_STDDEV",
    "BadFiles",
    "DataError",
    "PhotoPairs",
    "demo_dir",
    "original_errors",
    "steps_per_epoch",
    "training_batches",
    "validation_batches",
]
