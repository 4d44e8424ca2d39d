"""Photos in shards that colorizations are measured against."""

import dataclasses
import pathlib

from keras_scgan.data.shards import PhotoShards
from keras_scgan.program.errors import BadFileError


@dataclasses.dataclass(frozen=True)
class ShardReference:
    """A colour photo in a shard: as a `Reference`.

    Args:
        key: str. The record's, which is the path of the original in its folder, without suffix.
        index: int. Number of the record.
        photos: `PhotoShards` of the field `color`.
        maps: `PhotoShards` of the field `saliency`, or `None`.
        thermals: `PhotoShards` of the field `thermal`, or `None`.
    """

    key: str
    index: int
    photos: PhotoShards
    maps: PhotoShards | None
    thermals: PhotoShards | None

    has_one_channel = False  # shards hold colour photos alone

    @property
    def path(self):
        """The key as a path, which names the photo."""
        return pathlib.PurePosixPath(self.key)

    @property
    def has_map(self):
        return self.maps is not None

    @property
    def has_thermal(self):
        return self.thermals is not None

    @property
    def is_thermal_synthetic(self):
        """Whether the thermal image is none, but made of the colours."""
        return self.has_thermal and "thermal" in self.thermals.synthetic

    def read(self):
        return self.photos.read(self.index)["color"]

    def read_map(self):
        return self.maps.read(self.index)["saliency"]

    def read_thermal(self):
        return self.thermals.read(self.index)["thermal"]


def find_in_shards(data_dir, split):
    """`references.find_references` of a folder of shards."""
    photos = PhotoShards(data_dir, fields=("color",), split=split)
    others = [
        PhotoShards(data_dir, fields=(field,), split=split) if field in photos.available else None
        for field in ("saliency", "thermal")
    ]
    found = [ShardReference(_key(photos, index), index, photos, *others) for index in range(len(photos))]
    return sorted(found, key=lambda reference: reference.key)


def _key(photos, index):
    """A record's key, or its number where it is damaged, which is told of when it is read."""
    try:
        return photos.key(index)
    except BadFileError:
        return f"record {index}"
