"""Makes a data set to train on from a folder of any photos: shards, and what tells of them.

    scgan prepare_data --images=DIR --output_dir=SET --detector=u2netp
    scgan train --flagfile=stage1.flags --data_dir=SET

Greyscale and tiny photos, duplicates and, with --min_colorfulness, dull photos are left out, the others rescaled,
their saliency maps detected, and all of it written as shards (NAME-train.tfrecord-00000-of-00016) that --data_dir of
the other tools reads. SET/dropped.tsv names every file that is left out and why, SET/dataset_info.json tells of the
set. The same photos and flags give the same bytes, however many processes work.

With --runner, the photos are looked at, compared and made into shards on a runner of Apache Beam, all of whose machines
see the folders under the same paths; the bytes are the same.

When it was stopped, the same command goes on. Files that are no photos are named at the end, and the exit status is 1.
"""

import pathlib
import sys

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
from absl import flags

from keras_scgan.beam import running
from keras_scgan.colorizing import shipped
from keras_scgan.commands import _beam_flags, _settings_flags
from keras_scgan.preparation import detectors
from keras_scgan.preparation.own_files import WORK_NAME
from keras_scgan.preparation.prepare import prepare
from keras_scgan.preparation.settings import Settings
from keras_scgan.preparation.unpacking import unpack
from keras_scgan.preparation.workers import Workers
from keras_scgan.program import cli
from keras_scgan.program.errors import UserError
from keras_scgan.program.files import sha256

FLAGS = flags.FLAGS
TAKES_ARGUMENTS = True

_settings_flags.define(Settings, leave_out=("min_side", "detector", "detector_sha256"))
flags.DEFINE_string("images", None, "Folder of the photos; its subfolders are searched too.", required=True)
flags.DEFINE_string("output_dir", None, "Folder for the data set.", required=True)
flags.DEFINE_bool("overwrite", False, "Delete the data set that --output_dir holds, if any, and begin anew.")
flags.DEFINE_integer(
    "min_side", None, "Pixels that the shorter side must have. Default: three quarters of --image_size.", 1
)
flags.DEFINE_string(
    "detector",
    None,
    f"Makes the saliency maps: {', '.join(detectors.DETECTORS)}, keras:PATH for a Keras model, or none for a set "
    "without maps. It runs on the CPU; to use a GPU, make the maps by scgan make_saliency and give --saliency_dir.",
)
flags.DEFINE_string("model", None, "With --detector=scgan: the generator. Default: scgan, as of scgan colorize.")
flags.DEFINE_string("saliency_dir", None, "Folder of maps at the paths of the photos, in place of a detector.")
flags.DEFINE_string("folder", None, "Also write the images as files, SPLIT/images/NAME.jpg and so on, in this folder.")
flags.DEFINE_integer("workers", None, "Processes. Default: all cores; 0: this one alone, to debug.", 0)
_beam_flags.define(default=None)


def main(argv):
    """Prepares the data set."""
    arguments, of_runner = _beam_flags.split(argv[1:])
    if arguments or (of_runner and not FLAGS.runner):
        raise UserError(f"unexpected argument {argv[1]!r}: a flag is written --name=value.")
    with cli.interruptible("The same command goes on."):
        sys.exit(_prepare(of_runner))


def _prepare(of_runner):
    if (FLAGS.detector is None) == (FLAGS.saliency_dir is None):
        raise UserError(
            "Say where the saliency maps come from: either --detector=NAME (or none) or --saliency_dir=DIR."
        )
    status = prepare(
        _settings(),
        FLAGS.images,
        FLAGS.output_dir,
        detector=None if FLAGS.detector == "none" else FLAGS.detector,
        model=_model(),
        saliency_dir=FLAGS.saliency_dir,
        workers=_workers(of_runner),
        overwrite=FLAGS.overwrite,
    )
    if FLAGS.folder is not None:
        unpack(FLAGS.output_dir, FLAGS.folder)
    return status


def _settings():
    """The flags that decide what the set is like, with the SHA-256 of the detector's file in place of its path."""
    detector, model = FLAGS.detector or "given", _model()
    if detector.startswith("keras:"):
        model = detector.removeprefix("keras:")
        detector = f"keras:{pathlib.Path(model).name}"
    return _settings_flags.make(
        Settings,
        detector=detector,
        detector_sha256=sha256(model) if model else None,
        min_side=FLAGS.min_side or FLAGS.image_size * 3 // 4,
    )


def _workers(of_runner):
    count = _beam_flags.cores() if FLAGS.workers is None else FLAGS.workers
    if not FLAGS.runner:
        return Workers(count)
    running.check_folder("output_dir", FLAGS.output_dir)
    options = running.pipeline_options(FLAGS.runner, max(1, count), of_runner)
    from keras_scgan.preparation.beam_workers import BeamWorkers

    return BeamWorkers(options, pathlib.Path(FLAGS.output_dir) / WORK_NAME)


def _model():
    return str(shipped.litert_path(FLAGS.model)) if FLAGS.detector == "scgan" else FLAGS.model
