r"""Colorizes archives of millions of photos on Apache Beam: here, or on Dataflow, Flink or Spark.

    scgan archive scans/ --output_dir=colorized
    scgan archive gs://archive/scans/ --output_dir=gs://archive/colorized --runner=DataflowRunner \
        -- --project=NAME --region=europe-west1 --temp_location=gs://archive/temporary

Photos are files, folders and patterns of every file system that Beam reads, or the lines of --file_list. Results are
those of scgan colorize, and have the paths of their originals from the folder that is given on. Beside them stand
manifest.jsonl, which tells of each photo its result, that one's size and SHA-256, the seconds it took, or why it
failed; and failures.jsonl, the part of it that failed. If there are failures, the exit status is 1.

Run again, also after it was killed, it does what is not done yet. A folder of results is for one run at a time.
"""

import sys

from absl import flags

from keras_scgan.beam import running
from keras_scgan.commands import _beam_flags, _colorizer_flags
from keras_scgan.program.errors import BadFileError
from keras_scgan.program.file_jobs import Report

FLAGS = flags.FLAGS
TAKES_ARGUMENTS = True

_OF_TASK = (
    *("output_dir", "file_list", "base_dir", "overwrite", "manifest", "manifest_shards"),
    *("format", "quality", "max_pixels"),
)
"""Flags that are fields of `Task`."""

# === What, with what, where to ===
flags.DEFINE_string("file_list", None, "Text file of the photos' paths, one a line. Needs --base_dir.")
flags.DEFINE_string(
    "base_dir",
    None,
    "Folder to which the paths of photos, and so of results, are relative. Default: the folder that is given, or that "
    "before the first wildcard of a pattern.",
)
flags.DEFINE_string("output_dir", "colorized", "Folder for the results.")
flags.DEFINE_bool("overwrite", False, "Do again what is done.")

# === On what ===
_beam_flags.define()
flags.DEFINE_integer("workers", None, "Processes of the DirectRunner. Default: as many as cores.", 1)
flags.DEFINE_integer(
    "threads", None, "Threads of the network in a process. Default: the cores by the workers; or 1.", 1
)

# === How ===
_colorizer_flags.define("a .tflite file, which may be on any file system")
_colorizer_flags.define_results()

# === What is written ===
flags.DEFINE_enum("manifest", "jsonl", ("jsonl", "parquet"), "Format of the manifest.")
flags.DEFINE_integer(
    "manifest_shards", 1, "Files of the manifest; of several, the names are like manifest-00000-of-00016.jsonl.", 1
)


def main(argv):
    """Colorizes the archive."""
    running.load()
    from keras_scgan.archive import manifest, pipeline
    from keras_scgan.archive.task import Task

    inputs, of_runner = _beam_flags.split(argv[1:])
    workers = FLAGS.workers or _beam_flags.cores()
    threads = max(1, _beam_flags.cores() // workers) if FLAGS.runner == running.LOCAL_RUNNER else 1
    colorizer = _colorizer_flags.arguments() | {"threads": FLAGS.threads or threads}
    task = Task(inputs=tuple(inputs), colorizer=colorizer, **{name: FLAGS[name].value for name in _OF_TASK})
    options = running.pipeline_options(FLAGS.runner, workers, of_runner)
    counts = pipeline.colorize_archive(task, options)
    sys.exit(_report(counts, manifest.read_failures(task)))


def _report(counts, failures):
    """Tells what became of the photos; returns the exit status."""
    report = Report("colorized")
    report.done, report.skipped = counts.get("colorized", 0), counts.get("skipped", 0)
    for record in failures:
        report.add_failure(record.source, BadFileError(record.source, record.failure))
    if counts.get("outdated"):
        report.notes.append(f"Made with other options (`overwrite=True` does them again): {counts['outdated']}")
    if counts.get("left_out"):
        report.notes.append(f"Left out, as their kinds are not read: {counts['left_out']}")
    return report.finish()
