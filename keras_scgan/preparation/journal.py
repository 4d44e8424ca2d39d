"""Results on the way to a data set, kept line by line, so that work that was stopped at any moment goes on."""

import contextlib
import json
import pathlib
import re
import secrets

from keras_scgan.program.json_files import parse_object

PART_SUFFIX = r"\.[0-9a-f]{16}"
"""What is added to a journal's name for a part of it, a regular expression."""


class Journal:
    """A file of JSON objects, one a line, which is read when it is opened and then grows.

    A line that was not written to its end is passed over: what it told is done again. What other processes have written
    into parts of it becomes a part of it when it is opened.

    Args:
        path: path of the file, made if it is not there.

    Example:
        ```python
        with Journal("scan.jsonl") as journal:
            done = {entry["path"] for entry in journal.entries()}
            journal.append([{"path": "a.jpg"}])
        ```
    """

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def __enter__(self):
        self._file = open(self.path, "a+b")
        if self._file.seek(0, 2):
            self._file.seek(-1, 2)
            if self._file.read() != b"\n":
                self._file.write(b"\n")
        self.append(list(self.entries_of_parts()))
        self.delete_parts()
        return self

    def __exit__(self, *_):
        self._file.close()

    def entries(self):
        """Yields the objects that the file held when it was opened, and what was appended since."""
        self._file.flush()
        yield from _objects(self.path)

    def append(self, entries):
        """Writes objects, so that they outlast the end of this process. Args: `entries`, list of dicts."""
        _append(self._file, entries)

    def entries_of_parts(self):
        """Yields the objects that other processes have written into parts of it."""
        for path in self._parts():
            yield from _objects(path)

    def delete_parts(self):
        """Deletes the parts, whose objects have been appended."""
        for path in self._parts():
            path.unlink()

    def _parts(self):
        pattern = re.compile(re.escape(self.path.name) + PART_SUFFIX)
        return sorted(path for path in self.path.parent.iterdir() if pattern.fullmatch(path.name))


class JournalPart:
    """A part of a journal, which one process alone writes. Args: `path`, that of the journal."""

    def __init__(self, path):
        self._file = open(f"{path}.{secrets.token_hex(8)}", "xb")  # noqa: SIM115 (for the life of the object)

    def append(self, entries):
        """Writes objects, so that they outlast the end of this process. Args: `entries`, list of dicts."""
        _append(self._file, entries)

    def close(self):
        """Closes the file."""
        self._file.close()


def _append(file, entries):
    file.writelines(json.dumps(entry).encode() + b"\n" for entry in entries)
    file.flush()


def _objects(path):
    with open(path, "rb") as file:
        for line in file:
            with contextlib.suppress(ValueError):  # the beginning of an object is never an object
                yield parse_object(line)
