"""A trained generator behind one call, whatever it is stored as: a Keras model, a SavedModel or a LiteRT model.

Keras, TensorFlow and LiteRT are imported when a model needs them.
"""

import os
import re
import threading

import numpy as np

from keras_scgan.colorizing import descriptions, shipped
from keras_scgan.colorizing.descriptions import Description
from keras_scgan.colorizing.litert_network import LiteRTNetwork
from keras_scgan.colorizing.network import Network, by_channels, check_signature
from keras_scgan.photos import color
from keras_scgan.program.errors import UserError, first_line

DEFAULT_SIZE = 256
"""Pixels of a side at which photos are compared and drawn where no network says better: the paper's."""


def load_network(model=None, image_size=None, threads=None):
    """Loads a generator.

    Args:
        model: a Keras model, or the path of a `.keras` file, of a SavedModel folder (or the folder of its numbered
            versions, of which the latest is taken) or of a `.tflite` file, or a name, as of `shipped.litert_path`.
            Defaults to the LiteRT model of `shipped.DEFAULT_NAME`.
        image_size: int. Pixels of a side of the images it is to take. Defaults to the network's own size: the only one
            that it takes, or that of its description: see `descriptions.Description.own_size`.
        threads: int. Threads of a `.tflite` model. Defaults to all cores; the others use all of them in any case.

    Returns:
        The network, a `network.Network`.

    Raises:
        UserError: There is no such file, it is no generator, its description cannot be used, or it does not take images
            of that size.
    """
    if model is not None and not isinstance(model, str | os.PathLike):
        return _KerasModel(model, image_size)
    path = shipped.litert_path(model)
    if path.is_dir():
        return _SavedModel(_latest_version(path), image_size)
    if path.suffix == ".keras":
        return _KerasModel(load_keras(path), image_size, path)
    if path.suffix == ".tflite":
        return LiteRTNetwork(path, image_size, threads)
    raise UserError(f"The model {path} is of no known kind: expected a .keras or .tflite file or a SavedModel folder.")


def load_keras(path):
    """Loads the Keras model of a path, or of a name as of `shipped.keras_path`. Raises `UserError` if there is none."""
    from keras_scgan.models.loading import load_model

    return load_model(shipped.keras_path(path), "model")


def has_structure_of(network, other):
    """Whether two Keras models have the same weights but for their values, by path and shape."""
    shapes, others = ({weight.path: tuple(weight.shape) for weight in n.weights} for n in (network, other))
    return shapes == others


def describe(model):
    """The description of a Keras model: its own, or what the names of the layers of older generators tell."""
    description = getattr(model, "description", None)
    if isinstance(description, Description):
        return description
    # Of files from before there were descriptions, and of models that are no `Generator`.
    encoder = [layer for layer in model.layers if re.fullmatch(r"down\d+_conv", layer.name)]
    multiple = int(np.prod([layer.strides[0] for layer in encoder]))
    return Description("paper", {}, multiple) if encoder else descriptions.UNKNOWN


def chroma_of(outputs):
    """The chroma that a network predicts.

    Args:
        outputs: dict of arrays, as of `network.Network.predict`, or of what it has of one image. Tensors will do.

    Returns:
        `[..., h, w, 2]` float32 in [-1, 1], as `color.chroma` gives it of colours in [-1, 1]: `chroma` where there is
        one, and else that of `color`.
    """
    return outputs["chroma"] if "chroma" in outputs else color.chroma(outputs["color"])


def split_batch(outputs):
    """The outputs of a batch, a dict of arrays, as a list of dicts, one an image."""
    return [dict(zip(outputs, values, strict=True)) for values in zip(*outputs.values(), strict=True)]


class _TensorFlowModel(Network):
    """What runs in TensorFlow: one call at a time, which takes all cores, and in no process forked after the first."""

    def __init__(self, *args):
        super().__init__(*args)
        self._lock = threading.Lock()
        self._process = os.getpid()

    def _run(self, gray, saliency=True):
        if os.getpid() != self._process:
            raise UserError(
                f"The model {self.path} runs in TensorFlow, which does not work in a forked process: start processes "
                'by "spawn", load the model in each of them, or take a .tflite model.'
            )
        with self._lock:
            return self._run_alone(gray, saliency)


class _KerasModel(_TensorFlowModel):
    def __init__(self, model, image_size, path="given"):
        import keras

        if not isinstance(model.output, dict) or "color" not in model.output:
            raise UserError(f"The model {path} is no generator: its outputs are no dict with `color`.")
        channels = check_signature(path, [model.input_shape], [output.shape for output in model.output.values()])
        super().__init__(path, describe(model), image_size, model.input_shape[1], channels)
        colors = {name: tensor for name, tensor in model.output.items() if name != "saliency"}
        # Models of its own: one that is run at a second size is compiled for any, which Keras's UpSampling2D forbids.
        self._model, self._colors = (keras.Model(model.input, outputs) for outputs in (model.output, colors))
        self._given = model

    def __reduce__(self):
        return _KerasModel, (self._given, self.image_size, self.path)

    def _run_alone(self, gray, saliency):
        model = self._model if saliency else self._colors
        return {name: np.asarray(value) for name, value in model.predict_on_batch(gray).items()}


class _SavedModel(_TensorFlowModel):
    def __init__(self, path, image_size):
        import tensorflow as tf

        try:
            self._model = tf.saved_model.load(path)
            self._signature = self._model.signatures["serving_default"]
        except (ValueError, OSError, KeyError, tf.errors.OpError) as error:
            raise UserError(f"The model {path} is no SavedModel of a generator: {first_line(error)}") from error
        inputs = self._signature.structured_input_signature[1]
        shapes = (
            [tensor.shape if tensor.shape.rank is not None else () for tensor in tensors.values()]
            for tensors in (inputs, self._signature.structured_outputs)
        )
        channels = check_signature(path, *shapes)
        ((self._input, spec),) = inputs.items()
        super().__init__(path, descriptions.read(path), image_size, spec.shape[1], channels)
        self._tensor = tf.constant

    def __reduce__(self):
        return _SavedModel, (self.path, self.image_size)

    def _run_alone(self, gray, saliency):
        outputs = self._signature(**{self._input: self._tensor(gray)})
        return by_channels(value.numpy() for value in outputs.values())


def _latest_version(path):
    versions = [child for child in path.iterdir() if child.is_dir() and child.name.isdecimal()]
    return max(versions, key=lambda child: int(child.name), default=path)
