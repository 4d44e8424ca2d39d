"""What all generators are: functional models that say of themselves what they are and how they are to be run."""

import dataclasses

import keras

from keras_scgan.colorizing.descriptions import Description


@keras.saving.register_keras_serializable(package="keras_scgan")
class Generator(keras.Model):
    """A functional model from `gray` to a dict of `color`, maybe `saliency` and maybe `chroma`, with a description.

    Args:
        inputs: Keras tensor `[B, H, W, 1]`.
        outputs: dict of Keras tensors.
        description: `Description`, or the dict of its fields. Settable, as training knows more than building.

    Raises:
        ValueError: A field of the dict is missing, unknown or wrong.
    """

    # Keras takes a class for a functional one if its positional arguments are those of its own.
    def __init__(self, inputs, outputs, name=None, *, description, **kwargs):
        super().__init__(inputs, outputs, name=name, **kwargs)
        self.description = Description.from_fields(description) if isinstance(description, dict) else description

    def describe(self, **fields):
        """Changes fields of the description."""
        self.description = dataclasses.replace(self.description, **fields)

    def get_config(self):
        return {**super().get_config(), "description": dataclasses.asdict(self.description)}
