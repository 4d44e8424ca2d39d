"""How fast photos are colorized, in how much memory, and which way of making them square is the better."""

import concurrent.futures
import functools
import os
import pathlib
import tempfile

import cv2
import numpy as np

from keras_scgan.benchmarks.memory import PeakMemory
from keras_scgan.benchmarks.timing import time_in_turns
from keras_scgan.colorizing import colorize_files, planning
from keras_scgan.colorizing.runners import split_batch
from keras_scgan.evaluation import metrics
from keras_scgan.photos import color
from keras_scgan.photos.files import encode_photo, read_photo, write_photo
from keras_scgan.photos.resizing import resize
from keras_scgan.program.file_jobs import Report

_GRAIN_STDDEV = 6
"""Of 255. Film grain of the large photo: without it, a JPEG file of the photo would be too easy to decode."""


def benchmark_colorize(colorizer, photo, rounds=5):
    """Times the stages by which a JPEG file is colorized.

    Args:
        colorizer: `Colorizer`.
        photo: `[H, W, 3]` uint8 RGB.
        rounds: int. Timed photos.

    Returns:
        Dict of the result: seconds of each stage (medians), of all, the photo's megapixels, and `memory_mib`, the
        peak memory above that of before the first photo, the network having been run once (`None` except on Linux).
    """
    values = {}
    colorizer.predict(np.zeros((1, colorizer.image_size, colorizer.image_size, 1), np.float32), saliency=False)
    with tempfile.TemporaryDirectory() as folder:
        source, target = (pathlib.Path(folder) / name for name in ("source.jpg", "target.jpg"))
        write_photo(source, photo)
        megapixels = photo.shape[0] * photo.shape[1] / 1e6
        del photo

        def stage(name, function):
            def call():
                values[name] = function()

            return call

        stages = {
            "decode": lambda: read_photo(source, luma_only=True),
            "prepare": lambda: colorizer.prepare(values["decode"].pixels)[np.newaxis],
            "network": lambda: split_batch(colorizer.predict(values["prepare"], saliency=False))[0],
            "upsampling": lambda: colorizer.finish(values["decode"].pixels, values["network"], order="BGR"),
            "encode": lambda: write_photo(target, values["upsampling"], values["decode"].metadata, order="BGR"),
        }
        with PeakMemory() as memory:
            seconds = time_in_turns({name: stage(name, function) for name, function in stages.items()}, rounds)
    return {
        "megapixels": megapixels,
        "seconds": {name: float(np.median(values)) for name, values in seconds.items()},
        "total_seconds": float(np.median(sum(seconds.values()))),
        "memory_mib": memory.mib,
    }


def benchmark_run(colorizer, paths, megapixels, count, rounds=5):
    """Times a run over many greyscale JPEG files, as the command does it, beside what no colorizer can do without.

    That is to decode each and to encode its colour version, a thread a core, and nothing else. Then a run that copies
    the luma.

    Args:
        colorizer: `Colorizer`.
        paths: list of paths of colour photos, of which the files are made in turns: see `large_photo`.
        megapixels: float. Size of each.
        count: int. Files of the run.
        rounds: int. Timed runs.

    Returns:
        Dict of the result: `photos`, `megapixels`, `seconds_a_photo`, `limit_seconds_a_photo` and
        `lossless_luma_seconds_a_photo` (medians), `share_of_limit`, the second by the first, and `memory_mib`, the peak
        memory above that of before the runs, the network having been run once (`None` except on Linux).
    """
    colorizer.predict(np.zeros((1, colorizer.image_size, colorizer.image_size, 1), np.float32), saliency=False)
    with tempfile.TemporaryDirectory() as folder:
        jobs = []
        for i in range(count):
            jobs.append(planning.Job(*(pathlib.Path(folder, f"{name}{i}.jpg") for name in ("source", "result"))))
            write_photo(jobs[-1].path, color.to_gray(large_photo(paths[i % len(paths)], megapixels)))
        calls = {
            "run": functools.partial(_run, colorizer, jobs),
            "limit": functools.partial(_decode_and_encode, jobs),
            "lossless_luma": functools.partial(_run, colorizer, jobs, lossless_luma=True),
        }
        with PeakMemory() as memory:
            seconds = {name: np.median(values) / count for name, values in time_in_turns(calls, rounds).items()}
    return {
        "photos": count,
        "megapixels": megapixels,
        "seconds_a_photo": float(seconds["run"]),
        "limit_seconds_a_photo": float(seconds["limit"]),
        "lossless_luma_seconds_a_photo": float(seconds["lossless_luma"]),
        "share_of_limit": float(seconds["limit"] / seconds["run"]),
        "memory_mib": memory.mib,
    }


def _run(colorizer, jobs, **options):
    report = Report("colorized")
    for _ in colorize_files.colorize_photos(colorizer, jobs, report, **options):
        pass
    if report.failures:
        raise RuntimeError(f"A run that is timed must not fail. Received: {report.failures}")


def _decode_and_encode(jobs):
    """Decodes the luma of each file and encodes a colour version, that of the first."""
    colors = cv2.cvtColor(read_photo(jobs[0].target).pixels, cv2.COLOR_RGB2BGR)

    def work(job):
        read_photo(job.path, luma_only=True)
        encode_photo(job.target, colors, order="BGR")

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(work, jobs))


def large_photo(path, megapixels):
    """A `[H, W, 3]` uint8 photo of that size, 3:2, made of a smaller one: enlarged, with film grain on it.

    Args:
        path: path of a colour photo.
        megapixels: float.
    """
    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    return enlarge(read_photo(path).pixels, (height, round(1.5 * height)))


def enlarge(photo, shape):
    """A photo of that height and width, with film grain on it, `[H, W, 3]` uint8, made of a smaller one likewise."""
    photo = resize(photo, shape)
    grain = cv2.randn(np.empty(photo.shape[:2], np.int16), 0, _GRAIN_STDDEV)
    return cv2.add(photo, cv2.merge([grain] * 3), dtype=cv2.CV_8U)


def benchmark_fits(colorizers, paths, aspects=(3 / 2, 2 / 3, 2, 1 / 2)):
    """Measures which way of making a photo square gives the better colours.

    Photos are cut to each aspect ratio, from the middle.

    Args:
        colorizers: dict of `Colorizer` by name.
        paths: list of paths of colour photos.
        aspects: list of widths by heights.

    Returns:
        List of dicts: `aspect`, `fit`, `chroma_psnr` (dB, mean over the photos) and `photos`.
    """
    values = {(aspect, fit): [] for aspect in aspects for fit in colorizers}
    for path in paths:
        photo = read_photo(path).pixels
        for aspect, fit in values:
            cut = _cut(photo, aspect)
            values[aspect, fit].append(metrics.chroma_psnr(colorizers[fit].colorize(cut), cut))
    return [
        {"aspect": aspect, "fit": fit, "chroma_psnr": float(np.mean(psnrs)), "photos": len(psnrs)}
        for (aspect, fit), psnrs in values.items()
    ]


def _cut(photo, aspect):
    height, width = photo.shape[:2]
    rows, columns = min(height, round(width / aspect)), min(width, round(height * aspect))
    top, left = (height - rows) // 2, (width - columns) // 2
    return photo[top : top + rows, left : left + columns]
