"""A data set as folders of photos, one a class, as ImageNet's."""

import os

import numpy as np

from keras_scgan.data.bad_files import DataError
from keras_scgan.data.data_set import DataSet, name_size_and_time
from keras_scgan.photos.files import PHOTO_SUFFIXES, read_rgb

_SPLIT_FOLDERS = {"train": ("train",), "validation": ("validation", "val")}


class ClassFolders(DataSet):
    """The photos of a folder `DIR/CLASS/PHOTO.jpg`, sorted by class and name. They may lie deeper inside of a class.

    Photos are of any kind that `photos.files` reads.

    `DIR/train/CLASS/PHOTO.jpg` and `DIR/val/CLASS/PHOTO.jpg` are the splits of one set; without such folders, all of it
    is any split. Greyscale photos are read like others, since a class can be learnt from them.

    Args:
        data_dir: path of the folder.
        fields: names of the fields that are wanted: `color`, `label`.
        split: str. `train` or `validation`.
        bad_files: `BadFiles` that counts what cannot be read. Defaults to one that allows none.

    Raises:
        DataError: There is no such folder or split, no folder in it holds a photo, or it has not all fields.
    """

    def __init__(self, data_dir, *, fields=("color", "label"), split="train", bad_files=None):
        super().__init__(data_dir, fields, bad_files)
        self._root = _split_dir(self.data_dir, split)
        photos_of = {entry.name: _photos_in(entry.path) for entry in _folders(self._root)}
        self.classes = sorted(name for name, names in photos_of.items() if names)
        if not self.classes:
            raise DataError(
                f"{self.data_dir} is no data set: it has neither images/ (photos, with their maps in saliency/) nor "
                "dataset_info.json (shards that scgan prepare_data made) nor folders of photos by class."
            )
        self._check_fields(
            ("color", "label"),
            "it holds neither images/ nor dataset_info.json, and folders of photos by class tell labels alone "
            "(scgan prepare_data makes shards with saliency maps of them)",
        )
        self._names = np.array([os.fsencode(name) for label in self.classes for name in photos_of[label]])
        self._labels = np.repeat(np.arange(len(self.classes)), [len(photos_of[label]) for label in self.classes])

    def __len__(self):
        return len(self._names)

    def photo_path(self, index):
        """Path of a photo. Args: `index`, int in [0, len)."""
        return os.path.join(self._root, self.classes[self._labels[index]], os.fsdecode(self._names[index]))

    def read(self, index, min_side=None):
        path = self.photo_path(index)
        sample = {"color": read_rgb(path, min_side)}
        sample["label"] = int(self._labels[index])
        return {field: sample[field] for field in self.fields}

    def key(self, index):
        return os.path.splitext(os.path.relpath(self.photo_path(index), self._root))[0]

    def describe(self, index):
        return name_size_and_time(self.photo_path(index), self._root)


def _split_dir(data_dir, split):
    """The folder of a split, or `data_dir` if it has none of any split."""
    found = {name: _find_split(data_dir, names) for name, names in _SPLIT_FOLDERS.items()}
    if not any(found.values()):
        return data_dir
    if not found[split]:
        raise DataError(f"{data_dir} has splits, but no folder {' or '.join(_SPLIT_FOLDERS[split])} for {split}.")
    return found[split]


def _find_split(data_dir, names):
    """The first of some folders that is there and holds folders alone: one that holds photos is that of a class."""
    for folder in (os.path.join(data_dir, name) for name in names):
        if os.path.isdir(folder) and any(_folders(folder)) and not any(map(_is_photo, os.listdir(folder))):
            return folder
    return None


def _folders(folder):
    with os.scandir(folder) as entries:
        yield from (entry for entry in entries if entry.is_dir() and not entry.name.startswith("."))


def _photos_in(folder):
    """Sorted paths of the photos in a folder and all its subfolders, from that folder."""
    names = []
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        prefix = os.path.relpath(parent, folder)
        names += [name if prefix == "." else os.path.join(prefix, name) for name in files if _is_photo(name)]
    return sorted(names)


def _is_photo(name):
    return name.lower().endswith(PHOTO_SUFFIXES) and not name.startswith(".")
