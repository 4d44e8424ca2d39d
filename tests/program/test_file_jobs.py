"""Finding files, and going on past bad ones."""

import os
import pathlib
import threading
import types

import pytest

from keras_scgan.program import file_jobs
from keras_scgan.program.errors import BadFileError, UserError


@pytest.fixture
def tree(tmp_path, monkeypatch):
    for name in ("b.jpg", "a.PNG", "sub/c d.jpg", "sub/deep/城.jpg", "notes.txt", ".hidden.jpg", ".cache/e.jpg"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "in"


def names(arguments, **options):
    return [str(file.relative) for file in file_jobs.find_files(arguments, (".jpg", ".png"), **options)]


def job(name):
    return types.SimpleNamespace(path=pathlib.Path(name))


# === Finding files ===


def test_a_folder_is_searched_with_its_subfolders_for_visible_photos(tree):
    assert names(["in"]) == ["a.PNG", "b.jpg", str(pathlib.Path("sub/c d.jpg")), str(pathlib.Path("sub/deep/城.jpg"))]


def test_a_file_that_is_named_is_taken_whatever_its_suffix(tree):
    assert names(["in/notes.txt", str(tree / "b.jpg")]) == ["notes.txt", "b.jpg"]


def test_a_pattern_may_reach_into_subfolders(tree):
    assert names(["in/**/*.jpg"]) == ["b.jpg", "c d.jpg", "城.jpg"]


def test_a_name_with_brackets_is_a_file_before_it_is_a_pattern(tree):
    (tree / "scan[1].jpg").touch()
    assert names(["in/scan[1].jpg"]) == ["scan[1].jpg"]


def test_loops_of_links_end_and_linked_folders_are_searched(tree, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "f.jpg").touch()
    (tree / "sub" / "loop").symlink_to(tree)
    (tree / "zz").symlink_to(tmp_path / "elsewhere")
    (tree / "dangling.jpg").symlink_to("nowhere")
    found = names(["in"])
    assert len(found) == 6
    assert str(pathlib.Path("zz/f.jpg")) in found
    assert "dangling.jpg" in found  # which is to be named as bad, when it is read


def test_results_among_the_inputs_are_left_out(tree):
    assert names(["in"], exclude="in/sub") == ["a.PNG", "b.jpg"]


@pytest.mark.parametrize("argument", ["missing.jpg", "in/*.bmp", "empty", ""])
def test_an_argument_that_names_nothing_is_an_error(tree, argument):
    pathlib.Path("empty").mkdir()
    with pytest.raises(UserError, match=argument.replace("*", r"\*") or "no such file"):
        names([argument])


# === Going on ===


def run(jobs, load=lambda job: job, compute=lambda loaded: loaded, save=lambda *_: None, **options):
    report = file_jobs.Report("done")
    settled = list(file_jobs.overlap(map(job, jobs), load, compute, save, report, **options))
    return report, [job.path.name for job in settled]


@pytest.mark.parametrize(("batch_size", "workers"), [(1, 1), (3, 2)])
def test_each_result_is_saved_for_its_own_job(batch_size, workers):
    saved = {}
    letters = "abcdefgh"
    report, settled = run(
        letters,
        load=lambda job: job.path.name.upper(),
        compute=lambda loaded: [2 * text for text in loaded],
        save=lambda job, loaded, result: saved.update({job.path.name: (loaded, result)}),
        batch_size=batch_size,
        workers=workers,
    )
    assert saved == {letter: (letter.upper(), 2 * letter.upper()) for letter in letters}
    assert sorted(settled) == list(letters)
    assert (report.done, report.failures) == (len(letters), [])


@pytest.mark.parametrize("step", ["load", "save"])
def test_a_file_that_fails_is_named_and_the_others_go_on(step, capsys):
    errors = {"b": BadFileError("b", "empty file"), "c": OSError(28, "No space left", "c.tmp"), "d": MemoryError()}

    def fail(job, *_):
        if job.path.name in errors:
            raise errors[job.path.name]

    report, settled = run("abcde", **{step: fail})
    assert sorted(settled) == list("abcde")
    assert report.done == 2
    assert report.finish() == 1
    printed = capsys.readouterr()
    assert printed.out == "2 done, 3 failed\n"
    assert printed.err.splitlines() == ["b: empty file", "c: No space left (c.tmp)", "d: too large for the memory"]


def test_a_mistake_of_the_program_is_no_bad_file():
    with pytest.raises(ZeroDivisionError):
        run("abc", load=lambda job: 1 / 0)


def test_all_good_is_exit_status_0(capsys):
    report, _ = run("ab")
    report.skipped = 3
    assert report.finish() == 0
    assert capsys.readouterr().out == "2 done, 3 skipped as done already (`overwrite=True` does them again), 0 failed\n"


def test_only_so_many_jobs_are_in_memory():
    alive, most, lock = set(), 0, threading.Lock()

    def load(job):
        nonlocal most
        with lock:
            alive.add(job.path)
            most = max(most, len(alive))

    def save(job, *_):
        with lock:
            alive.remove(job.path)

    run(map(str, range(100)), load=load, save=save, workers=2, batch_size=3)
    assert not alive
    assert 3 <= most <= 2 * (3 + 2) + 2


def test_an_interrupt_begins_nothing_more():
    saved = []

    def interrupt(loaded):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(map(str, range(100)), compute=interrupt, save=lambda job, *_: saved.append(job))
    assert not saved
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ThreadPoolExecutor")]


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_a_broken_link_and_a_folder_are_no_photos(tmp_path):
    (tmp_path / "a.jpg").symlink_to("nowhere")
    (tmp_path / "b.jpg").mkdir()
    (tmp_path / "b.jpg" / "c.jpg").touch()
    found = file_jobs.find_files([str(tmp_path)], (".jpg",))
    assert [str(file.relative) for file in found] == ["a.jpg", str(pathlib.Path("b.jpg/c.jpg"))]
