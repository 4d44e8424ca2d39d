"""scgan colorize, killed at any moments and run again, ends with what an uninterrupted run gives, and nothing else."""

import random
import time

import photos_of_kinds
import pytest
from made_films import moving_scene, write_film
from platforms import needs_posix

KILLS_OF_PHOTOS, KILLS_OF_FILM = 4, 2
SUFFIXES = ("jpg", "png", "tif", "webp")


def contents(folder):
    """Bytes of all files, those too whose names begin with a dot."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def run_killed(tmp_path, start_tool, run_tool):
    """Function that colorizes the folder `in` as often as it is killed, then once more: gives the two results."""

    def run(kills, longest):
        moments = random.Random(0)
        killed = tmp_path / "killed"
        for _ in range(kills):
            before = set(killed.rglob("*"))
            with start_tool("colorize.py", tmp_path / "in", f"--output_dir={killed}", "--comparison") as process:
                while set(killed.rglob("*")) <= before:
                    assert process.poll() is None, process.stdout.read()
                    time.sleep(0.002)
                time.sleep(moments.uniform(0, longest))
                assert process.poll() is None, "it has ended before it was killed"
                process.kill()
        for name in ("killed", "whole"):
            run = run_tool("colorize.py", tmp_path / "in", f"--output_dir={tmp_path / name}", "--comparison")
            assert run.returncode == 0, run.stderr
        return contents(killed), contents(tmp_path / "whole")

    return run


@needs_posix
@pytest.mark.slow
def test_a_folder_run_that_is_killed_ends_with_the_results_of_one_that_is_not(run_killed, tmp_path):
    photo = photos_of_kinds.demo_photo().resize((900, 700))
    (tmp_path / "in").mkdir()
    count = 12 * KILLS_OF_PHOTOS
    for number in range(count):
        photo.rotate(number).save(tmp_path / "in" / f"{number:03}.{SUFFIXES[number % len(SUFFIXES)]}")
    killed, whole = run_killed(KILLS_OF_PHOTOS, longest=0.3)
    assert len(whole) == 2 * count
    assert killed == whole


@needs_posix
@pytest.mark.slow
def test_a_film_that_is_killed_ends_with_the_result_of_one_that_is_not(run_killed, tmp_path):
    (tmp_path / "in").mkdir()
    write_film(tmp_path / "in" / "film.mp4", moving_scene(200, 160, 120), sound="aac")
    killed, whole = run_killed(KILLS_OF_FILM, longest=1.5)
    assert len(whole) == 1
    assert killed == whole
