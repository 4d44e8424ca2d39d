"""Looking at every file once: what it is like, or why it cannot be used."""

import base64
import dataclasses
import functools
import hashlib
import itertools
import os

import numpy as np

from keras_scgan.data import decoding
from keras_scgan.evaluation.metrics import cci
from keras_scgan.photos.files import read_rgb
from keras_scgan.photos.resizing import to_square
from keras_scgan.preparation import duplicates
from keras_scgan.preparation.journal import Journal
from keras_scgan.preparation.pictures import read_companion
from keras_scgan.preparation.workers import advance, timed_bar
from keras_scgan.program.file_jobs import Report

_CHUNK = 32  # photos a job
_COLORFULNESS_SIZE = 256


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """What a file is like.

    Args:
        problem: str. Why it cannot be used, or `None`; then the others are not given.
        side: int. Pixels of the shorter side.
        is_gray: bool. Whether it is greyscale.
        colorfulness: float. Its CCI, of 256x256 pixels.
        digest: str. SHA-256 of its pixels in hexadecimal, whatever the file's format.
        thumbnail: bytes of a `[16, 18]` uint8 array (see `duplicates`).
    """

    problem: str | None = None
    side: int = 0
    is_gray: bool = False
    colorfulness: float = 0.0
    digest: str = ""
    thumbnail: bytes = b""


def scan(images, sources, journal_path, workers):
    """Look at files, but for those that the journal tells of, unless they have changed since.

    Args:
        images: path of the folder.
        sources: list of `Source`s.
        journal_path: path of the journal.
        workers: `Workers`.

    Returns:
        dict from the paths of the sources to `Finding`s.
    """
    with Journal(journal_path) as journal:
        findings = _known(images, sources, journal.entries())
        new = iter([source for source in sources if source.path not in findings])
        chunks = iter(lambda: list(itertools.islice(new, _CHUNK)), [])
        with timed_bar("Scanned", total=len(sources), initial=len(findings)) as bar:
            for entries in workers.run(functools.partial(_examine_all, images), chunks, bar, journal):
                journal.append(entries)
                findings |= {entry["path"]: _finding(entry) for entry in entries}
    return findings


def _known(images, sources, entries):
    by_path = {source.path: source for source in sources}
    names = {field.name for field in dataclasses.fields(Finding)}  # an older version may have found less
    return {
        entry["path"]: _finding(entry)
        for entry in entries
        if names <= entry.keys()
        and entry["path"] in by_path
        and entry["files"] == _files(images, by_path[entry["path"]])
    }


def _finding(entry):
    values = {field.name: entry[field.name] for field in dataclasses.fields(Finding)}
    return Finding(**values | {"thumbnail": base64.b64decode(entry["thumbnail"])})


def _examine_all(images, sources):
    """Entries of the journal for some sources."""
    entries = []
    for source in sources:
        files, finding = _files(images, source), examine(images, source)
        thumbnail = base64.b64encode(finding.thumbnail).decode()
        values = dataclasses.asdict(finding) | {"thumbnail": thumbnail}
        entries.append({"path": source.path, "files": files} | values)
        advance()
    return entries


def _files(images, source):
    """Size and time of each file of a source: when they are the same, so is the file."""
    return [_size_and_time(os.path.join(images, path)) for path in (source.path, source.thermal) if path]


def _size_and_time(path):
    try:
        status = os.stat(path)
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns]


def examine(images, source):
    """Look at the files of a source. Args: `images`, path of the folder; `source`. Returns: `Finding`."""
    path = os.path.join(images, source.path)
    report = Report("examined")
    with report.catch(path):
        photo = read_rgb(path)
        if source.thermal:
            read_companion(images, source.thermal)
        digest = hashlib.sha256(repr(photo.shape).encode())
        digest.update(photo)
        return Finding(
            side=min(photo.shape[:2]),
            is_gray=bool(decoding.is_gray(photo)),
            colorfulness=cci(to_square(photo, _COLORFULNESS_SIZE)),
            digest=digest.hexdigest(),
            thumbnail=duplicates.thumbnail(photo).tobytes(),
        )
    return Finding(problem=report.failures[0][1])


def thumbnails(findings):
    """The thumbnails of findings, `[N, 16, 18]` uint8. Args: `findings`, list of `Finding`s."""
    width, height = duplicates.THUMBNAIL_SIZE
    pixels = b"".join(finding.thumbnail for finding in findings)
    return np.frombuffer(pixels, np.uint8).reshape(-1, height, width)
