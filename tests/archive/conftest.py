"""What the tests of archives share."""

import pytest

pytest.importorskip("apache_beam")

import photos_of_kinds
import ram_files

from keras_scgan.archive.pipeline import colorize_archive
from keras_scgan.archive.task import Task
from keras_scgan.beam import running
from keras_scgan.colorizing import colorize_files, planning
from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.photos.files import PHOTO_SUFFIXES
from keras_scgan.program.file_jobs import Report, find_files

COUNT = 5


@pytest.fixture
def ram():
    """The files of `ram://`, bytes by path: none."""
    yield ram_files.FILES
    ram_files.FILES.clear()
    ram_files.FAULTS.clear()


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    """Folder with photos, two of them in a folder in it, and a text."""
    folder = tmp_path_factory.mktemp("archive") / "photos"
    (folder / "old").mkdir(parents=True)
    photo = photos_of_kinds.demo_photo().resize((60, 45))
    for i in range(COUNT):
        photo.rotate(i).save(folder / f"{i}.jpg")
    photo.save(folder / "old" / "a.png")
    photo.convert("L").save(folder / "old" / "b.gif")
    (folder / "notes.txt").write_text("notes")
    return folder


@pytest.fixture(scope="session")
def colorized(photos, tmp_path_factory):
    """What `scgan colorize` makes of the photos, bytes by relative path."""
    folder = tmp_path_factory.mktemp("colorized")
    report = Report("colorized")
    jobs = planning.plan(find_files([str(photos)], PHOTO_SUFFIXES), folder, report)
    list(colorize_files.colorize_photos(Colorizer(), jobs, report))
    assert report.failures == []
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def colorize():
    """Function that colorizes an archive in this process. Takes inputs and fields of `Task`; gives the counts."""

    def call(*inputs, **fields):
        task = Task(inputs=tuple(map(str, inputs)), **{"colorizer": {"threads": 1}} | fields)
        return colorize_archive(task, running.pipeline_options(running.LOCAL_RUNNER, workers=1))

    return call
