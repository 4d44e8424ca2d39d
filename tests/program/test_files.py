"""Files are whole or absent."""

import errno

import pytest

from keras_scgan.program.files import atomic_path, remove_temporaries, sha256


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
        temporary.open()


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
