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
import math
import pathlib

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
import tensorflow as tf
from absl import flags, logging

from keras_scgan import data
from keras_scgan.program.errors import UserError
from keras_scgan.training import build, callbacks, precision, run, train_options
from keras_scgan.training.checkpoints import checkpoint_dir, checkpoint_steps, run_variables
from keras_scgan.training.macs import count_macs
from keras_scgan.training.making_features import make_feature_cache

FLAGS = flags.FLAGS

train_options.define_flags()

_RESULTS = (train_options.RESULT, "color_critic.keras", "attention_critic.keras")
SAMPLE_PHOTOS = 8


def main(_):
    """Trains one stage, or both."""
    run.train_interruptibly(_train)


def _train(strategy):
    FLAGS.precision = precision.resolve(FLAGS.precision)
    stages = [train_options.options_of(stage) for stage in (["1", "2"] if FLAGS.stage == "both" else [FLAGS.stage])]
    for options in stages:
        train_options.check(options, strategy)
    pairs = _open(FLAGS.data_dir or data.demo_dir(), "train")
    for options in stages:
        steps_per_epoch = data.steps_per_epoch(pairs, options.batch_size)
        options.steps_per_epoch = options.steps_per_epoch or steps_per_epoch
    validation_pairs = _open(FLAGS.validation_dir, "validation") if FLAGS.validation_dir else None
    features = None
    if FLAGS.dry_run:
        print("\n".join(run.resolved_flags(__name__)))
    else:
        with strategy.scope(), precision.policy(FLAGS.precision):
            features = build.build_run_features(stages[-1])  # before stage 1, as they may be missing
        if strategy.extended.should_checkpoint:
            run.prepare_run_dirs(__name__, [pathlib.Path(stage.output_dir) for stage in stages], _RESULTS)
    for options in stages:
        _run(options, strategy, pairs, validation_pairs, features if options.stage == "2" else None)


def _open(data_dir, split):
    fields = ["color"]
    if FLAGS.attention_loss:
        fields.append("saliency")
    if FLAGS.network_input == "thermal":
        fields.append("thermal")
    return data.open_data_set(data_dir, fields=fields, split=split, bad_files=run.bad_files())


def _run(options, strategy, pairs, validation_pairs, perceptual_features):
    """Trains one stage."""
    # In a dry run stage 1 has not run.
    options.resumed = FLAGS.dry_run or bool(checkpoint_steps(checkpoint_dir(options.output_dir)))
    if not options.resumed and options.stage == "2" and not options.init_from:
        logging.warning("STAGE 2 STARTS FROM RANDOM WEIGHTS: give stage 1's generator by --init_from=generator.keras.")

    run.make_repeatable(options)
    with strategy.scope(), precision.policy(options.precision):
        model = build.build_scgan(options, perceptual_features)
    _describe(options, strategy, model, len(pairs))
    if FLAGS.dry_run:
        return

    with precision.policy("float32"):
        generator = build.build_run_generator(options)
    validation = _validation_batches(validation_pairs, options) if validation_pairs else None
    chief = strategy.extended.should_checkpoint
    make_features = functools.partial(_make_features, options, model, pairs) if options.feature_cache else None
    with data.original_errors():
        run.build_trainer(
            options,
            strategy,
            model,
            pairs,
            validation_batches=validation,
            callbacks=_callbacks(options, validation or _validation_batches(pairs, options)) if chief else (),
            make_features=make_features,
        ).fit()
    if chief:
        generator = run.trained_network(options, strategy, model, pairs, generator)
        run.save(generator, pathlib.Path(options.output_dir) / train_options.RESULT)
        with precision.policy("float32"):
            critics = build.build_run_critics(options)
        for name, critic in critics.items():
            critic.set_weights(model.state[name].get_weights())
            run.save(critic, pathlib.Path(options.output_dir) / f"{name}.keras")
    run.warn_of_bad_files(pairs)


def _make_features(options, model, pairs):
    passes = math.ceil(options.epochs * options.steps_per_epoch / data.steps_per_epoch(pairs, options.batch_size))
    if options.cached_crops > passes:
        logging.warning("--cached_crops=%d: this run needs %d only, one a pass", options.cached_crops, passes)
    arguments = run.crop_arguments(options)
    return make_feature_cache(options.feature_cache, model.encoder, pairs, crops=options.cached_crops, **arguments)


def _validation_batches(pairs, options):
    return data.validation_batches(
        pairs, image_size=options.image_size, batch_size=options.batch_size, stretch_luma=options.stretch_luma
    )


def _callbacks(options, sample_batches):
    samples = next(sample_batches.unbatch().batch(SAMPLE_PHOTOS).as_numpy_iterator(), None)
    if samples is None:
        raise UserError("None of the photos to draw samples of can be used; bad_files.tsv names them.")
    protocol = {name: getattr(options, name) for name in ("stage", "preset", "image_size", "batch_size", "precision")}
    return [
        callbacks.ProgressBar(options.batch_size),
        callbacks.MetricsLog(options.output_dir, protocol, options.batch_size),
        callbacks.SampleGrid(options.output_dir, samples),
    ]


def _describe(options, strategy, model, pairs):
    """Logs what is about to be trained, or prints it in a dry run."""
    counts = {"generator": model.generator.count_params()}
    counts |= {f"{name} critic": critic.count_params() for name, critic in model.critics.items()}
    image = tf.TensorSpec((1, options.image_size, options.image_size, 1), tf.float32)
    state = sum(variable.value.dtype.size * math.prod(variable.shape) for variable in run_variables(model).values())
    show = print if FLAGS.dry_run else logging.info
    show(
        f"Stage {options.stage}: {pairs} pairs, {options.steps_per_epoch} steps an epoch, "
        f"{options.steps_per_epoch * options.epochs} steps, {options.precision}, "
        f"replicas: {strategy.num_replicas_in_sync}"
    )
    show("Parameters: " + ", ".join(f"{name} {count:,}" for name, count in counts.items()))
    macs = count_macs(model.generator, image)
    show(f"The generator takes {macs / 1e9:.2f} GMAC for an image of {options.image_size} pixels")
    show(f"Weights and optimizer state take {state / 2**20:.0f} MiB on each replica")
