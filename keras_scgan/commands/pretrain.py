"""Pre-trains the global feature network, VGG-16-Gray, for --global_features of scgan train.

    scgan pretrain --flagfile=recipes/distil.flags --data_dir=DIR --teacher=EfficientNetV2B0
    scgan pretrain --flagfile=recipes/pretrain.flags --data_dir=DIR

With a teacher, a classifier of colour photos, photos are all it takes: the network learns to see in greyscale what the
teacher sees in colour. Without one it becomes a classifier itself, the paper's way, of labelled photos: one folder a
class, or shards with labels.

The run folder (--output_dir) receives run.flags, metrics.jsonl, checkpoints/, tensorboard/ and, at the end,
global_features.keras, classifier.keras and, with --validation_dir, pretraining.json: how good it is on photos that it
was not trained on, before and after. A run that was stopped goes on when the same command is given again, or
--flagfile=OUTPUT_DIR/run.flags.
"""

import functools

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
from absl import flags

from keras_scgan.commands import _settings_flags
from keras_scgan.training import precision, pretrain
from keras_scgan.training.pretrain_settings import PretrainSettings

FLAGS = flags.FLAGS

_settings_flags.define(PretrainSettings)
_settings_flags.define_call()


def main(_):
    """Pre-trains the network."""
    FLAGS.precision = precision.resolve(FLAGS.precision)
    settings = _settings_flags.make(PretrainSettings)
    _settings_flags.call(
        __name__, functools.partial(pretrain.pretrain, settings), functools.partial(pretrain.plan, settings)
    )
