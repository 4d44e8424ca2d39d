"""What the tools that train networks have in common: flags, the run folder, and how a run ends when it is asked to."""

import functools
import pathlib

import keras
import tensorflow as tf
from absl import flags, logging

from keras_scgan import data
from keras_scgan.program import cli
from keras_scgan.program.errors import UserError
from keras_scgan.program.files import atomic_path, remove_temporaries
from keras_scgan.training import loop, precision
from keras_scgan.training.checkpoints import checkpoint_dir, checkpoint_steps

flags.disclaim_key_flags()  # those of `define_flags` are the tool's that calls it

FLAGS = flags.FLAGS
_STATISTICS_BATCHES = 100
"""Batches, each of one replica, of which the statistics of averaged weights are taken."""

_OF_THE_CALL = ("resume", "fresh", "overwrite", "dry_run")
_RESULTS = (
    "checkpoints/step_*.npz",
    "samples/epoch_*.png",
    "tensorboard/events.out.tfevents.*",
    "metrics.jsonl",
)
"""What every run leaves behind in its folder, which --overwrite deletes, and nothing else."""


def define_flags():
    """Defines the flags that all runs have, as flags of the calling module."""
    flags.DEFINE_integer("steps_per_epoch", 0, "Steps that are called an epoch; 0: once over the data.", 0)
    flags.DEFINE_float(
        "ema_momentum",
        0.0,
        "Momentum of the moving average of the network's weights, which is what is validated and written; 0: none.",
        0,
        1,
    )
    flags.DEFINE_enum("precision", "auto", precision.PRECISIONS, "auto: bfloat16 where the hardware is fast at it.")
    flags.DEFINE_enum("strategy", "mirrored", loop.STRATEGIES, "none: one device; mirrored: all GPUs, or the CPU.")
    flags.DEFINE_integer("seed", 0, "Key of all random numbers.", 0, 2**32 - 1)
    flags.DEFINE_bool("deterministic", False, "Only TensorFlow kernels that give the same bits each time.")
    flags.DEFINE_float(
        "noise_stddev", data.NOISE_STDDEV, "Standard deviation of the noise added to the input, whose range is 2.", 0
    )
    flags.DEFINE_bool(
        "stretch_luma", False, "Stretch the luma that the network sees, from its darkest to its lightest."
    )
    flags.DEFINE_bool("flip", False, "Mirror half of the photos.")
    flags.DEFINE_float(
        "min_crop_area", 1.0, "Smallest share of a photo that a random crop takes; 1: no crops.", 0.001, 1.0
    )
    flags.DEFINE_float(
        "aging",
        0.0,
        "How much the network's input, and nothing else, is made to look like the scan of an old photo: blur, grain, "
        "fading, stains, scratches, ... 0: not at all; 0.5: as such scans mostly are; 1: as the worst. A third of the "
        "photos stays clean.",
        0,
        1,
    )
    flags.DEFINE_integer("max_bad_files", 100, "Unusable files to put up with; bad_files.tsv names them.", 0)
    flags.DEFINE_bool("resume", True, "Go on from the latest checkpoint of the run folder, if there is one.")
    flags.DEFINE_bool("fresh", False, "The same as --noresume: start anew; a run folder with a run in it is refused.")
    flags.DEFINE_bool("overwrite", False, "With --fresh: delete the run that the run folder holds.")
    flags.DEFINE_float("checkpoint_minutes", 10.0, "Minutes between checkpoints, beside the one after each epoch.", 0)
    flags.DEFINE_bool("dry_run", False, "Print what would be trained, and exit.")


def train_interruptibly(train):
    """Runs `train(strategy)`; a signal that stops it ends the process with a line that says how to go on."""
    strategy = loop.make_strategy(FLAGS.strategy)  # before any other TensorFlow operation
    run_flags = pathlib.Path(FLAGS.output_dir) / "run.flags"
    with cli.interruptible(f"To go on: {cli.called_as()} --flagfile={run_flags}"):
        train(strategy)


def check_flags(options, strategy):
    """Raises `UserError` where flags that all runs have do not go together."""
    if FLAGS.fresh and FLAGS["resume"].present and FLAGS.resume:
        raise UserError("--fresh and --resume cannot be had together.")
    if options.batch_size % strategy.num_replicas_in_sync:
        raise UserError(
            f"--batch_size={options.batch_size} cannot be shared by {strategy.num_replicas_in_sync} replicas evenly."
        )


def bad_files():
    """The `BadFiles` of a run, which are named in its folder."""
    log_path = None if FLAGS.dry_run else pathlib.Path(FLAGS.output_dir) / "bad_files.tsv"
    return data.BadFiles(FLAGS.max_bad_files, log_path)


def resolved_flags(tool):
    """The lines of run.flags: every flag of the tool, given by the name of its module, with its value."""
    own = FLAGS.get_key_flags_for_module(tool)
    return [flag.serialize() for flag in own if flag.name not in _OF_THE_CALL and flag.value is not None]


def prepare_run_dirs(tool, run_dirs, results):
    """Clears the way for a fresh run, or tells how a resumed one differs; writes run.flags.

    What a run that was killed had half written is deleted.

    Args:
        tool: name of the tool's module.
        run_dirs: list of paths, one for each stage.
        results: names of the files in them that the run ends with.

    Raises:
        UserError: a fresh run is wanted where there is one.
    """
    if FLAGS.fresh or not FLAGS.resume:
        found = [path for run_dir in run_dirs for pattern in (*_RESULTS, *results) for path in run_dir.glob(pattern)]
        if found and not FLAGS.overwrite:
            raise UserError(f"There is a run ({found[0]}): choose another --output_dir, or delete it by --overwrite.")
        for path in found:
            path.unlink()
    output_dir = pathlib.Path(FLAGS.output_dir)
    for folder in {output_dir, *((run_dir / pattern).parent for run_dir in run_dirs for pattern in _RESULTS)}:
        remove_temporaries(folder)
    run_flags, lines = output_dir / "run.flags", resolved_flags(tool)
    if run_flags.exists() and any(checkpoint_steps(checkpoint_dir(run_dir)) for run_dir in run_dirs):
        changed = sorted(set(lines) ^ set(run_flags.read_text().splitlines()))
        if changed:
            logging.warning("Flags differ from those that the run was started with: %s", " ".join(changed))
    with atomic_path(run_flags) as path:
        path.write_text("".join(f"{line}\n" for line in lines))


def make_repeatable(options):
    """Sets the seeds and, with `--deterministic`, what gives the same bits each time."""
    keras.utils.set_random_seed(options.seed)
    if options.deterministic:
        tf.config.experimental.enable_op_determinism()
        # The graph optimizer makes steps of stage 2 differ in their last bits, op determinism or not.
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


def build_trainer(
    options, strategy, model, photos, *, validation_batches=None, callbacks=(), arrays=None, make_features=None
):
    """The `Trainer` of a run.

    Args:
        options: the flags as attributes, with the `steps_per_epoch` that there are.
        strategy: `tf.distribute` strategy.
        model: compiled model.
        photos: data set.
        validation_batches: `tf.data.Dataset`. Defaults to none.
        callbacks: Keras callbacks.
        arrays: names of the arrays of a batch, as of `data.training_batches`.
        make_features: function that returns the `FeatureCache` of the batches. It is called when the model has its
            weights. Defaults to none.
    """
    return loop.Trainer(
        model,
        strategy,
        options.output_dir,
        batches=functools.partial(_distributed_batches, options, strategy, photos, arrays, make_features),
        steps_per_epoch=options.steps_per_epoch,
        epochs=options.epochs,
        validation_batches=validation_batches,
        callbacks=callbacks,
        checkpoint_minutes=options.checkpoint_minutes,
        constants={"batch_size": options.batch_size, "seed": options.seed, "pairs": len(photos)},
    )


def _distributed_batches(options, strategy, photos, arrays, make_features, start_step):
    """The distributed batches of a run from a step on."""
    features = make_features() if make_features else None
    return strategy.distribute_datasets_from_function(
        lambda context: _training_batches(
            options,
            photos,
            start_step,
            arrays=arrays,
            features=features,
            num_workers=context.num_input_pipelines,
            worker=context.input_pipeline_id,
            replicas=context.num_replicas_in_sync // context.num_input_pipelines,
        )
    )


def _training_batches(options, photos, start_step, **kwargs):
    return data.training_batches(
        photos, batch_size=options.batch_size, start_step=start_step, **crop_arguments(options), **kwargs
    )


def crop_arguments(options):
    """What decides the crops of a run's photos, as arguments of `data.training_batches` and `data.cached_crops`."""
    names = ("image_size", "seed", "noise_stddev", "stretch_luma", "flip", "min_crop_area", "aging")
    return {name: getattr(options, name) for name in names}


def warn_of_bad_files(photos):
    """Logs how many files of a data set were left out, if any."""
    if len(photos.bad_files):
        logging.warning("%d files were left out: see %s", len(photos.bad_files), photos.bad_files.log_path)


def trained_network(options, strategy, model, photos, network, *, arrays=None):
    """Gives a network what a run has trained, for inference: in float32, whatever it was trained in.

    Where there is a moving average of the weights, it has these, with batch statistics of their own.

    Args:
        options: as of `build_trainer`, like all that is not described here.
        strategy: likewise.
        model: likewise, after training.
        photos: likewise.
        network: like the model's, in float32. It is made before training, for what it takes may be gone after hours.
        arrays: likewise.

    Returns:
        The network.
    """
    with loop.averaged_weights(model):
        network.set_weights(model.network.get_weights())
    if options.ema_momentum:
        next_step = options.epochs * options.steps_per_epoch
        replicas = strategy.num_replicas_in_sync
        batches = _training_batches(options, photos, next_step, arrays=arrays, replicas=replicas)
        reestimate_batch_statistics(network, batches)
    for layer in network.layers:  # what this run left as it was, another may train
        layer.trainable = True
    return network


def reestimate_batch_statistics(network, batches):
    """As `loop.reestimate_batch_statistics`, of so many batches as all tools take.

    Args:
        network: Keras model.
        batches: `tf.data.Dataset` as of `data.training_batches`, whose first array is the network's input.
    """
    with data.original_errors():
        loop.reestimate_batch_statistics(network, (batch[0] for batch in batches.take(_STATISTICS_BATCHES)))


def save(network, path):
    """Writes a network as a `.keras` file."""
    with atomic_path(path) as temporary:
        network.save(temporary)
    logging.info("Wrote %s", path)
