"""From the settings of a training run to its model. All settings are `TrainSettings`, resolved."""

import dataclasses

import keras

from keras_scgan.colorizing import runners
from keras_scgan.colorizing.descriptions import THERMAL
from keras_scgan.models import (
    build_critic,
    build_generator,
    build_patch_critic,
    build_pretrained_generator,
    translators,
)
from keras_scgan.models.encoder import ENCODER_PREFIX
from keras_scgan.models.encoder_source import EncoderSource, encoder_source, load_encoder_source
from keras_scgan.models.loading import load_model
from keras_scgan.models.perceptual import build_perceptual_features
from keras_scgan.models.pretrained import freeze_encoder
from keras_scgan.program.errors import UserError
from keras_scgan.program.settings import argument
from keras_scgan.training import optimizers, precision
from keras_scgan.training.scgan import SCGAN

ADAM_BETAS = {"beta_1": 0.5, "beta_2": 0.999}
"""The paper's."""


@dataclasses.dataclass(frozen=True)
class Sources:
    """The models that a run starts from, each loaded once.

    Args:
        generator: Keras model whose weights the generator gets, or `None`.
        global_features: Keras model whose weights its global feature network gets, or `None`.
        encoder: `EncoderSource` of the generator, or `None` if it is the paper's.
    """

    generator: keras.Model | None = None
    global_features: keras.Model | None = None
    encoder: EncoderSource | None = None


def load_sources(settings, resumed=False):
    """Loads the `Sources` of a run.

    Args:
        settings: see the module.
        resumed: bool. Whether a checkpoint has the weights, so that the encoder's structure is all that is needed.

    Raises:
        UserError: a file is missing, or is no model.
    """
    encoder = generator = features = None
    is_pretrained = settings.architecture == "pretrained"
    has_own_encoder = settings.encoder not in (None, settings.init_from)
    if settings.init_from and (not resumed or (is_pretrained and not has_own_encoder)):
        generator = load_model(settings.init_from, "init_from")
    elif settings.global_features not in ("none", "random") and not resumed:
        features = load_model(settings.global_features, "global_features")
    if is_pretrained and has_own_encoder:
        encoder = load_encoder_source(settings.encoder, "encoder")
    elif is_pretrained:
        encoder = encoder_source(generator, settings.init_from, "init_from")
    return Sources(None if resumed else generator, features, encoder)


def build_run_features(settings):
    """The features of a run's perceptual loss, or `None` where it has no such loss.

    Raises:
        UserError: the weights cannot be had.
    """
    if settings.stage == 1 or not (settings.perceptual_loss_weight or settings.perceptual_gradient_ratio):
        return None
    return build_perceptual_features(settings.perceptual_weights, settings.perceptual_layer)


def build_scgan(settings, sources, perceptual_features=None):
    """Builds and compiles the model of a run.

    Args:
        settings: see the module.
        sources: `Sources`.
        perceptual_features: model made by `build_run_features`.

    Raises:
        UserError: what the run starts from does not fit.
    """
    critics = build_run_critics(settings)
    model = SCGAN(
        _initial_generator(settings, sources), **critics, perceptual_features=perceptual_features, seed=settings.seed
    )
    model.compile(
        _adam(settings, use_ema=settings.ema_momentum > 0, ema_momentum=settings.ema_momentum),
        _adam(settings, settings.critic_steps) if critics else None,
        pixel_loss=settings.pixel_loss,
        adversarial_loss=settings.adversarial_loss,
        attention_weight=settings.attention_loss_weight,
        saliency_weight=settings.saliency_loss_weight,
        saliency_l1_weight=settings.saliency_l1_loss_weight,
        adversarial_weight=settings.adversarial_loss_weight,
        perceptual_weight=settings.perceptual_loss_weight,
        gradient_penalty_weight=settings.gradient_penalty_weight,
        gradient_penalty_of=settings.gradient_penalty_of,
        critic_steps=settings.critic_steps,
        chroma_weighting=settings.chroma_weighting,
        colorfulness_weight=settings.colorfulness_loss_weight,
        perceptual_gradient_ratio=settings.perceptual_gradient_ratio,
        truth_saturation=settings.truth_saturation,
        judged_size=settings.judged_size or None,
    )
    return model


def build_run_critics(settings):
    """The critics of a run by name, with random weights, under the dtype policy that is set."""
    if settings.stage == 1 or settings.adversarial_loss == "none":
        return {}
    names = ("color_critic", "attention_critic") if settings.attention_loss else ("color_critic",)
    build = build_patch_critic if settings.architecture == "pix2pix" else build_critic
    return {name: build(settings.preset, norm=settings.critic_norm) for name in names}


def build_run_generator(settings, sources):
    """The generator of a run, with random weights where they are not an encoder's, under the dtype policy that is set.

    Raises:
        UserError: the model that is to be the encoder cannot be one.
    """
    if sources.encoder is not None:
        built_from = {"encoder": sources.encoder.name, "saliency": settings.attention_loss}
        generator = build_pretrained_generator(
            sources.encoder.build(), saliency=settings.attention_loss, built_from=built_from
        )
        freeze_encoder(generator, settings.freeze_encoder)
    elif settings.architecture in translators.BUILDERS:
        build = translators.BUILDERS[settings.architecture]
        generator = build(settings.preset, saliency=settings.attention_loss, depth=settings.depth)
    else:
        generator = build_generator(
            settings.preset,
            saliency=settings.attention_loss,
            global_features=settings.global_features != "none",
            depth=settings.depth,
            keep_luma=settings.keep_luma,
        )
        if settings.freeze_global_features:
            generator.get_layer("global_features").trainable = False
    generator.describe(
        image_size=settings.image_size, network_input=settings.network_input, stretch_luma=settings.stretch_luma
    )
    return generator


def _initial_generator(settings, sources):
    generator = build_run_generator(settings, sources)
    if sources.generator is not None:
        _check_start(settings, runners.describe(sources.generator), generator.description)
        _copy_weights("init_from", settings.init_from, sources.generator, generator)
    elif sources.global_features is not None:
        part = generator.get_layer("global_features")
        _copy_weights("global_features", settings.global_features, sources.global_features, part)
    return generator


def _check_start(settings, description, wanted):
    """Raises `UserError` if the generator to start from has another encoder, or was trained on other inputs."""
    given = argument("init_from", settings.init_from)
    encoders = [built.get("encoder") for built in (description.built_from, wanted.built_from)]
    if None not in encoders and encoders[0] != encoders[1]:
        raise UserError(f"{given} has the encoder {encoders[0]}, not {encoders[1]}: leave `encoder` out.")
    if description.stretch_luma and not settings.stretch_luma:
        raise UserError(f"{given} was trained on stretched luma: give `stretch_luma=True`.")
    if description.is_thermal and settings.network_input != THERMAL:
        raise UserError(f"{given} was trained on thermal images: give `network_input=thermal`.")


def _copy_weights(name, path, source, model):
    """Gives a model the weights of another, of a file, which may have a saliency branch that the model lacks."""
    if model.name in [layer.name for layer in source.layers]:  # the feature network of a classifier
        source = source.get_layer(model.name)
    given = {weight.path: weight for weight in source.weights}
    left_out = given.keys() - {weight.path for weight in model.weights}
    shapes = [(weight.path, tuple(weight.shape)) for weight in model.weights]
    fits = all(path in given and tuple(given[path].shape) == shape for path, shape in shapes)
    if not fits or not all(path.startswith("saliency") for path in left_out):
        raise UserError(
            f"{argument(name, path)} is not the network of this run: it has {source.count_params()} parameters where "
            f"{model.count_params()} are expected. Check `architecture`, `encoder`, `preset`, `depth`, "
            "`attention_loss` and `global_features`."
        )
    for weight in model.weights:
        weight.assign(given[weight.path])


def _adam(settings, updates_per_step=1, **average):
    updates = settings.steps_per_epoch * updates_per_step
    rate = optimizers.schedule(
        settings.learning_rate,
        settings.learning_rate_schedule,
        steps=settings.epochs * updates,
        halving_steps=settings.learning_rate_halving_epochs * updates,
        warm_up_steps=settings.warm_up_steps * updates_per_step,
    )
    slow = settings.encoder_learning_rate / settings.learning_rate
    adam = optimizers.Adam(
        rate,
        rate_factors=lambda variable: slow if variable.path.startswith(ENCODER_PREFIX) else 1.0,
        **ADAM_BETAS,
        **average,
    )
    return precision.scaling(adam, settings.precision)
