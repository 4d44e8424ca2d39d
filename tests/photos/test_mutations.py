"""Whatever a file holds, it is a photo or an error that names it, in little time and memory."""

import resource
import time

import mutations
import numpy as np
import pytest

from keras_scgan.colorizing import colorize_files
from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.photos.files import output_suffix, read_photo
from keras_scgan.program.errors import BadFileError
from keras_scgan.program.file_jobs import Report

MAX_SECONDS, MAX_MIB = 2, 1024
EVERY = 20
"""Of so many files, one is colorized and written too."""


def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.slow
def test_damaged_files_are_photos_or_errors(request, tmp_path):
    rng, files = np.random.default_rng(0), mutations.files()
    colorizer = Colorizer("scgan")
    for suffix, data in files:
        (tmp_path / f"whole{suffix}").write_bytes(data)
        read_photo(tmp_path / f"whole{suffix}")
    before, readable, slow = peak_mib(), 0, []
    for number in range(request.config.getoption("--mutations")):
        suffix, data = files[rng.integers(len(files))]
        path = tmp_path / f"damaged{suffix}"
        path.write_bytes(mutations.mutate(rng, data, files[rng.integers(len(files))][1]))
        start = time.process_time()
        try:
            assert read_photo(path, luma_only=bool(number % 2)).pixels.size
            readable += 1
        except BadFileError as error:
            assert "\n" not in error.reason  # noqa: PT017 (most files raise none)
        if number % EVERY == 0:
            report = Report("colorized")
            target = tmp_path / "results" / f"colorized{output_suffix(suffix)}"
            list(colorize_files.colorize_photos(colorizer, [colorize_files.Job(path, target)], report))
            assert report.done + len(report.failures) == 1
            if report.done:
                assert read_photo(target).pixels.ndim == 3
        seconds = time.process_time() - start
        if seconds > MAX_SECONDS:
            slow.append((number, suffix, seconds))
            path.rename(tmp_path / f"slow{number}{suffix}")
        assert peak_mib() - before < MAX_MIB, (number, suffix)
    assert not slow
    assert readable > 0
