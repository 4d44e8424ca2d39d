"""LiteRT models of every kind compute what the generator does, within XNNPACK."""

import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from colorful import chroma_generator
from small_encoder import mobile_classifier, small_pretrained_generator

from keras_scgan import build_generator
from keras_scgan.colorizing import litert_network
from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.data import demo_dir
from keras_scgan.export import flatbuffers, litert, private_api
from keras_scgan.export.litert import KINDS, convert, operations_outside_delegate, photo_grays
from keras_scgan.models.translators import BUILDERS
from keras_scgan.photos import color
from keras_scgan.program.errors import UserError

SIZE = 64
DECIBELS = {"float32": 100, "float16": 60, "dynamic": 35, "int8": 32}


@pytest.fixture(scope="module")
def generator():
    """One that makes colours, of the luma around each pixel."""
    keras.utils.set_random_seed(3)
    generator = build_generator("testing", depth=6, global_features=False)
    rng = np.random.default_rng(3)
    for weight in generator.weights:
        if weight.path.endswith("kernel"):
            weight.assign(weight * (60 / np.prod(weight.shape[:-1]) ** 0.5))
        else:
            weight.assign(rng.uniform(0.8, 1.2) * weight + 0.05 * rng.normal(size=weight.shape))
    return generator


@pytest.fixture(scope="module")
def colorizer(generator):
    return Colorizer(generator, image_size=SIZE)


@pytest.fixture(scope="module")
def grays(colorizer):
    return photo_grays(colorizer)


@pytest.fixture(scope="module")
def files(generator, grays, tmp_path_factory):
    """Paths of the generator's models, by their kinds; `int8` has the saliency map too."""
    folder = tmp_path_factory.mktemp("models")
    paths = {kind: folder / f"{kind}.tflite" for kind in KINDS}
    for kind, path in paths.items():
        # The others are those that they are tested with.
        calibration = grays[::2] if kind == "int8" else None
        path.write_bytes(convert(generator, kind, image_size=SIZE, saliency=kind == "int8", calibration=calibration))
    return paths


@pytest.fixture(scope="module")
def naive(generator, tmp_path_factory):
    """Path of the plain converter's model."""
    path = tmp_path_factory.mktemp("naive") / "naive.tflite"
    color = keras.Model(generator.input, {"color": generator.output["color"]})
    gray = keras.Input(batch_shape=(1, SIZE, SIZE, 1), name="gray")
    path.write_bytes(tf.lite.TFLiteConverter.from_keras_model(keras.Model(gray, color(gray))).convert())
    return path


@pytest.fixture(scope="module")
def pretrained():
    """A generator on an encoder, of the parts that mobile ones have."""
    return small_pretrained_generator(classifier=mobile_classifier((124.0, 116.0, 104.0)))


def predict(model, grays, **options):
    return Colorizer(model, image_size=SIZE, **options).predict(np.stack(grays))


def psnr(found, expected, peak):
    return 10 * np.log10(peak**2 / np.mean(np.square(found - expected)))


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_are_the_generators(files, generator, grays, kind):
    expected, found = predict(generator, grays[1::2]), predict(files[kind], grays[1::2], threads=2)
    assert np.std(expected["color"]) > 0.1
    assert psnr(found["color"], expected["color"], 2) > DECIBELS[kind]
    assert ("saliency" in found) == (kind == "int8")
    if "saliency" in found:
        assert psnr(found["saliency"], expected["saliency"], 1) > DECIBELS[kind]


def test_float32_is_the_plain_converters_within_rounding(files, naive, grays):
    found, expected = predict(files["float32"], grays), predict(naive, grays)
    np.testing.assert_allclose(found["color"], expected["color"], atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_all_operations_run_within_the_delegate(files, kind):
    assert operations_outside_delegate(files[kind], threads=2) == []
    assert operations_outside_delegate(files[kind].read_bytes()) == []


@pytest.mark.parametrize("kind", ["float32", "int8"])
def test_colours_that_keep_the_luma_are_made_within_the_delegate(generator, grays, tmp_path, kind):
    keeping = build_generator("testing", depth=6, global_features=False, keep_luma=True)
    keeping.set_weights(generator.get_weights())
    path = tmp_path / "keeping.tflite"
    path.write_bytes(convert(keeping, kind, image_size=SIZE, calibration=grays[::2] if kind == "int8" else None))
    assert operations_outside_delegate(path) == []
    expected, found = (predict(model, grays[1::2])["color"] for model in (keeping, path))
    assert psnr(found, expected, 2) > DECIBELS[kind]


@pytest.mark.parametrize("architecture", BUILDERS)
@pytest.mark.parametrize("kind", ["float32", "int8"])
def test_translators_run_within_the_delegate(grays, tmp_path, architecture, kind):
    keras.utils.set_random_seed(3)
    translator = BUILDERS[architecture]("testing", depth=6)
    for weight in translator.trainable_weights:
        if weight.path.endswith("kernel"):
            weight.assign(weight * (60 / np.prod(weight.shape[:-1]) ** 0.5))
    path = tmp_path / "translator.tflite"
    path.write_bytes(convert(translator, kind, image_size=SIZE, calibration=grays[::2] if kind == "int8" else None))
    assert operations_outside_delegate(path) == []
    expected, found = (predict(model, grays[1::2])["color"] for model in (translator, path))
    assert np.std(expected) > 0.1
    assert psnr(found, expected, 2) > DECIBELS[kind]


@pytest.mark.parametrize("kind", ["float32", "dynamic", "int8"])
def test_generators_on_pre_trained_encoders_run_within_the_delegate(pretrained, grays, kind):
    model = convert(pretrained, kind, image_size=SIZE, saliency=True, calibration=grays[::2])
    assert operations_outside_delegate(model) == []
    runner = Interpreter(model_content=model).get_signature_runner("serving_default")
    (details,) = runner.get_input_details().values()
    found = []
    for gray in grays[1:8:2]:
        outputs = runner(gray=litert_network._quantized(gray[np.newaxis], details))
        found.append({n: litert_network._dequantized(outputs[n], d)[0] for n, d in runner.get_output_details().items()})
    expected = pretrained.predict_on_batch(np.stack(grays[1:8:2]))
    for name, peak in (("color", 2), ("chroma", 2), ("saliency", 1)):
        assert psnr(np.stack([outputs[name] for outputs in found]), expected[name], peak) > DECIBELS[kind], name


def test_operations_outside_the_delegate_are_found(naive):
    outside = operations_outside_delegate(naive)
    assert len(outside) > 10
    assert set(outside) == {"MIRROR_PAD"}


def test_mirror_pad_is_there_for_delegates_that_have_it(generator, grays):
    model = convert(generator, "float32", image_size=SIZE, reflect_padding="mirror_pad")
    # 7 of the encoder and 1 of the decoder, whose other part is padded as for the encoder.
    assert operations_outside_delegate(model) == ["MIRROR_PAD"] * 8


@pytest.mark.parametrize("kind", KINDS)
def test_signature_has_names_and_static_shapes(files, kind):
    interpreter = Interpreter(str(files[kind]))
    signature = interpreter.get_signature_runner("serving_default")
    inputs, outputs = signature.get_input_details(), signature.get_output_details()
    expected = {"gray": 1, "color": 3} | ({"saliency": 1} if kind == "int8" else {})
    assert list(inputs) == ["gray"]
    assert set(inputs | outputs) == set(expected)
    for name, details in (inputs | outputs).items():
        assert list(details["shape_signature"]) == [1, SIZE, SIZE, expected[name]]
        assert details["dtype"] == (np.uint8 if kind == "int8" else np.float32)


def test_files_are_as_small_as_their_weights(files):
    sizes = {kind: path.stat().st_size for kind, path in files.items()}
    assert sizes["float16"] < 0.7 * sizes["float32"]
    assert sizes["dynamic"] < 0.6 * sizes["float32"]
    assert sizes["int8"] < 0.7 * sizes["float32"]


# === int8 ===


def test_every_gray_level_comes_into_the_8_bit_model_within_half_a_level(files):
    (details,) = Interpreter(str(files["int8"])).get_input_details()
    scale, zero_point = details["quantization"]
    levels = np.arange(256) / np.float32(127.5) - 1
    for noise in (-1e-6, 0, 1e-6):
        integers = np.rint((levels + noise) / scale) + zero_point
        assert integers.min() >= 0
        assert integers.max() <= 255
        assert len(np.unique(integers)) == 255  # of 256, as 0 stands for no grey
        assert np.abs((integers - zero_point) * scale - levels).max() < 0.51 / 127.5


def test_photos_to_calibrate_with_have_the_luma_that_the_network_sees(grays):
    stretching = Colorizer(chroma_generator(image_size=SIZE, stretch_luma=True))
    np.testing.assert_array_equal(photo_grays(stretching), color.stretch_luma(np.stack(grays)))


def test_ranges_are_means_of_the_photos_extremes_and_those_of_outputs_the_extremes_of_all(generator, grays):
    grays = [0.1 * grays[0], grays[1]]
    layers = [generator.get_layer(name) for name in ("down1_conv", "up9_conv")]
    hidden = keras.Model(generator.input, [layer.output for layer in layers])
    for gray in (samples := np.array(grays)):
        gray[0, 0], gray[-1, -1] = -1, 1
    maps, colors = (np.asarray(output) for output in hidden(samples))
    mean = maps.max(axis=(1, 2, 3)).mean() - maps.min(axis=(1, 2, 3)).mean()
    assert mean < 0.9 * (maps.max() - maps.min())
    assert colors.max(axis=(1, 2, 3)).mean() - colors.min(axis=(1, 2, 3)).mean() < 0.9 * (colors.max() - colors.min())

    interpreter = Interpreter(model_content=convert(generator, "int8", image_size=SIZE, calibration=grays))

    def scales(name, shape):
        found = (d for d in interpreter.get_tensor_details() if name in d["name"] and d["shape"].tolist() == shape)
        return [details["quantization"][0] for details in found]

    assert scales("down1_conv", [1, SIZE // 2, SIZE // 2, 16]) == [pytest.approx(mean / 255, rel=0.02)]
    blocks = [1, SIZE // 2, SIZE // 2, 12]
    assert scales("up9_conv", blocks) == [pytest.approx((colors.max() - colors.min()) / 255, rel=0.02)]


def test_bytes_go_in_and_out_within_the_delegate_as_outside_of_it(generator, grays, files, monkeypatch):
    monkeypatch.setattr(flatbuffers, "cast_within_delegate", lambda model: model)
    plain = convert(generator, "int8", image_size=SIZE, saliency=True, calibration=grays[::2])
    gray = np.arange(SIZE * SIZE).reshape(1, SIZE, SIZE, 1).astype(np.uint8)
    operations, outputs = {}, {}
    for name, model in (("plain", plain), ("ours", files["int8"].read_bytes())):
        interpreter = Interpreter(model_content=model)
        operations[name] = [operation["op_name"] for operation in private_api.operations(interpreter)]
        outputs[name] = interpreter.get_signature_runner("serving_default")(gray=gray)
    assert operations["ours"].count("DEQUANTIZE") == 3
    assert "DEQUANTIZE" not in operations["plain"]
    for name, output in outputs["plain"].items():
        np.testing.assert_array_equal(outputs["ours"][name], output)


def test_demo_photos_are_what_calibrates_unless_others_are_given(generator, monkeypatch):
    asked = []
    monkeypatch.setattr(litert, "photo_grays", lambda *arguments: asked.append(arguments) or [])
    with pytest.raises(UserError, match="no photo to calibrate"):
        convert(generator, "int8", image_size=SIZE)
    ((colorizer,),) = asked
    assert colorizer.image_size == SIZE


def test_photo_grays_are_evenly_spread_over_a_folder(colorizer, tmp_path):
    (tmp_path / "deeper").mkdir()
    names = sorted(path.name for path in (demo_dir() / "images").iterdir())[:7]
    for index, name in enumerate(names):
        shutil.copy(demo_dir() / "images" / name, tmp_path / ("deeper" if index == 3 else ".") / name)
    everything = photo_grays(colorizer, tmp_path)
    assert len(everything) == 7
    assert {gray.shape for gray in everything} == {(SIZE, SIZE, 1)}
    chosen = photo_grays(colorizer, tmp_path, count=3)
    for gray, index in zip(chosen, (0, 3, 6), strict=True):
        np.testing.assert_array_equal(gray, everything[index])


# === Errors ===


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("int4", {}, "`kind` must be one of .* Received: kind='int4'"),
        ("float32", {"image_size": 100}, "multiples of 64"),
        ("float32", {"reflect_padding": "zeros"}, "reflect_padding='zeros'"),
        ("int8", {"calibration": []}, "no photo to calibrate"),
        ("int8", {"calibration": [np.zeros((32, 32, 1))]}, r"must be \[64, 64, 1\]\. Received: shape=\(32, 32, 1\)"),
    ],
)
def test_wrong_options_are_errors(generator, kind, options, message):
    with pytest.raises(ValueError, match=message):
        convert(generator, kind, **{"image_size": SIZE, **options})


def test_missing_calibration_folder_is_named(colorizer):
    with pytest.raises(UserError, match="no_such_folder"):
        photo_grays(colorizer, "no_such_folder")
