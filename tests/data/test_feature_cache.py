"""The files of a feature cache, and the batches that are read from it."""

import os

import numpy as np
import pytest
from pair_folders import assert_same, numpy_batches, write_pair
from shard_sets import colorful_samples, write_shards

from keras_scgan.data import ClassFolders, DataError, PhotoFolder, PhotoShards, cached_crops, training_batches
from keras_scgan.data.feature_cache import FeatureCache
from keras_scgan.photos import color
from keras_scgan.program.errors import UserError

SHAPES = [(2, 2, 3), (1, 1, 2)]
VALUES = 14
PHOTOS, CROPS = 10, 2
SETTINGS = {"image_size": 8, "seed": 1, "encoder": "a" * 64, "ratios": (1, 2)}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A whole cache of three files; every value of a crop is its number, and the last its number and a half."""
    monkeypatch.setattr(FeatureCache, "shard_crops", 8)
    cache = FeatureCache(tmp_path / "cache", SHAPES, photos=PHOTOS, crops=CROPS)
    assert cache.claim(SETTINGS) == []
    fill(cache)
    return cache


def fill(cache):
    for shard in cache.missing():
        readable = np.ones(len(cache.numbers(shard)), bool)
        rows = np.repeat(np.float32(cache.numbers(shard))[:, np.newaxis], VALUES, axis=1)
        rows[:, -1] += 0.5
        cache.write(shard, [(rows[:3], readable[:3]), (rows[3:], readable[3:])])


def names_in(cache):
    return sorted(path.name for path in cache.folder.iterdir())


# === Files ===


def test_a_crop_is_read_as_it_was_written(cache):
    assert names_in(cache) == ["feature_cache.json", *(f"features-0000{i}.float16" for i in range(3))]
    assert [cache.folder.joinpath(name).stat().st_size for name in names_in(cache)[1:]] == [8 * 28, 8 * 28, 4 * 28]
    for crop in range(CROPS):
        for index in range(PHOTOS):
            first, second = cache.read(crop, index)
            number = crop * PHOTOS + index
            assert first.dtype == second.dtype == np.float32
            np.testing.assert_array_equal(first, np.full((2, 2, 3), number))
            np.testing.assert_array_equal(second, [[[number, number + 0.5]]])


def test_features_are_kept_to_the_rounding_of_float16(cache, rng):
    values = rng.normal(size=(8, VALUES))
    cache.write(0, [(values, np.ones(8, bool))])
    read = np.concatenate([part.ravel() for part in cache.read(0, 5)])
    np.testing.assert_allclose(read, values[5], rtol=2**-11, atol=2**-25)


def test_a_photo_that_could_not_be_read_has_no_features(cache):
    cache.write(0, [(np.ones((8, VALUES)), np.arange(8) != 3)])
    assert [cache.read(0, index) is None for index in range(8)] == [index == 3 for index in range(8)]
    assert cache.missing() == []


def test_the_same_settings_keep_what_is_there(cache):
    assert cache.claim(SETTINGS) == []
    assert cache.missing() == []


def test_other_settings_remove_what_is_there_and_are_told_apart(cache):
    other = {**SETTINGS, "seed": 2, "encoder": "b" * 64, "flip": True}
    assert cache.claim(other) == ['encoder "aaaaaaa..., not "bbbbbbb...', "flip unknown, not true", "seed 1, not 2"]
    assert cache.missing() == [0, 1, 2]
    assert names_in(cache) == ["feature_cache.json"]
    fill(cache)
    assert cache.claim(other) == []
    assert cache.missing() == []


def test_files_without_settings_are_removed(cache):
    (cache.folder / "feature_cache.json").unlink()
    assert cache.claim(SETTINGS)[0].startswith("encoder unknown")
    assert cache.missing() == [0, 1, 2]


@pytest.mark.parametrize("name", ["notes.txt", "features-1.float16", "photos/1.jpg", ".hidden"])
def test_a_folder_with_anything_else_is_refused_and_left_as_it_is(cache, name):
    mine = cache.folder / name
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    before = names_in(cache)
    with pytest.raises(UserError, match=f"cache holds {name.partition('/')[0]}, which no feature cache wrote"):
        cache.claim({**SETTINGS, "seed": 2})
    assert names_in(cache) == before
    assert mine.read_text() == "mine"
    assert cache.missing() == []


@pytest.mark.parametrize("text", ["no JSON", "[1]"])
def test_settings_that_are_none_are_an_error(cache, text):
    (cache.folder / "feature_cache.json").write_text(text)
    with pytest.raises(UserError, match=r"feature_cache\.json is damaged"):
        cache.claim(SETTINGS)


def test_a_torn_file_is_missing_and_so_is_one_that_is_too_long(cache):
    paths = [cache.folder / f"features-0000{i}.float16" for i in range(3)]
    paths[0].write_bytes(paths[0].read_bytes()[:-1])
    paths[2].write_bytes(paths[2].read_bytes() + b"\0")
    assert cache.missing() == [0, 2]
    with pytest.raises(DataError, match=r"features-00000\.float16 is not whole: start the run again"):
        cache.read(0, 7)


def test_what_a_killed_writer_left_is_removed(cache):
    (cache.folder / ".features-00001.1.1.tmp.float16").write_bytes(b"half")
    assert cache.claim(SETTINGS) == []
    assert not [name for name in names_in(cache) if name.startswith(".")]


@pytest.mark.parametrize("value", [1e5, np.nan])
def test_features_that_float16_cannot_hold_are_an_error_and_no_file(cache, value):
    (cache.folder / "features-00001.float16").unlink()
    with pytest.raises(UserError, match="too large for float16"):
        cache.write(1, [(np.full((8, VALUES), value), np.ones(8, bool))])
    assert cache.missing() == [1]
    assert len(names_in(cache)) == 3


# === Batches ===


@pytest.fixture
def plain(tmp_path):
    """Ten pairs, each of one colour whose red is the index of the pair."""
    for i in range(PHOTOS):
        write_pair(tmp_path, f"{i}", np.full((8, 8, 3), (i, 200, 60), np.uint8), np.full((8, 8), 25 * i, np.uint8))
    return PhotoFolder(tmp_path)


def grays_of(crops):
    """All crops, of photos that can be read."""
    grays, readable = (np.concatenate(parts) for parts in zip(*numpy_batches(crops), strict=True))
    assert (readable == 1).all()
    return grays


AUGMENTED = {"image_size": 8, "seed": 1, "flip": True, "min_crop_area": 0.3}


def test_epochs_take_the_cached_crops_of_their_photos_in_turns(cache, plain):
    dataset = training_batches(plain, batch_size=4, features=cache, **AUGMENTED)
    for step, (features, rgb, saliency) in enumerate(numpy_batches(dataset, 12)):
        assert [part.shape for part in features] == [(4, *shape) for shape in SHAPES]
        indices = np.rint(color.denormalize(rgb[:, 0, 0, 0]))
        crop = (step // 2) % CROPS  # an epoch has two full batches
        np.testing.assert_array_equal(features[0][:, 0, 0, 0], crop * PHOTOS + indices)
        np.testing.assert_allclose(saliency[:, 0, 0, 0], indices * 25 / 255, atol=1e-6)


def test_colours_and_maps_are_of_the_crops_that_the_encoder_saw(cache, textured):
    numbers = np.arange(PHOTOS * CROPS)
    grays = grays_of(cached_crops(textured, numbers, batch_size=6, noise_stddev=0, **AUGMENTED))
    seen = []
    for features, rgb, saliency in numpy_batches(
        training_batches(textured, batch_size=5, features=cache, noise_stddev=0.5, **AUGMENTED), 4
    ):
        crops = features[0][:, 0, 0, 0].astype(int)
        np.testing.assert_allclose(color.luma(rgb), grays[crops], atol=1e-6)
        np.testing.assert_allclose((rgb[..., :1] + 1) / 2, saliency, atol=1e-6)
        seen += crops.tolist()
    assert sorted(seen) == numbers.tolist()
    first, second = np.split(grays, CROPS)
    assert (np.abs(first - second).max(axis=(1, 2, 3)) > 0.1).all()  # other crops


def test_cached_crops_are_augmented_as_any_and_the_same_in_whatever_order(textured):
    arguments = {**AUGMENTED, "batch_size": 4, "stretch_luma": True, "aging": 0.5}
    whole = grays_of(cached_crops(textured, np.arange(20), noise_stddev=0.1, **arguments))
    some = grays_of(cached_crops(textured, np.array([17, 3, 4]), noise_stddev=0.1, **arguments))
    np.testing.assert_array_equal(some, whole[[17, 3, 4]])
    clean = grays_of(cached_crops(textured, np.arange(20), noise_stddev=0.0, **arguments))
    assert (whole - clean).std() == pytest.approx(0.1, rel=0.1)


@pytest.mark.parametrize("start_step", [1, 5])
def test_a_stream_from_the_cache_is_resumed_bit_for_bit(cache, textured, start_step):
    def batches(count, **arguments):
        dataset = training_batches(textured, batch_size=4, features=cache, **AUGMENTED, **arguments)
        return [(*features, *rest) for features, *rest in numpy_batches(dataset, count)]

    assert_same(batches(7 - start_step, start_step=start_step), batches(7)[start_step:])


def test_workers_share_out_a_stream_from_the_cache_without_a_bit_changing(cache, textured):
    def batches(**arguments):
        dataset = training_batches(textured, batch_size=4, features=cache, **AUGMENTED, **arguments)
        return [(*features, *rest) for features, *rest in numpy_batches(dataset, 5)]

    parts = [batches(num_workers=2, worker=worker) for worker in (0, 1)]
    joined = [[np.concatenate(arrays) for arrays in zip(*step, strict=True)] for step in zip(*parts, strict=True)]
    assert_same(joined, batches())


# === Which photos ===


def test_the_digest_of_a_folder_is_of_names_sizes_times_and_fields(plain):
    digests = [plain.digest(), PhotoFolder(plain.data_dir, fields=["color"]).digest()]
    assert PhotoFolder(plain.data_dir).digest() == digests[0]
    with open(plain.photo_path(3), "ab") as file:
        file.write(b"more")
    digests.append(PhotoFolder(plain.data_dir).digest())
    for path in (plain.photo_path(3), plain.map_path(3)):
        os.rename(path, path.replace("3.png", "35.png"))
    digests.append(PhotoFolder(plain.data_dir).digest())
    for path in (plain.photo_path(5), plain.map_path(5)):  # another picture of the same size, as a bitmap may be
        os.utime(path, ns=(0, 1))
        digests.append(PhotoFolder(plain.data_dir).digest())
    assert len(set(digests)) == 6


def test_the_digest_of_shards_is_of_the_records_and_of_the_times_of_the_files(tmp_path):
    samples = colorful_samples(4)
    digests = []
    for name, some, time in (("a", samples, 1), ("b", samples, 1), ("c", samples[::-1], 1), ("d", samples, 2)):
        (tmp_path / name).mkdir()
        folder = write_shards(tmp_path / name, train=some)
        for path in folder.iterdir():
            os.utime(path, ns=(time, time))
        digests.append(PhotoShards(folder).digest())
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_the_digest_of_class_folders_is_of_the_classes_too(tmp_path):
    digests = []
    for label in ("cat", "dog"):
        folder = tmp_path / label / label
        folder.mkdir(parents=True)
        (folder / "1.png").write_bytes(b"photo")
        digests.append(ClassFolders(folder.parent).digest())
    assert digests[0] != digests[1]
