"""Colorizing many photo files into a folder."""

import os

import cv2
import numpy as np

from keras_scgan.colorizing.results import encode_result
from keras_scgan.colorizing.runners import split_batch
from keras_scgan.photos.decoding import MAX_PIXELS
from keras_scgan.photos.files import decode_photo, encode_photo, read_bytes
from keras_scgan.program import file_jobs
from keras_scgan.program.files import write_bytes

MAX_WORKERS = 4
"""Threads for each of reading and writing, unless more are asked for: with them grows the memory."""


def colorize_photos(
    colorizer,
    jobs,
    report,
    *,
    quality=95,
    lossless_luma=False,
    batch_size=1,
    workers=None,
    max_pixels=MAX_PIXELS,
    read=read_bytes,
    write=write_bytes,
    log=None,
):
    """Colorizes photo files; reading, the network and writing overlap, on all cores.

    Args:
        colorizer: `Colorizer`.
        jobs: list of `planning.Job`.
        report: `file_jobs.Report`, told what became of each; extras that cannot be written are told apart.
        quality: int in [1, 100], of formats that lose something.
        lossless_luma: bool. Whether the luma of greyscale JPEG files is not encoded again: see `results.encode_result`.
        batch_size: int. Photos that the network sees at once.
        workers: int. Threads for each of reading and writing. Defaults to the number of cores, `MAX_WORKERS` at most.
        max_pixels: int. Pixels of the largest photo that is read.
        read: function of the path of a photo to what its file holds, bytes. Called in threads, as `write`.
        write: function of a path and bytes that writes a file, whole or not at all.
        log: `result_log.ResultLog`, which keeps what each result was made of. `None` for none.

    Yields:
        Each job that is done or has failed.
    """
    workers = workers or min((os.cpu_count() or 1), MAX_WORKERS)
    with_saliency = any("saliency" in job.extras for job in jobs)

    def load(job):
        data = read(job.path)
        photo = decode_photo(job.path, data, luma_only="comparison" not in job.extras, max_pixels=max_pixels)
        return photo, colorizer.prepare(photo.pixels), data if lossless_luma else None

    def compute(loaded):
        return split_batch(colorizer.predict(np.stack([gray for _, gray, _ in loaded]), saliency=with_saliency))

    def save(job, loaded, outputs):
        photo, _, original = loaded
        colorized = None
        if not job.has_target or "comparison" in job.extras:
            colorized = colorizer.finish(photo.pixels, outputs, order="BGR")
        if not job.has_target:
            put(job, job.target, encode_result(job.target, photo, colorized, quality, "BGR", original))
        with report.noting(job.extras.get("comparison")) as path:
            if path is not None:
                both = np.hstack([_bgr(photo.pixels, colorized.shape[2]), colorized])
                put(job, path, encode_photo(path, both, photo.metadata, quality, order="BGR"))
        with report.noting(job.extras.get("saliency")) as path:
            if path is not None:
                put(job, path, encode_photo(path, colorizer.saliency_map(photo.pixels, outputs["saliency"])))

    def put(job, path, data):
        write(path, data)
        if log is not None:
            log.add(path, job.path)

    yield from file_jobs.overlap(jobs, load, compute, save, report, batch_size, workers)


def _bgr(pixels, channels):
    """A photo in the order of OpenCV, with the alpha channel that it may have."""
    if pixels.ndim == 2:
        return np.repeat(pixels[..., np.newaxis], channels, axis=-1)
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR if channels == 3 else cv2.COLOR_RGBA2BGRA)
