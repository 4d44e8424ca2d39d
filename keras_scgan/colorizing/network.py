"""What a network is to those that use it, whatever it is stored as."""

import cv2
import numpy as np

from keras_scgan.photos import color
from keras_scgan.photos.resizing import resize
from keras_scgan.program.errors import UserError

_OUTPUTS = {3: "color", 2: "chroma", 1: "saliency"}
"""Names of outputs by their channels."""


class Network:
    """A trained generator, whatever it is stored as.

    Threads may share it, and it can be pickled, for worker processes that are spawned. A LiteRT model runs in forked
    ones too.

    Args:
        path: path of the model, for errors.
        description: `Description`.
        image_size: int. Pixels of a side of the images it is to take, S in shapes, or `None` for its own.
        fixed: int. The one size that it takes, or `None`.
        outputs: list of numbers of channels of its outputs.
    """

    def __init__(self, path, description, image_size, fixed, outputs):
        self.path = path
        self.description = description
        self.image_size = _choose_size(path, image_size, fixed, description)
        self.has_saliency = 1 in outputs

    def predict(self, gray, saliency=True):
        """Runs the network.

        Args:
            gray: `[B, S, S, 1]` float32 in [-1, 1]. A network that is to see the luma stretched sees it so.
            saliency: bool. Whether the map is wanted: without it, a Keras model does less arithmetic.

        Returns:
            Dict of float32 arrays: `color [B, S, S, 3]` in [-1, 1], on the luma as it is given (of a thermal image, on
            one that is predicted), and, where the network has them, `chroma [B, h, w, 2]` in [-1, 1] (see
            `runners.chroma_of`) and `saliency [B, S, S, 1]` in [0, 1].
        """
        return self._with_luma(self._run(self.see(gray), saliency), gray)

    def predict_as_trained(self, gray):
        """Runs the network as training does, which leaves colours that are not made of a chroma as they are.

        Args:
            gray: as for `predict`.

        Returns:
            Tuple of the luma that critics see beside the colours, `[B, S, S, 1]`, and of the outputs, as of
            `predict`. Where there is a chroma this is the luma as it is given, and elsewhere that which the network
            sees.
        """
        seen = self.see(gray)
        outputs = self._run(seen)
        return (gray, self._with_luma(outputs, gray)) if "chroma" in outputs else (seen, outputs)

    def see(self, gray):
        """Luma as the network is to see it: stretched, where its description says so."""
        return color.stretch_luma(gray) if self.description.stretch_luma else gray

    def _with_luma(self, outputs, gray):
        """Outputs whose colours have the luma as it is given, and not as the network saw it. Not of thermal images."""
        if not self.description.stretch_luma or self.description.is_thermal:
            return outputs
        if "chroma" not in outputs:
            return outputs | {"color": color.transplant_luma(outputs["color"], gray)}
        # On the luma that the network saw, strong colours may have been clipped.
        chroma = np.stack([resize(image, gray.shape[1:3], cv2.INTER_LINEAR) for image in outputs["chroma"]])
        return outputs | {"color": color.chroma_on_luma(chroma, gray)}


def by_channels(outputs):
    """Outputs by name, told apart by their channels: converters rename them."""
    return {_OUTPUTS[value.shape[-1]]: value for value in outputs}


def check_signature(path, inputs, outputs):
    """Channels of the outputs. Raises `UserError` if inputs and outputs of these shapes are not a generator's."""
    found = [tuple(shape) for shape in inputs], [tuple(shape) for shape in outputs]
    of_inputs, channels = ([shape[-1] if len(shape) == 4 else None for shape in shapes] for shapes in found)
    is_generator = of_inputs == [1] and 3 in channels and len(set(channels)) == len(channels)
    if not is_generator or not _OUTPUTS.keys() >= set(channels):
        raise UserError(
            f"The model {path} is no generator: expected an input [B, H, W, 1] and outputs [B, H, W, 3] and, maybe, "
            f"[B, h, w, 2] and [B, H, W, 1]. Received: {found[0]} and {found[1]}"
        )
    return channels


def _choose_size(path, image_size, fixed, description):
    if fixed is not None:
        if image_size not in (None, fixed):
            raise UserError(f"The model {path} takes images of {fixed} pixels only. Received: image_size={image_size}")
        return int(fixed)
    if image_size is None:
        return description.own_size
    multiple = description.size_multiple
    if image_size <= 0 or image_size % multiple:
        raise UserError(
            f"The model {path} takes sizes that are multiples of {multiple}. Received: image_size={image_size}"
        )
    return image_size
