"""What made each result in a folder, so that a later run can tell whether it would make the same.

It is kept in the user's folder for caches, as the folder of the results holds results alone. Without it, results count
as made in whatever way is asked for.
"""

import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
import threading

from keras_scgan.program.files import fold_name, is_same_file, open_regular

_ENDS = 1 << 16
"""Bytes at the beginning and at the end of an original that it is known by, with its size."""


@dataclasses.dataclass(frozen=True)
class Record:
    """How a result came about.

    Args:
        result: string. The result, relative to the folder.
        original: string. Path of what it was made of.
        fingerprint: string, by which the original is known wherever it is now.
        made: string. The fingerprint of the result.
        settings: dict of strings and numbers that decided the result.
        fault: string. What of the original could not be read; `""` if nothing.
    """

    result: str
    original: str
    fingerprint: str
    made: str
    settings: dict
    fault: str = ""


class ResultLog:
    """The records of a folder. Threads may share one.

    Lines of its file that are no records, as after a process was killed, are passed over; of several records of one
    result the last counts. If the file cannot be written, nothing is kept.

    Args:
        folder: path.
        settings: dict of strings and numbers that decide the results of this run.
    """

    def __init__(self, folder, settings):
        self._folder = pathlib.Path(folder)
        name = hashlib.sha256(os.fsencode(os.path.realpath(folder))).hexdigest()[:32]
        self._path = cache_folder() / "results" / f"{name}.jsonl"
        self._settings = settings
        self._lock = threading.Lock()
        self._records, self._folded = {}, {}
        for record in _read(self._path):
            self._keep(record)

    def find(self, result):
        """The `Record` of a result, or `None`. Args: `result`, path."""
        key = self._key(result)
        record = self._records.get(key) or self._folded.get(fold_name(key))
        if record is None or record.result == key:
            return record
        # Whether the file system takes the two names for one.
        return record if is_same_file(result, self._folder / record.result) else None

    def other_original(self, result, original):
        """Path of what a result was made of, if that was not what it is to be made of now; otherwise `None`.

        Args:
            result: path.
            original: path of what it is to be made of.
        """
        record = self.find(result)
        if record is None or self.is_edited(record) or fingerprint(original) in ("", record.fingerprint):
            return None
        return pathlib.Path(record.original)

    def is_edited(self, record):
        """Whether a result is another file now than the one that was written."""
        return fingerprint(self._folder / record.result) != record.made

    def add(self, result, original, fault=""):
        """Keeps how a result that is written came about. Args: paths of the `result` and the `original`; `fault`."""
        known_by, made = fingerprint(original), fingerprint(result)
        record = Record(self._key(result), os.path.abspath(original), known_by, made, self._settings, fault)
        line = "\n" + json.dumps(dataclasses.asdict(record))  # a line anew, also if the last one broke off
        with self._lock, contextlib.suppress(OSError):
            self._keep(record)
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with open(self._path, "a", encoding="ascii") as file:
                file.write(line)

    def changes(self, record):
        """Names of the settings of this run that are not those of a record, sorted."""
        names = self._settings.keys() & record.settings.keys()
        return sorted(name for name in names if self._settings[name] != record.settings[name])

    def _keep(self, record):
        self._records[record.result] = record
        self._folded[fold_name(record.result)] = record

    def _key(self, result):
        return pathlib.Path(os.path.relpath(result, self._folder)).as_posix()


def cache_folder():
    """The folder in which the project keeps what it can do without, a path."""
    variable, usual = ("LOCALAPPDATA", "AppData/Local") if os.name == "nt" else ("XDG_CACHE_HOME", ".cache")
    return pathlib.Path(os.environ.get(variable) or os.path.expanduser(f"~/{usual}"), "keras-scgan")


def fingerprint(path):
    """What a file is known by: a string made of its size, its beginning and its end. `""` if it cannot be read."""
    digest = hashlib.sha256()
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            digest.update(file.read(_ENDS))
            file.seek(max(0, size - _ENDS))
            digest.update(file.read(_ENDS))
    except OSError:
        return ""
    return f"{size}-{digest.hexdigest()[:32]}"


def _read(path):
    """Yields the records in a file, if it is there."""
    try:
        with open_regular(path) as file:
            lines = file.read().splitlines()
    except OSError:
        return
    for line in lines:
        try:
            record = Record(**json.loads(line))
        except (ValueError, TypeError, RecursionError):
            continue
        texts = dataclasses.asdict(record)
        if isinstance(texts.pop("settings"), dict) and all(isinstance(text, str) for text in texts.values()):
            yield record
