"""A data set as a folder: photos, and the saliency maps and thermal images of the same names."""

import os
import pathlib
import sys

import numpy as np

from keras_scgan.data import decoding
from keras_scgan.data.bad_files import DataError
from keras_scgan.data.data_set import DataSet, name_size_and_time
from keras_scgan.photos.files import PHOTO_SUFFIXES, read_rgb
from keras_scgan.program.errors import BadFileError

FOLDERS = {"color": "images", "saliency": "saliency", "thermal": "thermal"}
"""Subfolders of a data set by the fields of samples."""

_NOUNS = {"saliency": "saliency map", "thermal": "thermal image"}
_ADVICE = {
    "color": "put the photos there",
    "saliency": "scgan make_saliency makes the maps",
    "thermal": "put the thermal images of the photos there, under their names",
}


def demo_dir():
    """Folder of the demo data set that the package carries, a `pathlib.Path`."""
    return pathlib.Path(__file__).parent / "demo"


class PhotoFolder(DataSet):
    """The pairs of a folder `DIR/images/STEM.jpg`, `DIR/saliency/STEM.jpg`, one a stem, sorted by stem.

    Multispectral sets have `DIR/thermal/STEM.jpg` besides. Greyscale photos cannot be used, but for those of such sets,
    as shards of them have: frames of the night are grey. Suffixes are `photos.files.PHOTO_SUFFIXES`, in either
    case, and those of a pair may differ, as may the sizes of its images. Only the names are held in memory, as byte
    arrays: a million pairs take tens of megabytes.

    Args:
        data_dir: path of the folder.
        fields: names of the fields that are wanted: `color`, `saliency`, `thermal`. The subfolders of the others are
            neither needed nor read; photos are.
        bad_files: `BadFiles` that counts what cannot be used: here photos without a map and maps without a photo,
            later what cannot be read. Defaults to one that allows none.

    Raises:
        DataError: There is no such folder, it holds no pair, or too many of its files have no counterpart.

    Example:
        ```python
        pairs = PhotoFolder(demo_dir())
        sample = pairs.read(0)
        photo, saliency_map = sample["color"], sample["saliency"]
        ```
    """

    def __init__(self, data_dir, *, fields=("color", "saliency"), bad_files=None):
        super().__init__(data_dir, fields, bad_files)
        self._check_fields(FOLDERS, "labels are the names of folders, CLASS/PHOTO.jpg, or lie in shards")
        suffixes = {field: self._list(field) for field in FOLDERS if field in {"color", *self.fields}}
        stems = suffixes["color"].keys()
        for field in list(suffixes)[1:]:
            stems = stems & suffixes[field].keys()
            if not stems:
                raise DataError(
                    f"No photo in {self._path('color')} has a {_NOUNS[field]} of its name in {self._path(field)}: "
                    f"{_ADVICE[field]}."
                )
        self._check_unpaired(suffixes)
        self._names = {field: _names(sorted(stems), by_stem) for field, by_stem in suffixes.items()}
        is_multispectral = os.path.isdir(self._path("thermal"))
        self._read_color = read_rgb if is_multispectral else decoding.read_color

    def __len__(self):
        return len(self._names["color"])

    def photo_path(self, index):
        """Path of a photo. Args: `index`, int in [0, len)."""
        return self._file("color", index)

    def map_path(self, index):
        """Path of a photo's saliency map. Args: `index`, int in [0, len)."""
        return self._file("saliency", index)

    def read(self, index, min_side=None):
        sample = {}
        for field in self.fields:
            path = self._file(field, index)
            sample[field] = self._read_color(path, min_side) if field == "color" else decoding.read_gray(path)
        return sample

    def key(self, index):
        return os.path.splitext(os.fsdecode(self._names["color"][index]))[0]

    def describe(self, index):
        return " ".join(name_size_and_time(self._file(field, index), self.data_dir) for field in self._names)

    def _file(self, field, index):
        return self._path(field, os.fsdecode(self._names[field][index]))

    def _path(self, field, *names):
        return os.path.join(self.data_dir, FOLDERS[field], *names)

    def _list(self, field):
        """Suffixes of the images in the subfolder of a field, by stem."""
        folder = self._path(field)
        if not os.path.isdir(folder):
            raise DataError(f"{self.data_dir} has no subfolder {FOLDERS[field]}/: {_ADVICE[field]}.")
        suffixes = {}
        with os.scandir(folder) as entries:
            for entry in entries:
                stem, suffix = os.path.splitext(entry.name)
                if suffix.lower() not in PHOTO_SUFFIXES or stem.startswith(".") or not entry.is_file():
                    continue
                if stem in suffixes:
                    raise DataError(f"{folder} has both {stem}{suffixes[stem]} and {entry.name}: keep one file a stem.")
                suffixes[stem] = sys.intern(suffix)
        if not suffixes:
            raise DataError(f"{folder} holds no picture ({', '.join(PHOTO_SUFFIXES)}): {_ADVICE[field]}.")
        return suffixes

    def _check_unpaired(self, suffixes):
        """Count what has no counterpart as bad."""
        files, summary = [], []
        for field in list(suffixes)[1:]:
            noun = _NOUNS[field]
            alone = sorted(suffixes["color"].keys() - suffixes[field].keys())
            no_photo = sorted(suffixes[field].keys() - suffixes["color"].keys())
            files += [BadFileError(self._path("color", stem + suffixes["color"][stem]), f"no {noun}") for stem in alone]
            files += [BadFileError(self._path(field, stem + suffixes[field][stem]), "no photo") for stem in no_photo]
            if alone:
                summary.append(f"{len(alone)} photos have no {noun}, the first is {alone[0]} ({_ADVICE[field]})")
            if no_photo:
                summary.append(f"{len(no_photo)} {noun}s have no photo, the first is {no_photo[0]}")
        if files:
            self.bad_files.add(*files, summary=f"{self.data_dir}: {'; '.join(summary)}")


def _names(stems, suffixes):
    """File names as an array of byte strings, which takes a quarter of a list of `str`."""
    return np.array([os.fsencode(stem + suffixes[stem]) for stem in stems])
