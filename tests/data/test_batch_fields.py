"""Batches of any arrays, from any fields, of folders and of shards."""

import cv2
import numpy as np
import pytest
import tensorflow as tf
from pair_folders import assert_same, numpy_batches, write_pair
from shard_sets import colorful_samples, write_shards

from keras_scgan.data import (
    BadFiles,
    ClassFolders,
    PhotoFolder,
    PhotoShards,
    records,
    training_batches,
    validation_batches,
)
from keras_scgan.photos import color

# === Which arrays, from which fields ===


def test_arrays_come_in_the_order_in_which_they_are_named(textured):
    arguments = {"image_size": 16, "batch_size": 4, "seed": 0, "flip": True, "min_crop_area": 0.3}
    whole = numpy_batches(training_batches(textured, **arguments), 2)
    turned = numpy_batches(training_batches(textured, **arguments, arrays=("saliency", "gray")), 2)
    assert_same(turned, [(saliency, gray) for gray, _, saliency in whole])


def test_labels_come_with_their_photos(tmp_path):
    for i in range(6):
        (tmp_path / "cd"[i % 2]).mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / "cd"[i % 2] / f"{i}.png"), np.full((8, 8, 3), (60, 200, i), np.uint8))
    folders = ClassFolders(tmp_path)
    training = numpy_batches(
        training_batches(folders, image_size=8, batch_size=2, seed=0, arrays=("color", "label")), 3
    )
    (validation,) = numpy_batches(validation_batches(folders, image_size=8, batch_size=6, arrays=("label", "gray")))
    reds = np.rint(color.denormalize(np.concatenate([rgb[:, 0, 0, 0] for rgb, _ in training])))
    labels = np.concatenate([label for _, label in training])
    assert sorted(reds) == list(range(6))
    np.testing.assert_array_equal(labels, reds % 2)
    np.testing.assert_array_equal(validation[0], [0, 0, 0, 1, 1, 1])
    assert validation[0].dtype == labels.dtype == np.float32


def test_the_input_of_a_multispectral_set_is_the_thermal_image_with_noise_and_cropped_alike(tmp_path):
    rng = np.random.default_rng(0)
    for i in range(4):
        photo = rng.integers(0, 256, (30, 40, 3), np.uint8)
        write_pair(tmp_path, f"{i}", photo, photo[..., 0])
        (tmp_path / "thermal").mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / "thermal" / f"{i}.png"), photo[..., 1])
    pairs = PhotoFolder(tmp_path, fields=("color", "saliency", "thermal"))
    arguments = {"image_size": 24, "batch_size": 4, "seed": 0, "flip": True, "min_crop_area": 0.1}
    for gray, rgb, saliency in numpy_batches(training_batches(pairs, **arguments, noise_stddev=0.0), 3):
        np.testing.assert_array_equal(gray, rgb[..., 1:2])
        np.testing.assert_allclose(saliency, (rgb[..., :1] + 1) / 2, atol=1e-6)
    for gray, rgb, _ in numpy_batches(training_batches(pairs, **arguments, noise_stddev=0.05), 3):
        assert (gray - rgb[..., 1:2]).std() == pytest.approx(0.05, rel=0.05)
    for gray, rgb, _ in numpy_batches(validation_batches(pairs, image_size=24, batch_size=4)):
        np.testing.assert_array_equal(gray, rgb[..., 1:2])


def test_thermal_images_alone_make_the_input(tmp_path):
    write_shards(tmp_path, fields=["thermal"], train=colorful_samples(4))
    shards = PhotoShards(tmp_path, fields=["thermal"])
    dataset = training_batches(shards, image_size=8, batch_size=4, seed=0, min_crop_area=0.5, arrays=["gray"])
    assert [spec.shape.as_list() for spec in dataset.element_spec] == [[4, 8, 8, 1]]
    assert np.ptp(numpy_batches(dataset, 1)[0][0]) > 0.5


@pytest.mark.parametrize("arrays", [["label"], ["gray", "thermal"], []])
def test_an_array_without_its_field_is_an_error(textured, arrays):
    for batches, seed in ((training_batches, {"seed": 0}), (validation_batches, {})):
        with pytest.raises(ValueError, match=r"Arrays must be some of color, gray, saliency\. Received: "):
            batches(textured, image_size=8, batch_size=2, arrays=arrays, **seed)


# === Shards ===


@pytest.fixture
def shards(tmp_path):
    """Ten samples in three shards."""
    return PhotoShards(write_shards(tmp_path, train=colorful_samples(10)), bad_files=BadFiles(1, tmp_path / "log"))


@pytest.mark.parametrize("image_size", [8, 16])  # of photos of 30 rows: decoded at half of their size, and at all of it
def test_batches_from_shards_are_those_of_a_folder_with_the_same_jpegs(shards, tmp_path, image_size):
    paths = sorted(str(path) for path in tmp_path.glob("*.tfrecord-*"))
    for i, record in enumerate(tf.data.TFRecordDataset(paths).as_numpy_iterator()):
        features = tf.train.Example.FromString(record).features.feature
        for name, folder in (("color", "images"), ("saliency", "saliency")):
            (tmp_path / folder).mkdir(exist_ok=True)
            (tmp_path / folder / f"{i}.jpg").write_bytes(features[name].bytes_list.value[0])
    folder = PhotoFolder(tmp_path)
    arguments = {"image_size": image_size, "batch_size": 4, "seed": 1, "flip": True, "min_crop_area": 0.3}
    assert_same(*(numpy_batches(training_batches(data_set, **arguments), 7) for data_set in (shards, folder)))
    validation = {"image_size": image_size, "batch_size": 4}
    assert_same(*(numpy_batches(validation_batches(data_set, **validation)) for data_set in (shards, folder)))


@pytest.mark.parametrize("start_step", [1, 4])
def test_a_stream_from_shards_is_resumed_within_an_epoch_bit_for_bit(shards, start_step):
    arguments = {"image_size": 8, "batch_size": 3, "seed": 1, "min_crop_area": 0.3}
    whole = numpy_batches(training_batches(shards, **arguments), 7)
    again = PhotoShards(shards.data_dir)
    assert_same(
        numpy_batches(training_batches(again, **arguments, start_step=start_step), 7 - start_step), whole[start_step:]
    )


def test_workers_share_out_the_steps_of_shards_without_a_bit_changing(shards):
    arguments = {"image_size": 8, "batch_size": 4, "seed": 1, "flip": True}
    whole = numpy_batches(training_batches(shards, **arguments), 4)
    parts = [numpy_batches(training_batches(shards, **arguments, num_workers=2, worker=worker), 4) for worker in (0, 1)]
    assert_same(
        [[np.concatenate(arrays) for arrays in zip(*step, strict=True)] for step in zip(*parts, strict=True)], whole
    )


def test_a_damaged_record_is_logged_once_and_replaced_and_no_other_sample_moves(shards, tmp_path):
    dataset = training_batches(shards, image_size=8, batch_size=5, seed=1, noise_stddev=0.0)
    before = np.concatenate([rgb for _, rgb, _ in numpy_batches(dataset, 4)])
    path = min(tmp_path.glob("*.tfrecord-*"))
    start, _ = records.find_records(path)[2]
    with open(path, "r+b") as file:
        file.seek(path.read_bytes().index(b"JFIF", start) + 400)
        file.write(b"damage")
    after = np.concatenate([rgb for _, rgb, _ in numpy_batches(dataset, 4)])
    validation = np.concatenate(
        [rgb for _, rgb, _ in numpy_batches(validation_batches(shards, image_size=8, batch_size=5))]
    )
    moved = (before != after).any((1, 2, 3))
    assert moved.sum() == 2
    np.testing.assert_array_equal(after[moved], [validation[2]] * 2)  # the fourth of what is left
    assert len(validation) == 9
    assert (tmp_path / "log").read_text().startswith(f"{path} record 2 (photo 2)\tdamaged")
