"""The manifest of an archive, `manifest.jsonl` or `manifest.parquet`, and `failures.jsonl`, its part that failed."""

import contextlib
import dataclasses
import re

import apache_beam as beam
import pyarrow
from apache_beam.coders import BytesCoder
from apache_beam.io import ReadAllFromText, WriteToText
from apache_beam.io.filesystems import FileSystems
from apache_beam.io.parquetio import WriteToParquet
from pyarrow import parquet

from keras_scgan.archive import places, records
from keras_scgan.program.errors import UserError

NAME, FAILURES_NAME = "manifest", "failures"

_WRITE = "Write"
_NOT_WRITTEN = re.compile(
    rf"^(?:\w+: )*(?:\[Errno \d+\] )?(.+) \[while running '{_WRITE} ({NAME}|{FAILURES_NAME})/", re.MULTILINE
)
"""What Beam's errors tell of the steps that write: why, and which of the two files it is about."""

_SHARDS = "-SSSSS-of-NNNNN"
_TYPES = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64()}
_TEMPORARY = tuple(f"beam-temp-{name}-*" for name in (NAME, FAILURES_NAME))
"""Folders in which Beam's sinks write before they rename."""


def read(pipeline, task):
    """The manifest of earlier runs, tuples of the keys of results and `Record`s. Args: `pipeline`; `task`, `Task`.

    What of it cannot be read is passed over: the results that are there are told of again.
    """
    lines = (
        pipeline
        | "Manifests" >> beam.Create(_paths(task, "jsonl"))
        | "Read manifests" >> ReadAllFromText(coder=BytesCoder())
        | "Parse" >> beam.Map(records.from_line)
    )
    rows = (
        pipeline
        | "Parquet manifests" >> beam.Create(_paths(task, "parquet"))
        | "Read Parquet manifests" >> beam.FlatMap(_rows)
        | "Take fields" >> beam.Map(records.from_values)
    )
    return (
        (lines, rows)
        | "Known records" >> beam.Flatten()
        | "Leave out others" >> beam.Filter(bool)
        | "Key records" >> beam.Map(_keyed, task)
    )


def write(of_all, task):
    """Writes the manifest and the list of what failed. Args: `of_all`, collection of `Record`s; `task`, `Task`."""
    options = {
        "file_name_suffix": f".{task.manifest}",
        "num_shards": task.manifest_shards,
        "shard_name_template": _SHARDS if task.manifest_shards > 1 else "",
    }
    prefix = task.target(NAME)
    if task.manifest == "parquet":
        schema = pyarrow.schema([(name, _TYPES[kind]) for name, kind in records.KINDS.items()])
        rows = of_all | "As rows" >> beam.Map(dataclasses.asdict)
        rows | f"{_WRITE} {NAME}" >> WriteToParquet(prefix, schema, **options)
    else:
        lines = of_all | "As lines" >> beam.Map(records.Record.as_line)
        lines | f"{_WRITE} {NAME}" >> WriteToText(prefix, **options)
    failures = of_all | "Failures" >> beam.Filter(_has_failed) | "As failure lines" >> beam.Map(records.Record.as_line)
    target = task.target(FAILURES_NAME)
    failures | f"{_WRITE} {FAILURES_NAME}" >> WriteToText(target, ".jsonl", shard_name_template="")


@contextlib.contextmanager
def errors_named(task):
    """Context of a run, in which a manifest or a list of what failed that cannot be written is a `UserError`.

    Of a run's errors, Beam gives the text alone. Args: `task`, `Task`.
    """
    try:
        yield
    except RuntimeError as error:
        match = _NOT_WRITTEN.search(str(error))
        if not match:
            raise
        reason, name = match.groups()
        path = f"{task.target(name)}.{task.manifest if name == NAME else 'jsonl'}"
        raise UserError(f"{path} cannot be written ({reason}). Once it can be, the same call goes on.") from error


def read_failures(task):
    """The `Record`s of the photos that failed, a list. Args: `task`, `Task` that has run."""
    lines = places.read(task.target(f"{FAILURES_NAME}.jsonl")).splitlines()
    return [record for record in map(records.from_line, lines) if record]


def tidy(task):
    """Deletes manifests of earlier runs that had other names, and what killed runs left. Args: see `read_failures`."""
    own = set(_names(task))
    stale = [path for kind in ("jsonl", "parquet") for path in _paths(task, kind) if path not in own]
    places.delete([*stale, *(path for name in _TEMPORARY for path in places.folders_of(task.target(name)))])


def _rows(path):
    """Yields the rows of a Parquet file, dicts, as far as it can be read."""
    with contextlib.suppress(pyarrow.ArrowException), FileSystems.open(path) as file:
        for batch in parquet.ParquetFile(file).iter_batches():
            yield from batch.to_pylist()


def _names(task):
    count = task.manifest_shards
    shards = [f"-{index:05d}-of-{count:05d}" for index in range(count)] if count > 1 else [""]
    return [task.target(f"{NAME}{shard}.{task.manifest}") for shard in shards]


def _paths(task, kind):
    return [*_matches(task.target(f"{NAME}.{kind}")), *_matches(task.target(f"{NAME}-*-of-*.{kind}"))]


def _matches(pattern):
    return [file.path for match in FileSystems.match([pattern]) for file in match.metadata_list]


def _keyed(record, task):
    return task.key(record.result), record


def _has_failed(record):
    return record.failure is not None
