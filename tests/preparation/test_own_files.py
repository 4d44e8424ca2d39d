"""What scgan prepare_data deletes is what it wrote, whatever else lies in its folder."""

import json
import os
import types

import pytest
from photo_folders import picture, write

from keras_scgan.data.records import INFO_NAME
from keras_scgan.preparation import shards
from keras_scgan.preparation.own_files import DROPPED_NAME
from keras_scgan.preparation.prepare import prepare
from keras_scgan.preparation.settings import Settings
from keras_scgan.program.errors import UserError

FOREIGN = (
    *("other-train.tfrecord-00000-of-00001", "other-train.tfrecord-00000-of-00001.part-00000"),
    *("photos-train.tfrecord-00000-of-00009", "photos-train.tfrecord-00000-of-00001.backup", "notes.txt"),
)
TRAIN, VALIDATION = "photos-train.tfrecord-00000-of-00001", "photos-validation.tfrecord-00000-of-00001"


@pytest.fixture
def images(tmp_path):
    for number in range(8):
        write(tmp_path / "images" / f"{number}.jpg", picture(number))
    return tmp_path / "images"


@pytest.fixture
def output_dir(tmp_path):
    """A folder that holds files of others, in its work folder too."""
    folder = tmp_path / "set"
    (folder / "unfinished").mkdir(parents=True)
    for name in (*FOREIGN, "unfinished/mine.txt"):
        (folder / name).write_text("of another")
    return folder


@pytest.fixture
def run(images, output_dir):
    """Function that prepares the set of the images."""

    def function(seed=0, **options):
        settings = Settings(image_size=32, min_side=16, detector="none", validation_share=0.3, name="photos", seed=seed)
        return prepare(settings, images, output_dir, **options)

    return function


def assert_foreign_stay(folder):
    for name in (*FOREIGN, "unfinished/mine.txt"):
        assert (folder / name).read_text() == "of another"


def names_of(folder):
    return {path.name for path in folder.iterdir()} - set(FOREIGN)


def test_files_of_others_stay(run, output_dir):
    assert run() == 0
    assert run() == 0  # is complete
    assert names_of(output_dir) == {TRAIN, VALIDATION, INFO_NAME, DROPPED_NAME, "unfinished"}
    assert_foreign_stay(output_dir)
    assert run(seed=1, overwrite=True) == 0
    assert names_of(output_dir) == {TRAIN, VALIDATION, INFO_NAME, DROPPED_NAME, "unfinished"}
    assert_foreign_stay(output_dir)


def test_a_shard_of_another_set_in_the_place_of_one_is_named_and_replaced_if_told(run, output_dir):
    (output_dir / TRAIN).write_text("of another")
    with pytest.raises(UserError, match=f"{TRAIN} is there, and not of this data set: .*`overwrite=True`"):
        run()
    assert (output_dir / TRAIN).read_text() == "of another"
    assert run(overwrite=True) == 0
    assert (output_dir / TRAIN).read_bytes() != b"of another"
    assert_foreign_stay(output_dir)


@pytest.mark.parametrize("info", [{"name": "x", "splits": [{"shards": []}]}, {"options": 5}])
def test_a_description_of_another_project_is_named(run, output_dir, info):
    (output_dir / INFO_NAME).write_text(json.dumps(info))
    with pytest.raises(UserError, match="is of a data set that scgan prepare_data did not make"):
        run()
    assert json.loads((output_dir / INFO_NAME).read_text()) == info
    assert run(overwrite=True) == 0
    assert_foreign_stay(output_dir)


class Killed(BaseException):
    """Ends a run where it is."""


def kill(*_):
    raise Killed


def killed_with(monkeypatch, module, name, value, run):
    """Runs until it is killed, while a name of a module has another value."""
    with monkeypatch.context() as patch:
        patch.setattr(module, name, value)
        with pytest.raises(Killed):
            run()


def test_shards_of_photos_that_have_changed_since_are_deleted_and_no_others(run, images, output_dir, monkeypatch):
    monkeypatch.setattr(shards, "SHARD_BYTES", 32 * 32 * 0.53 * 4)  # four photos a shard
    killed_with(monkeypatch, shards.own_files, "delete_stale", kill, run)
    before = {name for name in names_of(output_dir) if name.startswith("photos-train")}
    assert len(before) == 2
    for number in range(4):
        (images / f"{number}.jpg").unlink()
    kept = output_dir / sorted(before)[0]
    kept.write_text("replaced by a person")
    assert run() == 0
    after = {name for name in names_of(output_dir) if name.startswith("photos-train")}
    assert after == {TRAIN, kept.name}
    assert_foreign_stay(output_dir)


def test_a_kill_when_a_shard_has_just_come_to_its_place_is_no_reason_to_refuse_it(run, output_dir, monkeypatch):
    killed_with(monkeypatch, shards, "os", types.SimpleNamespace(**{**vars(os), "unlink": kill}), run)
    assert (output_dir / TRAIN).exists() or (output_dir / VALIDATION).exists()
    assert run() == 0
    assert_foreign_stay(output_dir)


def test_neither_description_nor_journal_leads_out_of_the_folder(run, images, output_dir):
    outside = [output_dir.parent / "a.tfrecord-00000-of-00001", output_dir / "unfinished" / "b.tfrecord-00000-of-00001"]
    for path in outside:
        path.write_text("of another")
    names = ["../a.tfrecord-00000-of-00001", str(outside[0]), "notes.txt", 5, ["x"]]
    entries = [{"file": name, "digest": str(name), "samples": 1, "bytes": 10, "failures": []} for name in names]
    (output_dir / INFO_NAME).write_text(json.dumps({"options": {}, "splits": {"train": {"shards": [*entries, 5]}}}))
    journal = b"\n".join(json.dumps(entry).encode() for entry in [*entries, 5, {}])
    (output_dir / "unfinished" / "shards.jsonl").write_bytes(journal + b"\n" + b"[" * 100_000)
    assert run(overwrite=True) == 0
    assert outside[0].read_text() == "of another"
    assert_foreign_stay(output_dir)
