"""Looking at files, and remembering what was seen."""

import os
import types

import numpy as np
import pytest
from photo_folders import gray, picture, write
from PIL import Image

from keras_scgan.preparation import scan
from keras_scgan.preparation.journal import Journal
from keras_scgan.preparation.scan import examine
from keras_scgan.preparation.sources import Source
from keras_scgan.preparation.workers import Workers


@pytest.fixture
def folder(tmp_path):
    for number in range(5):
        write(tmp_path / "in" / f"{number}.png", picture(number))
    return tmp_path / "in"


@pytest.fixture
def scan_all(folder, tmp_path, monkeypatch):
    """Function that scans the folder and returns the findings and the names of the files that were looked at."""
    sources = [Source(f"{number}.png") for number in range(5)]

    def run():
        seen = []

        def look(images, source):
            seen.append(source.path)
            return examine(images, source)

        monkeypatch.setattr(scan, "examine", look)
        with Workers(0) as workers:
            return scan.scan(folder, sources, tmp_path / "scan.jsonl", workers), seen

    return run


def test_the_same_pixels_have_the_same_digest_whatever_the_file(folder):
    write(folder / "again.bmp", picture(0))
    Image.fromarray(picture(0)[:, :10]).save(folder / "part.png")
    digests = [examine(folder, Source(name)).digest for name in ("0.png", "again.bmp", "1.png", "part.png")]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_what_a_photo_is_like(folder):
    write(folder / "gray.jpg", gray(0))
    found = examine(folder, Source("gray.jpg"))
    assert (found.problem, found.side, found.is_gray) == (None, 36, True)
    assert not examine(folder, Source("0.png")).is_gray
    assert found.colorfulness == 0
    write(folder / "red.png", np.full((40, 50, 3), (200, 100, 40), np.uint8))
    # 0.3 of the norm of the means of R - G and (R + G) / 2 - B; nothing deviates from them.
    assert examine(folder, Source("red.png")).colorfulness == pytest.approx(0.3 * np.hypot(100, 110), rel=1e-4)


def test_cmyk_is_read_and_a_png_may_be_called_jpeg(folder):
    Image.fromarray(picture(1)).convert("CMYK").save(folder / "cmyk.JPEG", "JPEG")
    Image.fromarray(picture(1)).save(folder / "png.JPEG", "PNG")
    assert [examine(folder, Source(name)).problem for name in ("cmyk.JPEG", "png.JPEG")] == [None, None]


def test_a_thermal_image_that_cannot_be_read_is_named(folder):
    found = examine(folder, Source("0.png", thermal="lwir.jpg"))
    assert found.problem == "lwir.jpg: No such file or directory"


def test_only_what_is_new_or_has_changed_is_looked_at_again(scan_all, folder):
    before, seen = scan_all()
    assert len(seen) == 5
    assert scan_all() == (before, [])
    write(folder / "2.png", picture(7))
    os.utime(folder / "3.png", ns=(0, 0))
    after, seen = scan_all()
    assert seen == ["2.png", "3.png"]
    assert {path for path in before if before[path] != after[path]} == {"2.png"}


def test_a_torn_last_line_is_passed_over(scan_all, tmp_path):
    before, _ = scan_all()
    lines = (tmp_path / "scan.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "scan.jsonl").write_bytes(b"".join(lines[:3]) + lines[3][:50])
    assert scan_all() == (before, ["3.png", "4.png"])
    assert scan_all() == (before, [])


def test_a_journal_holds_what_was_appended_whenever_it_is_opened(tmp_path):
    name = {"path": "not UTF-8: \udcff, and\na new line"}
    for number in range(3):
        with Journal(tmp_path / "journal") as journal:
            journal.append([{"number": number}, name])
            assert (
                list(journal.entries())
                == [{"number": 0}, name, {"number": 1}, name, {"number": 2}, name][: 2 * number + 2]
            )


def test_progress_is_told_photo_by_photo(folder):
    steps = []
    sources = [Source("0.png"), Source("missing.png")]
    with Workers(0) as workers:
        bar = types.SimpleNamespace(update=steps.append)
        list(workers.run(lambda chunk: scan._examine_all(folder, chunk), [sources], bar))
    assert steps == [1, 1]
