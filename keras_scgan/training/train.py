"""Training SCGAN: one stage, or both, from their settings to the networks that they leave behind."""

import functools
import math
import pathlib

import tensorflow as tf
from absl import logging

from keras_scgan import data
from keras_scgan.models.loading import save_model
from keras_scgan.program.errors import UserError
from keras_scgan.training import build, callbacks, loop, precision, run
from keras_scgan.training.checkpoints import run_variables
from keras_scgan.training.macs import count_macs
from keras_scgan.training.making_features import make_feature_cache

RESULT = "generator.keras"
"""The generator that a run ends with."""

_RESULTS = (RESULT, "color_critic.keras", "attention_critic.keras")
_SHARED = ("data_dir", "validation_dir", "fields", "strategy", "precision", "max_bad_files", "num_photos")
SAMPLE_PHOTOS = 8


def train(stages, *, output_dir=None, fresh=False, overwrite=False, run_flags=()):
    """Trains a network, from the latest checkpoint of the run folder on, if there is one.

    Must be called before TensorFlow runs any operation, as `loop.make_strategy`.

    Args:
        stages: list of `TrainSettings`: of one stage, or of stages 1 and 2, which have their data in common.
        output_dir: path of the folder of run.flags and bad_files.tsv. Defaults to that of the first stage.
        fresh: bool. Whether to start anew. A folder with a run in it is refused.
        overwrite: bool. Whether a fresh run deletes the one that its folder holds.
        run_flags: lines of a flag file that repeats the run, which is written as run.flags. Defaults to none.

    Raises:
        UserError: Something in the settings, the files or the data is to be mended.
        Interrupted: SIGINT or SIGTERM came; a checkpoint of the last step is written.
    """
    output_dir = pathlib.Path(output_dir or stages[0].output_dir)
    strategy = loop.make_strategy(stages[0].strategy)
    stages, pairs, validation_pairs = _open_data(stages, strategy, output_dir)
    with strategy.scope(), precision.policy(stages[-1].precision):
        features = build.build_run_features(stages[-1])  # before stage 1, so that nothing is missing after it
    sources = build.load_sources(stages[0], run.is_resumed(stages[0], fresh))
    if strategy.extended.should_checkpoint:
        run_dirs = [pathlib.Path(settings.output_dir) for settings in stages]
        run.prepare_run_dirs(output_dir, run_dirs, _RESULTS, fresh=fresh, overwrite=overwrite, run_flags=run_flags)
    for settings in stages:
        sources = sources or build.load_sources(settings, run.is_resumed(settings, fresh=False))
        model, generator = _build_networks(settings, strategy, sources, features)
        sources = None  # training has no use for them, and the memory has
        _train_stage(settings, strategy, model, generator, pairs, validation_pairs)


def plan(stages):
    """What `train` would train, as lines of text. Nothing is written. Args and errors: as of `train`."""
    strategy = loop.make_strategy(stages[0].strategy)
    stages, pairs, _ = _open_data(stages, strategy)
    lines = []
    for settings in stages:
        sources = build.load_sources(settings, resumed=True)  # stage 1 has not run
        with strategy.scope(), precision.policy(settings.precision):
            model = build.build_scgan(settings, sources)
        lines += _description(settings, strategy, model, len(pairs))
    return lines


def _open_data(stages, strategy, log_dir=None):
    """The settings as they are resolved, the photos to train on and those for validation, or `None`."""
    for settings in stages:
        run.check_replicas(settings, strategy)
        if settings.feature_cache and isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
            raise UserError("`feature_cache` is for one machine: several workers would all write it.")
        for name in _SHARED:
            if getattr(settings, name) != getattr(stages[0], name):
                raise UserError(f"`{name}`: both stages of a run have it in common.")
    pairs, validation_pairs = run.open_photos(stages[0], log_dir)
    return [settings.resolved(pairs) for settings in stages], pairs, validation_pairs


def _build_networks(settings, strategy, sources, perceptual_features):
    """The model of a stage, and a generator like the model's in float32, for what is trained."""
    if not settings.init_from and not run.is_resumed(settings, fresh=False):
        _warn_of_start(settings)
    run.make_repeatable(settings)
    with strategy.scope(), precision.policy(settings.precision):
        model = build.build_scgan(settings, sources, perceptual_features if settings.stage == 2 else None)
    with precision.policy("float32"):
        return model, build.build_run_generator(settings, sources)


def _warn_of_start(settings):
    """Logs what the paper's stages start from, where a stage starts from less."""
    if settings.stage == 2 and settings.architecture in ("paper", "pretrained"):
        logging.warning("STAGE 2 STARTS FROM RANDOM WEIGHTS: give stage 1's generator by `init_from=generator.keras`.")
    elif settings.stage == 1 and settings.architecture == "paper" and settings.global_features == "random":
        logging.warning(
            "STAGE 1 STARTS FROM RANDOM GLOBAL FEATURES, where the paper's are pre-trained: give some by "
            "`global_features=global_features.keras`."
        )


def _train_stage(settings, strategy, model, generator, pairs, validation_pairs):
    for line in _description(settings, strategy, model, len(pairs)):
        logging.info("%s", line)
    validation = run.validation_batches(settings, validation_pairs) if validation_pairs else None
    chief = strategy.extended.should_checkpoint
    make_features = functools.partial(_make_features, settings, model, pairs) if settings.feature_cache else None
    with data.original_errors():
        run.build_trainer(
            settings,
            strategy,
            model,
            pairs,
            validation_batches=validation,
            callbacks=_callbacks(settings, validation or run.validation_batches(settings, pairs)) if chief else (),
            make_features=make_features,
        ).fit()
    if chief:
        _write_networks(settings, model, run.trained_network(settings, strategy, model, pairs, generator))
    run.warn_of_bad_files(pairs)


def _write_networks(settings, model, generator):
    folder = pathlib.Path(settings.output_dir)
    save_model(generator, folder / RESULT)
    with precision.policy("float32"):
        critics = build.build_run_critics(settings)
    for name, critic in critics.items():
        critic.set_weights(model.state[name].get_weights())
        save_model(critic, folder / f"{name}.keras")


def _make_features(settings, model, pairs):
    passes = math.ceil(settings.epochs * settings.steps_per_epoch / data.steps_per_epoch(pairs, settings.batch_size))
    if settings.cached_crops > passes:
        logging.warning("`cached_crops=%d`: this run needs %d only, one a pass", settings.cached_crops, passes)
    return make_feature_cache(
        settings.feature_cache, model.encoder, pairs, crops=settings.cached_crops, **settings.crop_arguments
    )


def _callbacks(settings, sample_batches):
    samples = next(sample_batches.unbatch().batch(SAMPLE_PHOTOS).as_numpy_iterator(), None)
    if samples is None:
        raise UserError("None of the photos to draw samples of can be used; bad_files.tsv names them.")
    protocol = {name: getattr(settings, name) for name in ("stage", "preset", "image_size", "batch_size", "precision")}
    return [
        callbacks.ProgressBar(settings.batch_size),
        callbacks.MetricsLog(settings.output_dir, protocol, settings.batch_size),
        callbacks.SampleGrid(settings.output_dir, samples),
    ]


def _description(settings, strategy, model, pairs):
    """Lines that tell what is trained."""
    counts = {"generator": model.generator.count_params()}
    counts |= {f"{name} critic": critic.count_params() for name, critic in model.critics.items()}
    image = tf.TensorSpec((1, settings.image_size, settings.image_size, 1), tf.float32)
    state = sum(variable.value.dtype.size * math.prod(variable.shape) for variable in run_variables(model).values())
    return [
        f"Stage {settings.stage}: {pairs} pairs, {settings.steps_per_epoch} steps an epoch, "
        f"{settings.steps_per_epoch * settings.epochs} steps, {settings.precision}, "
        f"replicas: {strategy.num_replicas_in_sync}",
        "Parameters: " + ", ".join(f"{name} {count:,}" for name, count in counts.items()),
        f"The generator takes {count_macs(model.generator, image) / 1e9:.2f} GMAC for an image of "
        f"{settings.image_size} pixels",
        f"Weights and optimizer state take {state / 2**20:.0f} MiB on each replica",
    ]
