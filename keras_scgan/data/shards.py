"""A data set as shards, which are read at random by an index of their records."""

import json
import os

import numpy as np
from absl import logging

from keras_scgan.data import places, records
from keras_scgan.data.bad_files import DataError
from keras_scgan.data.data_set import DataSet
from keras_scgan.program.errors import BadFileError
from keras_scgan.program.files import is_file_name
from keras_scgan.program.json_files import read_object_from


class PhotoShards(DataSet):
    """The samples of one split of a folder of shards with `dataset_info.json`, as scgan prepare_data writes it.

    The length headers of all records are read once. In memory are 16 bytes a sample. `available` are the fields that
    the shards have, and `synthetic` those of them that are stand-ins, of which a warning is logged if one is wanted.

    Args:
        data_dir: path of the folder, which may be on a file system of TensorFlow's, such as `gs://`.
        fields: names of the fields that are wanted, of those that the shards have.
        split: str. `train` or `validation`.
        bad_files: `BadFiles` that counts records that cannot be used. Defaults to one that allows none.

    Raises:
        DataError: The folder is not there or incomplete, a shard is not what `dataset_info.json` says, or there is no
            such split or field.
    """

    def __init__(self, data_dir, *, fields=("color", "saliency"), split="train", bad_files=None):
        super().__init__(data_dir, fields, bad_files)
        info = _Info(os.path.join(self.data_dir, records.INFO_NAME))
        self.available = tuple(info.fields)
        self._check_fields(
            info.fields, f"its shards have {_shown(info.fields)} alone (scgan prepare_data makes others)"
        )
        self.classes = info.classes
        self.synthetic = info.synthetic
        for field in set(self.synthetic) & set(self.fields):
            logging.warning("%s: its field %s is synthetic, which real data are not like.", self.data_dir, field)
        shards = info.shards(split)
        self._paths = [os.path.join(self.data_dir, name) for name, _, _ in shards]
        spans = [_index(path, *counts) for path, (_, *counts) in zip(self._paths, shards, strict=True)]
        self._times = {path: places.stat(path)[1] for path in self._paths}
        self._first = np.cumsum([0, *map(len, spans)])
        self._spans = np.concatenate(spans) if spans else np.empty((0, 2), np.int64)
        if not len(self):
            raise DataError(f"The split {split} of {self.data_dir} has no samples.")

    def __len__(self):
        return len(self._spans)

    def read(self, index, min_side=None):
        data, name = self._read(index)
        sample = records.decode(data, self.fields, min_side, name)
        label = sample.get("label")
        if label is not None and not 0 <= label < len(self.classes):
            raise BadFileError(name, f"its label is {label}, but there are {len(self.classes)} classes, from 0")
        return sample

    def key(self, index):
        """What a sample was made of: the path of the original in its folder, without suffix. The record is read."""
        return records.decode_key(*self._read(index))

    def files(self, index):
        """Key of a sample, and its images as JPEG files, a dict from fields to bytes. Args and errors: as of `key`."""
        return records.decode_files(*self._read(index))

    def describe(self, index):
        path, place, _, length = self._find(index)
        return f"{os.path.basename(path)} {place} {length} {self._times[path]}"

    def _read(self, index):
        """A record, as bytes, and what it is called in errors."""
        path, place, start, length = self._find(index)
        name = f"{path} record {place}"
        try:
            with places.opened(path) as file:  # opened anew, so that not hundreds of files stay open
                file.seek(start)
                return file.read(length), name
        except OSError as error:
            raise BadFileError(name, error.strerror or "cannot be read") from None

    def _find(self, index):
        """Where a record is: path of the shard, number in it, first byte and length."""
        shard = int(np.searchsorted(self._first, index, side="right")) - 1
        return self._paths[shard], index - self._first[shard], *self._spans[index].tolist()


def _shown(names):
    """The first of some names of a file that a stranger may have made."""
    return ", ".join(name[:50] for name in list(names)[:10])


class _Info:
    """What is needed of a `dataset_info.json`; every value that is missing or of a wrong type is a `DataError`."""

    def __init__(self, path):
        self._path = path
        try:
            with places.opened(path) as file:
                self._values = read_object_from(file)
        except OSError as error:
            raise DataError(f"{path}: {error.strerror}.") from None
        except ValueError as error:
            raise DataError(f"{path} is damaged: {error}.") from None
        version = self._get(self._values, "format_version", int)
        if version != records.FORMAT_VERSION:
            raise DataError(
                f"{path} is of format {version}, and this version reads {records.FORMAT_VERSION}: make the shards anew "
                "by scgan prepare_data."
            )
        self.fields = self._texts("fields")
        self.classes = self._texts("classes") if "label" in self.fields else None
        self.synthetic = self._texts("synthetic") if "synthetic" in self._values else []

    def shards(self, split):
        """List of (file name, samples, bytes) of the shards of a split."""
        splits = self._get(self._values, "splits", dict)
        if split not in splits:
            raise DataError(f"{self._path} has no split {split}, but {_shown(splits) or 'none'}.")
        kinds = {"file": str, "samples": int, "bytes": int}
        shards = [
            tuple(self._get(shard, name, kind) for name, kind in kinds.items())
            for shard in self._get(splits[split], "shards", list)
        ]
        for name, _, _ in shards:
            if not is_file_name(name):
                raise DataError(f"{self._path} is damaged: {json.dumps(name[:50])} is no name of a file beside it.")
        return shards

    def _texts(self, name):
        texts = self._get(self._values, name, list)
        if not all(isinstance(text, str) for text in texts):
            raise DataError(f"{self._path} is damaged: {name} has something else than texts.")
        return texts

    def _get(self, values, name, kind):
        value = values.get(name) if isinstance(values, dict) else None
        if type(value) is not kind:  # True is no number here
            found = "is missing" if value is None else f"is {json.dumps(value)[:50]}"
            raise DataError(f"{self._path} is damaged: {name} {found}, and should be of type {kind.__name__}.")
        return value


def _index(path, samples, size):
    """Where the records of a shard are (see `find_records`), which must be as many as the description says."""
    advice = "copy it again, or make it anew by scgan prepare_data"
    try:
        found_size, _ = places.stat(path)
        spans = records.find_records(path) if found_size == size else []
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}, but {records.INFO_NAME} names it: {advice}.") from None
    except ValueError as error:
        raise DataError(f"{path} is damaged, {error}: {advice}.") from None
    if found_size != size:
        raise DataError(f"{path} has {found_size} bytes, and {size} by {records.INFO_NAME}: {advice}.")
    if len(spans) != samples:
        raise DataError(f"{path} has {len(spans)} records, and {samples} by {records.INFO_NAME}: {advice}.")
    return spans
