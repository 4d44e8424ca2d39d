"""The format of shards: TFRecord files of `tf.train.Example`, one a sample, beside `dataset_info.json`.

A sample is a dict with some of the fields `FIELDS`:

- `color`: `[H, W, 3]` uint8 RGB;
- `saliency`: `[h, w]` uint8;
- `thermal`: `[h, w]` uint8;
- `label`: int.

Images are JPEGs of quality 95 with chroma at full resolution, as colour is what is learnt. A photo of 256 pixels takes
34 KiB. A saliency map takes 5 KiB, half of a PNG's, and is decoded four times as fast, at a mean error of 0.05 of 255.
"""

import struct
import zlib

import cv2
import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

from keras_scgan.data import decoding, places
from keras_scgan.data.data_set import INFO_NAME  # noqa: F401 (of the format)
from keras_scgan.photos.files import decode_rgb
from keras_scgan.program.errors import BadFileError
from keras_scgan.program.files import atomic_path
from keras_scgan.program.printable import printable

IMAGE_FIELDS = ("color", "saliency", "thermal")
FIELDS = (*IMAGE_FIELDS, "label")
FORMAT_VERSION = 1
JPEG_QUALITY = 95

_JPEG_OPTIONS = (
    *(cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY),
    *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
    *(cv2.IMWRITE_JPEG_OPTIMIZE, 1),
)
_HEADER = struct.Struct("<Q4x")  # of a record in a TFRecord file: its length, and a checksum of that
_FOOTER_BYTES = 4
_MAX_KEY = 200  # characters that errors tell


def shard_name(name, split, index, count):
    """File name of a shard, as in `photos-train.tfrecord-00000-of-00016`.

    Args:
        name: str. The data set's.
        split: str. `train` or `validation`.
        index: int in [0, count).
        count: int. Shards of the split.
    """
    return f"{name}-{split}.tfrecord-{index:05d}-of-{count:05d}"


def encode(sample, key):
    """Encode a sample as a record. The same sample gives the same bytes.

    Args:
        sample: dict of fields (see the module).
        key: str. What the sample was made of: the path of the original in its folder, without suffix.

    Returns:
        bytes of a `tf.train.Example`. Beside the fields it has `key` and `crc32`, the checksum of them all.

    Raises:
        ValueError: The sample has none of the fields, or one that there is not.
    """
    if not sample or not set(sample) <= set(FIELDS):
        raise ValueError(f"A sample has some of the fields {', '.join(FIELDS)}. Received: {', '.join(sample)}")
    values = {name: _encode_image(sample[name]) for name in IMAGE_FIELDS if name in sample}
    values["key"] = key.encode("utf-8", "surrogateescape")
    if "label" in sample:
        values["label"] = int(sample["label"])
    values["crc32"] = _checksum(values)
    features = tf.train.Features(feature={name: _feature(value) for name, value in values.items()})
    return tf.train.Example(features=features).SerializeToString(deterministic=True)


def decode(data, fields, min_side=None, name="record"):
    """Decode a record.

    Args:
        data: bytes that `encode` returned.
        fields: names of the fields that are wanted.
        min_side: float. Pixels of a photo's shorter side that are enough (see `decoding.read_color`).
        name: str. What the record is called in errors, to which its key is added once that is known.

    Returns:
        dict of the fields.

    Raises:
        BadFileError: The record is damaged, or has not all of the fields.
    """
    values, _, name = _values(data, name)
    missing = [field for field in fields if field not in values]
    if missing:
        raise BadFileError(name, f"has no field {missing[0]}")
    for field in fields:
        if not isinstance(values[field], int if field == "label" else bytes):
            raise BadFileError(name, f"its {field} is of another type")
    return {field: _decode_field(field, values[field], min_side, name) for field in fields}


def decode_key(data, name="record"):
    """The key of a record. Arguments and errors as of `decode`."""
    return _values(data, name)[1]


def decode_files(data, name="record"):
    """The key of a record, and the JPEG files that it holds, a dict from fields to bytes. Otherwise as `decode_key`."""
    values, key, _ = _values(data, name)
    return key, {field: values[field] for field in IMAGE_FIELDS if field in values}


def _values(data, name):
    """What a record holds, a dict; its key; and what it is called in errors."""
    try:
        features = tf.train.Example.FromString(data).features.feature
        values = {feature: _value(features[feature]) for feature in list(features)}
        key = values["key"].decode("utf-8", "surrogateescape")
        is_whole = values.pop("crc32") == _checksum(values)
    except (DecodeError, LookupError, TypeError, ValueError, AttributeError):
        raise BadFileError(name, "damaged, or no record of a data set") from None
    name = f"{name} ({printable(key[:_MAX_KEY])})"
    if not is_whole:
        raise BadFileError(name, "damaged: its checksum is not that of what it holds")
    return values, key, name


def write_shard(path, records):
    """Write a shard, whole or not at all. The same records give the same bytes.

    Args:
        path: path of the file.
        records: iterable of bytes.

    Returns:
        int. How many records there were.

    Raises:
        OSError: The file cannot be written.
    """
    count = 0
    with atomic_path(path) as temporary:
        try:
            with tf.io.TFRecordWriter(str(temporary)) as writer:
                for record in records:
                    writer.write(record)
                    count += 1
        except tf.errors.OpError as error:  # a full disk, for one
            raise OSError(f"{path}: {error.message}") from None
    return count


def find_records(path):
    """Find the records of a shard by their length headers.

    Args:
        path: path of the file.

    Returns:
        `[N, 2]` int64: where each record begins, and how many bytes it has.

    Raises:
        ValueError: The lengths do not add up to the size of the file.
        OSError: The file cannot be read.
    """
    spans, position, (size, _) = [], 0, places.stat(path)
    with places.opened(path) as file:
        while position < size:
            file.seek(position)
            header = file.read(_HEADER.size)
            if len(header) < _HEADER.size:
                raise ValueError(f"the header of record {len(spans)} breaks off")
            (length,) = _HEADER.unpack(header)
            spans.append((position + _HEADER.size, length))
            position += _HEADER.size + length + _FOOTER_BYTES
            if position > size:
                raise ValueError(f"record {len(spans) - 1} should end at byte {position}, but the file has {size}")
    return np.array(spans, np.int64).reshape(-1, 2)


def _encode_image(image):
    pixels = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image
    done, data = cv2.imencode(".jpg", pixels, _JPEG_OPTIONS)
    if not done:
        raise ValueError(f"An image of shape {image.shape} and type {image.dtype} cannot be written as JPEG.")
    return data.tobytes()


def _feature(value):
    if isinstance(value, int):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))


def _value(feature):
    return getattr(feature, feature.WhichOneof("kind")).value[0]


def _checksum(values):
    checksum = 0
    for name in sorted(values):
        value = values[name]
        data = value.to_bytes(8, "little", signed=True) if isinstance(value, int) else value
        checksum = zlib.crc32(data, zlib.crc32(name.encode(), checksum))
    return checksum


def _decode_field(field, value, min_side, name):
    if field == "label":
        return value
    return decode_rgb(name, value, min_side) if field == "color" else decoding.decode_gray(name, value)
