"""Data sets of colour photos with saliency maps, and the batches that networks train on."""

from keras_scgan.program import lazy

_HOMES = {
    "NOISE_STDDEV": "keras_scgan.data.augmentation",
    "BadFiles": "keras_scgan.data.bad_files",
    "ClassFolders": "keras_scgan.data.class_folders",
    "DataError": "keras_scgan.data.bad_files",
    "PhotoFolder": "keras_scgan.data.pairs",
    "PhotoShards": "keras_scgan.data.shards",
    "Subset": "keras_scgan.data.subsets",
    "cached_crops": "keras_scgan.data.batches",
    "demo_dir": "keras_scgan.data.pairs",
    "open_data_set": "keras_scgan.data.opening",
    "original_errors": "keras_scgan.data.numpy_map",
    "steps_per_epoch": "keras_scgan.data.batches",
    "training_batches": "keras_scgan.data.batches",
    "validation_batches": "keras_scgan.data.batches",
}
"""Where the public names are, each imported when it is used: reading photos needs no TensorFlow."""

__getattr__, __dir__, __all__ = lazy.attach(__name__, _HOMES)
