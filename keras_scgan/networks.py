"""A trained generator behind one call, whatever it is stored as: a Keras model, a SavedModel or a LiteRT model."""

import os
import pathlib
import re
import zipfile

import keras
import numpy as np

from keras_scgan.errors import UserError

DEFAULT_SIZE = 256
"""Pixels of a side at which a network is run of which nothing better is known: the paper's."""

SHIPPED_MODEL = pathlib.Path(__file__).parents[1] / "saved_models" / "scgan_small" / "generator.keras"
"""The trained generator that the repository carries; its README.md tells about it."""


def load_network(model=None, size=None, threads=None):
    """Loads a generator.

    Args:
        model: a Keras model, or the path of a `.keras` file, of a SavedModel folder (or the folder of its numbered
            versions, of which the latest is taken) or of a `.tflite` file. Defaults to `SHIPPED_MODEL`.
        size: int. Pixels of a side of the images it is to take. Defaults to the network's own size: the only one that
            it takes, or that at which its encoder ends in a single pixel, which is 256 for the paper's.
        threads: int. Threads of a `.tflite` model. Defaults to all cores; the others use all of them in any case.

    Returns:
        The network, with `size`, `has_saliency` and `predict(gray)`: from `[B, size, size, 1]` float32 in [-1, 1] to a
        dict of float32 arrays, `color [B, size, size, 3]` in [-1, 1] and, where the network has it, `saliency
        [B, size, size, 1]` in [0, 1].

    Raises:
        UserError: There is no such file, it is no generator, or it does not take images of that size.
    """
    if model is None:
        model = SHIPPED_MODEL
        if not model.exists():
            raise UserError(
                f"The trained network of the repository is not at {model}: give a generator, --model=PATH or "
                "Colorizer(PATH)."
            )
    if not isinstance(model, str | os.PathLike):
        return _KerasModel(model, size)
    path = _existing(model)
    if path.is_dir():
        return _SavedModel(_latest_version(path), size)
    if path.suffix == ".keras":
        return _KerasModel(load_keras(path), size, path)
    if path.suffix == ".tflite":
        return _LiteRTModel(path, size, threads)
    raise UserError(f"The model {path} is of no known kind: expected a .keras or .tflite file or a SavedModel folder.")


def load_keras(path):
    """Loads a Keras model of this project's layers. Raises `UserError` if there is no such file or it is none."""
    import keras_scgan.models  # noqa: F401 (registers the layers)

    path = _existing(path)
    try:
        return keras.models.load_model(path, compile=False)
    except (ValueError, TypeError, OSError, KeyError, zipfile.BadZipFile) as error:
        raise UserError(f"The model {path} is none that Keras can load: {_first_line(error)}") from error


def has_structure_of(network, other):
    """Whether two Keras models have the same weights but for their values, by path and shape."""
    shapes, others = ({weight.path: tuple(weight.shape) for weight in n.weights} for n in (network, other))
    return shapes == others


def _existing(model):
    path = pathlib.Path(model)
    if not path.exists():
        raise UserError(f"The model {path} does not exist.")
    return path


class _KerasModel:
    def __init__(self, model, size, path="given"):
        if not isinstance(model.output, dict) or "color" not in model.output:
            raise UserError(f"The model {path} is no generator: its outputs are no dict with `color`.")
        _check_signature(path, [model.input_shape], [output.shape for output in model.output.values()])
        self.size = _choose_size(path, size, model.input_shape[1], _size_multiple(model))
        self.has_saliency = "saliency" in model.output
        self._color_only = keras.Model(model.input, {"color": model.output["color"]})
        self._model = model

    def predict(self, gray, saliency=True):
        model = self._model if saliency else self._color_only
        return {name: np.asarray(value) for name, value in model.predict_on_batch(gray).items()}


class _SavedModel:
    def __init__(self, path, size):
        import tensorflow as tf

        try:
            self._model = tf.saved_model.load(path)
            self._signature = self._model.signatures["serving_default"]
        except (ValueError, OSError, KeyError, tf.errors.OpError) as error:
            raise UserError(f"The model {path} is no SavedModel of a generator: {_first_line(error)}") from error
        inputs = self._signature.structured_input_signature[1]
        _check_signature(
            path,
            [spec.shape for spec in inputs.values()],
            [tensor.shape for tensor in self._signature.structured_outputs.values()],
        )
        ((self._input, spec),) = inputs.items()
        self._tensor = tf.constant
        self.size = _choose_size(path, size, spec.shape[1])
        self.has_saliency = len(self._signature.structured_outputs) > 1

    def predict(self, gray, saliency=True):
        outputs = self._signature(**{self._input: self._tensor(gray)})
        return _by_channels(value.numpy() for value in outputs.values())


class _LiteRTModel:
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
        _check_signature(
            path, [self._input["shape_signature"]], [output["shape_signature"] for output in self._outputs]
        )
        fixed = self._input["shape_signature"][1]
        self.size = _choose_size(path, size, None if fixed < 0 else fixed)
        self.has_saliency = len(self._outputs) > 1
        shape = [1, self.size, self.size, 1]
        if list(self._input["shape"]) != shape:
            self._interpreter.resize_tensor_input(self._input["index"], shape)
        self._interpreter.allocate_tensors()

    def predict(self, gray, saliency=True):
        results = [self._predict_one(image[np.newaxis]) for image in gray]
        return {name: np.concatenate([result[name] for result in results]) for name in results[0]}

    def _predict_one(self, gray):
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
    return {"color" if value.shape[-1] == 3 else "saliency": value for value in outputs}


def _check_signature(path, inputs, outputs):
    found = [tuple(shape) for shape in inputs], [tuple(shape) for shape in outputs]
    channels = [[shape[-1] if len(shape) == 4 else None for shape in shapes] for shapes in found]
    if channels[0] != [1] or sorted(map(str, channels[1])) not in (["3"], ["1", "3"]):
        raise UserError(
            f"The model {path} is no generator: expected an input [B, H, W, 1] and outputs [B, H, W, 3] and, maybe, "
            f"[B, H, W, 1]. Received: {found[0]} and {found[1]}"
        )


def _choose_size(path, size, fixed, multiple=1):
    if fixed is not None:
        if size not in (None, fixed):
            raise UserError(f"The model {path} takes images of {fixed} pixels only. Received: size={size}")
        return int(fixed)
    if size is None:
        return multiple if multiple > 1 else DEFAULT_SIZE
    if size <= 0 or size % multiple:
        raise UserError(f"The model {path} takes sizes that are multiples of {multiple}. Received: size={size}")
    return size


def _size_multiple(model):
    """Multiples of this are the sizes that a generator takes: two to the number of its encoder's stride-2 layers."""
    encoder = [layer for layer in model.layers if re.fullmatch(r"down\d+_conv", layer.name)]
    return int(np.prod([layer.strides[0] for layer in encoder])) if encoder else 1


def _latest_version(path):
    versions = [child for child in path.iterdir() if child.is_dir() and child.name.isdecimal()]
    return max(versions, key=lambda child: int(child.name), default=path)


def _first_line(error):
    return str(error).strip().partition("\n")[0]
