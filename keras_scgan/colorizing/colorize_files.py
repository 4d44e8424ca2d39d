"""Colorizing many photo files into a folder."""

import dataclasses
import os
import pathlib

import cv2
import numpy as np

from keras_scgan.colorizing.runners import split_batch
from keras_scgan.photos.decoding import MAX_PIXELS
from keras_scgan.photos.files import output_suffix, read_photo, write_photo
from keras_scgan.program import file_jobs
from keras_scgan.program.errors import BadFileError, UserError

EXTRAS = ("comparison", "saliency")
"""What can be written beside the colorized photo."""

FORMATS = ("same", "jpg", "png", "webp", "tif")
"""Formats of results; `"same"` is that of the original."""

MAX_WORKERS = 4
"""Threads for each of reading and writing, unless more are asked for: with them grows the memory."""


@dataclasses.dataclass(frozen=True)
class Job:
    """A photo or video, and where its results go.

    Args:
        path: `pathlib.Path` of the original.
        target: `pathlib.Path` of the colorized one.
        extras: dict of `pathlib.Path` by name, of `EXTRAS`.
    """

    path: pathlib.Path
    target: pathlib.Path
    extras: dict = dataclasses.field(default_factory=dict)


def result_suffix(suffix, chosen="same"):
    """Suffix of a result. Args: `suffix` of the original; `chosen`, one of `FORMATS`."""
    return output_suffix(suffix) if chosen == "same" else f".{chosen}"


def plan(files, output_dir, report, *, suffix_of=result_suffix, extras=(), overwrite=False):
    """Decides where results go, and leaves out what is done.

    Results have the relative paths of their originals. Extras lie beside them: `STEM_comparison` with the same suffix,
    `STEM_saliency.png`.

    Args:
        files: list of `file_jobs.FoundFile`.
        output_dir: path of the folder for the results.
        report: `file_jobs.Report`, told of files that are done and of those whose results would take another's place.
        suffix_of: function from an original's suffix to its result's.
        extras: names of `EXTRAS` that are wanted.
        overwrite: bool. Whether what is done is done again.

    Returns:
        List of `Job`.

    Raises:
        UserError: A result would take the place of an original.
    """
    originals = {file.path.resolve() for file in files}
    jobs, taken = [], {}
    for file in files:
        target = pathlib.Path(output_dir) / file.relative
        target = target.with_suffix(suffix_of(target.suffix))
        suffixes = {"comparison": target.suffix, "saliency": ".png"}
        results = {name: target.with_name(f"{target.stem}_{name}{suffixes[name]}") for name in extras}
        job = Job(file.path, target, results)
        for path in (target, *results.values()):
            if path.resolve() in originals:
                raise UserError(f"The result {path} would take the place of an original: choose another output folder.")
        if target in taken:
            reason = f"its result {target} would take the place of that of {taken[target]}"
            report.add_failure(file.path, BadFileError(file.path, reason))
        elif not overwrite and all(path.exists() for path in (target, *results.values())):
            report.skipped += 1
        else:
            jobs.append(job)
        taken.setdefault(target, file.path)
    return jobs


def colorize_photos(colorizer, jobs, report, *, quality=95, batch_size=1, workers=None, max_pixels=MAX_PIXELS):
    """Colorizes photo files; reading, the network and writing overlap, on all cores.

    Args:
        colorizer: `Colorizer`.
        jobs: list of `Job`.
        report: `file_jobs.Report`, told what became of each.
        quality: int in [1, 100], of formats that lose something.
        batch_size: int. Photos that the network sees at once.
        workers: int. Threads for each of reading and writing. Defaults to the number of cores, `MAX_WORKERS` at most.
        max_pixels: int. Pixels of the largest photo that is read.

    Yields:
        Each job that is done or has failed.
    """
    workers = workers or min((os.cpu_count() or 1), MAX_WORKERS)
    with_saliency = any("saliency" in job.extras for job in jobs)

    def load(job):
        photo = read_photo(job.path, luma_only="comparison" not in job.extras, max_pixels=max_pixels)
        return photo, colorizer.prepare(photo.pixels)

    def compute(loaded):
        return split_batch(colorizer.predict(np.stack([gray for _, gray in loaded]), saliency=with_saliency))

    def save(job, loaded, outputs):
        photo, _ = loaded
        if "saliency" in job.extras:
            write_photo(job.extras["saliency"], colorizer.saliency_map(photo.pixels, outputs["saliency"]))
        colorized = colorizer.finish(photo.pixels, outputs, order="BGR")
        if "comparison" in job.extras:
            both = np.hstack([_bgr(photo.pixels, colorized.shape[2]), colorized])
            write_photo(job.extras["comparison"], both, photo.metadata, quality, order="BGR")
        write_photo(job.target, colorized, photo.metadata, quality, order="BGR")

    yield from file_jobs.overlap(jobs, load, compute, save, report, batch_size, workers)


def _bgr(pixels, channels):
    """A photo in the order of OpenCV, with the alpha channel that it may have."""
    if pixels.ndim == 2:
        return np.repeat(pixels[..., np.newaxis], channels, axis=-1)
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR if channels == 3 else cv2.COLOR_RGBA2BGRA)
