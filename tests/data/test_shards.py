import json
import os
import shutil
import threading

import numpy as np
import pytest
import tensorflow as tf
from platforms import needs_posix
from shard_sets import colorful_samples, write_shards

from keras_scgan.data import BadFiles, DataError, PhotoShards, records
from keras_scgan.program.errors import BadFileError

SAMPLES = colorful_samples(8)


@pytest.fixture
def folder(tmp_path):
    """Set of 7 samples for training in 3 shards, of 2, 2 and 3, and of one for validation."""
    return write_shards(tmp_path, fields=records.FIELDS, train=SAMPLES[:7], validation=SAMPLES[7:])


def shard(folder, index, split="train"):
    return folder / records.shard_name("set", split, index, 3)


def assert_near(sample, original):
    for field, value in sample.items():
        assert np.abs(np.asarray(value, int) - original[field]).mean() < 2, field


def test_samples_are_read_by_their_number_in_the_order_of_the_shards(folder):
    shards = PhotoShards(folder, fields=records.FIELDS)
    assert len(shards) == 7
    for index in (6, 0, 3, 1, 5, 2, 4):
        assert_near(shards.read(index), SAMPLES[index])


def test_a_split_has_its_own_samples_and_a_shard_may_be_empty(folder):
    shards = PhotoShards(folder, split="validation")
    assert len(shards) == 1
    assert list(shards.read(0)) == ["color", "saliency"]
    assert_near(shards.read(0), SAMPLES[7])


def test_classes_are_told_where_there_are_labels(folder, tmp_path):
    assert PhotoShards(folder, fields=["color", "label"]).classes == ["cat", "dog"]
    (tmp_path / "unlabelled").mkdir()
    assert PhotoShards(write_shards(tmp_path / "unlabelled", train=SAMPLES)).classes is None


def test_a_field_that_is_synthetic_is_warned_of_where_it_is_wanted(folder, caplog):
    info = json.loads((folder / records.INFO_NAME).read_text())
    (folder / records.INFO_NAME).write_text(json.dumps(info | {"synthetic": ["thermal"]}))
    assert PhotoShards(folder).synthetic == ["thermal"]
    assert "synthetic" not in caplog.text
    PhotoShards(folder, fields=["color", "thermal"])
    assert "its field thermal is synthetic" in caplog.text


def test_threads_read_the_same_as_one(folder):
    shards = PhotoShards(folder)
    expected = [shards.read(i)["color"] for i in range(7)]
    wrong = []

    def read(seed):
        for index in np.random.default_rng(seed).integers(0, 7, 50):
            if not np.array_equal(shards.read(index)["color"], expected[index]):
                wrong.append(index)

    threads = [threading.Thread(target=read, args=[seed]) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@needs_posix
def test_no_file_stays_open(folder):
    before = len(os.listdir("/dev/fd"))
    shards = PhotoShards(folder)
    shards.read(0)
    assert len(os.listdir("/dev/fd")) == before


def test_a_flipped_byte_makes_a_record_bad_that_is_named_by_shard_number_and_key(folder):
    content = bytearray(shard(folder, 2).read_bytes())
    start, _ = records.find_records(shard(folder, 2))[1]
    content[content.index(b"JFIF", start) + 400] ^= 4
    shard(folder, 2).write_bytes(content)
    shards = PhotoShards(folder, bad_files=BadFiles(1, folder / "bad_files.tsv"))
    np.testing.assert_array_equal(shards.read_good(5)["color"], shards.read(6)["color"])
    assert shards.read_or_skip(5) is None
    (line,) = (folder / "bad_files.tsv").read_text().splitlines()
    assert line == f"{shard(folder, 2)} record 1 (photo 5)\tdamaged: its checksum is not that of what it holds"


def test_a_record_without_a_wanted_field_is_named_with_its_key(folder):
    info = json.loads((folder / records.INFO_NAME).read_text())
    path = shard(folder, 0, "validation")
    records.write_shard(path, [records.encode({"color": SAMPLES[0]["color"]}, "cats/tom")])
    info["splits"]["validation"]["shards"] = [{"file": path.name, "samples": 1, "bytes": path.stat().st_size}]
    (folder / records.INFO_NAME).write_text(json.dumps(info))
    with pytest.raises(BadFileError, match=r"set-validation\.tfrecord-00000-of-00003 record 0 \(cats/tom\): has no "):
        PhotoShards(folder, split="validation").read(0)


def test_a_shard_that_goes_missing_later_makes_its_records_bad(folder):
    shards = PhotoShards(folder)
    os.remove(shard(folder, 1))
    with pytest.raises(BadFileError, match=r"00001-of-00003 record 0: No such file"):
        shards.read(2)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: os.truncate(path, path.stat().st_size - 100), r"00001-of-00003 has \d+ bytes, and \d+ by"),
        (lambda path: path.write_bytes(path.read_bytes() + b"0"), r"00001-of-00003 has \d+ bytes, and \d+ by"),
        (os.remove, "00001-of-00003: No such file or directory, but dataset_info.json names it"),
        (lambda path: path.write_bytes(bytes(path.stat().st_size)), "00001-of-00003 is damaged, the header of record"),
        (lambda path: path.write_bytes(b"\xff" * path.stat().st_size), "00001-of-00003 is damaged, record 0 should"),
    ],
)
def test_a_shard_that_is_not_as_described_is_one_line_that_names_it(folder, damage, message):
    damage(shard(folder, 1))
    with pytest.raises(DataError, match=message) as error:
        PhotoShards(folder)
    assert "\n" not in str(error.value)
    assert "copy it again" in str(error.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format_version": None}, "format_version is missing, and should be of type int"),
        ({"format_version": 2}, "is of format 2, and this version reads 1: make the shards anew"),
        ({"fields": None}, "fields is missing"),
        ({"fields": "color"}, 'fields is "color", and should be of type list'),
        ({"splits": None}, "splits is missing"),
        ({"splits": {}}, "has no split train, but none"),
        ({"splits": {"validation": {}}}, "has no split train, but validation"),
        ({"splits": {"train": {}}}, "shards is missing"),
        ({"splits": {"train": {"shards": []}}}, "The split train of .* has no samples"),
        ({"splits": {"train": {"shards": [{"file": "a", "bytes": 1}]}}}, "samples is missing"),
        ({"splits": {"train": {"shards": [{"file": "a", "samples": 1}]}}}, "bytes is missing"),
        ({"splits": {"train": {"shards": ["a"]}}}, "file is missing"),
        ({"splits": {"train": {"shards": {"a": 1}}}}, "shards is {"),
        (
            {"splits": {"train": {"shards": [{"file": "a", "samples": True, "bytes": 1}]}}},
            "samples is true, and should",
        ),
        ({"splits": {"train": {"shards": [{"file": "a", "samples": 1.0, "bytes": 1}]}}}, "samples is 1.0, and should"),
        ({"format_version": True}, "format_version is true, and should"),
        ({"fields": ["color", 5]}, "fields has something else than texts"),
        ({"fields": ["color", ["label"]]}, "fields has something else than texts"),
        ({"fields": ["saliency"] * 9999}, "has no field color: its shards have saliency"),
        ({"splits": {"x" * 9999: {}}}, "has no split train, but xxx"),
    ],
)
def test_a_description_that_lacks_something_is_one_line_that_names_it(folder, change, message):
    info = json.loads((folder / records.INFO_NAME).read_text()) | change
    info = {name: value for name, value in info.items() if value is not None}
    (folder / records.INFO_NAME).write_text(json.dumps(info))
    with pytest.raises(DataError, match=message) as error:
        PhotoShards(folder)
    assert "\n" not in str(error.value)
    assert len(str(error.value).replace(str(folder), "")) < 300


@pytest.mark.parametrize("classes", ["cat", [1, 2], [["cat"], "dog"], {"cat": 0}])
def test_classes_that_are_no_texts_are_an_error_that_names_them(folder, classes):
    info = json.loads((folder / records.INFO_NAME).read_text()) | {"classes": classes}
    (folder / records.INFO_NAME).write_text(json.dumps(info))
    with pytest.raises(DataError, match="is damaged: classes "):
        PhotoShards(folder)


@pytest.mark.parametrize(
    "name", ["../{}", "/{}", "{absolute}", "sub/../../{}", "..", ".", "", "c:{}", "..\\{}", "a\n{}"]
)
def test_no_shard_outside_of_the_folder_is_read(folder, name):
    outside = folder / "inside"
    outside.mkdir()
    shutil.move(folder / records.INFO_NAME, outside)
    path = shard(folder, 2)
    info = json.loads((outside / records.INFO_NAME).read_text())
    stated = {"file": name.format(path.name, absolute=path), "samples": 3, "bytes": path.stat().st_size}
    info["splits"]["train"]["shards"] = [stated]
    (outside / records.INFO_NAME).write_text(json.dumps(info))
    with pytest.raises(DataError, match="is no name of a file beside it"):
        PhotoShards(outside)


@needs_posix
def test_a_pipe_in_the_place_of_a_shard_or_of_the_description_is_not_waited_for(folder):
    info = json.loads((folder / records.INFO_NAME).read_text())
    os.mkfifo(folder / "pipe")
    info["splits"]["train"]["shards"] = [{"file": "pipe", "samples": 0, "bytes": 0}]
    (folder / records.INFO_NAME).write_text(json.dumps(info))
    with pytest.raises(DataError, match=r"pipe: a named pipe|has no samples"):
        PhotoShards(folder)
    os.remove(folder / records.INFO_NAME)
    os.rename(folder / "pipe", folder / records.INFO_NAME)
    with pytest.raises(DataError, match=r"dataset_info\.json: a named pipe"):
        PhotoShards(folder)


def test_a_label_beyond_the_classes_makes_a_record_bad(folder):
    path = folder / records.INFO_NAME
    path.write_text(path.read_text().replace('["cat", "dog"]', '["cat"]'))
    shards = PhotoShards(folder, fields=("color", "label"))
    assert shards.read(0)["label"] == 0
    with pytest.raises(BadFileError, match="its label is 1, but there are 1 classes, from 0"):
        shards.read(1)


def test_a_shard_with_another_number_of_records_is_an_error_that_names_it(folder):
    path = folder / records.INFO_NAME
    path.write_text(path.read_text().replace('"samples": 3', '"samples": 4'))
    with pytest.raises(DataError, match=r"00002-of-00003 has 3 records, and 4 by dataset_info\.json: copy it again"):
        PhotoShards(folder)


def test_a_description_of_labels_without_classes_is_an_error(folder):
    info = json.loads((folder / records.INFO_NAME).read_text())
    del info["classes"]
    (folder / records.INFO_NAME).write_text(json.dumps(info))
    with pytest.raises(DataError, match="classes is missing"):
        PhotoShards(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_description_that_is_no_json_is_an_error_that_names_it(folder, content):
    (folder / records.INFO_NAME).write_bytes(content)
    with pytest.raises(DataError, match=r"dataset_info\.json is damaged: it is no JSON"):
        PhotoShards(folder)


def test_a_field_that_the_shards_have_not_is_an_error_that_says_what_they_have(tmp_path):
    write_shards(tmp_path, train=SAMPLES)
    with pytest.raises(DataError, match=r"has no field thermal: its shards have color, saliency alone"):
        PhotoShards(tmp_path, fields=("color", "thermal"))


def test_a_set_may_be_moved(folder, tmp_path_factory):
    target = tmp_path_factory.mktemp("moved") / "set"
    shutil.move(folder, target)
    assert_near(PhotoShards(target).read(4), SAMPLES[4])


def test_tensorflow_reads_the_same_records(folder):
    files = [str(shard(folder, i)) for i in range(3)]
    keys = [
        tf.train.Example.FromString(record).features.feature["key"].bytes_list.value[0].decode()
        for record in tf.data.TFRecordDataset(files).as_numpy_iterator()
    ]
    assert keys == [f"photo {i}" for i in range(7)]
