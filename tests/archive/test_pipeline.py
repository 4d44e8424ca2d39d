"""The pipeline: every photo ends as scgan colorize would have it, or in the list of failures, and in the manifest."""

import dataclasses
import hashlib
import json
import os
import pathlib

import pytest
import ram_files
from archive_output import OWN, manifest_in, results_in
from platforms import needs_posix
from pyarrow import parquet

from keras_scgan.archive import records
from keras_scgan.program.errors import UserError


def without_seconds(manifest):
    return {source: dataclasses.replace(record, seconds=None, settings=None) for source, record in manifest.items()}


@pytest.fixture
def bad_photos(photos):
    """Paths of files that are no photos, by what is wrong."""
    bad = {"text.jpg": b"no picture", "empty.png": b"", "torn.jpg": (photos / "0.jpg").read_bytes()[:500]}
    for name, data in bad.items():
        (photos / name).write_bytes(data)
    yield [str(photos / name) for name in bad]
    for name in bad:
        (photos / name).unlink()


def test_results_are_those_of_colorize_and_the_manifest_tells_of_each(colorize, photos, colorized, tmp_path):
    counts = colorize(photos, output_dir=str(tmp_path))
    assert results_in(tmp_path) == colorized
    assert counts == {"colorized": len(colorized), "left_out": 1}
    manifest = manifest_in(tmp_path)
    assert {record.result for record in manifest.values()} == set(colorized)
    for source, record in manifest.items():
        data = colorized[record.result]
        assert source.startswith(str(photos))
        assert (record.bytes, record.sha256) == (len(data), hashlib.sha256(data).hexdigest())
        assert record.failure is None
        assert 0 < record.seconds < 60
        assert len(record.settings) == 16
    assert (tmp_path / "failures.jsonl").read_text() == ""


def test_bad_files_are_named_with_the_reasons_that_colorize_gives(colorize, photos, bad_photos, colorized, tmp_path):
    counts = colorize(photos, output_dir=str(tmp_path))
    assert counts == {"colorized": len(colorized), "failed": 3, "left_out": 1}
    failures = manifest_in(tmp_path, "failures.jsonl")
    assert set(failures) == set(bad_photos)
    assert failures[bad_photos[0]].failure == "no readable picture"
    assert all(record.bytes is record.sha256 is None for record in failures.values())
    assert failures.items() <= manifest_in(tmp_path).items()
    assert results_in(tmp_path) == colorized


def test_run_again_it_does_nothing_but_what_failed(colorize, photos, bad_photos, colorized, tmp_path):
    colorize(photos, output_dir=str(tmp_path))
    before = manifest_in(tmp_path)
    counts = colorize(photos, output_dir=str(tmp_path))
    assert counts == {"skipped": len(colorized), "failed": 3, "left_out": 1}
    assert manifest_in(tmp_path) == before


def test_what_a_killed_run_left_is_kept_and_the_manifest_is_whole(colorize, photos, colorized, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    colorize(photos, output_dir=str(whole))
    killed.mkdir()
    (killed / "2.jpg").write_bytes(colorized["2.jpg"])
    temporary = killed / "beam-temp-manifest-0123"
    temporary.mkdir()
    (temporary / "part").write_text("{")
    assert colorize(photos, output_dir=str(killed))["skipped"] == 1
    assert results_in(killed) == colorized
    assert without_seconds(manifest_in(killed)) == without_seconds(manifest_in(whole))


def test_an_edited_result_stays_and_is_told_of_as_it_is(colorize, photos, tmp_path):
    colorize(photos, output_dir=str(tmp_path))
    (tmp_path / "1.jpg").write_bytes(b"edited")
    colorize(photos, output_dir=str(tmp_path))
    record = manifest_in(tmp_path)[str(photos / "1.jpg")]
    assert (record.bytes, record.sha256) == (6, hashlib.sha256(b"edited").hexdigest())
    assert colorize(photos, output_dir=str(tmp_path), overwrite=True)["colorized"] == 7
    assert manifest_in(tmp_path)[str(photos / "1.jpg")].bytes > 6


def test_other_settings_are_told_of_and_do_nothing_again(colorize, photos, colorized, tmp_path):
    colorize(photos, output_dir=str(tmp_path))
    counts = colorize(photos, output_dir=str(tmp_path), quality=50)
    assert (counts["skipped"], counts["outdated"]) == (7, 7)
    assert results_in(tmp_path) == colorized


def test_no_photo_s_result_takes_another_s_place(colorize, photos, tmp_path):
    counts = colorize(photos / "0.jpg", photos, output_dir=str(tmp_path / "out"))
    assert counts["colorized"] == 7
    other = tmp_path / "other"
    other.mkdir()
    (other / "0.jpg").write_bytes((photos / "1.jpg").read_bytes())
    colorize(other, photos, output_dir=str(tmp_path / "two"))
    (failure,) = manifest_in(tmp_path / "two", "failures.jsonl").values()
    first, second = sorted(map(str, (other / "0.jpg", photos / "0.jpg")))
    assert failure.source == second
    assert failure.failure.endswith(f"would take the place of that of {first}")


def test_of_two_photos_with_one_result_one_keeps_its_suffix_too(colorize, photos, tmp_path):
    folder, output_dir = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for name in ("a.gif", "a.jpg", "a.png", "b.gif"):
        (folder / name).write_bytes((photos / "old" / "b.gif").read_bytes())
    for count in ("colorized", "skipped"):
        counts = colorize(folder, os.path.relpath(folder), output_dir=str(output_dir))
        assert counts == {count: 4, "left_out": 0}
        assert set(results_in(output_dir)) == {"a.gif.png", "a.jpg", "a.png", "b.png"}


def test_photos_of_another_run_keep_their_place_and_their_lines(colorize, photos, tmp_path):
    colorize(photos / "old", output_dir=str(tmp_path / "out"))
    before = manifest_in(tmp_path / "out")
    other = tmp_path / "other"
    other.mkdir()
    for name in ("a.png", "c.png"):
        (other / name).write_bytes((photos / "old" / "a.png").read_bytes())
    colorize(other, output_dir=str(tmp_path / "out"))
    manifest = manifest_in(tmp_path / "out")
    assert before.items() <= manifest.items()
    assert manifest[str(other / "c.png")].failure is None
    assert "would take the place" in manifest[str(other / "a.png")].failure


def test_patterns_and_lists_give_results_the_paths_from_a_base_on(colorize, photos, colorized, tmp_path):
    colorize(f"{photos}/**/*.png", f"{photos}/*/*.gif", output_dir=str(tmp_path / "pattern"))
    assert set(results_in(tmp_path / "pattern")) == {"old/a.png", "old/b.png"}
    names = tmp_path / "list.txt"
    names.write_text(f"{photos}/old/a.png\n\n{photos}/missing.jpg\n/elsewhere/c.jpg\n")
    colorize(output_dir=str(tmp_path / "list"), file_list=str(names), base_dir=str(photos))
    assert results_in(tmp_path / "list") == {"old/a.png": colorized["old/a.png"]}
    failures = manifest_in(tmp_path / "list", "failures.jsonl")
    assert failures[f"{photos}/missing.jpg"].failure == "No such file or directory"
    assert failures["/elsewhere/c.jpg"].failure == f"it does not lie in {photos}"


@needs_posix
def test_a_name_that_is_not_utf_8_fails_alone(colorize, photos, tmp_path):
    folder, names = tmp_path / "in", tmp_path / "list.txt"
    folder.mkdir()
    for name in (b"a.jpg", b"b\xe9.jpg"):
        pathlib.Path(os.fsdecode(bytes(folder) + b"/" + name)).write_bytes((photos / "0.jpg").read_bytes())
    names.write_bytes(b"%s/a.jpg\n%s/c\xe9.jpg\n" % (bytes(folder), bytes(folder)))
    fields = {"output_dir": str(tmp_path / "out"), "file_list": str(names), "base_dir": str(folder)}
    assert colorize(folder, **fields)["colorized"] == 1
    failures = manifest_in(tmp_path / "out", "failures.jsonl")
    assert {source: record.failure for source, record in failures.items()} == {
        rf"{folder}/{name}\xe9.jpg": "its name is not UTF-8: scgan colorize takes it" for name in "bc"
    }
    pathlib.Path(os.fsdecode(bytes(tmp_path) + b"/out/b\xe9.jpg")).write_bytes(b"of scgan colorize")
    assert colorize(folder, **fields)["skipped"] == 1


def test_a_photo_under_two_paths_is_one(colorize, photos, tmp_path, monkeypatch):
    colorize(photos, output_dir=str(tmp_path))
    monkeypatch.chdir(photos)
    assert colorize(".", photos, output_dir=str(tmp_path))["skipped"] == 7
    assert (tmp_path / "failures.jsonl").read_text() == ""


def test_a_bad_photo_that_is_gone_is_forgotten(colorize, photos, bad_photos, tmp_path):
    colorize(photos, output_dir=str(tmp_path))
    pathlib.Path(bad_photos[0]).rename(tmp_path / "gone")
    try:
        colorize(photos / "old", output_dir=str(tmp_path))
    finally:
        (tmp_path / "gone").rename(bad_photos[0])
    assert set(manifest_in(tmp_path, "failures.jsonl")) == set(bad_photos[1:])


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_of_a_damaged_manifest_is_read_what_can_be(colorize, photos, tmp_path, kind):
    colorize(photos, output_dir=str(tmp_path), manifest=kind)
    path = tmp_path / f"manifest.{kind}"
    path.write_bytes(path.read_bytes()[:-30] + b"\n\xff\n")
    assert colorize(photos, output_dir=str(tmp_path))["skipped"] == 7
    seconds = [record.seconds for record in manifest_in(tmp_path).values()]
    assert (len(seconds), seconds.count(None)) == (7, 1 if kind == "jsonl" else 7)


def test_results_among_the_photos_are_none_of_them(colorize, photos, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "a.jpg").write_bytes((photos / "0.jpg").read_bytes())
    for _ in range(2):
        colorize(folder, f"{folder}/**/*.jpg", output_dir=str(folder / "colorized"))
    assert set(results_in(folder)) == {"a.jpg", "colorized/a.jpg"}


def test_a_manifest_is_parquet_of_shards_if_it_is_asked_for_and_read_as_such(colorize, photos, tmp_path):
    colorize(photos, output_dir=str(tmp_path))
    lines = manifest_in(tmp_path)
    assert colorize(photos, output_dir=str(tmp_path), manifest="parquet", manifest_shards=2)["skipped"] == 7
    shards = sorted(tmp_path.glob("manifest*"))
    assert [shard.name for shard in shards] == [f"manifest-0000{i}-of-00002.parquet" for i in range(2)]
    rows = [row for shard in shards for row in parquet.read_table(shard).to_pylist()]
    assert {row["source"]: records.Record(**row) for row in rows} == lines
    colorize(photos, output_dir=str(tmp_path))
    assert manifest_in(tmp_path) == lines
    assert list(tmp_path.glob("*.parquet")) == []


# === Remote file systems ===


def test_photos_and_results_may_be_on_an_object_store(colorize, photos, colorized, ram):
    for path in photos.rglob("*.*"):
        ram[f"ram://archive/in/{path.relative_to(photos).as_posix()}"] = path.read_bytes()
    ram["ram://archive/in/.hidden.jpg"] = ram["ram://archive/in/bad.jpg"] = b"no picture"
    ram["ram://archive/out/.0.0123456789abcdef.tmp.jpg"] = b"left by a killed process"
    for expected in ({"colorized": 7, "failed": 1, "left_out": 1}, {"skipped": 7, "failed": 1, "left_out": 1}):
        assert colorize("ram://archive/in", output_dir="ram://archive/out") == expected
        assert ram_files.names("ram://archive/out/") == sorted([*colorized, *OWN])
        assert {name: ram[f"ram://archive/out/{name}"] for name in colorized} == colorized
    (failure,) = map(json.loads, ram["ram://archive/out/failures.jsonl"].splitlines())
    assert (failure["source"], failure["result"]) == ("ram://archive/in/bad.jpg", "bad.jpg")


def test_a_network_may_be_on_an_object_store(colorize, photos, colorized, ram, tmp_path):
    from keras_scgan.colorizing.shipped import litert_path

    ram["ram://models/scgan.tflite"] = litert_path().read_bytes()
    colorize(photos, output_dir=str(tmp_path), colorizer={"model": "ram://models/scgan.tflite", "threads": 1})
    assert results_in(tmp_path) == colorized


def test_what_cannot_be_written_fails_alone_and_leaves_nothing(colorize, photos, ram):
    ram_files.FAULTS["create"] = RuntimeError("quota")
    colorize(photos / "old", output_dir="ram://out")
    (failure,) = map(json.loads, ram["ram://out/failures.jsonl"].splitlines())
    assert "quota" in failure["failure"]
    assert len(ram_files.names("ram://out/")) == 3


# === What cannot be ===


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"inputs": ()}, "Give the photos"),
        ({"inputs": ("nowhere/",)}, "There is no such file or folder: nowhere/"),
        ({"inputs": ("ram://nowhere",)}, "There is no such file or folder: ram://nowhere"),
        ({"inputs": ("nope://x",)}, "`input=nope://x`"),
        ({"inputs": ("x",), "file_list": "list.txt"}, "`file_list` needs `base_dir`"),
        ({"inputs": (".",), "colorizer": {"model": "scgan.keras"}}, "scgan.keras"),
        ({"inputs": ("in/a.jpg", "in/out/*.jpg"), "output_dir": "in/out"}, "in/out lies in the folder of the results"),
        ({"inputs": ("in",), "output_dir": "."}, "in lies in the folder of the results, .: choose another"),
        ({"file_list": "list.txt", "base_dir": "in/", "output_dir": "in"}, "in/ lies in the folder of the results, in"),
        ({"inputs": ("ram://x/in/",), "output_dir": "ram://x"}, "ram://x/in/ lies in the folder of the results"),
        ({"inputs": ("in",), "output_dir": "out[1]"}, r"`output_dir=out\[1\]`: Beam takes"),
        ({"inputs": ("in\udce9",)}, "the name is not UTF-8"),
    ],
)
def test_wrong_arguments_are_named(colorize, tmp_path, ram, fields, message):
    inputs = fields.pop("inputs", ())
    with pytest.raises(UserError, match=message):
        colorize(*inputs, **{"output_dir": str(tmp_path)} | fields)
