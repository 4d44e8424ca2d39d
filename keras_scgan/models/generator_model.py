"""What all generators are: functional models that say of themselves what they are and how they are to be run."""

import dataclasses

import keras


@dataclasses.dataclass(frozen=True)
class Description:
    """What a generator says of itself; it stands in its configuration and in what is exported of it.

    Args:
        architecture: string. `"paper"`, `"pretrained"`, or another name that tells how it was built.
        built_from: dict of the arguments that it was built from.
        size_multiple: int. Heights and widths that it takes are multiples of this.
        image_size: int. Pixels of a side at which it is best run, the size that it was trained at. Defaults to `None`:
            not trained yet.
        network_input: string. What it colorizes: `"luma"` or `"thermal"`.
        stretch_luma: bool. Whether it is to see the luma stretched: see `color.stretch_luma`.
    """

    architecture: str
    built_from: dict
    size_multiple: int
    image_size: int | None = None
    network_input: str = "luma"
    stretch_luma: bool = False


@keras.saving.register_keras_serializable(package="keras_scgan")
class Generator(keras.Model):
    """A functional model from `gray` to a dict of `color`, maybe `saliency` and maybe `chroma`, with a description.

    Args:
        inputs: Keras tensor `[B, H, W, 1]`.
        outputs: dict of Keras tensors.
        description: `Description`, or the dict of its fields. Settable, as training knows more than building.
    """

    # Keras takes a class for a functional one if its positional arguments are those of its own.
    def __init__(self, inputs, outputs, name=None, *, description, **kwargs):
        super().__init__(inputs, outputs, name=name, **kwargs)
        self.description = Description(**description) if isinstance(description, dict) else description

    def describe(self, **fields):
        """Changes fields of the description."""
        self.description = dataclasses.replace(self.description, **fields)

    def get_config(self):
        return {**super().get_config(), "description": dataclasses.asdict(self.description)}
