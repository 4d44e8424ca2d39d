"""How fast a generator runs as each kind of model, side by side, and what each costs in memory and in truth."""

import functools
import pathlib
import tempfile

import keras
import numpy as np
import tensorflow as tf

from keras_scgan.benchmarks.memory import PeakMemory
from keras_scgan.benchmarks.timing import measure_peak, spread, time_in_turns
from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.colorizing.runners import describe, load_network
from keras_scgan.export import description_files, litert, logs
from keras_scgan.export.exporter import mean_psnr
from keras_scgan.models.generator_model import Generator
from keras_scgan.training import precision
from keras_scgan.training.macs import count_macs

_BASELINE = "baseline_"
_CHANNELS = 3
"""Of an image at most: layers of so few, without weights, are those of the outputs."""


def benchmark_infer(
    generator, photos, saved_model=None, *, image_size=None, threads=2, rounds=20, naive=True, baseline=None
):
    """Times a generator on one photo at a time, colours alone.

    Args:
        generator: functional model as of `build_generator`, of dtype policy float32.
        photos: list of `[H, W, 3]` uint8 RGB: what the first is timed with, and what PSNRs are measured on.
        saved_model: path of an exported SavedModel, or `None`.
        image_size: int. Height and width of what the network sees. Defaults to the network's own size.
        threads: int. Threads of the LiteRT models. TensorFlow takes all cores.
        rounds: int. Timed calls of each.
        naive: bool. Whether the naive conversions are measured too.
        baseline: another such generator, of which the same kinds of models are timed in turns with these, at its own
            size. Defaults to none.

    Returns:
        List of dicts, one a kind of model: `variant`; latency in milliseconds, `median`, `p10` and `p90`;
        `images_per_second`; `ratio`, of the speed to that of Keras in float32; `baseline_ratio`, of the latency to the
        baseline's as that kind of model, or `None`; `mebibytes` of the file;
        `memory_mib`, the peak above that before it was loaded; `gmac_per_second`, of the generator's own arithmetic,
        and `share_of_peak`, of this machine's matrix product in bfloat16 for a model of that
        type, otherwise in float32, which faster ones exceed; `outside_delegate`, the operations that
        XNNPACK does not run; `psnr`, of the colours to those of Keras in float32.
    """
    colorizer = Colorizer(generator, image_size=image_size)
    image_size = colorizer.image_size
    grays = np.stack([colorizer.prepare(photo) for photo in photos])
    expected = _colors(colorizer, grays)
    macs = count_macs(
        keras.Model(generator.input, generator.output["color"]), tf.TensorSpec((1, image_size, image_size, 1))
    )
    peaks = {"float32": measure_peak("float32"), "bfloat16": measure_peak("bfloat16")}
    calls, facts = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        models = _models(generator, pathlib.Path(folder), image_size, naive)
        if saved_model:
            models["saved_model"] = pathlib.Path(saved_model)
        for name, model in models.items():
            with PeakMemory() as memory:
                network = load_network(model, image_size, threads)
                colors = _colors(network, grays)
            facts[name] = {
                "mebibytes": _mebibytes(model),
                "memory_mib": memory.mib,
                "outside_delegate": _outside_delegate(model, threads),
                "psnr": mean_psnr(colors, expected),
            }
            calls[name] = functools.partial(network.predict, grays[:1], saliency=False)
        if baseline is not None:
            calls |= _baseline_calls(baseline, pathlib.Path(folder), photos[0], threads, naive)
        seconds = time_in_turns(calls, rounds, warmup=3)
    medians = {name: np.median(values) for name, values in seconds.items()}
    return [
        {
            "variant": name,
            "median": float(medians[name]) * 1e3,
            "p10": float(np.percentile(seconds[name], 10)) * 1e3,
            "p90": float(np.percentile(seconds[name], 90)) * 1e3,
            "images_per_second": spread(seconds[name], 1)["images_per_second"],
            "ratio": float(medians["keras_float32"] / medians[name]),
            "baseline_ratio": float(medians[name] / medians[_BASELINE + name]) if _BASELINE + name in medians else None,
            "gmac_per_second": macs / medians[name] / 1e9,
            "share_of_peak": macs / medians[name] / peaks["bfloat16" if "bfloat16" in name else "float32"],
            **facts[name],
        }
        for name in models
    ]


def _baseline_calls(baseline, folder, photo, threads, naive):
    """Functions that run each kind of model of another generator on a photo, by name."""
    colorizer = Colorizer(baseline)
    gray = colorizer.prepare(photo)[np.newaxis]
    calls = {}
    for name, model in _models(baseline, folder, colorizer.image_size, naive, _BASELINE).items():
        network = load_network(model, colorizer.image_size, threads)
        calls[name] = functools.partial(network.predict, gray, saliency=False)
    return calls


def _models(generator, folder, image_size, naive, prefix=""):
    """Keras models and paths of LiteRT models by name."""
    models = {f"{prefix}keras_float32": generator}
    best = precision.resolve("auto")
    if best != "float32":
        models[f"{prefix}keras_{best}"] = _with_policy(generator, best)
    files = {
        f"litert_{kind}": functools.partial(litert.convert, generator, kind, image_size=image_size)
        for kind in litert.KINDS
    }
    if naive:
        for kind in ("float32", "int8"):
            files[f"naive_{kind}"] = functools.partial(_convert_naively, generator, kind, image_size)
    for name, convert in files.items():
        path = models[prefix + name] = folder / f"{prefix}{name}.tflite"
        with logs.quiet():
            path.write_bytes(description_files.append_to_tflite(convert(), describe(generator)))
    return models


def _with_policy(model, policy):
    """A copy of a functional model that computes in another floating-point type; its output layers in float32."""

    def clone(layer):
        if isinstance(layer, keras.Model):
            return _with_policy(layer, policy)
        of_images = not layer.weights and layer.output.shape[-1] <= _CHANNELS
        return layer.from_config({**layer.get_config(), "dtype": "float32" if of_images else policy})

    copy = keras.models.clone_model(keras.Model(model.input, model.output), clone_function=clone)
    if isinstance(model, Generator):
        copy = Generator(copy.input, copy.output, description=model.description)
    copy.set_weights(model.get_weights())
    return copy


def _convert_naively(generator, kind, image_size):
    """What `tf.lite.TFLiteConverter` makes of the colours of a generator as it was trained."""
    model = keras.Model(generator.input, {"color": generator.output["color"]})
    with litert.converter_of(model, image_size) as converter:
        if kind == "int8":
            grays = litert.photo_grays(Colorizer(generator, image_size=image_size))
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: ([gray[np.newaxis]] for gray in grays)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = converter.inference_output_type = tf.uint8
        return converter.convert()


def _colors(network, grays):
    """Colours of greys, one after the other."""
    return [network.predict(gray[np.newaxis], saliency=False)["color"][0] for gray in grays]


def _mebibytes(model):
    if not isinstance(model, pathlib.Path):
        return None
    files = [model] if model.is_file() else [path for path in model.rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in files) / 2**20


def _outside_delegate(model, threads):
    if not isinstance(model, pathlib.Path) or model.suffix != ".tflite":
        return None
    return litert.operations_outside_delegate(model, threads)
