"""From the options of a training run to its model.

`options` is any object that has the flags of `tools/train.py` as attributes, with one value for the stage at hand where
a flag has one for each, with the `steps_per_epoch` that there are, and with `resumed`, whether a checkpoint has the
weights.
"""

from keras_scgan.colorizing import runners
from keras_scgan.colorizing.descriptions import THERMAL
from keras_scgan.models import build_critic, build_generator, build_pretrained_generator
from keras_scgan.models.encoder import ENCODER_PREFIX
from keras_scgan.models.encoder_source import load_encoder_source
from keras_scgan.models.loading import load_model
from keras_scgan.models.perceptual import build_perceptual_features
from keras_scgan.models.pretrained import freeze_encoder
from keras_scgan.program.errors import UserError
from keras_scgan.training import optimizers, precision
from keras_scgan.training.scgan import SCGAN

ADAM_BETAS = {"beta_1": 0.5, "beta_2": 0.999}
"""The paper's."""


def build_run_features(options):
    """The features of a run's perceptual loss, or `None` where it has no such loss.

    Raises:
        UserError: the weights cannot be had.
    """
    if options.stage == "1" or not (options.perceptual_loss_weight or options.perceptual_gradient_ratio):
        return None
    return build_perceptual_features(options.perceptual_weights, options.perceptual_layer)


def build_scgan(options, perceptual_features=None):
    """Builds and compiles the model of a run.

    Args:
        options: see the module.
        perceptual_features: model made by `build_run_features`.

    Raises:
        UserError: a file of weights is missing or does not fit.
    """
    critics = build_run_critics(options)
    model = SCGAN(_initial_generator(options), **critics, perceptual_features=perceptual_features, seed=options.seed)
    model.compile(
        _adam(options, use_ema=options.ema_momentum > 0, ema_momentum=options.ema_momentum),
        _adam(options, options.critic_steps) if critics else None,
        pixel_loss=options.pixel_loss,
        adversarial_loss=options.adversarial_loss,
        attention_weight=options.attention_loss_weight,
        saliency_weight=options.saliency_loss_weight,
        saliency_l1_weight=options.saliency_l1_loss_weight,
        adversarial_weight=options.adversarial_loss_weight,
        perceptual_weight=options.perceptual_loss_weight,
        gradient_penalty_weight=options.gradient_penalty_weight,
        critic_steps=options.critic_steps,
        chroma_weighting=options.chroma_weighting,
        colorfulness_weight=options.colorfulness_loss_weight,
        perceptual_gradient_ratio=options.perceptual_gradient_ratio,
        truth_saturation=options.truth_saturation,
        judged_size=options.judged_size or None,
    )
    return model


def build_run_critics(options):
    """The critics of a run by name, with random weights, under the dtype policy that is set."""
    if options.stage == "1" or options.adversarial_loss == "none":
        return {}
    names = ("color_critic", "attention_critic") if options.attention_loss else ("color_critic",)
    return {name: build_critic(options.preset, norm=options.critic_norm) for name in names}


def build_run_generator(options):
    """The generator of a run, with random weights where they are not an encoder's, under the dtype policy that is set.

    Raises:
        UserError: the encoder cannot be had, or is none.
    """
    if options.architecture == "pretrained":
        source = load_encoder_source(*_encoder_argument(options))
        built_from = {"encoder": source.name, "saliency": options.attention_loss}
        generator = build_pretrained_generator(source.build(), saliency=options.attention_loss, built_from=built_from)
        freeze_encoder(generator, options.freeze_encoder)
    else:
        generator = build_generator(
            options.preset,
            saliency=options.attention_loss,
            global_features=options.global_features != "none",
            depth=int(options.depth),
            keep_luma=options.keep_luma,
        )
        if options.freeze_global_features:
            generator.get_layer("global_features").trainable = False
    generator.describe(
        image_size=options.image_size, network_input=options.network_input, stretch_luma=options.stretch_luma
    )
    return generator


def _encoder_argument(options):
    """Value and name of the argument that tells the encoder."""
    return (options.encoder, "encoder") if options.encoder else (options.init_from, "init_from")


def _initial_generator(options):
    generator = build_run_generator(options)
    if options.resumed:
        return generator
    if options.init_from:
        source = load_model(options.init_from, "init_from")
        _check_start(options, runners.describe(source), generator.description)
        _copy_weights("--init_from", options.init_from, source, generator)
    elif options.global_features not in ("none", "random"):
        source = load_model(options.global_features, "global_features")
        _copy_weights("--global_features", options.global_features, source, generator.get_layer("global_features"))
    return generator


def _check_start(options, description, wanted):
    """Raises `UserError` if the generator that is gone on from has another encoder, or saw what is not asked for."""
    encoders = [built.get("encoder") for built in (description.built_from, wanted.built_from)]
    if None not in encoders and encoders[0] != encoders[1]:
        raise UserError(
            f"--init_from={options.init_from} has the encoder {encoders[0]}, not {encoders[1]}: leave --encoder out."
        )
    if description.stretch_luma and not options.stretch_luma:
        raise UserError(f"--init_from={options.init_from} was trained on stretched luma: give --stretch_luma.")
    if description.network_input == THERMAL and options.network_input != THERMAL:
        raise UserError(f"--init_from={options.init_from} was trained on thermal images: give --network_input=thermal.")


def _copy_weights(flag, path, source, model):
    """Gives a model the weights of that of a file, which may have a saliency branch that the model has not."""
    if model.name in [layer.name for layer in source.layers]:  # the feature network of a classifier
        source = source.get_layer(model.name)
    given = {weight.path: weight for weight in source.weights}
    left_out = given.keys() - {weight.path for weight in model.weights}
    shapes = [(weight.path, tuple(weight.shape)) for weight in model.weights]
    fits = all(path in given and tuple(given[path].shape) == shape for path, shape in shapes)
    if not fits or not all(path.startswith("saliency") for path in left_out):
        raise UserError(
            f"{flag}={path} is not the network of this run: it has {source.count_params()} parameters where "
            f"{model.count_params()} are expected. Check --architecture, --encoder, --preset, --depth, "
            "--attention_loss and --global_features."
        )
    for weight in model.weights:
        weight.assign(given[weight.path])


def _adam(options, updates_per_step=1, **average):
    updates = options.steps_per_epoch * updates_per_step
    rate = optimizers.schedule(
        options.learning_rate,
        options.learning_rate_schedule,
        steps=options.epochs * updates,
        halving_steps=options.learning_rate_halving_epochs * updates,
        warm_up_steps=options.warm_up_steps * updates_per_step,
    )
    slow = options.encoder_learning_rate / options.learning_rate
    adam = optimizers.Adam(
        rate,
        rate_factors=lambda variable: slow if variable.path.startswith(ENCODER_PREFIX) else 1.0,
        **ADAM_BETAS,
        **average,
    )
    return precision.scaling(adam, options.precision)
