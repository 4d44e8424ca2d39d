"""Work that is shared by the machines of an Apache Beam runner, all of which see the folders of photos and of the work.

Jobs go to them, and results come back, through files in the work folder, so that neither is limited by what a runner
takes of a pipeline, and what was done before a run was killed is not done again.
"""

import dataclasses
import functools
import json
import os
import pathlib

import apache_beam as beam
import numpy as np
from apache_beam.io import ReadFromText

from keras_scgan.beam import running
from keras_scgan.preparation import duplicates, own_files, workers
from keras_scgan.preparation.journal import Journal, JournalPart
from keras_scgan.preparation.shards import Part
from keras_scgan.preparation.sources import Source
from keras_scgan.program.files import atomic_path
from keras_scgan.program.progress import progress_bar

_DONE = "done"
_HASHED = 10_000
"""Photos whose hashes are one job."""

_BUCKET = 500_000
"""Hashes that a bucket has about, of those that are compared by the same blocks."""

_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # by which equal blocks, wherever they are in a hash, spread over all buckets
_SHIFT = np.uint64(32)


class BeamWorkers:
    """As `workers.Workers`, on a runner.

    Args:
        options: `PipelineOptions`, as of `running.pipeline_options`.
        work_dir: path of the folder for the work.
    """

    def __init__(self, options, work_dir):
        self._options = options
        self._work_dir = pathlib.Path(work_dir)

    def __enter__(self):
        self._context = running.hushed()
        self._context.__enter__()
        return self

    def __exit__(self, *exception):
        return self._context.__exit__(*exception)

    def run(self, function, jobs, bar=None, journal=None):
        """As of `workers.Workers.run`. What has no journal runs in this process; other jobs are `Part`s, or lists of
        `Source`s.

        Results are in the journal's parts before they are given, and these are deleted once all of them are taken.
        """
        if journal is None:
            yield from workers.Workers(0).run(function, jobs, bar)
            return
        path = self._work_dir / own_files.JOBS_NAME
        with atomic_path(path) as temporary, open(temporary, "wb") as file:
            file.writelines(_as_line(job) for job in jobs)
        if path.stat().st_size:
            running.run(self._options, functools.partial(_do_all, path, function, journal.path), bar, _DONE)
        for entry in journal.entries_of_parts():
            yield [entry]
        journal.delete_parts()

    def near_duplicates(self, thumbnails):
        """As `duplicates.near_duplicates`, of which workers compare the photos of buckets of equal hashes."""
        path = self._work_dir / own_files.THUMBNAILS_NAME
        with atomic_path(path) as temporary, open(temporary, "wb") as file:
            np.save(file, thumbnails)
        of_pairs = self._work_dir / own_files.PAIRS_NAME
        with Journal(of_pairs) as stale:
            pass
        os.unlink(stale.path)
        with progress_bar(desc="Compared", unit="bucket", disable=True) as bar:
            running.run(self._options, functools.partial(_compare_all, path, of_pairs, len(thumbnails)), bar, _DONE)
        with Journal(of_pairs) as journal:
            near = {tuple(pair) for entry in journal.entries() for pair in entry["pairs"]}
        return duplicates.first_of(near)


# === Jobs ===


def _do_all(path, function, journal_path, pipeline, local):
    (
        pipeline
        | "Jobs" >> ReadFromText(str(path))
        | "Spread" >> beam.Reshuffle()
        | "Do" >> beam.ParDo(_Do(function, journal_path, local))
    )


class _Recorder(beam.DoFn):
    """What writes entries to a part of a journal, its process's own, as it must be when a bundle is tried again."""

    def __init__(self, journal_path, local):
        self._journal_path = journal_path
        self._local = local

    def setup(self):
        self._local.join()
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")  # GPUs, which many processes cannot share
        workers.set_up_process(functools.partial(self._local.add, _DONE))
        self._part = JournalPart(self._journal_path)

    def teardown(self):
        self._part.close()


class _Do(_Recorder):
    def __init__(self, function, journal_path, local):
        super().__init__(journal_path, local)
        self._function = function

    def process(self, job):
        self._part.append(self._function(_from_line(job)))


def _as_line(job):
    """A job, a list of `Source`s or a `Part`, as a line of JSON: what lies in a folder is never code."""
    if isinstance(job, Part):
        return _line(file=job.file, digest=job.digest, sources=job.sources)
    return _line(sources=job)


def _line(sources, **others):
    return json.dumps(others | {"sources": [dataclasses.asdict(source) for source in sources]}).encode() + b"\n"


def _from_line(line):
    values = json.loads(line)
    sources = [Source(**source) for source in values.pop("sources")]
    return Part(sources=sources, **values) if values else sources


# === Near duplicates ===


def _compare_all(path, journal_path, count, pipeline, local):
    buckets = -(-2 * count // _BUCKET)
    (
        pipeline
        | "Photos" >> beam.Create(range(0, count, _HASHED))
        | "Spread photos" >> beam.Reshuffle()
        | "Hash" >> beam.FlatMap(_hash_some, path, buckets)
        | "By blocks and bucket" >> beam.GroupByKey()
        | "Compare" >> beam.ParDo(_Compare(path, journal_path, local))
    )


def _hash_some(start, path, buckets):
    """Yields hashes of photos by what they are compared by: tuples of blocks and bucket, and of arrays as bytes."""
    indices, of_all = duplicates.both_ways(np.load(path, mmap_mode="r"), start, start + _HASHED)
    for choice, blocks in enumerate(duplicates.CHOICES):
        of_bucket = ((of_all & duplicates.mask_of(blocks)) * _FACTOR >> _SHIFT) % np.uint64(max(1, buckets))
        for bucket in np.unique(of_bucket):
            chosen = of_bucket == bucket
            yield (choice, int(bucket)), (indices[chosen].tobytes(), of_all[chosen].tobytes())


class _Compare(_Recorder):
    def __init__(self, path, journal_path, local):
        super().__init__(journal_path, local)
        self._path = path

    def process(self, bucket):
        (choice, _), parts = bucket
        parts = list(parts)
        indices, of_all = (
            np.concatenate([np.frombuffer(part[place], kind) for part in parts])
            for place, kind in enumerate((np.int64, np.uint64))
        )
        order = np.argsort(indices)
        thumbnails = np.load(self._path, mmap_mode="r")
        found = duplicates.pairs(thumbnails, indices[order], of_all[order], duplicates.CHOICES[choice])
        self._part.append([{"pairs": list(found)}])
