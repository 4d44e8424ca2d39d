import itertools
import shutil

import numpy as np
import pytest
from pair_folders import assert_same, numpy_batches, write_textured
from shard_sets import colorful_samples, write_shards

from keras_scgan.data import BadFiles, DataError, PhotoFolder, PhotoShards, Subset, open_data_set, training_batches
from keras_scgan.data.hashing import keyed_hash

COUNT = 30


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    write_textured(folder, COUNT)
    return PhotoFolder(folder)


def keys(data_set):
    return [data_set.key(index) for index in range(len(data_set))]


def test_keyed_hashes_are_uniform_and_stay_the_same():
    values = [keyed_hash(0, "split", str(number)) for number in range(2000)]
    assert np.histogram(values, 4, (0, 1))[0] == pytest.approx([500] * 4, abs=80)
    assert keyed_hash(0, "split", "photo/0000") == 0.8171565434636001  # else photos of existing sets would change sides
    assert keyed_hash(0, "split", "\udcff") != keyed_hash(0, "order", "\udcff")


def test_subsets_are_nested_distinct_and_in_order(photos):
    subsets = [keys(Subset(photos, count)) for count in range(1, COUNT + 1)]
    for count, (smaller, larger) in enumerate(itertools.pairwise(subsets), 1):
        assert len(set(smaller)) == count
        assert set(smaller) < set(larger)
        assert larger == sorted(larger)
    assert subsets[-1] == keys(photos)


def test_subset_is_that_of_the_hashes(photos):
    by_hash = sorted(keys(photos), key=lambda key: keyed_hash(0, "subset", key))
    assert set(keys(Subset(photos, 7))) == set(by_hash[:7])


def test_subset_does_not_depend_on_the_photos_beyond_it(tmp_path, photos):
    chosen = keys(Subset(photos, 5))
    write_textured(tmp_path, COUNT)
    left_out = next(key for key in keys(photos) if key not in chosen)
    for folder in ("images", "saliency"):
        next((tmp_path / folder).glob(f"{left_out}.*")).unlink()
    assert keys(Subset(PhotoFolder(tmp_path), 5)) == chosen


def test_samples_are_those_of_the_photos_of_the_same_names(photos):
    subset = Subset(photos, 4)
    for index, key in enumerate(keys(subset)):
        whole = keys(photos).index(key)
        np.testing.assert_array_equal(subset.read(index)["color"], photos.read(whole)["color"])
        assert subset.describe(index) == photos.describe(whole)
    assert subset.digest() != photos.digest()


def test_batches_are_those_of_a_folder_of_the_chosen_photos_alone(tmp_path, photos):
    subset = Subset(photos, 4)
    for folder in ("images", "saliency"):
        (tmp_path / folder).mkdir()
        for key in keys(subset):
            shutil.copy(f"{photos.data_dir}/{folder}/{key}.png", tmp_path / folder)
    options = {"image_size": 32, "batch_size": 2, "seed": 0}
    expected = numpy_batches(training_batches(PhotoFolder(tmp_path), **options), 5)
    assert_same(numpy_batches(training_batches(subset, **options), 5), expected)


def test_more_photos_than_there_are_is_an_error(photos):
    with pytest.raises(DataError, match="has 30 photos, fewer than the 31 that are wanted"):
        Subset(photos, COUNT + 1)


def test_folders_of_classes_have_subsets_with_their_labels(tmp_path, photos):
    for index in range(COUNT):
        folder = tmp_path / f"class{index % 2}"
        folder.mkdir(exist_ok=True)
        shutil.copy(photos.photo_path(index), folder / f"{index}.png")
    classes = open_data_set(tmp_path, fields=("color", "label"))
    subset = Subset(classes, 10)
    assert subset.classes == ["class0", "class1"]
    for index, key in enumerate(keys(subset)):
        assert key.startswith(f"class{subset.read(index)['label']}/")


def test_damaged_record_of_a_shard_is_counted_and_passed_over(tmp_path):
    write_shards(tmp_path, train=colorful_samples(6), shards=1)
    (shard,) = tmp_path.glob("*.tfrecord-*")
    shard.write_bytes(shard.read_bytes().replace(b"photo 2", b"photo \xff"))
    shards = PhotoShards(tmp_path, bad_files=BadFiles(1))
    assert set(keys(Subset(shards, 5))) == {"photo 0", "photo 1", "photo 3", "photo 4", "photo 5"}
    assert len(shards.bad_files) == 1
    with pytest.raises(DataError, match="5 photos, fewer than the 6"):
        Subset(shards, 6)
