"""Shards on a file system of TensorFlow's, here that in memory, `ram://`, which no other call than its own can read."""

import numpy as np
import pytest
import tensorflow as tf
from shard_sets import colorful_samples, write_shards

from keras_scgan.data import DataError, PhotoShards, open_data_set
from keras_scgan.program.errors import BadFileError


@pytest.fixture
def here(tmp_path):
    samples = colorful_samples(7)
    return write_shards(tmp_path, train=samples[:5], validation=samples[5:])


@pytest.fixture
def remote(here):
    """Its copy, a string."""
    for path in here.iterdir():
        tf.io.gfile.copy(str(path), f"ram://bucket/set/{path.name}", overwrite=True)
    yield "ram://bucket/set"
    for path in tf.io.gfile.glob("ram://bucket/set/*"):
        tf.io.gfile.remove(path)


@pytest.mark.parametrize("split", ["train", "validation"])
def test_they_are_read_as_those_on_this_machine_are(here, remote, split):
    expected, found = PhotoShards(here, split=split), open_data_set(remote, split=split)
    assert len(found) == len(expected)
    for index in reversed(range(len(found))):
        assert found.key(index) == expected.key(index)
        sample, of_here = found.read(index), expected.read(index)
        assert sample.keys() == of_here.keys()
        assert all(np.array_equal(value, of_here[field]) for field, value in sample.items())
    assert len(found.digest()) == 64


def test_a_shard_that_is_missing_or_of_another_size_is_named(remote):
    path = sorted(tf.io.gfile.glob(f"{remote}/set-train*"))[1]
    with tf.io.gfile.GFile(path, "wb") as file:
        file.write(b"of another one")
    with pytest.raises(DataError, match=rf"{path} has \d+ bytes, and"):
        PhotoShards(remote)
    tf.io.gfile.remove(path)
    with pytest.raises(DataError, match=f"{path}: .* names it: copy it again"):
        PhotoShards(remote)


def test_a_shard_that_goes_away_is_the_fault_of_its_records(remote):
    shards = PhotoShards(remote)
    for path in tf.io.gfile.glob(f"{remote}/set-train*"):
        tf.io.gfile.remove(path)
    with pytest.raises(BadFileError, match="record 0"):
        shards.read(0)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("ram://nowhere/set", "ram://nowhere/set does not exist"),
        ("nope://bucket/set", "nope://bucket/set does not exist"),
        ("ram://bucket", "ram://bucket/dataset_info.json: "),
        ("ram://bucket/set/dataset_info.json", "is not a folder"),
    ],
)
def test_what_is_no_set_is_named(remote, place, message):
    with pytest.raises(DataError, match=message):
        open_data_set(place)
