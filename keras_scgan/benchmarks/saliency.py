"""How near the maps of saliency detectors come to those of a data set, and how fast they are made."""

import time

import cv2
import numpy as np

from keras_scgan.benchmarks.timing import spread
from keras_scgan.evaluation import metrics
from keras_scgan.evaluation.references import find_references
from keras_scgan.photos.resizing import resize
from keras_scgan.program.errors import UserError


def find_mapped(data_dir, count):
    """Photos of a data set that have a map, evenly spread. Args: `data_dir`; `count`, int, at most so many.

    Returns:
        List of `evaluation.references.Reference`.

    Raises:
        UserError: There is no such folder, or no photo with a map in it.
    """
    mapped = [reference for reference in find_references(data_dir) if reference.has_map]
    if not mapped:
        raise UserError(f"{data_dir} has no photo in images/ with a map of its name in saliency/.")
    return [mapped[int(i)] for i in np.linspace(0, len(mapped) - 1, min(count, len(mapped)))]


def benchmark_saliency(detectors, references):
    """Measures detectors against true maps, all of them on one photo after the other.

    Maps are compared at the size of the true ones, and not stretched.

    Args:
        detectors: list of detectors, as of `detectors.load_detector`.
        references: list of `evaluation.references.Reference`, all with a map.

    Returns:
        List of dicts, one a detector: `detector`; `photos`, how many; `mae`, the mean over the photos of
        `metrics.saliency_mae`; `max_f`, `metrics.max_f` of the photos whose true map has a salient pixel, `None`
        where there are none; and the speed in photos a second, from pixels to pixels, a photo at a time.
    """
    errors, curves, seconds = ({detector.name: [] for detector in detectors} for _ in range(3))
    for detector in detectors:
        detector.detect([references[0].read()])  # the first call makes ready
    for reference in references:
        photo, truth = reference.read(), reference.read_map()
        for detector in detectors:
            start = time.perf_counter()
            (found,) = detector.detect([photo])
            seconds[detector.name].append(time.perf_counter() - start)
            if found.shape != truth.shape:
                found = resize(found, truth.shape, cv2.INTER_LINEAR)
            errors[detector.name].append(metrics.saliency_mae(found, truth))
            curve = metrics.precision_recall(found, truth)
            if curve is not None:
                curves[detector.name].append(curve)
    return [
        {
            "detector": name,
            "photos": len(references),
            "mae": float(np.mean(errors[name])),
            "max_f": metrics.max_f(curves[name]) if curves[name] else None,
            **spread(np.array(seconds[name]), 1),
        }
        for name in errors
    ]
