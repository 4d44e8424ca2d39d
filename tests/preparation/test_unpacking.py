"""Shards become the files that they hold."""

import numpy as np
import pytest
from shard_sets import colorful_samples, write_shards

from keras_scgan.data import PhotoFolder, PhotoShards
from keras_scgan.preparation.unpacking import unpack
from keras_scgan.program.errors import UserError

FIELDS = ("color", "saliency", "thermal")


def test_all_images_of_all_splits_are_files_with_a_list_of_their_names(tmp_path):
    samples = colorful_samples(4)
    write_shards(tmp_path, fields=FIELDS, key="a/photo {}".format, train=samples[:3], validation=samples[3:])
    unpack(tmp_path, tmp_path / "out")
    for split, count in (("train", 3), ("validation", 1)):
        shards = PhotoShards(tmp_path, fields=FIELDS, split=split)
        folder = PhotoFolder(tmp_path / "out" / split, fields=FIELDS)
        for index in range(count):
            assert folder.key(index) == f"a__photo {index}"
            for field, pixels in folder.read(index).items():
                np.testing.assert_array_equal(pixels, shards.read(index)[field])
        names = (tmp_path / "out" / f"{split}.txt").read_text().splitlines()
        assert names == [f"a/photo {index}" for index in range(count)]


def test_two_samples_of_one_name_are_told(tmp_path):
    write_shards(tmp_path, key=("a/b", "a__b").__getitem__, train=colorful_samples(2))
    with pytest.raises(UserError, match="a/b and a__b would both be called a__b"):
        unpack(tmp_path, tmp_path / "out")
