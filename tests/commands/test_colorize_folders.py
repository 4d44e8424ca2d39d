"""scgan colorize on folders as people have them, and as they call it again and again."""

import functools
import os
import pathlib
import signal
import time

import numpy as np
import photos_of_kinds
import pytest
from made_films import moving_scene, write_film
from PIL import Image
from platforms import needs_posix

from keras_scgan.photos.files import read_photo


@pytest.fixture(scope="module")
def colorize(call_tool):
    return functools.partial(call_tool, "colorize.py")


@pytest.fixture(scope="module")
def photo():
    return photos_of_kinds.demo_photo()


@pytest.fixture
def folder(tmp_path, photo, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pathlib.Path("in").mkdir()
    photo.save("in/a.jpg")
    return pathlib.Path("in")


def files_of(folder):
    return sorted(path.relative_to(folder).as_posix() for path in pathlib.Path(folder).rglob("*") if path.is_file())


def test_what_a_folder_holds_besides_is_counted_by_kind(folder, colorize):
    for name in ("b.PSD", "c.psd", "d.CR2", "e.pdf", "notes"):
        (folder / name).write_text("not read")
    run = colorize("in", "--output_dir=out")
    assert run.returncode == 0
    assert run.stdout == (
        "1 colorized, 0 failed\nLeft out, as their kinds are not read: 2 .psd, 1 .cr2, 1 .pdf, 1 without suffix\n"
    )
    assert colorize("in", "--output_dir=out2", "--quiet").stdout == ""


def test_everything_there_is_may_be_named_again_and_again(folder, colorize, monkeypatch):
    monkeypatch.chdir(folder)
    pathlib.Path("empty").mkdir()
    assert "1 colorized, 0 failed\nThe results are in colorized\n" in colorize(*sorted(os.listdir())).stdout
    again = colorize(*sorted(os.listdir()))
    assert again.returncode == 0, again.stderr
    assert again.stdout == (
        "0 colorized, 1 skipped as done already (--overwrite does them again), 0 failed\n"
        "colorized is left out, as it is the folder of the results.\n"
        "empty holds no file of a kind that is read.\n"
    )
    deep = colorize("**/*.jpg")
    assert deep.returncode == 0, deep.stderr
    assert "Left out, as they are results themselves: 1 files" in deep.stdout
    assert files_of(".") == ["a.jpg", "colorized/a.jpg"]
    assert colorize("empty").returncode == 0


def test_other_options_are_noticed_though_all_is_done(folder, colorize, error_of):
    colorize("in", "--output_dir=out")
    assert "does not exist" in error_of(colorize("in", "--output_dir=out", "--model=missing.keras"))
    assert "takes images of" in error_of(colorize("in", "--output_dir=out", "--image_size=100"))
    run = colorize("in", "--output_dir=out", "--saturation=2")
    assert run.returncode == 0
    assert f"Made with another --saturation (--overwrite does them again): {pathlib.Path('out/a.jpg')}\n" in run.stdout
    before = read_photo("out/a.jpg").pixels
    assert "1 colorized" in colorize("in", "--output_dir=out", "--saturation=2", "--overwrite").stdout
    assert (
        np.ptp(read_photo("out/a.jpg").pixels.astype(int), axis=-1).mean() > np.ptp(before.astype(int), axis=-1).mean()
    )
    assert "Made with another" not in colorize("in", "--output_dir=out", "--saturation=2").stdout


def test_a_comparison_that_is_too_wide_does_not_cost_the_photo(folder, colorize):
    Image.new("L", (9000, 20), 100).save(folder / "wide.webp")
    run = colorize("in", "--output_dir=out", "--comparison")
    assert run.returncode == 1
    assert "2 colorized, 1 failed" in run.stdout
    assert "wide_comparison.webp: 18000x20 pixels, but WebP has at most 16383 a side" in run.stderr
    assert files_of("out") == ["a.jpg", "a_comparison.jpg", "wide.webp"]


def test_an_edited_result_stays_when_a_comparison_is_asked_for_later(folder, colorize):
    colorize("in", "--output_dir=out")
    Image.new("RGB", (80, 60), "red").save("out/a.jpg")
    edited = pathlib.Path("out/a.jpg").read_bytes()
    assert "1 colorized" in colorize("in", "--output_dir=out", "--comparison", "--saliency_map").stdout
    assert pathlib.Path("out/a.jpg").read_bytes() == edited
    assert files_of("out") == ["a.jpg", "a_comparison.jpg", "a_saliency.png"]


@needs_posix
def test_names_that_are_not_utf_8_and_files_that_are_none_stop_nothing(folder, colorize, photo):
    name = os.fsdecode(b"lat\xe9in")
    photo.save(folder / f"{name}.png")
    write_film(folder / "film.mp4").rename(folder / f"{name}.mp4")
    photo.save(folder / "\x1b[2J.png")
    for fifo in ("pipe.jpg", "pipe.mkv"):
        os.mkfifo(folder / fifo)
    (folder / "endless.png").symlink_to("/dev/zero")
    run = colorize("in", "--output_dir=out")
    assert run.returncode == 1
    assert "4 colorized, 3 failed" in run.stdout
    assert run.stderr.splitlines()[-3:] == [
        "in/endless.png: a device where a file is expected",
        "in/pipe.jpg: a named pipe where a file is expected",
        "in/pipe.mkv: a named pipe where a file is expected",
    ]
    assert files_of("out") == sorted(["\x1b[2J.png", "a.jpg", f"{name}.mp4", f"{name}.png"])
    (folder / "\x1b[31m.gif").write_text("no picture")
    assert r"in/\x1b[31m.gif: no readable picture" in colorize("in", "--output_dir=out").stderr


def test_films_of_all_kinds_are_found_in_a_folder(folder, colorize):
    kinds = {".mpg": "mpeg2video", ".vob": "mpeg2video", ".ts": "libx264", ".flv": "flv1", ".MOV": "mpeg4"}
    for suffix, codec in kinds.items():
        write_film(folder / f"film{suffix}", moving_scene(3), codec)
    (folder / "text.mkv").write_text("no film")
    run = colorize("in", "--output_dir=out")
    assert "6 colorized, 1 failed" in run.stdout
    assert "in/text.mkv: no film that can be read" in run.stderr
    results = ["a.jpg", "film.MOV", "film.flv.mp4", "film.mp4", "film.ts.mp4", "film.vob.mp4"]
    assert len(set(files_of("out")) & set(results)) >= 5
    assert len(files_of("out")) == 6
    assert "6 skipped" in colorize("in", "--output_dir=out").stdout


def test_a_part_of_a_damaged_film_is_no_success(folder, colorize):
    film = write_film(folder / "film.mkv", moving_scene(60))
    film.write_bytes(film.read_bytes()[: film.stat().st_size // 2])
    for _ in range(2):
        run = colorize("in/film.mkv", "--output_dir=out")
        assert run.returncode == 1
        assert "0 colorized" in run.stdout
        assert "in/film.mkv: damaged: file ended prematurely" in run.stderr
        assert f"What can be read is in {pathlib.Path('out/film.mkv')}" in run.stderr
    assert files_of("out") == ["film.mkv"]


@needs_posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("kind", ["photos", "film"])
def test_no_temporary_file_stays(folder, colorize, start_tool, photo, tmp_path, kind, number):
    if kind == "film":
        write_film(folder / "film.mp4", moving_scene(100, 160, 120))
    else:
        for index in range(8):
            photo.resize((1200, 900)).save(folder / f"{index:02}.png")
    output = tmp_path / "out"
    with start_tool("colorize.py", folder, f"--output_dir={output}", cwd=tmp_path) as process:
        while not list(output.glob(".film.*" if kind == "film" else ".*")):
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(number)
        status = process.wait(60)
    if number == signal.SIGTERM:
        assert status == 128 + signal.SIGTERM
        assert not list(output.glob(".*"))
    assert colorize("in", "--output_dir=out").returncode == 0
    assert not list(output.glob(".*"))
    assert len(files_of(output)) == (2 if kind == "film" else 9)
