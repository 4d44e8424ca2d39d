"""How fast an archive is colorized by so many processes, beside what one process does of the same folder."""

import os
import pathlib
import subprocess
import tempfile
import time

from keras_scgan.benchmarks.colorize import large_photo
from keras_scgan.benchmarks.memory import ProcessMemory
from keras_scgan.photos.files import encode_photo

_VARIETY = 50  # photos that differ


def benchmark_archive(paths, runs, *, count=1000, megapixels=1.0, rounds=1):
    """Times programs that colorize a folder of JPEG files, in turns.

    Args:
        paths: list of paths of colour photos, of which the files are made: see `colorize.large_photo`.
        runs: dict by name of functions of the path of the photos and that for the results, which give the words of a
            command. The others are compared with the first one.
        count: int. Files.
        megapixels: float. Size of each.
        rounds: int. Timed runs of each.

    Returns:
        List of dicts: `run`, the name of the run; `photos`; `megapixels`; `photos_per_second`, of the fastest round,
        its start included; `ratio`, that by the first run's; `core_seconds`, what all its processes take of the cores'
        time for a photo; `memory_mib`, the peak memory of all of them, and `growth_mib`, how far it is higher in the
        second half than in the first (`None` except on Linux).
    """
    found = {name: [] for name in runs}
    with tempfile.TemporaryDirectory() as folder:
        photos = pathlib.Path(folder, "photos")
        make_photos(photos, paths, count, megapixels)
        for _ in range(rounds):
            for name, command in runs.items():
                with tempfile.TemporaryDirectory(dir=folder) as output_dir:
                    found[name].append(_time(command(photos, output_dir)))
    fastest = [min(times) for times in found.values()]
    return [
        {
            "run": name,
            "photos": count,
            "megapixels": megapixels,
            "photos_per_second": count / seconds,
            "ratio": fastest[0][0] / seconds,
            "core_seconds": core_seconds / count,
            "memory_mib": peak,
            "growth_mib": growth,
        }
        for name, (seconds, core_seconds, peak, growth) in zip(runs, fastest, strict=True)
    ]


def make_photos(folder, paths, count, megapixels):
    """Makes a folder of JPEG files. Args: `folder`, path; the others as of `benchmark_archive`."""
    folder.mkdir()
    photos = [large_photo(paths[i % len(paths)], megapixels) for i in range(min(count, _VARIETY))]
    files = [encode_photo("photo.jpg", photo) for photo in photos]
    for i in range(count):
        (folder / f"{i:07d}.jpg").write_bytes(files[i % len(files)])


def _time(command):
    """Seconds that a command takes, those of all cores, its peak memory, and how that grew, in MiB."""
    start, before = time.monotonic(), os.times()
    with subprocess.Popen(command) as process, ProcessMemory(process.pid) as memory:
        status = process.wait()
    seconds, after = time.monotonic() - start, os.times()
    core_seconds = sum(getattr(after, kind) - getattr(before, kind) for kind in ("children_user", "children_system"))
    if status:
        raise RuntimeError(f"A run that is timed must not fail. Received: exit status {status} of {command}")
    return seconds, core_seconds, memory.mib, memory.growth_mib
