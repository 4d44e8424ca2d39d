"""From pairs of photo and saliency map to the batches of training and validation.

A batch is `(gray, color, saliency)`, or `(gray, color)` for pairs without saliency:

- `gray`: `[B, S, S, 1]` float32, the luma of `color`, in [-1, 1] before the noise of training is added;
- `color`: `[B, S, S, 3]` float32 RGB in [-1, 1];
- `saliency`: `[B, S, S, 1]` float32 in [0, 1].

Every random number of training is keyed by the seed and a counter of samples, so that a stream can be entered at any
step and split over any number of workers and replicas without a bit changing.

OpenCV is set to one thread, in the whole process: the samples of a batch are made in parallel.
"""

import functools

import cv2
import numpy as np
import tensorflow as tf

from keras_scgan import color
from keras_scgan.data import photos
from keras_scgan.data.bad_files import DataError
from keras_scgan.data.numpy_map import map_with_numpy

CROP_ASPECT = 4 / 3
"""Random crops have a width to height ratio between this and its inverse."""

NOISE_STDDEV = 0.005
"""Of the noise that training adds to the input, whose range is 2 (the paper, section IV.A)."""

_ORDER_KEY, _SAMPLE_KEY = range(2)
_WHOLE = (0.0, 0.0, 1.0, 1.0)


def steps_per_epoch(pairs, batch_size):
    """Full global batches in an epoch; the few pairs left over are others in each epoch.

    Args:
        pairs: data set of pairs.
        batch_size: int. Global batch size.

    Raises:
        DataError: There are fewer pairs than one batch takes.
    """
    if len(pairs) < batch_size:
        raise DataError(
            f"{pairs.data_dir} has {len(pairs)} pairs, too few for batches of {batch_size}: "
            "lower batch_size or add photos."
        )
    return len(pairs) // batch_size


def training_batches(
    pairs,
    *,
    image_size,
    batch_size,
    seed,
    start_step=0,
    noise_stddev=NOISE_STDDEV,
    flip=False,
    min_crop_area=1.0,
    num_workers=1,
    worker=0,
    replicas=1,
):
    """Endless shuffled batches of a worker.

    In an epoch each pair comes at most once (see `steps_per_epoch`). The place of a pair that cannot be read is taken
    by the next one in sorted order, so that no other sample moves.

    Args:
        pairs: `PhotoPairs`, or what else has its `__len__`, `data_dir`, `saliency` and `read_good`.
        image_size: int. Pixels of a side, S.
        batch_size: int. Global batch size: samples of a step over all workers and replicas.
        seed: int, 0 or more. Key of order, crops, flips and noise.
        start_step: int. Step that the stream begins with: it is the rest of the stream that begins with 0.
        noise_stddev: float. Standard deviation of the Gaussian noise added to `gray`.
        flip: bool. Whether half of the samples are mirrored.
        min_crop_area: float in (0, 1]. Smallest share of the photo's area that a random crop takes, the largest being
            all of it. 1: no crops.
        num_workers: int. Processes that share each step.
        worker: int in [0, num_workers). This process: it gets the `worker`-th part of each step.
        replicas: int. Replicas of this worker, which take consecutive batches of the data set.

    Returns:
        `tf.data.Dataset` of batches (see the module) of `batch_size / (num_workers * replicas)` samples.

    Raises:
        DataError: There are fewer pairs than one batch takes.
        ValueError: `batch_size` cannot be shared out evenly.
    """
    epoch_samples = steps_per_epoch(pairs, batch_size) * batch_size
    replica_batch = _replica_batch(batch_size, num_workers, replicas)
    worker_batch = replica_batch * replicas
    min_side = image_size if min_crop_area == 1 else image_size / np.sqrt(min_crop_area / CROP_ASPECT)

    @functools.lru_cache(maxsize=2)  # samples of two epochs are in flight where one ends
    def order(epoch):
        return np.random.default_rng([seed, _ORDER_KEY, epoch]).permutation(len(pairs))

    def sample(position):
        step, offset = divmod(position, worker_batch)
        counter = step * batch_size + worker * worker_batch + offset
        epoch, place = divmod(counter, epoch_samples)
        rng = np.random.default_rng([seed, _SAMPLE_KEY, counter])
        photo, saliency_map = pairs.read_good(order(epoch)[place], min_side)
        box = _WHOLE if min_crop_area == 1 else _random_box(rng, photo.shape, min_crop_area)
        mirror = flip and rng.random() < 0.5
        gray, *rest = _to_arrays(photo, saliency_map, image_size, box, mirror)
        return gray + noise_stddev * rng.standard_normal(gray.shape, np.float32), *rest

    positions = tf.data.Dataset.counter(start_step * worker_batch)
    samples = _map(positions, sample, _shapes(pairs, image_size, image_size))
    return samples.batch(replica_batch, drop_remainder=True).prefetch(tf.data.AUTOTUNE)


def validation_batches(pairs, *, image_size, batch_size, num_workers=1, worker=0, replicas=1):
    """Batches of every pair once, in sorted order, neither cropped nor mirrored, without noise.

    A pair that cannot be read is left out. Workers take turns, pair by pair.

    Args:
        pairs: `PhotoPairs`, or what else has its `__len__`, `saliency` and `read_or_skip`.
        image_size: int. Pixels of a side, S.
        batch_size: int. Global batch size, as for `training_batches`.
        num_workers: int. Processes that share the pairs.
        worker: int in [0, num_workers). This process.
        replicas: int. Replicas of this worker, which take consecutive batches of the data set.

    Returns:
        `tf.data.Dataset` of batches (see the module), the last of them perhaps smaller.

    Raises:
        ValueError: `batch_size` cannot be shared out evenly.
    """
    replica_batch = _replica_batch(batch_size, num_workers, replicas)

    def none_or_one(index):
        pair = pairs.read_or_skip(index, image_size)
        if pair is None:
            return tuple(np.empty(shape, np.float32) for shape in _shapes(pairs, 0, image_size, image_size))
        return tuple(array[np.newaxis] for array in _to_arrays(*pair, image_size))

    indices = tf.data.Dataset.range(worker, len(pairs), num_workers)
    samples = _map(indices, none_or_one, _shapes(pairs, None, image_size, image_size)).unbatch()
    return samples.batch(replica_batch).prefetch(tf.data.AUTOTUNE)


def _replica_batch(batch_size, num_workers, replicas):
    size, rest = divmod(batch_size, num_workers * replicas)
    if rest or not size:
        raise ValueError(
            f"batch_size must be a multiple of the {num_workers * replicas} replicas of all workers. "
            f"Received: {batch_size}"
        )
    return size


def _shapes(pairs, *shape):
    """Shapes of gray, color and maybe saliency whose first lengths are given."""
    return [(*shape, depth) for depth in ((1, 3, 1) if pairs.saliency else (1, 3))]


def _map(numbers, function, shapes):
    cv2.setNumThreads(1)  # samples are made in parallel as it is, and OpenCV's own threads would only contend with them
    return map_with_numpy(numbers, function, shapes)


def _random_box(rng, shape, min_area):
    """Random crop of a photo as top, left, height and width, all of them shares of the photo's sides."""
    height, width, _ = shape
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


def _to_arrays(photo, saliency_map, image_size, box=_WHOLE, mirror=False):
    """Crop, resize and mirror an 8-bit pair alike, and map it to gray, color and (if there is a map) saliency."""

    def square(image):
        pixels = photos.resize(_crop(image, box), image_size)
        return (pixels[:, ::-1] if mirror else pixels).astype(np.float32)

    rgb = color.normalize(square(photo))
    if saliency_map is None:
        return color.luma(rgb), rgb
    return color.luma(rgb), rgb, square(saliency_map)[..., np.newaxis] / 255.0
