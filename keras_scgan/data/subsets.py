"""Part of a data set: as many of its photos as are wanted, told by their names."""

import heapq

from keras_scgan.data.bad_files import DataError
from keras_scgan.data.data_set import DataSet
from keras_scgan.data.hashing import keyed_hash
from keras_scgan.program.errors import BadFileError

_SEED = 0


class Subset(DataSet):
    """The first photos of a data set by a hash of their names, in the data set's order.

    Which they are depends on the names alone: the same number gives the same photos everywhere, and a smaller number
    gives some of those of a larger one. Of shards, each record is read once for its name, and one that is damaged is
    counted in `bad_files`.

    Args:
        data_set: `DataSet`.
        count: int. Photos, 1 or more.

    Raises:
        DataError: The data set has fewer photos.

    Example:
        ```python
        photos = Subset(open_data_set("photos"), 500)
        ```
    """

    def __init__(self, data_set, count):
        super().__init__(data_set.data_dir, data_set.fields, data_set.bad_files)
        self.classes = data_set.classes
        self._data_set = data_set
        places = heapq.nsmallest(count, self._places())
        if len(places) < count:
            raise DataError(f"{self.data_dir} has {len(places)} photos, fewer than the {count} that are wanted.")
        self._indices = sorted(index for *_, index in places)

    def _places(self):
        """Tuples that sort as the hashes do: hash, name, index."""
        for index in range(len(self._data_set)):
            try:
                key = self._data_set.key(index)
            except BadFileError as error:
                self.bad_files.add(error)
            else:
                yield keyed_hash(_SEED, "subset", key), key, index

    def __len__(self):
        return len(self._indices)

    def key(self, index):
        return self._data_set.key(self._indices[index])

    def read(self, index, min_side=None):
        return self._data_set.read(self._indices[index], min_side)

    def describe(self, index):
        return self._data_set.describe(self._indices[index])
