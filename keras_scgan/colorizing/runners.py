"""A trained generator behind one call, whatever it is stored as: a Keras model, a SavedModel or a LiteRT model.

Keras, TensorFlow and LiteRT are imported when a model needs them.
"""

import os
import re
import zipfile

import cv2
import numpy as np

from keras_scgan.colorizing import descriptions, shipped
from keras_scgan.colorizing.descriptions import Description
from keras_scgan.photos import color
from keras_scgan.photos.resizing import resize
from keras_scgan.program.errors import UserError

DEFAULT_SIZE = 256
"""Pixels of a side at which photos are compared and drawn where no network says better: the paper's."""

_OUTPUTS = {3: "color", 2: "chroma", 1: "saliency"}
"""Names of outputs by their channels."""


def load_network(model=None, size=None, threads=None):
    """Loads a generator.

    Args:
        model: a Keras model, or the path of a `.keras` file, of a SavedModel folder (or the folder of its numbered
            versions, of which the latest is taken) or of a `.tflite` file, or a name, as of `shipped.litert_path`.
            Defaults to the LiteRT model of `shipped.DEFAULT_NAME`.
        size: int. Pixels of a side of the images it is to take. Defaults to the network's own size: the only one that
            it takes, or that of its description: see `descriptions.Description.own_size`.
        threads: int. Threads of a `.tflite` model. Defaults to all cores; the others use all of them in any case.

    Returns:
        The network, a `Network`.

    Raises:
        UserError: There is no such file, it is no generator, its description cannot be used, or it does not take images
            of that size.
    """
    if model is not None and not isinstance(model, str | os.PathLike):
        return _KerasModel(model, size)
    path = shipped.litert_path(model)
    if path.is_dir():
        return _SavedModel(_latest_version(path), size)
    if path.suffix == ".keras":
        return _KerasModel(load_keras(path), size, path)
    if path.suffix == ".tflite":
        return _LiteRTModel(path, size, threads)
    raise UserError(f"The model {path} is of no known kind: expected a .keras or .tflite file or a SavedModel folder.")


def load_keras(path):
    """Loads the Keras model of a path, or of a name as of `shipped.keras_path`. Raises `UserError` if there is none."""
    import keras

    import keras_scgan.models  # noqa: F401 (registers the layers)

    path = shipped.keras_path(path)
    try:
        return keras.models.load_model(path, compile=False)
    except (ValueError, TypeError, OSError, KeyError, zipfile.BadZipFile) as error:
        raise UserError(f"The model {path} is none that Keras can load: {_first_line(error)}") from error


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
        outputs: dict of arrays, as of `Network.predict`, or of what it has of one image. Tensors will do.

    Returns:
        `[..., h, w, 2]` float32 in [-1, 1], as `color.chroma` gives it of colours in [-1, 1]: `chroma` where there is
        one, and else that of `color`.
    """
    return outputs["chroma"] if "chroma" in outputs else color.chroma(outputs["color"])


def split_batch(outputs):
    """The outputs of a batch, a dict of arrays, as a list of dicts, one an image."""
    return [dict(zip(outputs, values, strict=True)) for values in zip(*outputs.values(), strict=True)]


class Network:
    """A trained generator, whatever it is stored as.

    Args:
        path: path of the model, for errors.
        description: `Description`.
        size: int. Pixels of a side of the images it is to take, or `None` for its own.
        fixed: int. The one size that it takes, or `None`.
        outputs: list of numbers of channels of its outputs.
    """

    def __init__(self, path, description, size, fixed, outputs):
        self.path = path
        self.description = description
        self.size = _choose_size(path, size, fixed, description)
        self.has_saliency = 1 in outputs

    def predict(self, gray, saliency=True):
        """Runs the network.

        Args:
            gray: `[B, size, size, 1]` float32 in [-1, 1]. A network that is to see the luma stretched sees it so.
            saliency: bool. Whether the map is wanted: without it, a Keras model does less arithmetic.

        Returns:
            Dict of float32 arrays: `color [B, size, size, 3]` in [-1, 1], on the luma as it is given, and, where the
            network has them, `chroma [B, h, w, 2]` in [-1, 1] (see `chroma_of`) and `saliency [B, size, size, 1]` in
            [0, 1].
        """
        return self._with_luma(self._run(self.see(gray), saliency), gray)

    def predict_as_trained(self, gray):
        """Runs the network as training does, which leaves colours that are not made of a chroma as they are.

        Args:
            gray: as for `predict`.

        Returns:
            Tuple of the luma that critics see beside the colours, `[B, size, size, 1]`, and of the outputs, as of
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
        """Outputs whose colours have the luma as it is given, and not as the network saw it."""
        if not self.description.stretch_luma:
            return outputs
        if "chroma" not in outputs:
            return outputs | {"color": color.transplant_luma(outputs["color"], gray)}
        # On the luma that the network saw, strong colours may have been clipped.
        chroma = np.stack([resize(image, gray.shape[1:3], cv2.INTER_LINEAR) for image in outputs["chroma"]])
        return outputs | {"color": color.chroma_on_luma(chroma, gray)}


class _KerasModel(Network):
    def __init__(self, model, size, path="given"):
        import keras

        if not isinstance(model.output, dict) or "color" not in model.output:
            raise UserError(f"The model {path} is no generator: its outputs are no dict with `color`.")
        channels = _check_signature(path, [model.input_shape], [output.shape for output in model.output.values()])
        super().__init__(path, describe(model), size, model.input_shape[1], channels)
        colors = {name: tensor for name, tensor in model.output.items() if name != "saliency"}
        # Models of its own: one that is run at a second size is compiled for any, which Keras's UpSampling2D forbids.
        self._model, self._colors = (keras.Model(model.input, outputs) for outputs in (model.output, colors))

    def _run(self, gray, saliency=True):
        model = self._model if saliency else self._colors
        return {name: np.asarray(value) for name, value in model.predict_on_batch(gray).items()}


class _SavedModel(Network):
    def __init__(self, path, size):
        import tensorflow as tf

        try:
            self._model = tf.saved_model.load(path)
            self._signature = self._model.signatures["serving_default"]
        except (ValueError, OSError, KeyError, tf.errors.OpError) as error:
            raise UserError(f"The model {path} is no SavedModel of a generator: {_first_line(error)}") from error
        inputs = self._signature.structured_input_signature[1]
        channels = _check_signature(
            path,
            [spec.shape for spec in inputs.values()],
            [tensor.shape for tensor in self._signature.structured_outputs.values()],
        )
        ((self._input, spec),) = inputs.items()
        super().__init__(path, descriptions.read(path), size, spec.shape[1], channels)
        self._tensor = tf.constant

    def _run(self, gray, saliency=True):
        outputs = self._signature(**{self._input: self._tensor(gray)})
        return _by_channels(value.numpy() for value in outputs.values())


class _LiteRTModel(Network):
    def __init__(self, path, size, threads):
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise UserError(f"{path} needs LiteRT ({error}): pip install ai-edge-litert") from error
        try:
            self._interpreter = Interpreter(str(path), num_threads=threads or os.cpu_count())
        except (ValueError, RuntimeError) as error:
            raise UserError(f"The model {path} is no LiteRT model: {_first_line(error)}") from error
        (self._input,) = self._interpreter.get_input_details()
        self._outputs = self._interpreter.get_output_details()
        channels = _check_signature(
            path, [self._input["shape_signature"]], [output["shape_signature"] for output in self._outputs]
        )
        fixed = self._input["shape_signature"][1]
        super().__init__(path, descriptions.read(path), size, None if fixed < 0 else fixed, channels)
        shape = [1, self.size, self.size, 1]
        if list(self._input["shape"]) != shape:
            self._interpreter.resize_tensor_input(self._input["index"], shape)
        self._interpreter.allocate_tensors()

    def _run(self, gray, saliency=True):
        results = [self._run_one(image[np.newaxis]) for image in gray]
        return {name: np.concatenate([result[name] for result in results]) for name in results[0]}

    def _run_one(self, gray):
        self._interpreter.set_tensor(self._input["index"], _quantized(gray, self._input))
        self._interpreter.invoke()
        return _by_channels(_dequantized(self._interpreter.get_tensor(o["index"]), o) for o in self._outputs)


def _quantized(values, details):
    """Values as the integers that a quantized tensor holds; floats stay as they are."""
    scale, zero_point = details["quantization"]
    if not scale:
        return values.astype(details["dtype"])
    limits = np.iinfo(details["dtype"])
    return np.clip(np.rint(values / scale) + zero_point, limits.min, limits.max).astype(details["dtype"])


def _dequantized(values, details):
    scale, zero_point = details["quantization"]
    return ((values.astype(np.float32) - zero_point) * scale if scale else values).astype(np.float32)


def _by_channels(outputs):
    """Outputs by name, told apart by their channels: converters rename them."""
    return {_OUTPUTS[value.shape[-1]]: value for value in outputs}


def _check_signature(path, inputs, outputs):
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


def _choose_size(path, size, fixed, description):
    if fixed is not None:
        if size not in (None, fixed):
            raise UserError(f"The model {path} takes images of {fixed} pixels only. Received: size={size}")
        return int(fixed)
    if size is None:
        return description.own_size
    multiple = description.size_multiple
    if size <= 0 or size % multiple:
        raise UserError(f"The model {path} takes sizes that are multiples of {multiple}. Received: size={size}")
    return size


def _latest_version(path):
    versions = [child for child in path.iterdir() if child.is_dir() and child.name.isdecimal()]
    return max(versions, key=lambda child: int(child.name), default=path)


def _first_line(error):
    return str(error).strip().partition("\n")[0]
