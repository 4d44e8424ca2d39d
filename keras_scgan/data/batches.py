"""From the samples of a data set to the batches of training and validation.

A batch is a tuple of arrays, some of these in any order:

- `gray`: `[B, S, S, 1]` float32, what networks see, in [-1, 1] before the noise of training is added: the luma of
  `color`, or the thermal image where the data set was opened with that field; in training it may be aged;
- `color`: `[B, S, S, 3]` float32 RGB in [-1, 1];
- `saliency`: `[B, S, S, 1]` float32 in [0, 1];
- `label`: `[B]` float32, whole numbers.

Every random number of training is keyed by the seed and a counter of samples, so that a stream can be entered at any
step and split over any number of workers and replicas without a bit changing.

OpenCV is set to one thread, in the whole process: the samples of a batch are made in parallel.
"""

import functools

import cv2
import numpy as np
import tensorflow as tf

from keras_scgan.data.aging import age
from keras_scgan.data.augmentation import CROP_ASPECT, Augmentation
from keras_scgan.data.bad_files import DataError
from keras_scgan.data.data_set import none_usable
from keras_scgan.data.numpy_map import map_with_numpy
from keras_scgan.photos import color
from keras_scgan.photos.resizing import to_square

_ORDER_KEY, _SAMPLE_KEY, _CACHED_KEY = range(3)
_WHOLE = (0.0, 0.0, 1.0, 1.0)
_CHANNELS = {"gray": 1, "color": 3, "saliency": 1}

# What the 256 values of a pixel are mapped to: looking them up takes half the time of computing them.
_NORMALIZED = color.normalize(np.arange(256, dtype=np.float32))
_SHARES = np.arange(256, dtype=np.float32) / 255.0


def steps_per_epoch(data_set, batch_size):
    """Full global batches in an epoch; the few photos left over are others in each epoch.

    Args:
        data_set: `DataSet`.
        batch_size: int. Global batch size.

    Raises:
        DataError: There are fewer photos than one batch takes.
    """
    if len(data_set) < batch_size:
        raise DataError(
            f"{data_set.data_dir} has {len(data_set)} photos, too few for batches of {batch_size}: "
            "lower `batch_size` or add photos."
        )
    return len(data_set) // batch_size


def training_batches(
    data_set,
    *,
    image_size,
    batch_size,
    seed,
    start_step=0,
    arrays=None,
    features=None,
    num_workers=1,
    worker=0,
    replicas=1,
    **augmentation,
):
    """Endless shuffled batches of a worker.

    In an epoch each sample comes at most once (see `steps_per_epoch`). The place of one that cannot be read is taken by
    the next one in sorted order, so that no other sample moves. All images of a sample are cropped and mirrored alike.

    Args:
        data_set: `DataSet`, or what else has its `__len__`, `data_dir`, `fields`, `read_good` and `read_or_skip`.
        image_size: int. Pixels of a side, S.
        batch_size: int. Global batch size: samples of a step over all workers and replicas.
        seed: int, 0 or more. Key of order, crops, flips, aging and noise.
        start_step: int. Step that the stream begins with: it is the rest of the stream that begins with 0.
        arrays: names of the arrays of a batch (see the module). Defaults to gray and color, and saliency where the data
            set was opened with it.
        features: `FeatureCache` made with the same data set, size, seed and augmentation. A batch then begins with the
            features of `gray`, a tuple, in the place of `gray`; epochs take the cached crops in turns.
        num_workers: int. Processes that share each step.
        worker: int in [0, num_workers). This process: it gets the `worker`-th part of each step.
        replicas: int. Replicas of this worker, which take consecutive batches of the data set.
        **augmentation: as of `Augmentation`.

    Returns:
        `tf.data.Dataset` of batches (see the module) of `batch_size / (num_workers * replicas)` samples.

    Raises:
        DataError: There are fewer photos than one batch takes.
        ValueError: `batch_size` cannot be shared out evenly, or an array needs a field that the data set has not.
    """
    augmentation = Augmentation(**augmentation)
    epoch_samples = steps_per_epoch(data_set, batch_size) * batch_size
    replica_batch = _replica_batch(batch_size, num_workers, replicas)
    worker_batch = replica_batch * replicas
    names = _names(data_set, arrays)
    if features is not None:
        names = tuple(name for name in names if name != "gray")

    @functools.lru_cache(maxsize=2)  # samples of two epochs are in flight where one ends
    def order(epoch):
        return np.random.default_rng([seed, _ORDER_KEY, epoch]).permutation(len(data_set))

    def make(position):
        step, offset = divmod(position, worker_batch)
        counter = step * batch_size + worker * worker_batch + offset
        epoch, place = divmod(counter, epoch_samples)
        index = order(epoch)[place]
        if features is not None:
            return _with_features(
                features, data_set, epoch % features.crops, index, names, image_size, augmentation, seed
            )
        sample = data_set.read_good(index, augmentation.min_side(image_size))
        return _augmented(sample, names, image_size, augmentation, [seed, _SAMPLE_KEY, counter])

    shapes = _shapes(names, image_size) if features is None else [*features.shapes, *_shapes(names, image_size)]
    samples = _map(tf.data.Dataset.counter(start_step * worker_batch), make, shapes)
    if features is not None:
        count = len(features.shapes)
        samples = samples.map(lambda *arrays: (arrays[:count], *arrays[count:]))
    return samples.batch(replica_batch, drop_remainder=True).prefetch(tf.data.AUTOTUNE)


def cached_crops(data_set, numbers, *, image_size, batch_size, seed, **augmentation):
    """Batches of `gray` as a `FeatureCache` has the features of.

    Args:
        data_set: as of `training_batches`.
        numbers: array of ints. Which crops, in this order; see `FeatureCache`.
        image_size: int. Pixels of a side, S.
        batch_size: int. Crops of a batch.
        seed: int, as of `training_batches`.
        **augmentation: as of `Augmentation`.

    Returns:
        `tf.data.Dataset` of pairs of arrays, the last of them perhaps smaller: `gray`, `[B, S, S, 1]`, and `[B]`, 1 or,
        where the photo cannot be read, 0.
    """
    augmentation = Augmentation(**augmentation)

    def make(number):
        crop, index = divmod(number, len(data_set))
        sample = data_set.read_or_skip(index, augmentation.min_side(image_size))
        if sample is None:
            return np.zeros((image_size, image_size, 1), np.float32), np.float32(0)
        return *_augmented(sample, ("gray",), image_size, augmentation, _cached_key(seed, crop, index)), np.float32(1)

    samples = _map(tf.data.Dataset.from_tensor_slices(numbers), make, [*_shapes(("gray",), image_size), ()])
    return samples.batch(batch_size).prefetch(tf.data.AUTOTUNE)


def validation_batches(
    data_set, *, image_size, batch_size, stretch_luma=False, arrays=None, num_workers=1, worker=0, replicas=1
):
    """Batches of every sample once, in sorted order, neither cropped nor mirrored, without noise.

    A sample that cannot be read is left out. Workers take turns, sample by sample.

    Args:
        data_set: `DataSet`, or what else has its `__len__`, `fields` and `read_or_skip`.
        image_size: int. Pixels of a side, S.
        batch_size: int. Global batch size, as for `training_batches`.
        stretch_luma: bool, as for `training_batches`.
        arrays: names of the arrays of a batch, as for `training_batches`.
        num_workers: int. Processes that share the samples.
        worker: int in [0, num_workers). This process.
        replicas: int. Replicas of this worker, which take consecutive batches of the data set.

    Returns:
        `tf.data.Dataset` of batches (see the module), the last of them perhaps smaller.

    Raises:
        ValueError: `batch_size` cannot be shared out evenly, or an array needs a field that the data set has not.
    """
    replica_batch = _replica_batch(batch_size, num_workers, replicas)
    names = _names(data_set, arrays)

    def none_or_one(index):
        sample = data_set.read_or_skip(index, image_size)
        if sample is None:
            return tuple(np.empty(shape, np.float32) for shape in _shapes(names, image_size, 0))
        made = _to_arrays(sample, names, image_size)
        if "gray" in made and stretch_luma:
            made["gray"] = color.stretch_luma(made["gray"])
        return tuple(made[name][np.newaxis] for name in names)

    indices = tf.data.Dataset.range(worker, len(data_set), num_workers)
    samples = _map(indices, none_or_one, _shapes(names, image_size, None)).unbatch()
    return samples.batch(replica_batch).prefetch(tf.data.AUTOTUNE)


def _replica_batch(batch_size, num_workers, replicas):
    size, rest = divmod(batch_size, num_workers * replicas)
    if rest or not size:
        raise ValueError(
            f"batch_size must be a multiple of the {num_workers * replicas} replicas of all workers. "
            f"Received: {batch_size}"
        )
    return size


def _names(data_set, arrays):
    """Names of the arrays of a batch, which the fields of the data set must suffice for."""
    fields = set(data_set.fields)
    if arrays is None:
        arrays = ("gray", "color", "saliency") if "saliency" in fields else ("gray", "color")
    possible = (fields | {"gray"} if fields & {"color", "thermal"} else fields) - {"thermal"}
    if not arrays or not possible.issuperset(arrays):
        raise ValueError(f"Arrays must be some of {', '.join(sorted(possible))}. Received: {', '.join(arrays)}")
    return tuple(arrays)


def _shapes(names, size, *length):
    """Shapes of the arrays of one sample, or of as many as `length` says."""
    return [length if name == "label" else (*length, size, size, _CHANNELS[name]) for name in names]


def _map(numbers, function, shapes):
    cv2.setNumThreads(1)  # samples are made in parallel as it is, and OpenCV's own threads would only contend with them
    return map_with_numpy(numbers, function, shapes)


def _cached_key(seed, crop, index):
    return [seed, _CACHED_KEY, crop, index]


def _with_features(features, data_set, crop, index, names, image_size, augmentation, seed):
    """The features of a crop of a photo and its arrays; of the next one that has features and can be used still."""
    for place in range(index, index + len(data_set)):
        place %= len(data_set)
        values = features.read(crop, place)
        sample = None if values is None else data_set.read_or_skip(place, augmentation.min_side(image_size))
        if sample is not None:
            return *values, *_augmented(sample, names, image_size, augmentation, _cached_key(seed, crop, place))
    raise none_usable(data_set)


def _augmented(sample, names, image_size, augmentation, key):
    """The arrays of a sample of training, in order. What is random in them is keyed, and the same for any `names`."""
    rng = np.random.default_rng(key)
    box = _WHOLE
    if augmentation.min_crop_area < 1:
        box = _random_box(rng, _photo(sample).shape, augmentation.min_crop_area)
    mirror = augmentation.flip and rng.random() < 0.5
    made = _to_arrays(sample, names, image_size, box, mirror)
    if "gray" in made:
        made["gray"] = age(made["gray"], rng, augmentation.aging)
        if augmentation.stretch_luma:
            made["gray"] = color.stretch_luma(made["gray"])
        made["gray"] += augmentation.noise_stddev * rng.standard_normal(made["gray"].shape, np.float32)
    return tuple(made[name] for name in names)


def _random_box(rng, shape, min_area):
    """Random crop of a photo as top, left, height and width, all of them shares of the photo's sides."""
    height, width = shape[:2]
    area = rng.uniform(min_area, 1.0)
    aspect = CROP_ASPECT ** rng.uniform(-1.0, 1.0) * height / width
    box_height, box_width = min(1.0, np.sqrt(area / aspect)), min(1.0, np.sqrt(area * aspect))
    return rng.uniform(0.0, 1.0 - box_height), rng.uniform(0.0, 1.0 - box_width), box_height, box_width


def _crop(image, box):
    """Cut out the whole pixels of a box. At least one."""
    height, width = image.shape[:2]
    top, left, box_height, box_width = box
    y, x = int(top * height), int(left * width)
    return image[y : y + max(1, round(box_height * height)), x : x + max(1, round(box_width * width))]


def _photo(sample):
    return sample["color"] if "color" in sample else sample["thermal"]


def _to_arrays(sample, names, image_size, box=_WHOLE, mirror=False):
    """Crop, resize and mirror the 8-bit images of a sample alike: dict of the arrays of these names, maybe of more."""

    def square(field, values):
        pixels = to_square(_crop(sample[field], box), image_size)
        return cv2.LUT(cv2.flip(pixels, 1) if mirror else pixels, values)

    made = {}
    if "color" in names or ("gray" in names and "thermal" not in sample):
        made["color"] = square("color", _NORMALIZED)
    if "gray" in names:
        is_thermal = "thermal" in sample
        made["gray"] = square("thermal", _NORMALIZED)[..., np.newaxis] if is_thermal else color.luma(made["color"])
    if "saliency" in names:
        made["saliency"] = square("saliency", _SHARES)[..., np.newaxis]
    if "label" in names:
        made["label"] = np.array(sample["label"], np.float32)
    return made
