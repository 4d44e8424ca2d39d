"""Results on the way to a data set, kept line by line, so that work that was stopped at any moment goes on."""

import contextlib
import json

from keras_scgan.program.json_files import parse_object


class Journal:
    """A file of JSON objects, one a line, which is read when it is opened and then grows.

    A line that was not written to its end is passed over: what it told is done again.

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
        self._path = path

    def __enter__(self):
        self._file = open(self._path, "a+b")
        if self._file.seek(0, 2):
            self._file.seek(-1, 2)
            if self._file.read() != b"\n":
                self._file.write(b"\n")
        return self

    def __exit__(self, *_):
        self._file.close()

    def entries(self):
        """Yields the objects that the file held when it was opened, and what was appended since."""
        self._file.flush()
        with open(self._path, "rb") as file:
            for line in file:
                with contextlib.suppress(ValueError):  # the beginning of an object is never an object
                    yield parse_object(line)

    def append(self, entries):
        """Writes objects, so that they outlast the end of this process. Args: `entries`, list of dicts."""
        self._file.write(b"".join(json.dumps(entry).encode() + b"\n" for entry in entries))
        self._file.flush()
