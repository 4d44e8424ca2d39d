"""Making the cache of a frozen encoder's features, so that training costs the decoder alone."""

import hashlib
import itertools
import shutil

import numpy as np
import tensorflow as tf
from absl import logging

from keras_scgan import data
from keras_scgan.data.feature_cache import FeatureCache
from keras_scgan.program.errors import UserError
from keras_scgan.program.progress import progress_bar

_BATCH = 16


def make_feature_cache(folder, encoder, data_set, *, image_size, seed, crops, **augmentation):
    """Makes the features of some crops of each photo, as far as they are not there.

    A photo that cannot be read has none, until a file of the data set has changed. What a process that was killed has
    made is kept. A cache that was made with other settings is removed first.

    Args:
        folder: path. It is made, or holds a cache and nothing else.
        encoder: model from `gray` to a list of features.
        data_set: `DataSet`.
        image_size: int. Height and width of the crops.
        seed: int. Key of all random numbers.
        crops: int. Crops of each photo.
        **augmentation: as of `data.Augmentation`.

    Returns:
        `FeatureCache`.

    Raises:
        UserError: the folder holds something else, the disk has too little room, or a feature is too large.
    """
    shapes = [shape[1:] for shape in encoder.compute_output_shape((1, image_size, image_size, 1))]
    cache = FeatureCache(folder, shapes, photos=len(data_set), crops=crops)
    arguments = {"image_size": image_size, "seed": seed, **augmentation}
    settings = {
        "format_version": 2,
        "encoder": _weights_digest(encoder),
        "precision": encoder.layers[-1].dtype_policy.name,
        "photos": len(data_set),
        "data_set": data_set.digest(),
        "crops": crops,
        **arguments,
    }
    differences = cache.claim(settings)
    if differences:
        logging.warning("The feature cache %s is made anew, as it has %s", folder, "; ".join(differences))
    missing = cache.missing()
    if missing:
        _make(cache, encoder, data_set, missing, arguments)
    return cache


def _make(cache, encoder, data_set, shards, arguments):
    numbers = np.concatenate([cache.numbers(shard) for shard in shards])
    total = cache.photos * cache.crops
    _check_disk(cache, len(numbers), total)
    encode = _compile(encoder, arguments["image_size"])
    # A file is a whole number of batches, whose bits are then the same whichever files are made.
    batch_size = min(_BATCH, cache.shard_crops)
    batches = iter(data.cached_crops(data_set, numbers, batch_size=batch_size, **arguments))
    with (
        data.original_errors(),
        progress_bar(desc="features", total=total, initial=total - len(numbers), unit="crop") as bar,
    ):
        for shard in shards:
            count = -(-len(cache.numbers(shard)) // batch_size)
            cache.write(shard, (_encoded(encode, *batch, bar) for batch in itertools.islice(batches, count)))


def _encoded(encode, gray, readable, bar):
    bar.update(len(gray))
    return encode(gray).numpy(), readable.numpy() > 0


def _compile(encoder, image_size):
    @tf.function(input_signature=[tf.TensorSpec((None, image_size, image_size, 1), tf.float32)])
    def encode(gray):
        features = encoder(gray, training=False)
        rows = [tf.reshape(feature, (tf.shape(gray)[0], -1)) for feature in features]
        return tf.concat([tf.cast(row, tf.float32) for row in rows], axis=-1)

    return encode


def _check_disk(cache, crops, total):
    needed, free = crops * cache.crop_bytes / 1e6, shutil.disk_usage(cache.folder).free / 1e6
    sizes = f"features of {crops} crops of {total} take {needed:.0f} MB, and {free:.0f} MB are free"
    if needed > free:
        raise UserError(f"{cache.folder}: {sizes}. Take fewer crops of each photo, fewer photos or another disk.")
    logging.info("%s: %s", cache.folder, sizes)


def _weights_digest(network):
    digest = hashlib.sha256()
    for weight in network.weights:
        digest.update(f"{tuple(weight.shape)}\n".encode())
        digest.update(np.ascontiguousarray(weight.numpy()))
    return digest.hexdigest()
