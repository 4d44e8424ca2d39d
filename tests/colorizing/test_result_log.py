"""What made a result is known to later runs, and nothing else is kept of it."""

import pathlib

import pytest

from keras_scgan.colorizing import result_log
from keras_scgan.colorizing.result_log import ResultLog, fingerprint


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    (tmp_path / "out").mkdir()
    for name in ("original.jpg", "other.jpg", "out/a.jpg", "out/b.jpg"):
        (tmp_path / name).write_text(name)
    return tmp_path


def test_a_later_run_finds_what_made_a_result(folder):
    log = ResultLog(folder / "out", {"model": "1"})
    log.add(folder / "out" / "a.jpg", folder / "original.jpg", fault="half of it")
    record = ResultLog(folder / "out", {}).find(folder / "out" / "a.jpg")
    assert (record.result, record.settings, record.fault) == ("a.jpg", {"model": "1"}, "half of it")
    assert pathlib.Path(record.original) == folder / "original.jpg"
    assert ResultLog(folder / "out", {}).find(folder / "out" / "b.jpg") is None
    assert ResultLog(folder, {}).find(folder / "out" / "a.jpg") is None
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["a.jpg", "b.jpg"]


def test_an_original_is_known_wherever_it_is_and_not_if_it_is_another(folder):
    log = ResultLog(folder / "out", {})
    log.add(folder / "out" / "a.jpg", folder / "original.jpg")
    moved = (folder / "original.jpg").rename(folder / "moved.jpg")
    assert log.other_original(folder / "out" / "a.jpg", moved) is None
    assert log.other_original(folder / "out" / "a.jpg", folder / "other.jpg") == folder / "original.jpg"
    assert log.other_original(folder / "out" / "a.jpg", folder / "missing.jpg") is None


def test_the_last_record_counts_and_broken_lines_do_not(folder):
    log = ResultLog(folder / "out", {"model": "1"})
    log.add(folder / "out" / "a.jpg", folder / "original.jpg")
    (path,) = (folder / "cache").rglob("*.jsonl")
    lines = [b"[" * 100_000, b"null", b'{"result": 1}', b"\xff\xfe", path.read_bytes().replace(b"original", b"1", 1)]
    path.write_bytes(b"\n".join([path.read_bytes(), *lines]) + b'\n{"result": "a.jpg", "orig')
    assert ResultLog(folder / "out", {}).find(folder / "out" / "a.jpg").settings == {"model": "1"}
    ResultLog(folder / "out", {"model": "2"}).add(folder / "out" / "a.jpg", folder / "original.jpg")
    log = ResultLog(folder / "out", {"model": "3"})
    record = log.find(folder / "out" / "a.jpg")
    assert record.settings == {"model": "2"}
    assert log.changes(record) == ["model"]


def test_where_nothing_can_be_kept_nothing_is(folder):
    (folder / "cache").write_text("in the way")
    log = ResultLog(folder / "out", {})
    log.add(folder / "out" / "a.jpg", folder / "original.jpg")
    assert ResultLog(folder / "out", {}).find(folder / "out" / "a.jpg") is None


def test_a_file_is_known_by_its_size_its_beginning_and_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(result_log, "_ENDS", 4)
    known = set()
    for text in ("0123456789", "x123456789", "012345678x", "01234567890"):
        (tmp_path / "a").write_text(text)
        known.add(fingerprint(tmp_path / "a"))
    assert len(known) == 4
    assert fingerprint(tmp_path / "missing") == fingerprint(tmp_path) == ""
