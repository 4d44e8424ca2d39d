"""Data sets of colour photos with saliency maps, and the batches that networks train on."""

from keras_scgan.data.bad_files import BadFiles, DataError
from keras_scgan.data.batches import NOISE_STDDEV, cached_crops, steps_per_epoch, training_batches, validation_batches
from keras_scgan.data.class_folders import ClassFolders
from keras_scgan.data.numpy_map import original_errors
from keras_scgan.data.opening import open_data_set
from keras_scgan.data.pairs import PhotoFolder, demo_dir
from keras_scgan.data.shards import PhotoShards

__all__ = [
    "NOISE_STDDEV",
    "BadFiles",
    "ClassFolders",
    "DataError",
    "PhotoFolder",
    "PhotoShards",
    "cached_crops",
    "demo_dir",
    "open_data_set",
    "original_errors",
    "steps_per_epoch",
    "training_batches",
    "validation_batches",
]
