"""What the pre-trained encoder of a generator is made of: a classifier, or a generator that has one."""

import dataclasses
import pathlib
from collections.abc import Callable

import keras

from keras_scgan.models.encoder import build_encoder
from keras_scgan.models.generator_model import Generator
from keras_scgan.models.loading import load_application, load_model
from keras_scgan.models.pretrained import split_at_features
from keras_scgan.program.errors import UserError


@dataclasses.dataclass(frozen=True)
class EncoderSource:
    """A model that encoders are made of, as many as are needed.

    Args:
        model: classifier of RGB images `[B, H, W, 3]` in [0, 255], or generator on a pre-trained encoder.
        argument: string. What gave it, as errors name that: `` `encoder=PATH` ``.
        name: string. What it is called; `None` where nobody knows.
        preprocess: function that is applied to a classifier's images first, or `None`.
    """

    model: keras.Model
    argument: str
    name: str | None
    preprocess: Callable | None = None

    def build(self):
        """Builds an encoder (see `build_encoder`) under the dtype policy that is set.

        Raises:
            UserError: The model has none, or can be none.
        """
        if not isinstance(self.model, Generator):
            return build_encoder(self.model, self.argument, self.preprocess)
        if "chroma" not in self.model.output:
            raise UserError(f"{self.argument} has no pre-trained encoder: its architecture is another.")
        return under_policy(split_at_features(self.model)[0])


def encoder_source(model, path, argument):
    """The `EncoderSource` that a Keras model is. Args: `model`; the `path` it is of; name of the `argument` with it."""
    name = model.description.built_from.get("encoder") if isinstance(model, Generator) else pathlib.Path(path).stem
    return EncoderSource(model, f"`{argument}={path}`", name)


def load_encoder_source(name, argument):
    """Loads the `EncoderSource` of a `.keras` file, or of a model of keras.applications.

    Args:
        name: path of the file, or name of the model.
        argument: string. Name of the argument that gave it, for the errors.

    Raises:
        UserError: There is no such file or model.
    """
    if name.endswith(".keras"):
        return encoder_source(load_model(name, argument), name, argument)
    classifier, preprocess = load_application(name, argument, include_top=False, input_shape=(None, None, 3))
    return EncoderSource(classifier, f"`{argument}={name}`", name, preprocess)


def under_policy(network):
    """A copy of a network under the dtype policy that is set."""
    policy = keras.config.dtype_policy().name

    def copy(layer):
        is_layer = isinstance(layer, keras.layers.Layer)  # operations have neither weights nor a policy
        return type(layer).from_config({**layer.get_config(), "dtype": policy}) if is_layer else layer

    clone = keras.models.clone_model(network, clone_function=copy)
    clone.set_weights(network.get_weights())
    return clone
