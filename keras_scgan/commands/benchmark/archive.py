"""Measures how fast a folder of photos is colorized by scgan archive, beside scgan colorize.

    scgan benchmark archive --workers=1,2,4

The start of the processes is among the time.
"""

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
import sys

from absl import flags

from keras_scgan.benchmarks import archive
from keras_scgan.commands.benchmark import shared
from keras_scgan.program.errors import UserError

FLAGS = flags.FLAGS

_SPREAD = 50  # photos of the data set that are taken, at most

flags.DEFINE_list("workers", ["1", "2"], "Numbers of processes of scgan archive.")
flags.DEFINE_integer("files", 1000, "Files of a run.", 1)
flags.DEFINE_float("megapixels", 1.0, "Size of the photos.", 0.01)
flags.DEFINE_integer("rounds", 2, "Timed runs of each kind.", 1)
shared.define_data_dir("Folder with images/, which are made larger or smaller")
shared.define_output()


def main(_):
    """Times the runs."""
    runs = {"colorize": _command("colorize")}
    runs |= {f"archive, workers: {workers}": _command("archive", f"--workers={workers}") for workers in _workers()}
    results = archive.benchmark_archive(
        shared.photo_paths(_SPREAD), runs, count=FLAGS.files, megapixels=FLAGS.megapixels, rounds=FLAGS.rounds
    )
    print(f"{FLAGS.files} photos of {FLAGS.megapixels:g} megapixels:")
    print("run                     photos/s     ratio  core s/photo    memory    growth")
    for result in results:
        memory = f"{result['memory_mib']:6.0f} MiB{result['growth_mib']:6.0f} MiB" if result["memory_mib"] else ""
        speed = f"{result['photos_per_second']:12.2f}{result['ratio']:10.2f}{result['core_seconds']:14.3f}"
        print(f"{result['run']:20}{speed}{memory}")
    shared.write([{"benchmark": "archive", **result} for result in results])


def _workers():
    if not all(text.isdecimal() and int(text) for text in FLAGS.workers):
        raise UserError(f"--workers={','.join(FLAGS.workers)}: expected numbers of 1 or more.")
    return FLAGS.workers


def _command(verb, *arguments):
    def command(photos, output_dir):
        return [sys.executable, "-m", "keras_scgan", verb, str(photos), f"--output_dir={output_dir}", *arguments]

    return command
