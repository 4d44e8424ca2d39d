"""LiteRT models: one file for phones, small boards and browsers."""

import contextlib
import re
import tempfile

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.data import demo_dir
from keras_scgan.export import flatbuffers, private_api
from keras_scgan.export.inference import build_inference_model
from keras_scgan.models.joint_bilateral import JointBilateralFilter
from keras_scgan.photos.files import PHOTO_SUFFIXES, read_photo
from keras_scgan.program.errors import UserError
from keras_scgan.program.file_jobs import find_files

KINDS = FLOAT32, FLOAT16, DYNAMIC, INT8 = ("float32", "float16", "dynamic", "int8")
"""Kinds of models: `float16` halves the weights, `dynamic` has 8-bit weights, `int8` 8-bit weights and maps."""

CALIBRATION_PHOTOS = 100

_INPUT_RANGE = (-128 / 127, 1.0)
"""Of an 8-bit input: steps of 1/127. With those of 2/255 that [-1, 1] would give, each of the 256 greys would lie half
way between two steps, where rounding errors decide which of them it becomes."""


def convert(generator, kind, *, image_size=None, saliency=False, reflect_padding="slices", calibration=None):
    """Converts a generator into a LiteRT model of static shapes and batch 1.

    Its signature is `serving_default`, from `gray [1, S, S, 1]` to `color [1, S, S, 3]` and, where the generator has
    it, `chroma [1, s, s, 2]` and, if it is wanted, `saliency [1, S, S, 1]`. They are float32, in [-1, 1] and [0, 1],
    but for `"int8"` uint8, which the tensors' scales and zero points map to these ranges.

    Args:
        generator: functional model as of `build_generator`.
        kind: one of `KINDS`.
        image_size: int. Height and width of the images. Defaults to the network's own size.
        saliency: bool. Whether the model predicts the saliency map too.
        reflect_padding: see `build_inference_model`.
        calibration: iterable of `[S, S, 1]` float32 greys in [-1, 1], by which the ranges of the maps of `"int8"` are
            chosen. Defaults to the demo photos.

    Returns:
        bytes: the contents of a `.tflite` file.

    Raises:
        UserError: The model is no generator, cannot be exported or does not take images of that size; or there is
            nothing to calibrate with.
        ValueError: An option is not one of its choices, or a grey has another shape.
    """
    if kind not in KINDS:
        raise ValueError(f"`kind` must be one of {KINDS}. Received: kind={kind!r}")
    colorizer = Colorizer(generator, image_size=image_size, network_input=None)
    image_size = colorizer.image_size
    samples = []
    if kind == INT8:
        samples = _calibration_samples(photo_grays(colorizer) if calibration is None else calibration, image_size)
    quantized = kind in (DYNAMIC, INT8)
    model = build_inference_model(
        generator, image_size, saliency=saliency, reflect_padding=reflect_padding, quantized=quantized
    )
    with converter_of(model, image_size) as converter:
        if kind == INT8:
            return _convert_to_int8(converter, samples, _float_layers(model))
        if kind != FLOAT32:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if kind == FLOAT16:
            converter.target_spec.supported_types = [tf.float16]
        model = converter.convert()
        return flatbuffers.with_float_depthwise(model) if kind == DYNAMIC else model


@contextlib.contextmanager
def converter_of(model, image_size):
    """Context of a `tf.lite.TFLiteConverter` of a model, with static shapes and the signature `serving_default`.

    Args:
        model: functional model from `gray [B, S, S, 1]`.
        image_size: int. Height and width of the images.
    """
    spec = tf.TensorSpec((1, image_size, image_size, 1), tf.float32, name="gray")
    with tempfile.TemporaryDirectory() as folder:
        archive = keras.export.ExportArchive()
        archive.track(model)
        archive.add_endpoint("serving_default", model.call, [spec])
        archive.write_out(folder, verbose=False)
        yield tf.lite.TFLiteConverter.from_saved_model(folder)


def photo_grays(colorizer, folder=None, count=CALIBRATION_PHOTOS):
    """Photos as a bare network sees them, with the luma stretched where it is to be.

    Args:
        colorizer: `Colorizer` that prepares them.
        folder: path of a folder with photos, with all its subfolders. Defaults to that of the demo photos.
        count: int. Photos of a larger folder that are taken, evenly spread.

    Returns:
        List of `[S, S, 1]` float32 in [-1, 1].

    Raises:
        UserError: The folder does not exist or holds no photo, or one of the photos cannot be read.
    """
    files = find_files([str(folder or demo_dir() / "images")], PHOTO_SUFFIXES)
    chosen = np.unique(np.linspace(0, len(files) - 1, count).round().astype(int))
    grays = np.stack([colorizer.prepare(read_photo(files[i].path).pixels) for i in chosen])
    return list(colorizer.network.see(grays))


def _calibration_samples(grays, image_size):
    """Greys as `[1, S, S, 1]`, each with the whole range of the input in two of its corners."""
    samples = [np.array(gray, "float32") for gray in grays]
    if not samples:
        raise UserError("There is no photo to calibrate the 8-bit model with.")
    for sample in samples:
        if sample.shape != (image_size, image_size, 1):
            expected = [image_size, image_size, 1]
            raise ValueError(f"Greys to calibrate with must be {expected}. Received: shape={sample.shape}")
        sample[0, 0], sample[-1, -1] = _INPUT_RANGE
    return [sample[np.newaxis] for sample in samples]


def _float_layers(model):
    """Names of the layers of an inference model that 8 bits would spoil or slow down: filters, and what guides them."""
    filters = [layer for layer in model.layers if isinstance(layer, JointBilateralFilter)]
    return [layer.name for layer in filters] + [f"{layer.name}_guide" for layer in filters]


def _convert_to_int8(converter, samples, float_layers):
    """Converts with 8-bit weights and maps, but for those of some layers, and uint8 inputs and outputs.

    TensorFlow's calibration takes for the range of a map the extremes of all photos. Those of `_ranges` are better by
    4 to 13 dB. So they take their place before the quantization, which TensorFlow has no public function for.
    """
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: [samples[:1]]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    calibrated = private_api.calibrate(converter)
    model = private_api.parse(calibrated)
    for index, extremes in _ranges(calibrated, samples).items():
        quantization = model.subgraphs[0].tensors[index].quantization
        quantization.min, quantization.max = ([float(extreme)] for extreme in extremes)
    # TensorFlow numbers the layers, and joins the names of operations that become one.
    in_float = re.compile(rf"(^|;)({'|'.join(map(re.escape, float_layers))})(_\d+)?/")
    names = [tensor.name.decode() for tensor in model.subgraphs[0].tensors]
    float_maps = [name for name in names if float_layers and in_float.search(name)]
    quantized = private_api.quantize(private_api.serialize(model), float_maps)
    return flatbuffers.cast_within_delegate(quantized)


def _ranges(model, samples):
    """The least and the greatest value of each map of a float32 LiteRT model, by its index.

    They are the means of the extremes of each sample, as a few odd pixels decide the extremes of all. But the maps of
    the outputs, from the last activation's input on, have these: otherwise the strongest colours of all become weak.
    """
    interpreter = private_api.interpreter_of_all_maps(model)
    interpreter.allocate_tensors()
    (gray,) = interpreter.get_input_details()
    computed = (index for operation in private_api.operations(interpreter) for index in operation["outputs"])
    maps = [gray["index"], *computed]
    lows, highs = [], []
    for sample in samples:
        interpreter.set_tensor(gray["index"], sample)
        interpreter.invoke()
        values = [interpreter.get_tensor(index) for index in maps]
        lows.append([value.min() for value in values])
        highs.append([value.max() for value in values])
    last = _operations_of_outputs(interpreter, until=("TANH", "LOGISTIC"))
    ends = {index for operation in last for index in (*operation["inputs"], *operation["outputs"])}
    means, outermost = (np.mean(lows, 0), np.mean(highs, 0)), (np.min(lows, 0), np.max(highs, 0))
    ranges = np.where([index in ends for index in maps], outermost, means)
    return dict(zip(maps, ranges.T, strict=True))


def signatures(path):
    """Signatures of a LiteRT model.

    Args:
        path: path of a `.tflite` file.

    Returns:
        Dict of dicts `inputs` and `outputs` by name, and of the tensors in them by name: `shape`, `dtype` and, where
        they are quantized, `scale` and `zero_point`.
    """
    interpreter = Interpreter(str(path))

    def describe(details):
        scale, zero_point = details["quantization"]
        quantization = {"scale": float(scale), "zero_point": int(zero_point)} if scale else {}
        return {"shape": details["shape"].tolist(), "dtype": np.dtype(details["dtype"]).name, **quantization}

    found = {}
    for name in interpreter.get_signature_list():
        runner = interpreter.get_signature_runner(name)
        sides = {"inputs": runner.get_input_details(), "outputs": runner.get_output_details()}
        found[name] = {side: {tensor: describe(d) for tensor, d in ds.items()} for side, ds in sides.items()}
    return found


def operations_outside_delegate(model, threads=None):
    """Operations of a LiteRT model that XNNPACK does not run: each is slow itself and splits the graph.

    Args:
        model: path of a `.tflite` file, or its contents as bytes.
        threads: int. Threads of the interpreter. Defaults to all cores.

    Returns:
        Sorted list of the operations' names. Those that only convert the model's inputs and outputs to 8 bits and back
        are not among them.
    """
    source = {"model_content": model} if isinstance(model, bytes) else {"model_path": str(model)}
    interpreter = Interpreter(**source, num_threads=threads)
    interpreter.allocate_tensors()
    ends = {details["index"] for details in interpreter.get_input_details() + interpreter.get_output_details()}
    return sorted(
        operation["op_name"]
        for operation in _operations_of_outputs(interpreter)
        if operation["op_name"] != "DELEGATE"
        and not (
            operation["op_name"] == "QUANTIZE" and ends.intersection([*operation["inputs"], *operation["outputs"]])
        )
    )


def _operations_of_outputs(interpreter, until=()):
    """Operations that compute the outputs, found backwards from these, no further than those of the names `until`."""
    # Of an operation and the delegate that has taken it over, the delegate, which comes later.
    producers = {
        index: operation for operation in private_api.operations(interpreter) for index in operation["outputs"]
    }
    waiting = [details["index"] for details in interpreter.get_output_details()]
    found = {}
    while waiting:
        operation = producers.get(waiting.pop())
        if operation is not None and operation["index"] not in found:
            found[operation["index"]] = operation
            waiting += [] if operation["op_name"] in until else operation["inputs"].tolist()
    return list(found.values())
