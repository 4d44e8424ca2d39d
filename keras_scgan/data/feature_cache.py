"""The features that a frozen encoder has of some crops of each photo, on disk."""

import json
import math
import pathlib
import re

import numpy as np

from keras_scgan.data.bad_files import DataError
from keras_scgan.program.errors import UserError
from keras_scgan.program.files import atomic_path, remove_temporaries
from keras_scgan.program.json_files import read_object

_SETTINGS_NAME = "feature_cache.json"
_SHARD_NAME = re.compile(r"features-\d{5,}\.float16")
_TYPE = np.dtype("<f2")


class FeatureCache:
    """A folder of features. Each photo has some crops, and a crop an array for each of the encoder's features.

    Crop `c` of photo `i` has the number `c * photos + i`. The files `features-00000.float16`, ... hold the crops by
    their numbers, one after another, each the values of all its arrays. `feature_cache.json` tells what they were made
    with. Crops are read from any number of threads. All values of a crop are NaN where its photo could not be read.

    Args:
        folder: path. Need not be there.
        shapes: list of tuples of ints, of the arrays of a crop.
        photos: int.
        crops: int. Crops of each photo.
    """

    shard_crops = 512
    """Crops of a file; the last file may have fewer."""

    def __init__(self, folder, shapes, *, photos, crops):
        self.folder = pathlib.Path(folder)
        self.shapes = [tuple(shape) for shape in shapes]
        self.photos = photos
        self.crops = crops
        self._lengths = [math.prod(shape) for shape in self.shapes]

    @property
    def crop_bytes(self):
        """Bytes of a crop on disk."""
        return sum(self._lengths) * _TYPE.itemsize

    def claim(self, settings):
        """Makes the folder one of features that were made with these settings, whole files of which may be there.

        Files of a cache that was made with others are removed.

        Args:
            settings: dict of values that JSON knows, by name.

        Returns:
            List of strings, how the settings of the files that were removed differ. Empty if none were.

        Raises:
            UserError: the folder holds something that is not of a cache.
        """
        settings = json.loads(json.dumps(settings))  # tuples are lists in a file
        self.folder.mkdir(parents=True, exist_ok=True)
        remove_temporaries(self.folder)
        names = sorted(path.name for path in self.folder.iterdir())
        shards = [name for name in names if _SHARD_NAME.fullmatch(name)]
        foreign = [name for name in names if name not in (*shards, _SETTINGS_NAME)]
        if foreign:
            raise UserError(
                f"{self.folder} holds {foreign[0]}, which no feature cache wrote: give the cache a folder of its own."
            )
        path = self.folder / _SETTINGS_NAME
        found = _read_settings(path) if path.exists() else {}
        if found == settings:
            return []
        for name in shards:
            (self.folder / name).unlink()
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps(settings, indent=2) + "\n")
        return [
            f"{name} {_shown(found, name)}, not {_shown(settings, name)}"
            for name in sorted(found.keys() | settings.keys())
            if shards and found.get(name) != settings.get(name)
        ]

    def missing(self):
        """List of the numbers of the files that are not there or not whole."""
        return [shard for shard in range(-(-self.photos * self.crops // self.shard_crops)) if not self._is_whole(shard)]

    def numbers(self, shard):
        """The numbers of a file's crops. Args: `shard`, int."""
        return range(shard * self.shard_crops, min((shard + 1) * self.shard_crops, self.photos * self.crops))

    def write(self, shard, batches):
        """Writes a file, whole or not at all.

        Args:
            shard: int.
            batches: iterable of pairs: `[N, values]`, in which a row has all arrays of a crop, and `[N]` bools, whether
                its photo could be read. Together they have the rows of `numbers(shard)`.

        Raises:
            UserError: a value is beyond float16.
        """
        with atomic_path(self._path(shard)) as temporary, open(temporary, "wb") as file:
            for batch, readable in batches:
                with np.errstate(over="ignore"):
                    values = batch.astype(_TYPE)
                if not np.isfinite(values).all():
                    raise UserError("The encoder's features are too large for float16: train without a feature cache.")
                values[~readable] = np.nan
                values.tofile(file)

    def read(self, crop, index):
        """The features of a crop of a photo.

        Args:
            crop: int in [0, crops).
            index: int in [0, photos).

        Returns:
            Tuple of float32 arrays, or `None` where the photo could not be read when they were made.

        Raises:
            DataError: They are not there.
            OSError: The file cannot be read.
        """
        shard, place = divmod(crop * self.photos + int(index), self.shard_crops)
        values = np.fromfile(self._path(shard), _TYPE, sum(self._lengths), offset=place * self.crop_bytes)
        if len(values) < sum(self._lengths):
            raise DataError(f"{self._path(shard)} is not whole: start the run again, which makes it anew.")
        if np.isnan(values[0]):
            return None
        parts = np.split(values, np.cumsum(self._lengths)[:-1])
        return tuple(part.reshape(shape).astype(np.float32) for part, shape in zip(parts, self.shapes, strict=True))

    def _is_whole(self, shard):
        path = self._path(shard)
        return path.exists() and path.stat().st_size == len(self.numbers(shard)) * self.crop_bytes

    def _path(self, shard):
        return self.folder / f"features-{shard:05d}.float16"


def _read_settings(path):
    try:
        return read_object(path)
    except ValueError as error:
        raise UserError(f"{path} is damaged ({error}): delete the folder, and the cache is made anew.") from None


def _shown(settings, name):
    text = json.dumps(settings[name]) if name in settings else "unknown"
    return text if len(text) <= 20 else f"{text[:8]}..."
