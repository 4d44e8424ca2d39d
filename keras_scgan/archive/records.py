"""What the manifest of an archive tells of each photo."""

import dataclasses
import json

from keras_scgan.program.json_files import parse_object
from keras_scgan.program.printable import is_utf8
from keras_scgan.program.settings import kind_of


@dataclasses.dataclass(frozen=True)
class Record:
    """What became of a photo.

    Args:
        source: string. Path of the original.
        result: string. Path of the colorized photo from the folder of the results on, with slashes. Of a photo that
            failed, the place that it would have had.
        bytes: int. Size of the colorized photo; `None` if it failed, as the following.
        sha256: string, in hexadecimal. Of the colorized photo's file.
        seconds: float. From the begin of its reading to the end of its writing; `None` also where an earlier run made
            it that was killed.
        settings: string. Short digest of the network and the options that it was made with; `None` likewise.
        version: string. What its original was known by then, as of `places.version`; `None` if that is not known.
        failure: string. Why there is no colorized photo; `None` if there is one.
    """

    source: str
    result: str
    bytes: int | None = None
    sha256: str | None = None
    seconds: float | None = None
    settings: str | None = None
    version: str | None = None
    failure: str | None = None

    def as_line(self):
        """The record as JSON, a line."""
        return json.dumps(dataclasses.asdict(self))


KINDS = {field.name: kind_of(field) for field in dataclasses.fields(Record)}
"""Fields of a record, and their types."""


def from_line(line):
    """The `Record` that a line of a manifest tells, or `None` if it tells none. Args: `line`, string or bytes."""
    try:
        values = parse_object(line)
    except ValueError:
        return None
    return from_values(values)


def from_values(values):
    """The `Record` of a dict of its fields, or `None` if they are none."""
    if not values.keys() <= KINDS.keys() or not all(
        isinstance(value, KINDS[name]) or (value is None and name not in ("source", "result"))
        for name, value in values.items()
    ):
        return None
    if not all(is_utf8(value) for value in values.values() if isinstance(value, str)):
        return None
    return Record(**values) if {"source", "result"} <= values.keys() else None
