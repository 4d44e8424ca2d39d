"""What the jobs that train networks have in common: the run folder, the batches, and the network that is written."""

import functools
import pathlib

import keras
import tensorflow as tf
from absl import logging

from keras_scgan import data
from keras_scgan.program.errors import UserError
from keras_scgan.program.files import atomic_path, remove_temporaries
from keras_scgan.program.settings import argument
from keras_scgan.training import averaging, loop
from keras_scgan.training.checkpoints import checkpoint_dir, checkpoint_steps

_STATISTICS_BATCHES = 100
"""Batches, each of one replica, of which the statistics of averaged weights are taken."""

_RESULTS = (
    "checkpoints/step_*.npz",
    "samples/epoch_*.png",
    "tensorboard/events.out.tfevents.*",
    "metrics.jsonl",
)
"""What every run leaves behind in its folder, which starting anew deletes if asked to, and nothing else."""


def is_resumed(settings, fresh):
    """Whether a checkpoint has the weights of a run. Args: its settings; whether it is to start anew."""
    return not fresh and bool(checkpoint_steps(checkpoint_dir(settings.output_dir)))


def check_replicas(settings, strategy):
    """Raises `UserError` if the replicas of a strategy cannot share the batches of a run."""
    if settings.batch_size % strategy.num_replicas_in_sync:
        raise UserError(
            f"{argument('batch_size', settings.batch_size)} cannot be shared by {strategy.num_replicas_in_sync} "
            "replicas evenly."
        )


def bad_files(settings, log_dir=None):
    """The `BadFiles` of a run. Args: its settings; `log_dir`, folder in which they are named, or `None`."""
    return data.BadFiles(settings.max_bad_files, log_dir and pathlib.Path(log_dir) / "bad_files.tsv")


def open_photos(settings, log_dir=None):
    """The photos to train on, and those of `validation_dir`, or `None`. Args: as of `bad_files`.

    Raises:
        UserError: one of them is no data set, or has not the fields that the run needs.
    """

    def opened(place, split):
        return data.open_data_set(place, fields=settings.fields, split=split, bad_files=bad_files(settings, log_dir))

    photos = opened(settings.data_dir, "train")
    if settings.num_photos:
        photos = data.Subset(photos, settings.num_photos)
    return photos, opened(settings.validation_dir, "validation") if settings.validation_dir else None


def validation_batches(settings, photos, arrays=None):
    """The batches of photos that a run is validated by. Args: its resolved settings; a data set; names of arrays."""
    return data.validation_batches(
        photos,
        image_size=settings.image_size,
        batch_size=settings.batch_size,
        stretch_luma=settings.stretch_luma,
        arrays=arrays,
    )


def prepare_run_dirs(output_dir, run_dirs, results, *, fresh, overwrite, run_flags):
    """Clears the way for a fresh run, or tells how a resumed one differs; writes run.flags.

    What a run that was killed had half written is deleted.

    Args:
        output_dir: path that run.flags is written to.
        run_dirs: list of paths, one for each stage.
        results: names of the files in them that the run ends with.
        fresh: bool. Whether the run starts anew, and not from the latest checkpoint, if there is one.
        overwrite: bool. Whether a fresh run deletes the one that the folders hold.
        run_flags: lines of a flag file that repeats the run; none: no run.flags is written.

    Raises:
        UserError: a fresh run is wanted where there is one.
    """
    if fresh:
        found = [path for run_dir in run_dirs for pattern in (*_RESULTS, *results) for path in run_dir.glob(pattern)]
        if found and not overwrite:
            raise UserError(
                f"There is a run ({found[0]}): choose another `output_dir`, or delete it by `overwrite=True`."
            )
        for path in found:
            path.unlink()
    for folder in {output_dir, *((run_dir / pattern).parent for run_dir in run_dirs for pattern in _RESULTS)}:
        remove_temporaries(folder)
    if run_flags:
        _write_run_flags(output_dir / "run.flags", run_flags, run_dirs)


def _write_run_flags(path, lines, run_dirs):
    if path.exists() and any(checkpoint_steps(checkpoint_dir(run_dir)) for run_dir in run_dirs):
        before = path.read_text().splitlines()
        new = " ".join(line for line in lines if line not in before)
        old = " ".join(line for line in before if line not in lines)
        if new or old:
            logging.warning(
                "Flags differ from those of the run so far: now %s; before %s", new or "none", old or "none"
            )
    with atomic_path(path) as temporary:
        temporary.write_text("".join(f"{line}\n" for line in lines))


def make_repeatable(settings):
    """Sets the seeds and, where they are to be `deterministic`, what gives the same bits each time."""
    keras.utils.set_random_seed(settings.seed)
    if settings.deterministic:
        tf.config.experimental.enable_op_determinism()
        # The graph optimizer makes steps of stage 2 differ in their last bits, op determinism or not.
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


def build_trainer(
    settings, strategy, model, photos, *, validation_batches=None, callbacks=(), arrays=None, make_features=None
):
    """The `Trainer` of a run.

    Args:
        settings: resolved `RunSettings`.
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
        settings.output_dir,
        batches=functools.partial(_distributed_batches, settings, strategy, photos, arrays, make_features),
        steps_per_epoch=settings.steps_per_epoch,
        epochs=settings.epochs,
        validation_batches=validation_batches,
        callbacks=callbacks,
        checkpoint_minutes=settings.checkpoint_minutes,
        constants={"batch_size": settings.batch_size, "seed": settings.seed, "pairs": len(photos)},
    )


def _distributed_batches(settings, strategy, photos, arrays, make_features, start_step):
    """The distributed batches of a run from a step on."""
    features = make_features() if make_features else None
    return strategy.distribute_datasets_from_function(
        lambda context: _training_batches(
            settings,
            photos,
            start_step,
            arrays=arrays,
            features=features,
            num_workers=context.num_input_pipelines,
            worker=context.input_pipeline_id,
            replicas=context.num_replicas_in_sync // context.num_input_pipelines,
        )
    )


def _training_batches(settings, photos, start_step, **kwargs):
    return data.training_batches(
        photos, batch_size=settings.batch_size, start_step=start_step, **settings.crop_arguments, **kwargs
    )


def warn_of_bad_files(photos):
    """Logs how many files of a data set were left out, if any."""
    if len(photos.bad_files):
        logging.warning("%d files were left out: see %s", len(photos.bad_files), photos.bad_files.log_path)


def trained_network(settings, strategy, model, photos, network, *, arrays=None):
    """Gives a network what a run has trained, for inference: in float32, whatever it was trained in.

    Where there is a moving average of the weights, it has these, with batch statistics of their own.

    Args:
        settings: as of `build_trainer`, like all that is not described here.
        strategy: likewise.
        model: likewise, after training.
        photos: likewise.
        network: like the model's, in float32. It is made before training, for what it takes may be gone after hours.
        arrays: likewise.

    Returns:
        The network.
    """
    with averaging.averaged_weights(model):
        network.set_weights(model.network.get_weights())
    if settings.ema_momentum:
        next_step = settings.epochs * settings.steps_per_epoch
        replicas = strategy.num_replicas_in_sync
        batches = _training_batches(settings, photos, next_step, arrays=arrays, replicas=replicas)
        reestimate_batch_statistics(network, batches)
    for layer in network.layers:  # what this run left as it was, another may train
        layer.trainable = True
    return network


def reestimate_batch_statistics(network, batches):
    """As `averaging.reestimate_batch_statistics`, of so many batches as all tools take.

    Args:
        network: Keras model.
        batches: `tf.data.Dataset` as of `data.training_batches`, whose first array is the network's input.
    """
    with data.original_errors():
        averaging.reestimate_batch_statistics(network, (batch[0] for batch in batches.take(_STATISTICS_BATCHES)))
