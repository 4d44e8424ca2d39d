"""Pre-training the global feature network, VGG-16-Gray, from the settings to the networks that are left behind."""

import json
import pathlib

import keras
from absl import logging

from keras_scgan import data
from keras_scgan.models import build_vgg16_gray
from keras_scgan.models.distillation import build_student, build_teacher
from keras_scgan.models.loading import save_model
from keras_scgan.program.errors import UserError
from keras_scgan.program.files import atomic_path
from keras_scgan.training import callbacks, loop, precision, pretraining, run

RESULTS = ("global_features.keras", "classifier.keras", "pretraining.json")
"""What a run ends with."""


def pretrain(settings, *, fresh=False, overwrite=False, run_flags=()):
    """Pre-trains the network, from the latest checkpoint of the run folder on, if there is one.

    Must be called before TensorFlow runs any operation, as `loop.make_strategy`.

    Args:
        settings: `PretrainSettings`.
        fresh: bool, as of `train.train`.
        overwrite: bool, likewise.
        run_flags: likewise.

    Raises:
        UserError: Something in the settings, the files or the data is to be mended.
        Interrupted: SIGINT or SIGTERM came; a checkpoint of the last step is written.
    """
    strategy = loop.make_strategy(settings.strategy)
    settings, photos, held_out = _open_data(settings, strategy, settings.output_dir)
    run.make_repeatable(settings)
    model = _build(settings, strategy, photos.classes)
    logging.info("%s", _description(settings, strategy, model, len(photos)))
    chief = strategy.extended.should_checkpoint
    if chief:
        folder = pathlib.Path(settings.output_dir)
        run.prepare_run_dirs(folder, [folder], RESULTS, fresh=fresh, overwrite=overwrite, run_flags=run_flags)
    with precision.policy("float32"):
        network = _build_network(settings, photos.classes, getattr(model, "teacher", None))
    trainer = run.build_trainer(
        settings,
        strategy,
        model,
        photos,
        validation_batches=run.validation_batches(settings, held_out, settings.arrays) if held_out else None,
        callbacks=_callbacks(settings) if chief else (),
        arrays=settings.arrays,
    )
    with data.original_errors():
        if held_out and chief and not trainer.checkpoints.steps():
            _write_results(settings, before=trainer.validate())
        trainer.fit()
        if chief:
            network = run.trained_network(settings, strategy, model, photos, network, arrays=settings.arrays)
            _write_networks(settings, network)
            if held_out:
                model.network.set_weights(network.get_weights())
                _write_results(settings, after=trainer.validate())
    run.warn_of_bad_files(photos)


def plan(settings):
    """What `pretrain` would train, as lines of text. Nothing is written. Args and errors: as of `pretrain`."""
    strategy = loop.make_strategy(settings.strategy)
    settings, photos, _ = _open_data(settings, strategy)
    return [_description(settings, strategy, _build(settings, strategy, photos.classes), len(photos))]


def _open_data(settings, strategy, log_dir=None):
    """The settings as they are resolved, the photos to train on and those for validation, or `None`."""
    run.check_replicas(settings, strategy)
    photos, held_out = run.open_photos(settings, log_dir)
    if held_out and held_out.classes != photos.classes:
        other = ", ".join(sorted(set(held_out.classes) ^ set(photos.classes))[:10])
        raise UserError(f"The classes of `validation_dir` are not those of `data_dir`; only one of them has: {other}.")
    return settings.resolved(photos), photos, held_out


def _build(settings, strategy, classes):
    """The compiled model."""
    with strategy.scope(), precision.policy(settings.precision):
        if settings.teacher:
            teacher = build_teacher(settings.teacher)
            model = pretraining.Distillation(
                _build_network(settings, classes, teacher),
                teacher,
                temperature=settings.temperature,
                feature_weight=settings.feature_weight,
                weight_decay=settings.weight_decay,
            )
        else:
            model = pretraining.Classification(_build_network(settings, classes), settings.weight_decay)
        model.compile(pretraining.build_optimizer(settings))
    return model


def _build_network(settings, classes, teacher=None):
    """The network that is trained, with random weights, under the dtype policy that is set."""
    if teacher is not None:
        return build_student(settings.preset, teacher)
    return build_vgg16_gray(
        settings.preset, classes=len(classes), image_size=settings.image_size, dropout=settings.dropout
    )


def _callbacks(settings):
    return [
        callbacks.ProgressBar(settings.batch_size),
        callbacks.MetricsLog(settings.output_dir, _protocol(settings), settings.batch_size),
    ]


def _protocol(settings):
    return {name: getattr(settings, name) for name in ("teacher", "preset", "image_size", "batch_size", "precision")}


def _description(settings, strategy, model, photos):
    """A line that tells what is trained."""
    return (
        f"{photos} photos, {settings.steps_per_epoch} steps an epoch, {settings.steps_per_epoch * settings.epochs} "
        f"steps, {settings.precision}, replicas: {strategy.num_replicas_in_sync}, parameters: "
        f"{model.network.count_params():,}"
    )


def _write_results(settings, **terms):
    """Adds to pretraining.json."""
    path = pathlib.Path(settings.output_dir) / RESULTS[-1]
    results = json.loads(path.read_text()) if path.exists() else _protocol(settings)
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(results | terms, indent=2) + "\n")


def _write_networks(settings, network):
    """Writes the classifier and the feature network in it."""
    if settings.teacher:
        network = keras.Model(network.input, network.output["logits"], name="vgg16_gray")
    for part, name in zip((network.get_layer("global_features"), network), RESULTS, strict=False):
        save_model(part, pathlib.Path(settings.output_dir) / name)
