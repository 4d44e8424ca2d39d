"""A data set as a folder: photos and the saliency maps of the same names."""

import os
import pathlib
import sys

import numpy as np

from keras_scgan.data import photos
from keras_scgan.data.bad_files import BadFiles, DataError
from keras_scgan.errors import BadFileError

SUFFIXES = (".jpg", ".jpeg", ".png")


def demo_dir():
    """Folder of the demo data set that the package carries, a `pathlib.Path`."""
    return pathlib.Path(__file__).parent / "demo"


class PhotoPairs:
    """The pairs of a folder `DIR/images/STEM.jpg`, `DIR/saliency/STEM.jpg`, one a stem, sorted by stem.

    Suffixes are .jpg, .jpeg or .png, in either case. Only the names are held in memory, as two byte arrays: a million
    pairs take tens of megabytes.

    Args:
        data_dir: path of the folder.
        saliency: bool. Whether maps are wanted; without them `DIR/saliency` is neither needed nor read.
        bad_files: `BadFiles` that counts what cannot be used: here photos without a map and maps without a photo,
            later what cannot be read. Defaults to one that allows none.

    Raises:
        DataError: There is no such folder, it holds no pair, or too many of its files have no counterpart.

    Example:
        ```python
        pairs = PhotoPairs(demo_dir())
        photo, saliency_map = pairs.read(0)
        ```
    """

    def __init__(self, data_dir, *, saliency=True, bad_files=None):
        self.data_dir = os.fspath(data_dir)
        self.saliency = saliency
        self.bad_files = BadFiles(0) if bad_files is None else bad_files
        if not os.path.isdir(self.data_dir):
            found = "is not a folder" if os.path.exists(self.data_dir) else "does not exist"
            raise DataError(f"The data set folder {self.data_dir} {found}: give one with the photos in images/.")

        photo_suffixes = self._list("images", "put the photos there")
        map_suffixes = self._list("saliency", "tools/make_saliency.py makes the maps") if saliency else photo_suffixes
        stems = sorted(stem for stem in photo_suffixes if stem in map_suffixes)
        if not stems:
            raise DataError(
                f"No photo in {self._path('images')} has a map of its name in {self._path('saliency')}: "
                "tools/make_saliency.py makes the maps."
            )
        self._check_unpaired(photo_suffixes, map_suffixes)
        self._photo_names = _names(stems, photo_suffixes)
        self._map_names = _names(stems, map_suffixes) if saliency else None

    def __len__(self):
        return len(self._photo_names)

    def photo_path(self, index):
        """Path of a photo. Args: `index`, int in [0, len)."""
        return self._path("images", os.fsdecode(self._photo_names[index]))

    def map_path(self, index):
        """Path of a photo's saliency map. Args: `index`, int in [0, len)."""
        return self._path("saliency", os.fsdecode(self._map_names[index]))

    def read(self, index, min_side=None):
        """Read a pair.

        Args:
            index: int in [0, len).
            min_side: float. Pixels of the photo's shorter side that are enough (see `photos.read_color`).

        Returns:
            Tuple of the photo, `[H, W, 3]` uint8 RGB, and its saliency map, `[h, w]` uint8, maybe of another size, or
            `None` without saliency.

        Raises:
            BadFileError: One of the two cannot be used.
        """
        photo = photos.read_color(self.photo_path(index), min_side)
        return photo, photos.read_gray(self.map_path(index)) if self.saliency else None

    def read_good(self, index, min_side=None):
        """Read a pair, or the next one in sorted order that can be used; `bad_files` counts those that cannot.

        The arguments and the returned pair are those of `read`.

        Raises:
            DataError: Too many files are bad, or all.
        """
        for offset in range(len(self)):
            pair = self.read_or_skip((index + offset) % len(self), min_side)
            if pair is not None:
                return pair
        raise DataError(f"None of the {len(self)} pairs in {self.data_dir} can be used.")

    def read_or_skip(self, index, min_side=None):
        """Read a pair, or count it in `bad_files` and return `None`. Arguments and errors as for `read_good`."""
        try:
            return self.read(index, min_side)
        except BadFileError as error:
            self.bad_files.add(error)
            return None

    def _path(self, *parts):
        return os.path.join(self.data_dir, *parts)

    def _list(self, subfolder, advice):
        """Suffixes of the images in a subfolder, by stem."""
        folder = self._path(subfolder)
        if not os.path.isdir(folder):
            raise DataError(f"{self.data_dir} has no subfolder {subfolder}/: {advice}.")
        suffixes = {}
        with os.scandir(folder) as entries:
            for entry in entries:
                stem, suffix = os.path.splitext(entry.name)
                if suffix.lower() not in SUFFIXES or stem.startswith(".") or not entry.is_file():
                    continue
                if stem in suffixes:
                    raise DataError(f"{folder} has both {stem}{suffixes[stem]} and {entry.name}: keep one file a stem.")
                suffixes[stem] = sys.intern(suffix)
        if not suffixes:
            raise DataError(f"{folder} holds no {', '.join(SUFFIXES)} file: {advice}.")
        return suffixes

    def _check_unpaired(self, photo_suffixes, map_suffixes):
        """Count what has no counterpart as bad."""
        no_map = sorted(photo_suffixes.keys() - map_suffixes.keys())
        no_photo = sorted(map_suffixes.keys() - photo_suffixes.keys())
        if not no_map and not no_photo:
            return
        summary = []
        if no_map:
            summary.append(
                f"{len(no_map)} photos have no saliency map, the first is {no_map[0]} "
                "(tools/make_saliency.py makes the maps)"
            )
        if no_photo:
            summary.append(f"{len(no_photo)} saliency maps have no photo, the first is {no_photo[0]}")
        self.bad_files.add(
            *(BadFileError(self._path("images", stem + photo_suffixes[stem]), "no saliency map") for stem in no_map),
            *(BadFileError(self._path("saliency", stem + map_suffixes[stem]), "no photo") for stem in no_photo),
            summary=f"{self.data_dir}: {'; '.join(summary)}",
        )


def _names(stems, suffixes):
    """File names as an array of byte strings, which takes a quarter of a list of `str`."""
    return np.array([os.fsencode(stem + suffixes[stem]) for stem in stems])
