import subprocess
import sys

import cv2
import numpy as np
import pytest
import tensorflow as tf
from pair_folders import assert_same, numpy_batches, write_pair

from keras_scgan.data import (
    BadFiles,
    DataError,
    PhotoFolder,
    original_errors,
    steps_per_epoch,
    training_batches,
    validation_batches,
)
from keras_scgan.photos import color


@pytest.fixture
def plain(tmp_path):
    """Ten pairs, each of one colour whose red is the index of the pair."""
    for i in range(10):
        write_pair(tmp_path, f"{i}", np.full((8, 8, 3), (i, 200, 60), np.uint8), np.full((8, 8), 25 * i, np.uint8))
    return PhotoFolder(tmp_path, bad_files=BadFiles(1, tmp_path / "bad_files.log"))


@pytest.fixture
def ramps(tmp_path):
    """One pair in which red is the column and green is the row of a pixel."""
    row, column = np.mgrid[0:200, 0:256].astype(np.uint8)
    write_pair(tmp_path, "ramps", np.stack([column, row, 255 - row], axis=-1), column)
    return PhotoFolder(tmp_path)


def indices(batches):
    """Indices of the plain pairs in batches, and a check that their maps are their own."""
    reds = np.concatenate([color.denormalize(batch[1][:, 0, 0, 0]) for batch in batches])
    maps = np.concatenate([batch[2][:, 0, 0, 0] for batch in batches])
    np.testing.assert_allclose(maps, reds * 25 / 255, atol=1e-5)
    return np.rint(reds).astype(int).tolist()


# === Training: what a batch is ===


def test_a_batch_has_the_shapes_types_and_ranges_of_the_contract(textured):
    dataset = training_batches(textured, image_size=16, batch_size=4, seed=0, min_crop_area=0.2, noise_stddev=0.0)
    assert [spec.shape.as_list() for spec in dataset.element_spec] == [[4, 16, 16, 1], [4, 16, 16, 3], [4, 16, 16, 1]]
    gray, rgb, saliency = numpy_batches(dataset, 1)[0]
    assert {gray.dtype, rgb.dtype, saliency.dtype} == {np.dtype(np.float32)}
    assert -1 <= rgb.min() < -0.5 < 0.5 < rgb.max() <= 1
    assert 0 <= saliency.min() < 0.25 < 0.75 < saliency.max() <= 1
    np.testing.assert_allclose(gray, color.luma(rgb), atol=1e-6)


def test_without_saliency_a_batch_is_gray_and_color(plain):
    pairs = PhotoFolder(plain.data_dir, fields=["color"])
    for dataset in (
        training_batches(pairs, image_size=8, batch_size=2, seed=0),
        validation_batches(pairs, image_size=8, batch_size=2),
    ):
        gray, rgb = numpy_batches(dataset, 1)[0]
        assert gray.shape == (2, 8, 8, 1)
        assert rgb.shape == (2, 8, 8, 3)


def test_noise_has_the_given_deviation_and_touches_gray_alone(plain):
    dataset = training_batches(plain, image_size=64, batch_size=10, seed=0, noise_stddev=0.05)
    (gray, rgb, _), (later, _, _) = numpy_batches(dataset, 2)
    noise = gray - color.luma(rgb)
    np.testing.assert_allclose(noise.std((1, 2)), 0.05, rtol=0.05)
    np.testing.assert_allclose(noise.mean((1, 2)), 0, atol=0.004)
    assert np.ptp(rgb, axis=(1, 2)).max() == 0
    assert len(np.unique(np.concatenate([gray, later])[:, 0, 0, 0])) == 20


def test_photo_and_map_are_cropped_and_mirrored_alike(textured):
    dataset = training_batches(textured, image_size=24, batch_size=10, seed=0, min_crop_area=0.1)
    for _, rgb, saliency in numpy_batches(dataset, 3):
        np.testing.assert_allclose((rgb[..., :1] + 1) / 2, saliency, atol=1e-6)


def test_a_map_of_another_size_is_cropped_to_the_same_part(tmp_path):
    row, column = np.mgrid[0:200, 0:256].astype(np.uint8)
    small = cv2.resize(column, (64, 64), interpolation=cv2.INTER_AREA)
    write_pair(tmp_path, "a", np.stack([column, row, 255 - row], axis=-1), small)
    dataset = training_batches(PhotoFolder(tmp_path), image_size=32, batch_size=1, seed=0, min_crop_area=0.1)
    for _, rgb, saliency in numpy_batches(dataset, 20):
        np.testing.assert_allclose((rgb[..., :1] + 1) / 2, saliency, atol=0.03)


def test_half_of_the_samples_are_mirrored_and_none_without_flip(ramps):
    def mirrored(**flags):
        batches = numpy_batches(training_batches(ramps, image_size=8, batch_size=1, seed=3, **flags), 100)
        return np.mean([rgb[0, 0, 0, 0] > rgb[0, 0, -1, 0] for _, rgb, _ in batches])

    assert 0.35 < mirrored(flip=True) < 0.65
    assert mirrored(flip=False) == 0


def test_random_crops_keep_to_the_range_of_area_and_aspect(ramps):
    dataset = training_batches(ramps, image_size=16, batch_size=1, seed=0, min_crop_area=0.2, flip=False)
    reds_greens = np.stack([color.denormalize(rgb[0, :, :, :2]) for _, rgb, _ in numpy_batches(dataset, 200)])
    widths = (reds_greens[:, 8, -1, 0] - reds_greens[:, 8, 0, 0]) * 16 / 15
    heights = (reds_greens[:, -1, 8, 1] - reds_greens[:, 0, 8, 1]) * 16 / 15
    areas, aspects = widths * heights / (256 * 200), widths / heights
    assert 0.19 < areas.min() < 0.25
    assert areas.max() > 0.85
    assert 0.73 < aspects.min() < 0.8
    assert 1.25 < aspects.max() < 1.36
    corners = reds_greens[:, 0, 0]
    assert corners.min() < 8
    assert corners.max() > 80


def test_without_crops_the_whole_photo_is_squeezed(ramps):
    (_, rgb, _), *_ = numpy_batches(training_batches(ramps, image_size=8, batch_size=1, seed=0, flip=False), 1)
    red, green = color.denormalize(rgb[0, 4, :, 0]), color.denormalize(rgb[0, :, 4, 1])
    np.testing.assert_allclose(red, np.arange(15.5, 256, 32), atol=1)
    np.testing.assert_allclose(green, np.arange(12, 200, 25), atol=1)


# === Training: order, resume, split ===


def test_an_epoch_is_a_permutation_and_each_epoch_another(plain):
    dataset = training_batches(plain, image_size=8, batch_size=5, seed=1)
    order = indices(numpy_batches(dataset, 8))
    epochs = [order[i : i + 10] for i in range(0, 40, 10)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4


def test_an_epoch_of_full_batches_leaves_out_other_pairs_each_time(plain):
    assert steps_per_epoch(plain, 4) == 2
    order = indices(numpy_batches(training_batches(plain, image_size=8, batch_size=4, seed=1), 40))
    epochs = [order[i : i + 8] for i in range(0, 160, 8)]
    assert all(len(set(epoch)) == 8 for epoch in epochs)
    assert set(order) == set(range(10))


def test_the_seed_alone_decides_the_stream(textured):
    first, again, other = (
        numpy_batches(training_batches(textured, image_size=8, batch_size=4, seed=seed, min_crop_area=0.3), 5)
        for seed in (1, 1, 2)
    )
    assert_same(first, again)
    assert all((a[0] != b[0]).any() for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("start_step", [1, 2, 5])
def test_a_resumed_stream_is_the_rest_of_the_whole_one_bit_for_bit(textured, start_step):
    arguments = {"image_size": 8, "batch_size": 4, "seed": 1, "min_crop_area": 0.3}
    whole = numpy_batches(training_batches(textured, **arguments), 7)
    rest = numpy_batches(training_batches(textured, **arguments, start_step=start_step), 7 - start_step)
    assert_same(rest, whole[start_step:])


def test_workers_and_replicas_share_out_each_step_without_a_bit_changing(textured):
    arguments = {"image_size": 8, "batch_size": 8, "seed": 1, "min_crop_area": 0.3}
    whole = numpy_batches(training_batches(textured, **arguments), 4)
    parts = [
        numpy_batches(training_batches(textured, **arguments, num_workers=2, worker=worker, replicas=2), 8)
        for worker in range(2)
    ]
    steps = [
        [np.concatenate(arrays) for arrays in zip(*(b for part in parts for b in part[2 * i : 2 * i + 2]), strict=True)]
        for i in range(4)
    ]
    assert_same(steps, whole)


def test_a_batch_that_cannot_be_shared_out_is_an_error(plain):
    with pytest.raises(ValueError, match=r"multiple of the 4 replicas.*Received: 6"):
        training_batches(plain, image_size=8, batch_size=6, seed=0, num_workers=2, replicas=2)


def test_fewer_pairs_than_a_batch_are_an_error(plain):
    with pytest.raises(DataError, match="has 10 photos, too few for batches of 11"):
        training_batches(plain, image_size=8, batch_size=11, seed=0)


# === Validation ===


def test_validation_gives_every_pair_once_in_order_without_noise(plain):
    batches = numpy_batches(validation_batches(plain, image_size=8, batch_size=4))
    assert [len(batch[0]) for batch in batches] == [4, 4, 2]
    assert indices(batches) == list(range(10))
    for gray, rgb, _ in batches:
        np.testing.assert_allclose(gray, color.luma(rgb), atol=1e-6)


def test_validation_is_the_same_every_time(textured):
    first, second = (numpy_batches(validation_batches(textured, image_size=8, batch_size=4)) for _ in range(2))
    assert_same(first, second)


def test_workers_share_out_validation(plain):
    parts = [
        numpy_batches(validation_batches(plain, image_size=8, batch_size=4, num_workers=2, worker=worker))
        for worker in range(2)
    ]
    assert sorted(indices(parts[0] + parts[1])) == list(range(10))
    assert len(indices(parts[0])) == len(indices(parts[1]))


def test_validation_leaves_a_bad_pair_out(plain):
    open(plain.photo_path(4), "wb").close()
    assert indices(numpy_batches(validation_batches(plain, image_size=8, batch_size=4))) == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert len(plain.bad_files) == 1


# === Errors ===


def test_a_bad_file_is_logged_once_and_replaced_and_no_other_sample_moves(plain, tmp_path):
    dataset = training_batches(plain, image_size=8, batch_size=5, seed=1)
    before = indices(numpy_batches(dataset, 6))
    open(plain.photo_path(4), "wb").close()
    after = indices(numpy_batches(dataset, 6))
    assert after == [5 if index == 4 else index for index in before]
    assert (tmp_path / "bad_files.log").read_text() == f"{plain.photo_path(4)}\tempty file\n"


@pytest.mark.parametrize("distributed", [False, True])
def test_too_many_bad_files_stop_the_loop_with_the_error_itself(plain, distributed, capfd):
    for index in (4, 5):
        open(plain.photo_path(index), "wb").close()
    dataset = training_batches(plain, image_size=8, batch_size=5, seed=1)
    if distributed:
        strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
        dataset = strategy.distribute_datasets_from_function(lambda context: dataset)
    with pytest.raises(DataError, match="Bad files so far: 2, allowed: 1"), original_errors():
        for _ in zip(range(4), dataset, strict=False):
            pass
    assert "Traceback" not in capfd.readouterr().err


def test_a_log_that_cannot_be_written_stops_the_loop_with_the_error_itself(plain, tmp_path):
    (tmp_path / "log").mkdir()
    pairs = PhotoFolder(plain.data_dir, bad_files=BadFiles(1))
    pairs.bad_files.log_path = tmp_path / "log"
    open(pairs.photo_path(4), "wb").close()
    with pytest.raises(IsADirectoryError, match="log"), original_errors():
        numpy_batches(validation_batches(pairs, image_size=8, batch_size=4))


def test_other_errors_of_tensorflow_pass_as_they_are():
    with pytest.raises(tf.errors.InvalidArgumentError), original_errors():
        tf.debugging.Assert(False, ["not of the pipeline"])


def test_a_process_that_ends_while_batches_are_prefetched_ends_cleanly(textured):
    script = (
        "from keras_scgan.data import PhotoFolder, training_batches\n"
        f"dataset = training_batches(PhotoFolder({textured.data_dir!r}), image_size=128, batch_size=8, seed=0)\n"
        "iterator = iter(dataset)\n"
        "next(iterator)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr
