"""The pipeline that colorizes an archive, from its inputs to its manifest."""

import functools

import apache_beam as beam
from apache_beam.coders import BytesCoder
from apache_beam.io import ReadFromText
from apache_beam.metrics.metric import MetricsFilter
from apache_beam.ml.inference.base import RunInference

from keras_scgan.archive import manifest, places
from keras_scgan.archive.finding import (
    METRICS,
    RECORDS,
    RESULTS,
    SOURCES,
    TO_DO,
    Decide,
    FindPhotos,
    Name,
    Place,
    found,
)
from keras_scgan.archive.handler import DONE, ColorizePhotos
from keras_scgan.archive.task import load_colorizer, settings_digest
from keras_scgan.beam import running
from keras_scgan.program.errors import UserError
from keras_scgan.program.files import is_remote
from keras_scgan.program.progress import progress_bar


def colorize_archive(task, options):
    """Colorizes an archive.

    Args:
        task: `Task`.
        options: `PipelineOptions`, which say on what runner.

    Returns:
        dict of numbers of photos by what became of them, as the runner counts them: `colorized`, `skipped`, `outdated`
        (of those that were skipped, those made with other settings), `left_out`, `failed`.

    Raises:
        UserError, OSError: As of `build`, or the manifest cannot be written.
    """
    with running.hushed(), manifest.errors_named(task), progress_bar(desc="Colorized", unit="photo") as bar:
        result = running.run(options, functools.partial(build, task), bar, DONE, TO_DO)
    manifest.tidy(task)
    counters = result.metrics().query(MetricsFilter().with_namespace(METRICS))["counters"]
    return {counter.key.metric.name: counter.result for counter in counters}


def build(task, pipeline, local):
    """Adds to a pipeline what colorizes an archive.

    Args:
        task: `Task`.
        pipeline: `beam.Pipeline`.
        local: `beam.local.LocalRun`, to which `TO_DO` and `DONE` are added.

    Raises:
        UserError: An input does not exist, or the model cannot be used.
        OSError: The folder of the results cannot be written to.
    """
    for place in task.inputs:
        if not places.exists(place):
            raise UserError(f"There is no such file or folder: {place}")
    task.make_output_dir()
    settings = settings_digest(task, load_colorizer(task.colorizer))

    inputs = pipeline | "Inputs" >> beam.Create(task.inputs)
    searched = inputs | "Find photos" >> beam.ParDo(FindPhotos(task)).with_outputs(RECORDS, main=SOURCES)
    photos, failed = [searched[SOURCES]], [searched[RECORDS]]
    if task.file_list:
        listed = (
            pipeline
            | "Read list" >> ReadFromText(task.file_list, coder=BytesCoder())
            | "Leave out empty lines" >> beam.Filter(bool)
            | "From base" >> beam.FlatMap(_from_list, task.base_dir).with_outputs(RECORDS, main=SOURCES)
        )
        photos.append(listed[SOURCES])
        failed.append(listed[RECORDS])
    place = beam.ParDo(Place(task)).with_output_types(tuple[str, tuple])
    placed = photos | "All photos" >> beam.Flatten() | "Place" >> place.with_outputs(RECORDS, main=SOURCES)
    named = placed[SOURCES] | "By name" >> beam.GroupByKey() | "Name" >> beam.ParDo(Name(task))
    results = (
        pipeline
        | "Folder of results" >> beam.Create([task.output_dir])
        | "Find results" >> beam.FlatMap(places.files_in, clean=True)
        | "Key results" >> beam.Map(_keyed, task)
    )
    decided = (
        {SOURCES: named, RESULTS: results, RECORDS: manifest.read(pipeline, task)}
        | "By place" >> beam.CoGroupByKey()
        | "Decide" >> beam.ParDo(Decide(task, settings, local)).with_outputs(TO_DO, main=RECORDS)
    )
    colorized = (
        decided[TO_DO]
        | "Spread" >> beam.Reshuffle()  # what is left to do, over all workers
        | "Colorize" >> RunInference(ColorizePhotos(task, settings, local))
    )
    manifest.write((*failed, placed[RECORDS], decided[RECORDS], colorized) | "All records" >> beam.Flatten(), task)


def _from_list(line, base_dir):
    path = line.decode(errors="surrogateescape")
    yield found(path, places.relative_to(path, base_dir), None if is_remote(path) else places.version_here(path))


def _keyed(file, task):
    path, size, _ = file
    result = places.relative_to(path, task.output_dir)
    return task.key(result), (result, size)
