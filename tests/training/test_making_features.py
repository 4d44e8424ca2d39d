"""The cache of a frozen encoder's features is what the encoder computes, however often it was interrupted."""

import os
import shutil
import types

import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf
from pair_folders import numpy_batches, write_textured
from small_encoder import small_classifier, small_pretrained_generator

from keras_scgan import data
from keras_scgan.data.feature_cache import FeatureCache
from keras_scgan.models import build_encoder
from keras_scgan.models.pretrained import freeze_encoder, split_at_features
from keras_scgan.photos import color
from keras_scgan.program.errors import BadFileError, UserError
from keras_scgan.training.making_features import make_feature_cache
from keras_scgan.training.scgan import SCGAN

SIZE, PHOTOS, SHARD = 32, 10, 8
CROPS = {"image_size": SIZE, "seed": 1, "flip": True, "min_crop_area": 0.3, "stretch_luma": True, "aging": 0.5}


@pytest.fixture(autouse=True)
def _small_files(monkeypatch):
    monkeypatch.setattr(FeatureCache, "shard_crops", SHARD)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    write_textured(folder, PHOTOS)
    return data.PhotoFolder(folder)


@pytest.fixture(scope="module")
def generator():
    generator = small_pretrained_generator()
    freeze_encoder(generator, "all")
    return generator


@pytest.fixture(scope="module")
def encoder(generator):
    return split_at_features(generator)[0]


def pooling_encoder():
    """Its features at each stride are the means of the pixels."""
    gray = keras.Input((None, None, 1))
    return keras.Model(gray, [keras.layers.AveragePooling2D(stride)(gray) for stride in (4, 8, 16, 32)])


def make(folder, encoder, pairs, **arguments):
    return make_feature_cache(folder, encoder, pairs, **{"crops": 2, **CROPS, **arguments})


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def grays_of(pairs):
    """What the encoder sees of all crops, by their numbers."""
    crops = data.cached_crops(pairs, np.arange(2 * PHOTOS), batch_size=5, **CROPS)
    return np.concatenate([gray for gray, _ in numpy_batches(crops)])


# === What it holds ===


def test_features_are_the_encoders_to_the_rounding_of_float16(tmp_path, encoder, pairs):
    cache = make(tmp_path, encoder, pairs)
    assert (cache.crops, cache.photos) == (2, PHOTOS)
    for number, gray in enumerate(grays_of(pairs)):
        for value, expected in zip(
            cache.read(*divmod(number, PHOTOS)), encoder(gray[np.newaxis], training=False), strict=True
        ):
            np.testing.assert_allclose(value, expected[0], rtol=1e-3, atol=1e-5)


def test_the_loss_from_the_cache_is_the_loss_online(tmp_path, generator, encoder, pairs):
    cache, grays = make(tmp_path, encoder, pairs), grays_of(pairs)
    model = SCGAN(generator)
    model.compile(keras.optimizers.SGD(0.0), saliency_weight=0.25)
    batches = data.training_batches(pairs, batch_size=4, features=cache, **CROPS)
    numbering = data.training_batches(pairs, batch_size=4, features=Numbers(), **CROPS)
    for batch, (numbers, *_) in zip(batches.take(4), numbering.take(4), strict=True):
        online = tf.constant(grays[np.ravel(numbers[0]).astype(int)])
        losses = [model.validation_terms((inputs, *batch[1:])) for inputs in (batch[0], online)]
        assert losses[0].keys() == {"loss", "pixel_loss", "attention_loss", "saliency_loss"}
        for name, value in losses[1].items():
            np.testing.assert_allclose(losses[0][name], value, rtol=1e-3, err_msg=name)
        results = []
        for inputs in (batch[0], online):
            model.reset_metrics()
            results.append(float(model.train_step((inputs, *batch[1:]))["loss"]))
        np.testing.assert_allclose(*results, rtol=1e-3)


class Numbers:
    """In the place of a cache: the feature of a crop is its number."""

    crops, shapes = 2, [(1,)]

    def read(self, crop, index):
        return (np.float32([crop * PHOTOS + index]),)


PLAIN = {"image_size": SIZE, "seed": 1, "flip": True, "min_crop_area": 0.3, "noise_stddev": 0.0}


def first_features(pairs, cache, batches=4):
    """Features at stride 4 of batches of 5 in training, each of which is of the colours beside it."""
    seen = []
    for features, rgb, *_ in numpy_batches(
        data.training_batches(pairs, batch_size=5, features=cache, **PLAIN), batches
    ):
        luma = color.luma(rgb)
        for feature, stride in zip(features, (4, 8, 16, 32), strict=True):
            side = SIZE // stride
            means = luma.reshape(5, side, stride, side, stride, 1).mean(axis=(2, 4))
            np.testing.assert_allclose(feature, means, atol=1e-3)
        seen += [tuple(values) for values in features[0].reshape(5, -1)]
    return seen


@pytest.mark.parametrize("name", ["images", "saliency"])
def test_the_place_of_a_bad_photo_is_taken_by_the_next_with_its_own_features(tmp_path, pairs, name):
    folder = shutil.copytree(pairs.data_dir, tmp_path / "pairs")
    (folder / name / "4.png").write_bytes(b"no picture")
    pairs = data.PhotoFolder(folder, bad_files=data.BadFiles(1))
    cache = make_feature_cache(tmp_path / "cache", pooling_encoder(), pairs, crops=2, **PLAIN)
    assert len(set(first_features(pairs, cache))) == 2 * (PHOTOS - 1)
    assert len(pairs.bad_files) == 1


@pytest.mark.parametrize("name", ["images", "saliency"])
def test_a_photo_repaired_after_features_were_made_has_them_made_anew(tmp_path, pairs, caplog, name):
    folder = shutil.copytree(pairs.data_dir, tmp_path / "pairs")
    (folder / name / "4.png").write_bytes(b"no picture")
    torn = data.PhotoFolder(folder, bad_files=data.BadFiles(1))
    make_feature_cache(tmp_path / "cache", pooling_encoder(), torn, crops=2, **PLAIN)
    shutil.copy(pairs.data_dir + f"/{name}/4.png", folder / name / "4.png")
    whole = data.PhotoFolder(folder)
    cache = make_feature_cache(tmp_path / "cache", pooling_encoder(), whole, crops=2, **PLAIN)
    assert "is made anew, as it has data_set " in caplog.text
    assert len(set(first_features(whole, cache))) == 2 * PHOTOS


def test_a_photo_that_can_be_read_only_at_times_never_has_the_features_of_another(tmp_path, pairs):
    class Failing(data.PhotoFolder):
        failing = ()

        def read(self, index, min_side=None):
            if index in self.failing:
                raise BadFileError(self.photo_path(index), "input/output error")
            return super().read(index, min_side)

    failing = Failing(pairs.data_dir, bad_files=data.BadFiles(PHOTOS))
    failing.failing = (4,)
    cache = make_feature_cache(tmp_path, pooling_encoder(), failing, crops=2, **PLAIN)
    failing.failing = ()
    assert len(set(first_features(failing, cache))) == 2 * (PHOTOS - 1)
    failing.failing = (7, 8)
    assert len(set(first_features(failing, cache))) == 2 * (PHOTOS - 3)
    failing.failing = range(PHOTOS)
    with pytest.raises(data.DataError, match="None of the 10 photos"), data.original_errors():
        first_features(failing, cache)


# === Making it ===


class Killed(BaseException):
    """Stands for SIGKILL: nobody may handle it."""


@pytest.fixture
def count_encoded(monkeypatch):
    """Function from an encoder to a list that gets the sizes of the batches which it is run on."""

    def count(encoder):
        sizes = []
        call = type(encoder).__call__

        def counted(self, gray, **kwargs):
            tf.py_function(lambda length: sizes.append(int(length)), [tf.shape(gray)[0]], [])
            return call(self, gray, **kwargs)

        monkeypatch.setattr(type(encoder), "__call__", counted)
        return sizes

    return count


def test_a_cache_whose_making_was_killed_is_finished_with_the_same_bits(
    tmp_path, encoder, pairs, monkeypatch, count_encoded
):
    make(tmp_path / "whole", encoder, pairs)
    write = FeatureCache.write

    def die_in_the_second(cache, shard, batches):
        if shard == 1:
            # What os.replace would have moved stays, as after SIGKILL.
            (cache.folder / ".features-00001.1.1.tmp.float16").write_bytes(next(batches)[0].tobytes())
            raise Killed
        write(cache, shard, batches)

    with monkeypatch.context() as patch:
        patch.setattr(FeatureCache, "write", die_in_the_second)
        with pytest.raises(Killed):
            make(tmp_path / "killed", encoder, pairs)
    assert "features-00000.float16" in files_of(tmp_path / "killed")
    sizes = count_encoded(encoder)
    make(tmp_path / "killed", encoder, pairs)
    assert sum(sizes) == 2 * PHOTOS - SHARD
    assert files_of(tmp_path / "killed") == files_of(tmp_path / "whole")


def test_a_torn_file_is_made_anew_and_a_whole_cache_is_only_read(tmp_path, encoder, pairs, count_encoded):
    make(tmp_path, encoder, pairs)
    whole = files_of(tmp_path)
    sizes = count_encoded(encoder)
    make(tmp_path, encoder, pairs)
    assert sizes == []
    os.truncate(tmp_path / "features-00001.float16", 100)
    make(tmp_path, encoder, pairs)
    assert sizes == [SHARD]
    assert files_of(tmp_path) == whole


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"seed": 2}, "seed 1, not 2"),
        ({"image_size": 64}, "image_size 32, not 64"),
        ({"crops": 1}, "crops 2, not 1"),
        ({"aging": 0.0}, "aging 0.5, not 0.0"),
        ({"flip": False}, "flip true, not false"),
    ],
)
def test_a_cache_of_other_settings_is_made_anew_and_the_log_says_which(
    tmp_path, encoder, pairs, caplog, changes, difference
):
    make(tmp_path / "changed", encoder, pairs)
    make(tmp_path / "changed", encoder, pairs, **changes)
    make(tmp_path / "new", encoder, pairs, **changes)
    assert caplog.messages.count(f"The feature cache {tmp_path}/changed is made anew, as it has {difference}") == 1
    assert files_of(tmp_path / "changed") == files_of(tmp_path / "new")


def test_another_encoder_or_other_photos_make_the_cache_anew(tmp_path, encoder, pairs, caplog):
    make(tmp_path / "cache", encoder, pairs)
    other = build_encoder(small_classifier(seed=1))
    make(tmp_path / "cache", other, pairs)
    assert "is made anew, as it has encoder " in caplog.text
    caplog.clear()
    folder = shutil.copytree(pairs.data_dir, tmp_path / "pairs")
    make(tmp_path / "cache", other, data.PhotoFolder(folder))
    assert "is made anew" not in caplog.text  # the same photos in another place
    cv2.imwrite(str(folder / "images" / "4.png"), np.full((9, 9, 3), (0, 99, 200), np.uint8))
    make(tmp_path / "cache", other, data.PhotoFolder(folder))
    assert "is made anew, as it has data_set " in caplog.text


def test_a_disk_without_room_is_an_error_before_anything_is_computed(tmp_path, encoder, pairs, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: types.SimpleNamespace(free=10_000))
    with pytest.raises(UserError, match=r"features of 20 crops of 20 take 0 MB, and 0 MB are free\. Take fewer crops"):
        make(tmp_path, encoder, pairs)
    assert list(files_of(tmp_path)) == ["feature_cache.json"]
