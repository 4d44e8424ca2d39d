"""Photo files, many at a time: the same results as of one photo after the other."""

import numpy as np
import photos_of_kinds
import pytest
from PIL import Image

from keras_scgan.colorizing import colorize_files, planning, shipped
from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.photos import color
from keras_scgan.photos.files import read_photo, write_photo
from keras_scgan.program.file_jobs import Report, find_files


@pytest.fixture(scope="module")
def colorizer():
    return Colorizer(shipped.FOLDER / "scgan" / "scgan_int8.tflite")


@pytest.fixture
def folder(tmp_path):
    """Files of every kind, one of colours that RGB holds with room to spare."""
    photo = photos_of_kinds.demo_photo()
    photos_of_kinds.write(tmp_path / "in", photo)
    mild = np.rint(110 + (np.asarray(photo) - 110.0) / 3).astype(np.uint8)
    write_photo(tmp_path / "in" / "mild.jpg", mild)
    return tmp_path


def run(colorizer, folder, output, extras=(), **options):
    report = Report("colorized")
    files = find_files([str(folder / "in")], (".jpg", ".png", ".webp"))
    jobs = planning.plan(files, folder / output, report, extras=extras)
    for _ in colorize_files.colorize_photos(colorizer, jobs, report, **options):
        pass
    assert report.failures == []
    assert report.done == len(photos_of_kinds.SIZES) + 1
    return {job.path.relative_to(folder / "in"): job for job in jobs}


def test_any_number_of_threads_writes_the_same_files(colorizer, folder):
    files = [run(colorizer, folder, f"out{i}", workers=i) for i in (None, 1, 5)]
    for name, job in files[0].items():
        contents = {jobs[name].target.read_bytes() for jobs in files}
        assert len(contents) == 1, job.path


def test_a_photo_that_is_no_jpeg_is_written_as_if_it_were_the_only_one(colorizer, folder):
    for name, job in run(colorizer, folder, "out").items():
        if name.suffix != ".jpg":
            photo = read_photo(job.path)
            write_photo(folder / "expected" / name, colorizer.colorize(photo.pixels), photo.metadata)
            assert job.target.read_bytes() == (folder / "expected" / name).read_bytes()


def test_a_jpeg_of_which_luma_alone_is_decoded_keeps_that_of_its_colours(colorizer, folder):
    (job,) = [job for name, job in run(colorizer, folder, "out", quality=100).items() if name.name == "mild.jpg"]
    original, found = read_photo(job.path).pixels, read_photo(job.target).pixels
    luma = color.to_gray(found).astype(int) - color.to_gray(original)
    assert np.abs(luma).max() <= 2  # one of which the file rounds
    expected = colorizer.colorize(original)
    assert np.abs(found.astype(int) - expected).mean() < 1


def test_a_comparison_shows_the_colours_of_the_original(colorizer, folder):
    jobs = run(colorizer, folder, "out", extras=("comparison",), quality=100)
    for job in jobs.values():
        original, both = read_photo(job.path).pixels, read_photo(job.extras["comparison"]).pixels
        shown = both[:, : original.shape[1]].astype(int)
        white = np.iinfo(both.dtype).max
        expected = original if original.ndim == 3 else np.repeat(original[..., np.newaxis], 3, axis=-1)
        tolerance = 0 if job.target.suffix == ".png" else 0.02
        assert np.abs(shown - expected).mean() <= tolerance * white, job.path


def test_a_photo_that_lies_on_its_side_is_colorized_upright(colorizer, folder):
    job = next(job for name, job in run(colorizer, folder, "out").items() if name.name == "rotated.jpg")
    with Image.open(job.target) as image:
        assert image.size == photos_of_kinds.SIZES["rotated.jpg"]
        assert image.getexif().get(0x112, 1) == 1
