"""Runs after others: what has changed meanwhile, and what could not be written."""

import errno
import functools
import io
import logging
import os

import pytest
from apache_beam.io.localfilesystem import LocalFileSystem
from archive_output import results_in

from keras_scgan.program.errors import UserError


@pytest.fixture
def copies(photos, tmp_path):
    """Folder with two photos of its own, a.jpg and b.jpg."""
    folder = tmp_path / "copies"
    folder.mkdir()
    for name in ("a.jpg", "b.jpg"):
        (folder / name).write_bytes((photos / "0.jpg").read_bytes())
    return folder


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
@pytest.mark.parametrize("listed", [False, True])
def test_a_photo_that_has_changed_is_done_again(colorize, photos, copies, tmp_path, kind, listed):
    (tmp_path / "list.txt").write_text(f"{copies}/a.jpg\n{copies}/b.jpg\n")
    of_list = {"file_list": str(tmp_path / "list.txt"), "base_dir": str(copies)}
    run = functools.partial(
        *([colorize] if listed else [colorize, copies]),
        output_dir=str(tmp_path / "out"),
        manifest=kind,
        **(of_list if listed else {}),
    )
    run()
    before = results_in(tmp_path / "out")
    assert run()["skipped"] == 2
    (copies / "a.jpg").write_bytes((photos / "1.jpg").read_bytes())
    counts = run()
    assert (counts["colorized"], counts["skipped"]) == (1, 1)
    after = results_in(tmp_path / "out")
    assert (after["a.jpg"] != before["a.jpg"], after["b.jpg"] == before["b.jpg"]) == (True, True)
    assert run()["skipped"] == 2


def test_an_edited_result_stays_even_if_its_photo_changes(colorize, photos, copies, tmp_path):
    out = tmp_path / "out"
    colorize(copies, output_dir=str(out))
    (out / "a.jpg").write_bytes(b"edited")
    for number in (1, 2):
        (copies / "a.jpg").write_bytes((photos / f"{number}.jpg").read_bytes())
        assert colorize(copies, output_dir=str(out))["skipped"] == 2
    assert (out / "a.jpg").read_bytes() == b"edited"


def test_on_an_object_store_a_photo_of_another_size_is_done_again(colorize, photos, ram):
    for number, done in ((0, "colorized"), (0, "skipped"), (1, "colorized")):
        ram["ram://in/a.jpg"] = (photos / f"{number}.jpg").read_bytes()
        assert colorize("ram://in", output_dir="ram://out")[done] == 1


# === A full disk ===


class FileOnFullDisk(io.BytesIO):
    """A file whose buffer finds no space."""

    def close(self):
        if not self.closed:
            super().close()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    ("stem", "fields", "name"),
    [
        ("manifest", {}, "manifest.jsonl"),
        ("manifest", {"manifest": "parquet"}, "manifest.parquet"),
        ("failures", {"manifest": "parquet"}, "failures.jsonl"),
    ],
)
def test_a_disk_too_full_for_the_manifest_is_a_line_and_a_rerun_goes_on(
    colorize, photos, colorized, tmp_path, monkeypatch, caplog, stem, fields, name
):
    create = LocalFileSystem.create

    def create_on_full_disk(self, path, *arguments):
        return FileOnFullDisk() if f"/beam-temp-{stem}-" in path else create(self, path, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(LocalFileSystem, "create", create_on_full_disk)
        with pytest.raises(UserError) as error:
            colorize(photos, output_dir=str(tmp_path), **fields)
    assert str(error.value) == (
        f"{tmp_path / name} cannot be written (No space left on device). Once it can be, the same call goes on."
    )
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert colorize(photos, output_dir=str(tmp_path))["skipped"] == 7
    assert results_in(tmp_path) == colorized
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["old"]
