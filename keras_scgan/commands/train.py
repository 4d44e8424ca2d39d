"""Trains SCGAN on colour photos with saliency maps: a folder, or shards of scgan prepare_data.

    scgan train --flagfile=stage1.flags --data_dir=DIR
    scgan train --flagfile=stage2.flags --data_dir=DIR

The run folder (--output_dir) receives run.flags, metrics.jsonl, checkpoints/, tensorboard/, samples/ and, at the end,
generator.keras. A run that was stopped goes on when the same command is given again, or
--flagfile=OUTPUT_DIR/run.flags.

Of epochs, batch and image sizes, learning rates, their halving epochs and the weights of the saliency losses, each
stage can have its own: --epochs=10,30. One value serves for the stage that is trained, or both.
"""

import functools
import pathlib

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
from absl import flags

from keras_scgan import data
from keras_scgan.commands import _settings_flags
from keras_scgan.program.errors import UserError
from keras_scgan.training import precision, train
from keras_scgan.training.train_settings import OF_STAGE_2, TrainSettings

FLAGS = flags.FLAGS

flags.DEFINE_enum("stage", "1", ["1", "2", "both"], _settings_flags.help_of(TrainSettings, "stage"))
flags.DEFINE_string("data_dir", None, _settings_flags.help_of(TrainSettings, "data_dir"))
flags.DEFINE_enum("dataset", None, ["demo"], "A data set that the package carries, in place of --data_dir.")
_settings_flags.define(TrainSettings, leave_out=("stage", "data_dir"))
_settings_flags.define_call()


def main(_):
    """Trains one stage, or both."""
    FLAGS.precision = precision.resolve(FLAGS.precision)
    if (FLAGS.data_dir is None) == (FLAGS.dataset is None):
        raise UserError("Give the photos to train on: either --data_dir=DIR or --dataset=demo.")
    stages = _both_stages() if FLAGS.stage == "both" else [_settings(int(FLAGS.stage))]
    # A run may be resumed by its run.flags, which name every flag.
    if FLAGS.stage == "1" and not FLAGS["stage"].present:
        stages[0].refuse(OF_STAGE_2, "is for stage 2, and --stage=1 is the default. Give --stage=2 or --stage=both")
    _settings_flags.call(
        __name__, functools.partial(train.train, stages, output_dir=FLAGS.output_dir), lambda: train.plan(stages)
    )


def _both_stages():
    run_dir = pathlib.Path(FLAGS.output_dir)
    by_stage = [{"output_dir": run_dir / f"stage{stage}"} for stage in (1, 2)]
    by_stage[1]["init_from"] = run_dir / "stage1" / train.RESULT
    if FLAGS.global_features != "none":
        by_stage[1]["global_features"] = "random"  # stage 1's result has those that it began with
    if FLAGS.architecture == "pretrained":
        by_stage[1]["encoder"] = FLAGS.encoder or FLAGS.init_from  # stage 1's result is not there yet
    if FLAGS.feature_cache and len(set(FLAGS.image_size)) > 1:
        for stage, places in enumerate(by_stage, 1):
            places["feature_cache"] = pathlib.Path(FLAGS.feature_cache) / f"stage{stage}"
    return [_settings(stage, **places) for stage, places in enumerate(by_stage, 1)]


def _settings(stage, **others):
    data_dir = FLAGS.data_dir or str(data.demo_dir())
    return _settings_flags.make(TrainSettings, stage=stage, data_dir=data_dir, **others)
