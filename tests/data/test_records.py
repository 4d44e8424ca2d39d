import hashlib
import os

import cv2
import numpy as np
import pytest
import tensorflow as tf

from keras_scgan.data import records
from keras_scgan.program.errors import BadFileError

RNG = np.random.default_rng(0)
PHOTO = cv2.resize(RNG.integers(0, 256, (6, 9, 3), np.uint8), (96, 64), interpolation=cv2.INTER_CUBIC)  # RGB
SAMPLE = {"color": PHOTO, "saliency": PHOTO[..., 0], "thermal": PHOTO[::2, ::2, 1], "label": 7}
RECORD = records.encode(SAMPLE, "folder/photo")


def test_a_sample_comes_back_within_the_errors_of_its_jpegs():
    decoded = records.decode(RECORD, records.FIELDS)
    assert list(decoded) == list(records.FIELDS)
    assert decoded["label"] == 7
    for name in records.IMAGE_FIELDS:
        assert decoded[name].dtype == np.uint8
        assert decoded[name].shape == SAMPLE[name].shape
        assert 0 < np.abs(decoded[name].astype(int) - SAMPLE[name]).mean() < 1.5


def test_chroma_is_kept_at_full_resolution():
    stripes = np.zeros((32, 32, 3), np.uint8)
    stripes[:, ::2], stripes[:, 1::2] = (200, 60, 60), (60, 60, 200)
    decoded = records.decode(records.encode({"color": stripes}, "stripes"), ["color"])["color"]
    assert np.abs(decoded.astype(int) - stripes).mean() < 6


def test_only_the_fields_that_are_wanted_are_decoded():
    assert list(records.decode(RECORD, ["label", "color"])) == ["label", "color"]


def test_a_photo_is_decoded_at_the_smallest_size_that_is_enough():
    decoded = records.decode(RECORD, ["color", "saliency"], min_side=32)
    assert decoded["color"].shape == (32, 48, 3)
    assert decoded["saliency"].shape == (64, 96)


def test_a_record_is_an_example_with_the_key_that_tensorflow_parses():
    features = {
        "key": tf.io.FixedLenFeature([], tf.string),
        "color": tf.io.FixedLenFeature([], tf.string),
        "label": tf.io.FixedLenFeature([], tf.int64),
    }
    parsed = tf.io.parse_single_example(RECORD, features)
    assert parsed["key"].numpy() == b"folder/photo"
    assert parsed["label"].numpy() == 7
    theirs = tf.io.decode_jpeg(parsed["color"], dct_method="INTEGER_ACCURATE").numpy()
    np.testing.assert_array_equal(theirs, records.decode(RECORD, ["color"])["color"])


def test_every_flipped_byte_is_found():
    for position in RNG.integers(0, len(RECORD), 200):
        damaged = bytearray(RECORD)
        damaged[position] ^= 1 << RNG.integers(8)
        with pytest.raises(BadFileError, match=r"^shard record 3( \(.*\))?: damaged"):
            records.decode(bytes(damaged), ["color"], name="shard record 3")


@pytest.mark.parametrize("data", [b"", b"no record", RECORD[:100], tf.train.Example().SerializeToString()])
def test_what_is_no_record_is_bad(data):
    with pytest.raises(BadFileError, match=r"^record: damaged, or no record of a data set$"):
        records.decode(data, ["color"])


def test_a_field_that_is_not_there_and_one_that_is_no_picture_are_named_with_the_key(monkeypatch):
    record = records.encode({"color": PHOTO}, "a/b")
    with pytest.raises(BadFileError, match=r"^record \(a/b\): has no field saliency$"):
        records.decode(record, ["color", "saliency"])
    monkeypatch.setattr(records, "_encode_image", lambda image: b"no picture")
    with pytest.raises(BadFileError, match=r"^record \(a/b\): no readable picture$"):
        records.decode(records.encode({"color": PHOTO}, "a/b"), ["color"])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"color": 5}, "its color is of another type"),
        ({"label": b"7", "color": b"x"}, "its label is of another type"),
        ({"color": b"no picture"}, "no readable picture"),
        ({"color": b""}, "empty file"),
        ({"color": 0.5}, "no record"),
        ({"key": 5}, "no record"),
        ({"key": b"a\nb\x1b" + b"x" * 9999}, r"^record \(a\\nb\\x1bx{196}\): has no field color$"),
    ],
)
def test_a_record_that_is_made_to_deceive_is_bad(values, message):
    values = {"key": b"a", "label": 7, **values}
    if not any(isinstance(value, float) for value in values.values()):
        values["crc32"] = records._checksum(values)
    example = tf.train.Example()
    for name, value in values.items():
        feature = example.features.feature[name]
        kinds = {int: feature.int64_list, bytes: feature.bytes_list, float: feature.float_list}
        kinds[type(value)].value.append(value)
    with pytest.raises(BadFileError, match=message) as error:
        records.decode(example.SerializeToString(), ["color", "label"])
    assert "\n" not in str(error.value)


def test_a_sample_without_known_fields_is_an_error():
    with pytest.raises(ValueError, match=r"Received: depth$"):
        records.encode({"depth": PHOTO}, "a")


def test_the_same_records_give_a_file_of_the_same_bytes_that_tensorflow_reads(tmp_path):
    path = tmp_path / records.shard_name("photos", "train", 3, 16)
    assert path.name == "photos-train.tfrecord-00003-of-00016"
    content = [records.encode(SAMPLE, f"photo {i}") for i in range(3)]
    digests = set()
    for _ in range(2):
        assert records.write_shard(path, iter(content)) == 3
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(digests) == 1
    assert list(tf.data.TFRecordDataset(str(path)).as_numpy_iterator()) == content
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_shard_whose_making_fails_is_not_there(tmp_path):
    def failing():
        yield RECORD
        raise BadFileError("a", "empty file")

    with pytest.raises(BadFileError):
        records.write_shard(tmp_path / "shard", failing())
    assert not list(tmp_path.iterdir())


def test_records_are_found_by_their_headers(tmp_path):
    content = [RECORD, b"", b"third"]
    path = tmp_path / "shard"
    records.write_shard(path, content)
    spans = records.find_records(path)
    data = path.read_bytes()
    assert [data[start : start + length] for start, length in spans] == content


@pytest.mark.parametrize("lost", [1, 6, 10, 16])
def test_a_truncated_shard_is_an_error(tmp_path, lost):
    records.write_shard(tmp_path / "shard", [RECORD, b"second"])
    assert len(records.find_records(tmp_path / "shard")) == 2
    os.truncate(tmp_path / "shard", (tmp_path / "shard").stat().st_size - lost)
    with pytest.raises(ValueError, match=r"record 1 (should end|breaks off)"):
        records.find_records(tmp_path / "shard")
