"""Which photos an archive has, and which of them are to be colorized."""

import dataclasses
import os
import pathlib
import posixpath

import apache_beam as beam
from apache_beam.metrics import Metrics

from keras_scgan.archive import places
from keras_scgan.archive.records import Record
from keras_scgan.colorizing import planning
from keras_scgan.colorizing.planning import long_name, result_suffix, taken
from keras_scgan.photos.files import PHOTO_SUFFIXES
from keras_scgan.program.errors import BadFileError
from keras_scgan.program.file_jobs import LeftOut, find_files
from keras_scgan.program.files import is_remote, is_same_file
from keras_scgan.program.printable import is_utf8, printable

METRICS = "archive"
"""Namespace of the metrics."""

SOURCES, RESULTS, RECORDS = "sources", "results", "records"
"""What is known of a result's place: originals of which it would be the result, the file there, and the manifest's."""

TO_DO = "to_do"
"""Name of the output of `Decide` that has jobs."""


@dataclasses.dataclass(frozen=True)
class Job(planning.Job):
    """A photo to colorize. Args: see `planning.Job`; `version`, string, as of `places.version`, or `None`."""

    version: str | None = None


def found(path, relative, version):
    """What is given of a photo that is found.

    Args:
        path: string.
        relative: string. Its path from the base folder on, or `None` if it does not lie there.
        version: string. As of `places.version`, or `None` if it is not known.

    Returns:
        Tuple of the three; of a name that is not UTF-8, which Beam does not carry, a `Record` in the output `RECORDS`.
    """
    if is_utf8(path):
        return path, relative, version
    failure = "its name is not UTF-8: scgan colorize takes it"
    record = Record(printable(path), printable(relative or os.path.basename(path)), failure=failure)
    return beam.pvalue.TaggedOutput(RECORDS, record)


class FindPhotos(beam.DoFn):
    """Finds the photos of files, folders and patterns.

    Takes strings; gives what `found` does. Left out are names that begin with a dot, files of other kinds, and the
    folder of the results.

    Args:
        task: `Task`.
    """

    def __init__(self, task):
        self._task = task
        self._left_out = Metrics.counter(METRICS, "left_out")

    def process(self, place):
        for path, relative, version in self._remote(place) if is_remote(place) else self._local(place):
            if not places.is_within(path, self._task.output_dir):
                base = self._task.base_dir
                yield found(path, places.relative_to(path, base) if base else relative, version)

    def _local(self, place):
        left_out = LeftOut()
        is_pattern = not os.path.exists(place)
        for file in find_files([place], PHOTO_SUFFIXES, exclude=self._task.output_dir, left_out=left_out):
            path = str(file.path)
            relative = file.relative.as_posix()
            if is_pattern:
                relative = places.relative_to(path, places.base_of(place))
            yield path, relative, places.version_here(path)
        self._left_out.inc(left_out.kinds.total())

    def _remote(self, place):
        for path, *state in places.files_in(place):
            version = places.version(*state)
            if path == place:  # named, so that its kind is of no account
                yield path, posixpath.basename(path), version
                continue
            relative = places.relative_to(path, places.base_of(place))
            if any(part.startswith(".") for part in relative.split("/")):
                continue
            if posixpath.splitext(path)[1].lower() in PHOTO_SUFFIXES:
                yield path, relative, version
            else:
                self._left_out.inc()


class Place(beam.DoFn):
    """Says where the result of a photo goes, if no other photo's does.

    Takes what `FindPhotos` gives; gives tuples of the key of that place, and of what is taken. Of a photo that has no
    place, a `Record` is given in the output `RECORDS`.

    Args:
        task: `Task`.
    """

    def __init__(self, task):
        self._task = task

    def process(self, photo):
        source, relative, _ = photo
        if relative is None:
            failure = f"it does not lie in {self._task.base_dir}"
            yield beam.pvalue.TaggedOutput(RECORDS, Record(source, os.path.basename(source), failure=failure))
            return
        path = pathlib.PurePosixPath(relative)
        yield self._task.key(str(path.with_suffix(_suffix(path, self._task)))), photo


class Name(beam.DoFn):
    """Gives the results of photos their names; those that would have one name, as `planning.plan` does.

    Takes tuples as of `Place`, grouped by their keys; gives tuples of the key of the result's place, and of the path of
    the photo, the path of the result from the folder of the results on, and the photo's version.

    Args:
        task: `Task`.
    """

    def __init__(self, task):
        self._task = task

    def process(self, of_name):
        _, photos = of_name
        photos = [(source, pathlib.PurePosixPath(relative), version) for source, relative, version in photos]
        photos.sort(key=lambda photo: (_suffix(photo[1], self._task) != photo[1].suffix, photo[:2]))
        owner, *_ = photos[0]
        for source, path, version in photos:
            suffix = _suffix(path, self._task)
            is_short = suffix == path.suffix or source == owner or is_same_file(source, owner)
            result = str(path.with_suffix(suffix) if is_short else long_name(path, suffix))
            yield self._task.key(result), (source, result, version)


class Decide(beam.DoFn):
    """Decides what is to be done for a place of a result.

    Takes tuples of its key and a dict of what is known of it: `SOURCES`, tuples of the paths of an original and of the
    result, and the original's version; `RESULTS`, tuples of the path of a result that is there and of its size;
    `RECORDS`, `Record`s of the manifest of earlier runs. Gives `Record`s of what is done or cannot be, and in the
    output `TO_DO` `Job`s.

    Args:
        task: `Task`.
        settings: string, as of `task.settings_digest`.
        local: `beam.local.LocalRun`.
    """

    def __init__(self, task, settings, local):
        self._task = task
        self._settings = settings
        self._local = local
        self._skipped, self._outdated = (Metrics.counter(METRICS, name) for name in ("skipped", "outdated"))

    def setup(self):
        self._local.join()

    def process(self, of_place):
        _, known = of_place
        versions = {source: version for source, _, version in known[SOURCES]}
        sources = dict(sorted((source, result) for source, result, _ in known[SOURCES]))
        there = dict(known[RESULTS])
        made = next((record for record in known[RECORDS] if not record.failure and record.result in there), None)
        if not sources:  # the manifest tells of photos of earlier runs too
            yield from [made] if made else (record for record in known[RECORDS] if _still_fails(record))
            return
        if self._task.overwrite:
            made, there = None, {}
        owner = made.source if made else next(iter(sources))
        if owner not in sources:
            owner = next((source for source in sources if is_same_file(source, owner)), owner)
        for source, result in sources.items():
            if source != owner:
                if is_same_file(source, owner):
                    continue
                yield Record(source, result, failure=taken(self._task.target(result), owner))
            elif result in there and not _has_changed(made, there[result], versions[source]):
                yield self._record_of_what_is_there(source, result, there[result], made, versions[source])
            else:
                self._local.add(TO_DO)
                job = Job(source, self._task.target(result), version=versions[source])
                yield beam.pvalue.TaggedOutput(TO_DO, job)
        if made and owner not in sources:
            yield made

    def _record_of_what_is_there(self, source, result, size, made, version):
        self._skipped.inc()
        if made and made.bytes == size:
            if made.settings not in (None, self._settings):
                self._outdated.inc()
            return made
        # A killed run has left no record, and of a file that was edited it is not true any more.
        version = None if made else version  # as an edited file stays, whatever becomes of the original
        try:
            return Record(source, result, size, places.sha256(self._task.target(result)), version=version)
        except BadFileError as error:
            return Record(source, result, failure=error.reason)


def _suffix(path, task):
    return result_suffix(path.suffix, task.format)


def _has_changed(made, size, version):
    """Whether an original has changed since its result was made, which has not been edited."""
    return bool(made) and made.bytes == size and None not in (made.version, version) and made.version != version


def _still_fails(record):
    """Whether a record is of a failure, and the photo is still there."""
    return bool(record.failure) and places.exists(record.source)
