import os

import cv2
import numpy as np
import pytest
from shard_sets import colorful_samples, write_shards

from keras_scgan.data import BadFiles, ClassFolders, DataError, PhotoFolder, PhotoShards, open_data_set

SAMPLES = colorful_samples(4)


def write(path, pixels=SAMPLES[0]["color"]):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels[..., ::-1] if pixels.ndim == 3 else pixels)
    return path


# === Which kind a folder is ===


def test_a_folder_with_images_is_one_of_pairs_whatever_the_split(tmp_path):
    write(tmp_path / "images" / "a.png")
    write(tmp_path / "saliency" / "a.png", SAMPLES[0]["saliency"])
    for split in ("train", "validation"):
        pairs = open_data_set(tmp_path, split=split, bad_files=BadFiles(3))
        assert isinstance(pairs, PhotoFolder)
        assert (pairs.fields, pairs.bad_files.max_bad_files, pairs.classes) == (("color", "saliency"), 3, None)


def test_a_folder_with_a_description_is_one_of_shards(tmp_path):
    (tmp_path / "images").mkdir()
    write_shards(tmp_path, train=SAMPLES[:3], validation=SAMPLES[3:])
    shards = open_data_set(tmp_path, fields=["color"], split="validation", bad_files=BadFiles(3))
    assert isinstance(shards, PhotoShards)
    assert (shards.fields, shards.bad_files.max_bad_files, len(shards)) == (("color",), 3, 1)


def test_a_folder_with_folders_of_photos_is_one_of_classes(tmp_path):
    write(tmp_path / "cat" / "a.png")
    folders = open_data_set(tmp_path, fields=("color", "label"), bad_files=BadFiles(3))
    assert isinstance(folders, ClassFolders)
    assert (folders.fields, folders.bad_files.max_bad_files) == (("color", "label"), 3)


@pytest.mark.parametrize("names", [[], ["a.png"], ["notes/readme.txt"]])
def test_a_folder_that_is_none_of_these_is_one_line_that_says_what_it_should_be(tmp_path, names):
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(DataError, match=r"no data set: it has neither images/ .* nor dataset_info\.json .*") as error:
        open_data_set(tmp_path)
    assert "\n" not in str(error.value)
    assert str(tmp_path) in str(error.value)


def test_what_is_no_folder_is_an_error_that_names_it(tmp_path):
    with pytest.raises(DataError, match="nowhere does not exist: give one with the photos in images/, or of shards"):
        open_data_set(tmp_path / "nowhere")


def test_fields_that_a_kind_has_not_are_one_line_that_says_where_they_are_had(tmp_path):
    write(tmp_path / "classes" / "cat" / "a.png")
    with pytest.raises(DataError, match=r"no field saliency: .*scgan prepare_data"):
        open_data_set(tmp_path / "classes")
    write(tmp_path / "pairs" / "images" / "a.png")
    with pytest.raises(DataError, match=r"no field label: labels are the names of folders, CLASS/PHOTO\.jpg"):
        open_data_set(tmp_path / "pairs", fields=["color", "label"])


# === Folders of classes ===


@pytest.fixture
def animals(tmp_path):
    """Two classes with two and three photos, among other things; each photo is of one red of its own."""
    names = ["dog/2.JPEG", "dog/10.png", "cat/deeper/b.png", "cat/a.png", "cat/c.bmp"]
    for red, name in enumerate(sorted(names)):
        write(tmp_path / name, np.full((16, 16, 3), (40 * red, 200, 60), np.uint8))
    for name in ("cat/notes.txt", "cat/.hidden.png", "list.png", ".trash/x.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "empty").mkdir()
    return tmp_path


def test_photos_are_sorted_by_class_and_path_and_labelled_by_the_sorted_classes(animals):
    folders = ClassFolders(animals)
    assert folders.classes == ["cat", "dog"]
    names = [os.path.relpath(folders.photo_path(i), animals) for i in range(len(folders))]
    assert names == ["cat/a.png", "cat/c.bmp", "cat/deeper/b.png", "dog/10.png", "dog/2.JPEG"]
    samples = [folders.read(i) for i in range(5)]
    assert [sample["label"] for sample in samples] == [0, 0, 0, 1, 1]
    for i, sample in enumerate(samples):
        np.testing.assert_allclose(sample["color"].mean((0, 1)), (40 * i, 200, 60), atol=2)


def test_labels_need_not_be_wanted(animals):
    assert list(ClassFolders(animals, fields=["color"]).read(0)) == ["color"]


def test_a_greyscale_photo_is_no_bad_file_where_the_class_is_learnt(animals):
    write(animals / "cat" / "a.png", SAMPLES[0]["saliency"])
    assert np.ptp(ClassFolders(animals).read(0)["color"], axis=-1).max() == 0


def test_a_bad_photo_is_counted_and_replaced_by_the_next(animals):
    (animals / "cat" / "a.png").write_bytes(b"no photo")
    folders = ClassFolders(animals, bad_files=BadFiles(1))
    np.testing.assert_allclose(folders.read_good(0)["color"].mean((0, 1)), (40, 200, 60), atol=2)
    assert len(folders.bad_files) == 1


def test_a_tree_with_train_and_val_has_splits(tmp_path):
    write(tmp_path / "train" / "n01" / "a.png")
    write(tmp_path / "train" / "n02" / "images" / "b.png")
    write(tmp_path / "val" / "n02" / "c.png")
    train, validation = (ClassFolders(tmp_path, split=split) for split in ("train", "validation"))
    assert (train.classes, len(train)) == (["n01", "n02"], 2)
    assert os.path.relpath(validation.photo_path(0), tmp_path) == "val/n02/c.png"


def test_a_tree_without_the_wanted_split_is_an_error(tmp_path):
    write(tmp_path / "train" / "n01" / "a.png")
    with pytest.raises(DataError, match="has splits, but no folder validation or val for validation"):
        ClassFolders(tmp_path, split="validation")


def test_photos_of_trains_are_a_class_and_no_split(tmp_path):
    write(tmp_path / "train" / "a.png")
    write(tmp_path / "bus" / "b.png")
    assert ClassFolders(tmp_path).classes == ["bus", "train"]
