"""What colorizes an archive's photos on the machines of a runner."""

import hashlib
import time

import cv2
from apache_beam.metrics import Metrics
from apache_beam.ml.inference.base import ModelHandler

from keras_scgan.archive import places
from keras_scgan.archive.finding import METRICS
from keras_scgan.archive.records import Record
from keras_scgan.archive.task import load_colorizer
from keras_scgan.colorizing.colorize_files import colorize_photos
from keras_scgan.program import quiet
from keras_scgan.program.file_jobs import Report

DONE = "done"
"""Name of the number of photos that are colorized or have failed."""

BATCH = 32
"""Photos of a call. Only some of them are in memory at once; between calls, nothing overlaps."""

_THREADS = 2
"""Threads for each of reading and writing."""


class ColorizePhotos(ModelHandler):
    """Handler of `RunInference` that takes `finding.Job`s, writes their results and gives a `Record` of each.

    The network is loaded once in a process, and its threads share it. A photo that cannot be used, or whose result
    cannot be written, is told of by its record, and stops no other.

    Args:
        task: `Task`.
        settings: string, as of `task.settings_digest`.
        local: `beam.local.LocalRun`.
    """

    def __init__(self, task, settings, local):
        super().__init__(min_batch_size=BATCH, max_batch_size=BATCH)
        self._task = task
        self._settings = settings
        self._local = local
        self._done, self._failed = (Metrics.counter(METRICS, name) for name in ("colorized", "failed"))
        self._bytes, self._milliseconds = (Metrics.distribution(METRICS, name) for name in ("bytes", "milliseconds"))

    def load_model(self):
        self._local.join()
        quiet.set_log_levels()
        cv2.setNumThreads(1)  # as there is a process for each core
        return load_colorizer(self._task.colorizer)

    def run_inference(self, batch, model, inference_args=None):
        started, written = {}, {}

        def read(path):
            started[path] = time.monotonic()
            return places.read(path)

        def write(path, data):
            places.write(path, data)
            written[path] = (len(data), hashlib.sha256(data).hexdigest(), time.monotonic())

        report = Report("colorized")
        options = {"quality": self._task.quality, "max_pixels": self._task.max_pixels}
        jobs = []
        for job in colorize_photos(model, batch, report, workers=_THREADS, read=read, write=write, **options):
            self._local.add(DONE)
            jobs.append(job)
        failures = dict(report.failures)
        for job in jobs:
            result = places.relative_to(job.target, self._task.output_dir)
            if job.path in failures:
                self._failed.inc()
                yield Record(job.path, result, failure=failures[job.path])
                continue
            size, digest, end = written[job.target]
            seconds = end - started[job.path]
            self._done.inc()
            self._bytes.update(size)
            self._milliseconds.update(round(1000 * seconds))
            yield Record(job.path, result, size, digest, round(seconds, 3), self._settings, job.version)
