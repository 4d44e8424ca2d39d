"""What all data sets have in common: samples by number, with those that cannot be used put up with or replaced."""

import abc
import hashlib
import os

from keras_scgan.data import places
from keras_scgan.data.bad_files import BadFiles, DataError
from keras_scgan.program.errors import BadFileError

INFO_NAME = "dataset_info.json"
"""File beside shards that tells what is in them."""


class DataSet(abc.ABC):
    """Samples that are read by their number, from any number of threads. A sample is a dict of fields (see `records`).

    Args:
        data_dir: path of the folder.
        fields: names of the fields that a sample shall have.
        bad_files: `BadFiles` that counts what cannot be used. Defaults to one that allows none.

    Raises:
        DataError: There is no such folder.
    """

    classes = None
    """Names of the classes, a list whose index is the label, or `None` where there are no labels."""

    def __init__(self, data_dir, fields, bad_files=None):
        self.data_dir = os.fspath(data_dir)
        self.fields = tuple(fields)
        self.bad_files = BadFiles(0) if bad_files is None else bad_files
        check_folder(self.data_dir)

    @abc.abstractmethod
    def __len__(self):
        """Number of samples."""

    @abc.abstractmethod
    def read(self, index, min_side=None):
        """Read a sample.

        Args:
            index: int in [0, len).
            min_side: float. Pixels of the photo's shorter side that are enough (see `decoding.read_color`).

        Returns:
            dict of the `fields`. Its images may be of several sizes.

        Raises:
            BadFileError: The sample cannot be used.
        """

    @abc.abstractmethod
    def key(self, index):
        """What a sample is called, whatever others there are: a string, the photo's name without its suffix.

        Args:
            index: int in [0, len).

        Raises:
            BadFileError: The sample is damaged.
        """

    @abc.abstractmethod
    def describe(self, index):
        """What tells a sample from others without reading it: a string with name, size and time of what it is in."""

    def digest(self):
        """SHA-256 of the fields and of the description of every sample, in order, in hexadecimal."""
        digest = hashlib.sha256(" ".join(self.fields).encode())
        for index in range(len(self)):
            digest.update(f"\n{self.describe(index)}".encode(errors="surrogateescape"))
        return digest.hexdigest()

    def read_good(self, index, min_side=None):
        """Read a sample, or the next one in order that can be used; `bad_files` counts those that cannot.

        The arguments and the returned sample are those of `read`.

        Raises:
            DataError: Too many files are bad, or all.
        """
        for offset in range(len(self)):
            sample = self.read_or_skip((index + offset) % len(self), min_side)
            if sample is not None:
                return sample
        raise none_usable(self)

    def read_or_skip(self, index, min_side=None):
        """Read a sample, or count it in `bad_files` and return `None`. Arguments and errors as for `read_good`."""
        try:
            return self.read(index, min_side)
        except BadFileError as error:
            self.bad_files.add(error)
            return None

    def _check_fields(self, available, advice):
        """Raises `DataError` if a field is wanted that this kind of data set has not."""
        missing = [field for field in self.fields if field not in available]
        if missing:
            raise DataError(f"{self.data_dir} has no field {missing[0]}: {advice}.")


def name_size_and_time(path, folder):
    """What tells a file of a folder from others without reading it, as a string."""
    status = os.stat(path)
    return f"{os.path.relpath(path, folder)} {status.st_size} {status.st_mtime_ns}"


def none_usable(data_set):
    """The `DataError` of a data set all of whose samples are bad."""
    return DataError(f"None of the {len(data_set)} photos in {data_set.data_dir} can be used.")


def check_folder(data_dir):
    """Raises `DataError` if there is no such folder. Args: `data_dir`, path."""
    if not places.is_folder(data_dir):
        found = "is not a folder" if places.exists(data_dir) else "does not exist"
        raise DataError(f"The data set folder {data_dir} {found}: give one with the photos in images/, or of shards.")
