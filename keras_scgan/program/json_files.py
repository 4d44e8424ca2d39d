"""Files of JSON that others may have made."""

import json

from keras_scgan.program.files import open_regular

_MAX_BYTES = 1 << 26


def read_object(path):
    """The object that a file of JSON holds, a dict.

    Args:
        path: string or path.

    Raises:
        ValueError: It holds something else. The message says what.
        OSError: It cannot be read.
    """
    with open_regular(path) as file:
        return read_object_from(file)


def read_object_from(file):
    """`read_object` of an open binary file."""
    return parse_object(file.read(_MAX_BYTES + 1))


def parse_object(data):
    """The object that JSON says, a dict. Args: `data`, string or bytes. Raises: `ValueError`, as of `read_object`."""
    if len(data) > _MAX_BYTES:
        raise ValueError(f"it has more than {_MAX_BYTES} bytes")
    try:
        values = json.loads(data)
    except (ValueError, RecursionError):
        raise ValueError("it is no JSON") from None
    if not isinstance(values, dict):
        raise ValueError("it is no object of JSON")
    return values
