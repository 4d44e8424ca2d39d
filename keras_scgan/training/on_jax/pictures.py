"""The photos of a data set as arrays, all of one size, for memory that holds them all."""

import concurrent.futures
import dataclasses
import functools
import itertools
import multiprocessing
import os
import pathlib

import cv2
import numpy as np

from keras_scgan.data.aging import age_by_name
from keras_scgan.data.pairs import PhotoFolder
from keras_scgan.photos.color import to_gray
from keras_scgan.photos.resizing import to_square

PHOTO_SIZE = 160
MAP_SIZE = 96
_CHUNK = 64

_photos = None
"""The data set of a process that loads."""


@dataclasses.dataclass(frozen=True)
class Pictures:
    """Photos, their saliency maps and their aged luma.

    Args:
        names: list of N strings, the photos' names without suffixes.
        color: `[N, PHOTO_SIZE, PHOTO_SIZE, 3]` uint8 RGB.
        saliency: `[N, MAP_SIZE, MAP_SIZE]` uint8.
        aged: `[N, V, PHOTO_SIZE, PHOTO_SIZE]` uint8: V versions of the luma, each made to look like the scan of an old
            photo (see `data.aging`).
    """

    names: list
    color: np.ndarray
    saliency: np.ndarray
    aged: np.ndarray


def load_pictures(data_dir, *, aging=0.0, versions=0, workers=None):
    """Loads a folder of photos with saliency maps, squeezed to squares, by several processes.

    Args:
        data_dir: path of the folder, as for `PhotoFolder`.
        aging: float in [0, 1]. Strength of `aged`.
        versions: int. V of `Pictures`.
        workers: int. Number of processes. Defaults to the number of cores.

    Raises:
        DataError: The folder is none, or one of its files cannot be used.
    """
    count = len(PhotoFolder(data_dir))
    parts = [range(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK)]
    # Spawned, as threads of JAX do not survive a fork.
    with concurrent.futures.ProcessPoolExecutor(
        workers or os.cpu_count(), multiprocessing.get_context("spawn"), _begin, (data_dir,)
    ) as pool:
        made = pool.map(functools.partial(_load, aging, versions), parts)
        names, color, saliency, aged = zip(*made, strict=True)
    return Pictures(list(itertools.chain(*names)), *map(np.concatenate, (color, saliency, aged)))


def _begin(data_dir):
    global _photos
    cv2.setNumThreads(1)
    _photos = PhotoFolder(data_dir)


def _load(aging, versions, indices):
    names, colors, maps, aged = [], [], [], []
    for index in indices:
        sample = _photos.read(index)
        names.append(pathlib.Path(_photos.photo_path(index)).stem)
        colors.append(to_square(sample["color"], PHOTO_SIZE))
        maps.append(to_square(sample["saliency"], MAP_SIZE))
        gray = to_gray(colors[-1])
        aged.append([age_by_name(gray, f"{names[-1]}/{version}", aging) for version in range(versions)])
    shape = (len(names), versions, PHOTO_SIZE, PHOTO_SIZE)
    return names, np.stack(colors), np.stack(maps), np.array(aged, np.uint8).reshape(shape)
