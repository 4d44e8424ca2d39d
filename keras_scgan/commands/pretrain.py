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

import json
import pathlib
import types

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
import keras
from absl import flags, logging

from keras_scgan import data
from keras_scgan.models import PRESETS, build_vgg16_gray
from keras_scgan.models.distillation import build_student, build_teacher
from keras_scgan.models.global_features import STRIDE
from keras_scgan.program.errors import UserError
from keras_scgan.program.files import atomic_path
from keras_scgan.training import callbacks, precision, pretraining, run

FLAGS = flags.FLAGS
SCHEDULES = ("step", "cosine")
RESULTS = ("global_features.keras", "classifier.keras", "pretraining.json")

flags.DEFINE_string(
    "data_dir", None, "Photos to train on: a folder or shards, without --teacher with labels.", required=True
)
flags.DEFINE_string("validation_dir", None, "Photos that are not trained on, evaluated after each epoch.")
flags.DEFINE_string("output_dir", "runs/pretraining", "Run folder.")
flags.DEFINE_enum("preset", "paper", list(PRESETS), "Width of the network.")
flags.DEFINE_integer("image_size", 224, "Height and width of the images, in pixels.", STRIDE)
flags.DEFINE_float("dropout", 0.5, "Without a teacher: dropout rate between the layers of the head.", 0, 1)
flags.DEFINE_string(
    "teacher",
    None,
    "Distil from this: .keras classifier of RGB images in [0, 255], or the name of a keras.applications model.",
)
flags.DEFINE_float("temperature", pretraining.TEMPERATURE, "Of the teacher's soft targets.", 0.01)
flags.DEFINE_float("feature_weight", 1.0, "With a teacher: weight of the feature loss beside the soft targets' 1.", 0)

flags.DEFINE_integer("epochs", 150, "Epochs.", 1)
flags.DEFINE_integer("batch_size", 256, "Photos a step, over all replicas.", 1)
flags.DEFINE_enum("optimizer", "sgd", list(pretraining.OPTIMIZERS), "sgd: with momentum 0.9.")
flags.DEFINE_float("learning_rate", 0.01, "Learning rate of the first epoch.", 0)
flags.DEFINE_enum("schedule", "step", SCHEDULES, "step: a tenth every --step_epochs; cosine: down to 0 at the end.")
flags.DEFINE_integer("step_epochs", 30, "Epochs between the steps of the learning rate.", 1)
flags.DEFINE_float("weight_decay", pretraining.WEIGHT_DECAY, "Weight of half the sum of all squared weights.", 0)
run.define_flags()


def main(_):
    """Pre-trains the network."""
    run.train_interruptibly(_pretrain)


def _pretrain(strategy):
    FLAGS.precision = precision.resolve(FLAGS.precision)
    options = types.SimpleNamespace(**FLAGS.flag_values_dict())
    _check(options, strategy)
    photos = _open(options.data_dir, "train")
    held_out = _open(options.validation_dir, "validation") if options.validation_dir else None
    if held_out and held_out.classes != photos.classes:
        other = ", ".join(sorted(set(held_out.classes) ^ set(photos.classes))[:10])
        raise UserError(f"The classes of --validation_dir are not those of --data_dir; only one of them has: {other}.")
    steps_per_epoch = data.steps_per_epoch(photos, options.batch_size)
    options.steps_per_epoch = options.steps_per_epoch or steps_per_epoch
    run.make_repeatable(options)
    with strategy.scope(), precision.policy(options.precision):
        model = _build(options, photos.classes)
        model.compile(pretraining.build_optimizer(options))
    _describe(options, strategy, model, len(photos))
    if options.dry_run:
        return

    chief = strategy.extended.should_checkpoint
    if chief:
        run.prepare_run_dirs(__name__, [pathlib.Path(options.output_dir)], RESULTS)
    network = _build_network(options, photos.classes, model)
    trainer = run.build_trainer(
        options,
        strategy,
        model,
        photos,
        validation_batches=_validation_batches(options, held_out) if held_out else None,
        callbacks=_callbacks(options) if chief else (),
        arrays=_arrays(),
    )
    with data.original_errors():
        if held_out and chief and not trainer.checkpoints.steps():
            _write_results(options, before=trainer.validate())
        trainer.fit()
        if chief:
            network = run.trained_network(options, strategy, model, photos, network, arrays=_arrays())
            _write_networks(options, network)
            if held_out:
                model.network.set_weights(network.get_weights())
                _write_results(options, after=trainer.validate())
    run.warn_of_bad_files(photos)


def _arrays():
    return ("gray", "color") if FLAGS.teacher else ("gray", "label")


def _check(options, strategy):
    if options.image_size % STRIDE:
        raise UserError(f"--image_size={options.image_size} is no multiple of {STRIDE}.")
    run.check_flags(options, strategy)


def _open(data_dir, split):
    return data.open_data_set(
        data_dir, fields=("color",) if FLAGS.teacher else ("color", "label"), split=split, bad_files=run.bad_files()
    )


def _build(options, classes):
    if options.teacher:
        teacher = build_teacher(options.teacher)
        return pretraining.Distillation(
            build_student(options.preset, teacher),
            teacher,
            temperature=options.temperature,
            feature_weight=options.feature_weight,
            weight_decay=options.weight_decay,
        )
    return pretraining.Classification(_build_classifier(options, classes), options.weight_decay)


def _build_classifier(options, classes):
    return build_vgg16_gray(
        options.preset, classes=len(classes), image_size=options.image_size, dropout=options.dropout
    )


def _validation_batches(options, held_out):
    return data.validation_batches(
        held_out,
        image_size=options.image_size,
        batch_size=options.batch_size,
        stretch_luma=options.stretch_luma,
        arrays=_arrays(),
    )


def _callbacks(options):
    return [
        callbacks.ProgressBar(options.batch_size),
        callbacks.MetricsLog(options.output_dir, _protocol(options), options.batch_size),
    ]


def _protocol(options):
    return {name: getattr(options, name) for name in ("teacher", "preset", "image_size", "batch_size", "precision")}


def _describe(options, strategy, model, photos):
    if options.dry_run:
        print("\n".join(run.resolved_flags(__name__)))
    show = print if options.dry_run else logging.info
    show(
        f"{photos} photos, {options.steps_per_epoch} steps an epoch, {options.steps_per_epoch * options.epochs} steps, "
        f"{options.precision}, replicas: {strategy.num_replicas_in_sync}, parameters: "
        f"{model.network.count_params():,}"
    )


def _write_results(options, **terms):
    """Adds to pretraining.json."""
    path = pathlib.Path(options.output_dir) / RESULTS[-1]
    results = json.loads(path.read_text()) if path.exists() else _protocol(options)
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(results | terms, indent=2) + "\n")


def _build_network(options, classes, model):
    """A network like the model's, in float32 and with random weights."""
    with precision.policy("float32"):
        return build_student(options.preset, model.teacher) if options.teacher else _build_classifier(options, classes)


def _write_networks(options, network):
    """Writes the classifier and the feature network in it."""
    if options.teacher:
        network = keras.Model(network.input, network.output["logits"], name="vgg16_gray")
    for part, name in zip((network.get_layer("global_features"), network), RESULTS, strict=False):
        run.save(part, pathlib.Path(options.output_dir) / name)
