"""The networks of a training on JAX: all compute in bfloat16, with weights in float32."""

import pathlib

import jax.numpy as jnp
import keras

from keras_scgan.models import build_critic
from keras_scgan.models.encoder_source import encoder_source, under_policy
from keras_scgan.models.generator_model import Generator
from keras_scgan.models.loading import load_model
from keras_scgan.models.pretrained import build_pretrained_generator, freeze_encoder
from keras_scgan.photos import color
from keras_scgan.program.errors import UserError
from keras_scgan.training import precision

CRITICS = ("color", "attention")

_POLICY = "mixed_bfloat16"


def load_generator(path):
    """Loads a generator on a pre-trained encoder that has a saliency branch.

    Raises:
        UserError: There is no such generator in the file.
    """
    generator = load_model(path, "init_from")
    if not isinstance(generator, Generator) or set(generator.output) != {"color", "chroma", "saliency"}:
        raise UserError(f"`init_from={path}` is no generator on a pre-trained encoder that has a saliency branch.")
    return generator


def copy_to_train(generator, frozen):
    """A copy of a generator under mixed precision.

    Args:
        generator: as of `load_generator`.
        frozen: as of `models.pretrained.freeze_encoder`.
    """
    with precision.policy(_POLICY):
        encoder = encoder_source(generator, "", "init_from").build()
        copy = build_pretrained_generator(encoder, built_from=generator.description.built_from)
    copy.set_weights(generator.get_weights())
    freeze_encoder(copy, frozen)
    return copy


def load_critics(folder, preset):
    """The critics by name, from a folder or, if that is `None`, with random weights. They compute in float32."""
    if folder is None:
        return {name: build_critic(preset, norm="instance") for name in CRITICS}
    critics = {}
    for name in CRITICS:
        loaded = load_model(pathlib.Path(folder) / f"{name}_critic.keras", "critics_from")
        critics[name] = keras.models.clone_model(loaded)  # whose precision may be another
        critics[name].set_weights(loaded.get_weights())
    return critics


def load_features(path, layers):
    """A classifier's features, for the perceptual loss.

    Args:
        path: path of a Keras model of RGB images in [0, 255].
        layers: names of its layers.

    Returns:
        A function from weights and images `[B, H, W, 3]` in [-1, 1] to a list of float32 features, and the weights.

    Raises:
        UserError: There is no such file or layer.
    """
    classifier = load_model(path, "perceptual_weights")
    names = [layer.name for layer in classifier.layers]
    for layer in layers:
        if layer not in names:
            raise UserError(f"`perceptual_weights={path}` has no layer {layer!r} of `perceptual_layers`.")
    with precision.policy(_POLICY):
        network = under_policy(keras.Model(classifier.input, [classifier.get_layer(name).output for name in layers]))

    def extract(weights, images):
        outputs, _ = network.stateless_call(*weights, color.denormalize(images), training=False)
        return [output.astype(jnp.float32) for output in outputs]

    return extract, weights_of(network)


def weights_of(model):
    """Copies of the trainable weights of a model, a list, and of the others."""
    return tuple(
        [jnp.copy(v.value) for v in some] for some in (model.trainable_variables, model.non_trainable_variables)
    )


def put(weights, model):
    """Gives a model weights, as of `weights_of`."""
    for variables, values in zip((model.trainable_variables, model.non_trainable_variables), weights, strict=True):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
