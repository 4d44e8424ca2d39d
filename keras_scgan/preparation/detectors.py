"""Detectors of what stands out in a photo: they make the saliency maps that a generator is trained with.

TensorFlow and Keras are imported by the detectors that run a model of theirs, and by no other.
"""

import os
import pathlib

import cv2
import numpy as np
from absl import logging

from keras_scgan.colorizing import shipped
from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.colorizing.runners import DEFAULT_SIZE
from keras_scgan.photos import color
from keras_scgan.photos.resizing import resize
from keras_scgan.program import quiet
from keras_scgan.program.errors import UserError

DETECTORS = ("scgan", "u2net", "u2netp", "spectral_residual")
"""The names of detectors, beside `keras:PATH`, a Keras model."""

SPECTRAL_SIZE = 64
"""Pixels of the longer side at which `spectral_residual` sees a photo: for the scale of what stands out."""

SPECTRAL_STDDEV = 2.5
"""Standard deviation in these pixels of the Gaussian that smooths the spectral residual map, as in its authors' code.

The paper has 8, "for better visual effects", but does not say at which size."""

_KERAS_PREFIX = "keras:"
_ROUNDING_ERROR = 1e-6
"""Amplitudes of a spectrum of pixels in [0, 255] that are nothing but errors of the Fourier transform are below."""

_TOLERANCE = 1e-3
"""By how much a map may leave [0, 1]: less than a level of 8 bits, and more than rounding takes it."""


def load_detector(name, *, model=None, threads=None):
    """Loads a detector.

    Args:
        name: string, one of `DETECTORS` or `"keras:PATH"`:
            `"scgan"`: the saliency branch of a trained generator, which sees the photo in grey;
            `"u2net"`, `"u2netp"`: salient objects by U^2-Net and by its small version, which need the extra
            `saliency`. Their weights are downloaded once, or found in the folder that the environment variable
            U2NET_HOME names;
            `"spectral_residual"`: where people look first, without weights (see `spectral_residual`);
            `"keras:PATH"`: a Keras model of RGB `[B, H, W, 3]` in [0, 255] to `[B, h, w, 1]` or `[B, h, w]` in [0, 1];
            of several outputs, the first. Photos are squeezed to its size, or to 256x256 where its size is free. A
            model of another range has a `keras.layers.Rescaling` put before it, and is saved with it.
        model: path of the generator of `"scgan"`, of any kind that `runners.load_network` knows. Defaults to the one
            that the repository carries. `None` for other detectors.
        threads: int. Threads of the network. Defaults to all cores. TensorFlow takes a number only before its first
            operation in a process; later, there is a warning and it keeps its own.

    Returns:
        The detector, with `name` and `detect(photos)`: from a list of `[H, W, 3]` uint8 RGB photos of any sizes, at
        least one, to the list of their maps, `[H, W]` uint8, 255 is salient. Where TensorFlow sees a photo alone
        rather than among others, rounding may differ by one level in a few pixels of a million; U^2-Net and the
        spectral residual see each photo alone in any case.

    Raises:
        UserError: There is no such detector, or its package, its weights or its model cannot be had or used.

    Reference: Qin et al., "U^2-Net: going deeper with nested U-structure for salient object detection", 2020.
    """
    if model is not None and name != "scgan":
        raise UserError(f"A generator is for the detector scgan alone. Received: the detector {name} with {model}.")
    if name == "scgan":
        return _Generator(model, threads)
    if name in ("u2net", "u2netp"):
        return _U2Net(name, threads)
    if name == "spectral_residual":
        return _SpectralResidual()
    if name.startswith(_KERAS_PREFIX):
        return _KerasDetector(name, threads)
    raise UserError(f"There is no detector {name!r}: choose one of {', '.join(DETECTORS)} or {_KERAS_PREFIX}PATH.")


# === Fixation prediction without weights ===


def spectral_residual(gray):
    """Saliency as what is unexpected in the spectrum of a picture: its log amplitude minus the local average of that.

    Args:
        gray: `[H, W]` uint8.

    Returns:
        `[H, W]` float32 in [0, 1], from the least to the most salient; 0 everywhere for a uniform picture.

    Reference: Hou and Zhang, "Saliency detection: a spectral residual approach", 2007, equations 8 to 11.
    """
    height, width = (max(1, round(SPECTRAL_SIZE * side / max(gray.shape))) for side in gray.shape)
    spectrum = np.fft.fft2(resize(gray, (height, width), cv2.INTER_LINEAR).astype(np.float64))
    amplitude = np.maximum(np.abs(spectrum), _ROUNDING_ERROR)
    log_amplitude = np.log(amplitude)
    residual = log_amplitude - cv2.blur(log_amplitude, (3, 3), borderType=cv2.BORDER_REPLICATE)
    # What has no amplitude has no phase either, and would be a peak where there is nothing.
    phase = np.where(amplitude > _ROUNDING_ERROR, spectrum / amplitude, 0)
    energy = np.square(np.abs(np.fft.ifft2(np.exp(residual) * phase)))
    smooth = cv2.GaussianBlur(energy, (0, 0), SPECTRAL_STDDEV, borderType=cv2.BORDER_REFLECT)
    low, high = smooth.min(), smooth.max()
    stretched = (smooth - low) / (high - low) if high - low > 1e-6 * high else np.zeros_like(smooth)
    return resize(stretched.astype(np.float32), gray.shape, cv2.INTER_LINEAR)


class _SpectralResidual:
    name = "spectral_residual"

    def detect(self, photos):
        return [_as_map(spectral_residual(color.to_gray(photo)), photo) for photo in photos]


# === Salient objects by networks ===


class _U2Net:
    def __init__(self, name, threads):
        self.name = name
        self._session = _rembg_session(name, threads)

    def detect(self, photos):
        from PIL import Image

        return [np.array(self._session.predict(Image.fromarray(photo))[0]) for photo in photos]


def _rembg_session(name, threads):
    try:
        import onnxruntime  # without it, rembg would end the process
        from onnxruntime.capi import onnxruntime_pybind11_state as onnx_errors

        logging.info("Importing rembg for %s, which may take a minute the first time.", name)
        import rembg
    except ImportError as error:
        raise UserError(
            f'The detector {name} needs rembg and onnxruntime ({error}): pip install "keras-scgan[saliency]"'
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0  # 0: all cores
    try:
        return rembg.new_session(name, sess_opts=options)
    except (OSError, ValueError) as error:  # the first of the network or the disk, the second of a wrong checksum
        home = os.environ.get("U2NET_HOME", "not set")
        raise UserError(
            f"The weights of {name} cannot be downloaded ({type(error).__name__}): put {name}.onnx into a folder, and "
            f"its path into the environment variable U2NET_HOME (which is {home})."
        ) from error
    except (
        onnx_errors.InvalidProtobuf,
        onnx_errors.InvalidArgument,
        onnx_errors.InvalidGraph,
        onnx_errors.NotImplemented,
        onnx_errors.RuntimeException,
        onnx_errors.Fail,
    ) as error:
        reason = str(error).rpartition(" : ")[2]
        raise UserError(
            f"The weights of {name} cannot be used. {reason} Delete the file and it is downloaded anew."
        ) from error


class _Generator:
    name = "scgan"

    def __init__(self, model, threads):
        if shipped.litert_path(model).suffix != ".tflite":
            _limit_tensorflow(threads)
        with quiet.notes_held_back():
            self._colorizer = Colorizer(model, threads=threads)
        if not self._colorizer.has_saliency:
            raise UserError(f"The model {model} has no saliency branch, which the detector scgan needs.")

    def detect(self, photos):
        prepared = np.stack([self._colorizer.prepare(photo) for photo in photos])
        predicted = self._colorizer.predict(prepared)["saliency"]
        return [self._colorizer.saliency_map(*pair) for pair in zip(photos, predicted, strict=True)]


class _KerasDetector:
    def __init__(self, name, threads):
        self.name = name
        path = pathlib.Path(name.removeprefix(_KERAS_PREFIX))
        _limit_tensorflow(threads)
        with quiet.notes_held_back():
            import keras

            from keras_scgan.models.loading import load_model

            model = load_model(path, "detector")
        output = _first(model.output)
        shapes = [tuple(tensor.shape) for tensor in (*model.inputs, output)]
        is_detector = len(shapes) == 2 and shapes[0][3:] == (3,) and len(shapes[1]) > 2 and shapes[1][3:] in ((), (1,))
        if not is_detector:
            raise UserError(
                f"The model {path} is no detector: expected an input [B, H, W, 3] and an output [B, h, w, 1] or "
                f"[B, h, w]. Received the shapes {shapes}."
            )
        self._size = tuple(side or DEFAULT_SIZE for side in shapes[0][1:3])
        self._model = keras.Model(model.inputs, output)

    def detect(self, photos):
        batch = np.stack([resize(photo, self._size, cv2.INTER_LINEAR) for photo in photos]).astype(np.float32)
        maps = np.asarray(self._model.predict_on_batch(batch), np.float32)
        low, high = maps.min(), maps.max()
        if not (low > -_TOLERANCE and high < 1 + _TOLERANCE):  # NaN is neither
            raise UserError(
                f"The detector {self.name} gave values from {low:.4g} to {high:.4g}, and a map has values in [0, 1]: "
                "put a sigmoid or a keras.layers.Rescaling behind it, and save it with that."
            )
        return [_as_map(values, photo) for values, photo in zip(maps.reshape(maps.shape[:3]), photos, strict=True)]


def _first(outputs):
    """The first output of a model that has one, a list or a dict of them."""
    if isinstance(outputs, dict):
        outputs = list(outputs.values())
    return outputs[0] if isinstance(outputs, list | tuple) else outputs


def _limit_tensorflow(threads):
    if threads is None:
        return
    with quiet.notes_held_back():
        import tensorflow as tf
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    except RuntimeError:
        logging.warning("TensorFlow runs already, and keeps the number of its threads. Asked for: %d", threads)


# === Sizes and pixels ===


def _as_map(values, photo):
    """A `[h, w]` map in [0, 1] at a photo's size, `[H, W]` uint8."""
    return color.to_uint8(resize(values, photo.shape[:2], cv2.INTER_LINEAR) * np.float32(255))
