"""Which files of a folder are those of a data set that was made there, and may be deleted: no others ever are."""

import contextlib
import pathlib
import re

from keras_scgan.data.records import INFO_NAME
from keras_scgan.preparation.journal import PART_SUFFIX, Journal
from keras_scgan.program.files import is_file_name, remove_temporaries, sha256
from keras_scgan.program.json_files import read_object

WORK_NAME = "unfinished"
"""Folder in that of the data set, of what it takes to go on; it is gone when the set is complete."""

OPTIONS_NAME, SCAN_NAME, SHARDS_NAME = "options.json", "scan.jsonl", "shards.jsonl"
"""Files in the work folder: what decides how the set is made, and the journals of the scan and of the shards."""

JOBS_NAME, THUMBNAILS_NAME, PAIRS_NAME = "jobs.txt", "thumbnails.npy", "pairs.jsonl"
"""Files there by which the machines of a runner work together."""

DROPPED_NAME = "dropped.tsv"

_SHARD = re.compile(r".+\.tfrecord-\d{5}-of-\d{5}")
_PART = re.compile(rf"{_SHARD.pattern}(\.part-\d{{5}})?")
_OF_WORK = re.compile(
    rf"{'|'.join(map(re.escape, (OPTIONS_NAME, JOBS_NAME, THUMBNAILS_NAME)))}|"
    rf"({'|'.join(map(re.escape, (SCAN_NAME, SHARDS_NAME, PAIRS_NAME)))})({PART_SUFFIX})?|{_PART.pattern}"
)
_TYPES = {"digest": str, "file": str, "samples": int, "bytes": int, "failures": list}


def known_shards(journal):
    """What a journal tells of shards and their parts.

    Args:
        journal: `Journal` that `shards.build_shards` writes.

    Returns:
        dict from digests to the entries, dicts. Those that are none, or whose names lead elsewhere, are passed over.
    """
    entries = (
        entry for entry in journal.entries() if all(isinstance(entry.get(name), kind) for name, kind in _TYPES.items())
    )
    return {entry["digest"]: entry for entry in entries if _is_named(entry, _PART)}


def delete_stale(output_dir, known, built):
    """Delete shards that were made of photos which have changed since, while the work was stopped.

    Args:
        output_dir: path of the data set.
        known: dict of the journal's entries, as of `known_shards`.
        built: dict of those that are of the data set, by file name.
    """
    for entry in known.values():
        path = pathlib.Path(output_dir) / entry["file"]
        if "sha256" in entry and entry["file"] not in built and path.is_file() and sha256(path) == entry["sha256"]:
            path.unlink()


def delete_set(output_dir):
    """Delete the data set that a folder holds, or the beginning of one; first what says that it is complete."""
    output_dir = pathlib.Path(output_dir)
    shards = _named_shards(output_dir)
    for name in (INFO_NAME, DROPPED_NAME, *shards):
        (output_dir / name).unlink(missing_ok=True)
    delete_work(output_dir)


def delete_work(output_dir):
    """Delete the work folder, but for what a person has put into it."""
    folder = pathlib.Path(output_dir) / WORK_NAME
    if not folder.is_dir():
        return
    for path in list(folder.iterdir()):
        if _OF_WORK.fullmatch(path.name):
            path.unlink()
    remove_temporaries(folder)
    with contextlib.suppress(OSError):  # it holds something else
        folder.rmdir()


def _named_shards(output_dir):
    """Names of the shards that the description of a data set names, or the journal of one that is not complete."""
    entries, journal_path = [], output_dir / WORK_NAME / SHARDS_NAME
    with contextlib.suppress(OSError, ValueError, LookupError, TypeError, AttributeError):  # not of this project
        splits = read_object(output_dir / INFO_NAME)["splits"]
        entries += [shard for split in splits.values() for shard in split["shards"]]
    if journal_path.is_file():
        with Journal(journal_path) as journal:
            entries += known_shards(journal).values()
    return {entry["file"] for entry in entries if _is_named(entry, _SHARD)}


def _is_named(entry, pattern):
    name = entry.get("file") if isinstance(entry, dict) else None
    return isinstance(name, str) and is_file_name(name) and bool(pattern.fullmatch(name))
