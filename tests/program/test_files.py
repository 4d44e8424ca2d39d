"""Files are whole or absent."""

import errno
import os
import pathlib
import signal
import subprocess
import sys

import pytest
from platforms import needs_posix

from keras_scgan.program import files
from keras_scgan.program.files import atomic_path, fold_name, folds_names, open_regular, remove_temporaries, sha256

ROOT = pathlib.Path(__file__).parents[2]


def test_a_file_takes_its_place_when_it_is_whole(tmp_path):
    path = tmp_path / "new" / "model.keras"
    with atomic_path(path) as temporary:
        assert temporary.suffix == ".keras"
        temporary.write_text("half")
        assert not path.exists()
        temporary.write_text("whole")
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


def write_half(path, error):
    with atomic_path(path) as temporary:
        temporary.write_text("half")
        raise error


def test_a_failed_write_leaves_what_was_there_and_nothing_else(tmp_path):
    path = tmp_path / "model.keras"
    with pytest.raises(OSError, match="disk full"):
        write_half(path, OSError("disk full"))
    assert not list(tmp_path.iterdir())

    path.write_text("old")
    with pytest.raises(KeyError):
        write_half(str(path), KeyError())
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


def test_a_full_disk_is_an_error_that_names_the_file(tmp_path):
    with pytest.raises(OSError, match=r"No space left.*/model.keras'"):
        write_half(tmp_path / "model.keras", OSError(errno.ENOSPC, "No space left on device"))


def test_an_error_names_the_file_and_not_the_temporary_one(tmp_path):
    missing = tmp_path / "model.keras"
    with pytest.raises(FileNotFoundError, match=r"/model\.keras'"), atomic_path(missing) as temporary:
        os.open(temporary.rename(tmp_path / "away").with_name(temporary.name), os.O_RDONLY)


def test_the_longest_names_are_written(tmp_path):
    paths = [tmp_path / f"{'n' * 246}{letter}.keras" for letter in "ab"]
    for path in paths:
        with atomic_path(path) as temporary:
            temporary.write_text(path.name)
    assert [path.read_text() for path in paths] == [path.name for path in paths]


def test_what_a_killed_process_leaves_is_removed_and_nothing_else(tmp_path):
    kept = [tmp_path / name for name in (".hidden", "a.1.2.tmp.json", ".a.tmp.json", ".a.1.2.json")]
    kept.append(tmp_path / "run" / ".of_another_run.1.2.tmp.json")
    left = []
    for name in ("metrics.jsonl", "flags", "run.1.flags"):
        with atomic_path(tmp_path / name) as temporary:
            temporary.write_text("whole")
            left.append(temporary)
    kept[-1].parent.mkdir()
    for path in (*kept, *left):
        path.write_text("half")
    remove_temporaries(tmp_path)
    assert not [path for path in left if path.exists()]
    assert all(path.exists() for path in (*kept, tmp_path / "flags"))


@needs_posix
def test_what_another_process_writes_now_is_not_removed(tmp_path):
    with atomic_path(tmp_path / "a.png") as temporary:
        remove_temporaries(tmp_path)
        assert temporary.exists()
    abandoned = tmp_path / temporary.name
    abandoned.write_text("half")
    remove_temporaries(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


@needs_posix
def test_a_run_removes_what_the_one_before_left_where_it_writes(tmp_path):
    killed = "import os, sys; from keras_scgan.program.files import atomic_path\n"
    killed += "with atomic_path(sys.argv[1]) as path: path.write_text('half'); os.kill(os.getpid(), 9)"
    run = subprocess.run([sys.executable, "-c", killed, tmp_path / "a.png"], cwd=ROOT)
    assert run.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 1
    with atomic_path(tmp_path / "b.png") as temporary:
        assert list(tmp_path.iterdir()) == [temporary]


@needs_posix
def test_no_link_is_followed_and_no_file_of_others_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(files.secrets, "token_hex", lambda count: "0" * 2 * count)
    (tmp_path / "precious").write_text("precious")
    (tmp_path / ".a.0000000000000000.tmp.png").symlink_to(tmp_path / "precious")
    with pytest.raises(FileExistsError), atomic_path(tmp_path / "a.png"):
        pass
    assert (tmp_path / "precious").read_text() == "precious"


@needs_posix
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (os.mkfifo, "a named pipe where a file is expected"),
        (os.mkdir, "Is a directory"),
        (lambda path: os.symlink("/dev/zero", path), "a device where a file is expected"),
    ],
)
def test_what_is_no_regular_file_is_not_opened(tmp_path, make, reason):
    make(tmp_path / "a.jpg")
    with pytest.raises(OSError, match=reason):
        open_regular(tmp_path / "a.jpg")


def test_names_that_some_file_systems_take_for_one_are_folded_alike(tmp_path):
    assert fold_name("IMG_É.JPG") == fold_name("img_e\u0301.jpg")
    assert fold_name("a.jpg") != fold_name("b.jpg")
    (tmp_path / "Probe").touch()
    assert folds_names(tmp_path) == (tmp_path / "pROBE").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["Probe"]


def test_there_may_be_no_folder_to_remove_anything_from(tmp_path):
    remove_temporaries(tmp_path / "absent")


def test_sha_256_is_that_of_a_file(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_there_is_no_sha_256_of_what_does_not_exist(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent"):
        sha256(tmp_path / "absent")


def test_sha_256_of_a_folder_depends_on_contents_and_names(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    first = sha256(tmp_path)
    assert first == sha256(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    second = sha256(tmp_path)
    (tmp_path / "b").write_bytes(b"2")
    assert len({first, second, sha256(tmp_path)}) == 3


def test_paths_that_lead_to_one_file_are_one_and_what_is_not_there_is_none(tmp_path, monkeypatch):
    (tmp_path / "a").touch()
    (tmp_path / "b").touch()
    monkeypatch.chdir(tmp_path)
    assert files.is_same_file("a", tmp_path / "a")
    assert not files.is_same_file("a", "b")
    assert not files.is_same_file("c", "c")
    assert not files.is_same_file("gs://a", "gs://a")
