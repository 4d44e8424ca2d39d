"""From the options of a training run to its model.

`options` is any object that has the flags of `tools/train.py` as attributes, with one value for the stage at hand where
a flag has one for each.
"""

import pathlib

import keras

from keras_scgan.errors import UserError
from keras_scgan.models import build_critic, build_generator
from keras_scgan.models.perceptual import build_perceptual_features
from keras_scgan.scgan import SCGAN

ADAM_BETAS = {"beta_1": 0.5, "beta_2": 0.999}
"""The paper's."""


def build_scgan(options, steps_per_epoch):
    """Builds and compiles the model of a run.

    Args:
        options: see the module.
        steps_per_epoch: int. For the learning rate's schedule.

    Raises:
        UserError: a file of weights is missing or does not fit.
    """
    critics, features = {}, None
    if options.stage == "2":
        if options.adversarial_loss != "none":
            names = ("color_critic", "attention_critic") if options.attention_loss else ("color_critic",)
            critics = {name: build_critic(options.preset, norm=options.critic_norm) for name in names}
        if options.perceptual_loss_weight:
            features = build_perceptual_features(options.perceptual_weights, options.perceptual_layer)
    model = SCGAN(_initial_generator(options), **critics, perceptual_features=features, seed=options.seed)
    model.compile(
        _adam(options, steps_per_epoch),
        _adam(options, steps_per_epoch * options.critic_steps) if critics else None,
        pixel_loss=options.pixel_loss,
        adversarial_loss=options.adversarial_loss,
        attention_weight=options.attention_loss_weight,
        adversarial_weight=options.adversarial_loss_weight,
        perceptual_weight=options.perceptual_loss_weight,
        gradient_penalty_weight=options.gradient_penalty_weight,
        critic_steps=options.critic_steps,
    )
    return model


def build_run_generator(options):
    """The generator of a run, with random weights, under the dtype policy that is set."""
    return build_generator(
        options.preset,
        saliency=options.attention_loss,
        global_features=options.global_features != "none",
        depth=int(options.depth),
    )


def _initial_generator(options):
    generator = build_run_generator(options)
    if options.init_from:
        _copy_weights(options.init_from, generator, "--init_from")
    elif options.global_features not in ("none", "random"):
        _copy_weights(options.global_features, generator.get_layer("global_features"), "--global_features")
    return generator


def _copy_weights(path, model, flag):
    if not pathlib.Path(path).is_file():
        raise UserError(f"{flag}={path}: there is no such file.")
    try:
        source = keras.models.load_model(path, compile=False)
    except Exception as error:  # a file that is no model can fail in any way
        raise UserError(f"{flag}={path} cannot be loaded: {error}") from error
    found, wanted = ({weight.path: tuple(weight.shape) for weight in m.weights} for m in (source, model))
    if found != wanted:
        raise UserError(
            f"{flag}={path} is not the network of this run: it has {source.count_params()} parameters where "
            f"{model.count_params()} are expected. Check --preset, --depth, --attention_loss and --global_features."
        )
    model.set_weights(source.get_weights())


def _adam(options, steps_per_epoch):
    rate = options.learning_rate
    if options.learning_rate_halving_epochs:
        rate = keras.optimizers.schedules.ExponentialDecay(
            rate, options.learning_rate_halving_epochs * steps_per_epoch, decay_rate=0.5, staircase=True
        )
    optimizer = keras.optimizers.Adam(rate, **ADAM_BETAS)
    if options.precision == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer
