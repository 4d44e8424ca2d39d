"""Whatever a file holds, it is a photo or an error that names it, in little time and memory."""

import time

import mutations
import numpy as np
import pytest

from keras_scgan.benchmarks.memory import PeakMemory
from keras_scgan.colorizing import colorize_files, planning
from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.photos.files import output_suffix, read_photo
from keras_scgan.program.errors import BadFileError
from keras_scgan.program.file_jobs import Report

MAX_SECONDS, MAX_MIB = 2, 1024
EVERY = 20
"""Of so many files, one is colorized and written too."""


def colorized(colorizer, path, target):
    """Colorizes a photo, or fails; what is written is a photo in colour."""
    report = Report("colorized")
    list(colorize_files.colorize_photos(colorizer, [planning.Job(path, target)], report))
    assert report.done + len(report.failures) == 1
    if report.done:
        assert read_photo(target).pixels.ndim == 3


@pytest.mark.slow
def test_damaged_files_are_photos_or_errors(request, tmp_path):
    rng, files = np.random.default_rng(0), mutations.files()
    colorizer, readable = Colorizer("scgan"), 0
    for suffix, data in files:
        (tmp_path / f"whole{suffix}").write_bytes(data)
        colorized(colorizer, tmp_path / f"whole{suffix}", tmp_path / f"colorized{output_suffix(suffix)}")
    for number in range(request.config.getoption("--mutations")):
        suffix, data = files[rng.integers(len(files))]
        path = tmp_path / f"damaged{suffix}"
        path.write_bytes(mutations.mutate(rng, data, files[rng.integers(len(files))][1]))
        start = time.process_time()
        with PeakMemory() as memory:
            try:
                assert read_photo(path, luma_only=bool(number % 2)).pixels.size
                readable += 1
            except BadFileError as error:
                assert "\n" not in error.reason  # noqa: PT017 (most files raise none)
            if number % EVERY == 0:
                colorized(colorizer, path, tmp_path / f"colorized{output_suffix(suffix)}")
        assert time.process_time() - start < MAX_SECONDS, (number, suffix)
        assert (memory.mib or 0) < MAX_MIB, (number, suffix)
    assert readable > 0
