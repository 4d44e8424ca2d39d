"""Speed of the input pipeline: of folders of photos as they come from a camera, of small photos, and of shards."""

import json
import pathlib
import time

import cv2
import numpy as np

from keras_scgan import data
from keras_scgan.benchmarks.colorize import enlarge
from keras_scgan.benchmarks.timing import spread
from keras_scgan.data import records
from keras_scgan.photos.files import write_photo
from keras_scgan.photos.resizing import resize, to_square

FULL_SIDE = 1200
"""Pixels of the shorter side of a full-size photo."""

PREPARED_SIZE = 256
"""Height and width of prepared photos, in pixels."""

_FULL_QUALITY, _PREPARED_QUALITY = 92, 95
_FIELDS = ("color", "saliency")


def make_sets(data_set, folder, count):
    """Makes the same photos, with their maps, into the data sets that are compared.

    Args:
        data_set: data set of photos with saliency. Those that are smaller than full size are enlarged, with film grain.
        folder: path of an empty folder.
        count: int. How many photos are taken, from the first on.

    Returns:
        Dict of data sets by name: a folder of full-size JPEGs with maps of that size as PNG, which is what people and
        `make_saliency` have; one of prepared JPEGs; and prepared shards.
    """
    folder = pathlib.Path(folder)
    full, small, shards = (folder / name for name in ("full", "small", "shards"))
    name = records.shard_name("benchmark", "train", 0, 1)
    samples = (data_set.read_good(index) for index in range(min(count, len(data_set))))
    written = records.write_shard(
        shards / name, (_write_photos(sample, f"{i:06}", full, small) for i, sample in enumerate(samples))
    )
    shard = {"file": name, "samples": written, "bytes": (shards / name).stat().st_size}
    info = {"format_version": records.FORMAT_VERSION, "fields": _FIELDS, "splits": {"train": {"shards": [shard]}}}
    (shards / records.INFO_NAME).write_text(json.dumps(info))
    return {
        f"folder, {FULL_SIDE} pixels": data.open_data_set(full, fields=_FIELDS),
        f"folder, {PREPARED_SIZE} pixels": data.open_data_set(small, fields=_FIELDS),
        f"shards, {PREPARED_SIZE} pixels": data.open_data_set(shards, fields=_FIELDS),
    }


def _write_photos(sample, stem, full, small):
    """Writes a photo and its map in full size and prepared; returns the record of the prepared ones."""
    photo, saliency_map = sample["color"], sample["saliency"]
    short_side = min(photo.shape[:2])
    if short_side < FULL_SIDE:
        photo = enlarge(photo, [round(side * FULL_SIDE / short_side) for side in photo.shape[:2]])
    saliency_map = resize(saliency_map, photo.shape[:2], cv2.INTER_LINEAR)
    write_photo(full / "images" / f"{stem}.jpg", photo, quality=_FULL_QUALITY)
    write_photo(full / "saliency" / f"{stem}.png", saliency_map)
    prepared = {"color": to_square(photo, PREPARED_SIZE), "saliency": to_square(saliency_map, PREPARED_SIZE)}
    write_photo(small / "images" / f"{stem}.jpg", prepared["color"], quality=_PREPARED_QUALITY)
    write_photo(small / "saliency" / f"{stem}.png", prepared["saliency"])
    return records.encode(prepared, stem)


def benchmark_input(data_sets, *, image_size, batch_size, min_crop_area, rounds, seconds=2.0):
    """Times the batches of the input pipeline from each of several data sets, with nothing else to do on the machine.

    Data sets take turns, so that the machine's other work slows all of them alike: one pipeline at a time, as each
    makes batches ahead.

    Args:
        data_sets: dict of data sets by name.
        image_size: int. Height and width of the images.
        batch_size: int. Photos a batch.
        min_crop_area: float. Smallest share of a photo that a random crop takes.
        rounds: int. Turns of each.
        seconds: float. How long a turn is timed, after a warm-up as long.

    Returns:
        List of dicts, one for each data set; `ratio` is the speed against the first.
    """
    arguments = {"image_size": image_size, "batch_size": batch_size, "min_crop_area": min_crop_area}
    times = {name: [] for name in data_sets}
    for _ in range(rounds):
        for name, data_set in data_sets.items():
            batches = iter(data.training_batches(data_set, seed=0, flip=True, **arguments))
            # What was made ahead while nobody took batches would count as made in no time.
            _seconds_per_batch(batches, seconds)
            times[name].append(_seconds_per_batch(batches, seconds))
    times = {name: np.array(values) for name, values in times.items()}
    first = next(iter(times.values()))
    return [
        {
            "benchmark": "input",
            "data_set": name,
            **arguments,
            "pairs": len(data_set),
            **spread(times[name], batch_size),
            "ratio": float(np.median(first / times[name])),
            "milliseconds_per_batch": float(1e3 * np.median(times[name])),
        }
        for name, data_set in data_sets.items()
    ]


def _seconds_per_batch(batches, seconds):
    start, count, elapsed = time.perf_counter(), 0, 0.0
    while elapsed < seconds:
        next(batches)
        count += 1
        elapsed = time.perf_counter() - start
    return elapsed / count
