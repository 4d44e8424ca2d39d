"""Colorizing arrays, and the three kinds of models that do it."""

import math

import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf
from colorful import colorful_generator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from small_encoder import small_pretrained_generator

from keras_scgan.colorizing.colorizer import FITS, Colorizer
from keras_scgan.photos import color
from keras_scgan.photos.files import read_photo, write_photo
from keras_scgan.program.errors import UserError

SIZE = 64


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Paths of one generator as each kind of model."""
    folder = tmp_path_factory.mktemp("models")
    generator = colorful_generator()
    generator.save(folder / "generator.keras")

    archive = keras.export.ExportArchive()
    archive.track(generator)
    signature = [tf.TensorSpec((None, SIZE, SIZE, 1), tf.float32, name="gray")]
    archive.add_endpoint("serving_default", generator.call, signature)
    archive.write_out(folder / "served" / "2", verbose=False)
    (folder / "served" / "1").mkdir()

    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder / "served" / "2"))
    (folder / "generator.tflite").write_bytes(converter.convert())

    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    grays = np.random.default_rng(0).uniform(-1, 1, (8, 1, SIZE, SIZE, 1)).astype("float32")
    converter.representative_dataset = lambda: ([gray] for gray in grays)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.uint8
    (folder / "int8.tflite").write_bytes(converter.convert())
    return folder


@pytest.fixture(scope="module")
def colorizer(models):
    return Colorizer(models / "generator.keras", image_size=SIZE)


def one_color(rgb):
    """A `Colorizer` whose network predicts one colour everywhere."""
    gray = keras.Input((SIZE, SIZE, 1), name="gray")
    layer = keras.layers.Conv2D(3, 1, kernel_initializer="zeros", name="paint")
    model = keras.Model(gray, {"color": layer(gray)})
    layer.bias.assign(rgb)
    return Colorizer(model)


@pytest.fixture(scope="module")
def orange():
    return one_color([0.6, 0.1, -0.5])


@pytest.fixture(scope="module")
def gray_network():
    gray = keras.Input((SIZE, SIZE, 1), name="gray")
    return Colorizer(keras.Model(gray, {"color": keras.layers.Concatenate(name="thrice")([gray] * 3)}))


shapes = st.tuples(st.integers(1, 150), st.integers(1, 150), st.sampled_from([None, 3, 4])).map(
    lambda shape: tuple(side for side in shape if side)
)
photos = st.sampled_from(["uint8", "uint16"]).flatmap(
    lambda dtype: shapes.flatmap(lambda shape: hnp.arrays(dtype, shape, elements=hnp.from_dtype(np.dtype(dtype))))
)
properties = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


# === Properties of every result ===


@properties
@given(photos)
def test_size_type_and_alpha_are_the_photos(orange, photo):
    result = orange.colorize(photo)
    assert result.dtype == photo.dtype
    assert result.shape == (*photo.shape[:2], 4 if photo.shape[2:] == (4,) else 3)
    if photo.shape[2:] == (4,):
        np.testing.assert_array_equal(result[..., 3], photo[..., 3])


@properties
@given(photos)
def test_luma_is_the_photos_where_nothing_clips(orange, photo):
    result, white = orange.colorize(photo)[..., :3], np.iinfo(photo.dtype).max
    inside = ((result > 0) & (result < white)).all(axis=-1)
    difference = np.abs(color.to_gray(result).astype(int) - color.to_gray(photo))
    assert (difference[inside] <= white / 255).all()


@properties
@given(photos)
def test_network_that_predicts_gray_gives_the_gray_photo_back(gray_network, photo):
    gray = color.to_gray(photo)
    np.testing.assert_array_equal(gray_network.colorize(photo)[..., :3], np.repeat(gray[..., np.newaxis], 3, axis=-1))


# === Options ===


def test_saturation_scales_the_chroma(orange):
    photo = np.full((30, 40), 128, np.uint8)
    orange.saturation = 0.5
    half = orange.colorize(photo)
    orange.saturation = 0.0
    none = orange.colorize(photo)
    orange.saturation = 1.0
    full = orange.colorize(photo)
    assert (none == 128).all()
    np.testing.assert_allclose(half.astype(int) - 128, (full.astype(int) - 128) / 2, atol=1.5)
    assert full[0, 0, 0] > half[0, 0, 0] > 128 > half[0, 0, 2] > full[0, 0, 2]


@pytest.mark.parametrize("fit", FITS)
def test_network_sees_the_whole_photo_and_its_colors_go_back_where_they_belong(fit, gray_network):
    photo = np.zeros((40, 120), np.uint8)
    photo[:, 60:] = 255
    colorizer = Colorizer(gray_network.network._model, fit=fit)
    seen = colorizer.prepare(photo)[..., 0]
    assert seen.shape == (SIZE, SIZE)
    assert (seen[:, : SIZE // 2 - 1] == -1).all()
    assert (seen[:, SIZE // 2 + 1 :] == 1).all()

    predicted = np.zeros((SIZE, SIZE, 3), "float32")
    predicted[:, SIZE // 2 :] = (0.5, 0, -0.5)
    photo[:] = 128
    result = colorizer.finish(photo, {"color": predicted}).astype(int)
    assert (result[:, :50] == 128).all()
    assert (result[:, 70:, 0] > result[:, 70:, 2] + 50).all()


# Of content that ends within a pixel of a chroma of a quarter of the size, and of some that does not.
@pytest.mark.parametrize("shape", [(41, 90), (90, 41), (37, 400), (300, 211), (64, 64), (130, 260)])
def test_chroma_of_a_quarter_of_the_size_goes_where_the_colours_do(shape, gray_network, rng):
    chroma = cv2.GaussianBlur(rng.normal(0, 1, (SIZE // 4, SIZE // 4, 2)).astype(np.float32), (0, 0), 1.5)
    chroma *= 0.3 / np.abs(chroma).max()
    enlarged = cv2.resize(chroma, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
    photo = np.full(shape, 128, np.uint8)
    found, expected = (
        color.chroma(gray_network.finish(photo, predicted).astype(float))
        for predicted in ({"chroma": chroma}, {"color": enlarged @ color.CHROMA_TO_RGB})
    )
    pixel = max(shape) / SIZE
    assert np.abs(found - expected).mean() < 0.1 * expected.std()
    for axis in (0, 1):
        slope = np.gradient(expected, axis=axis)
        shift = np.sum((found - expected) * slope) / np.sum(slope * slope)
        assert abs(shift) < 0.25 * pixel


@pytest.mark.parametrize("height", [41, 44, 90])
def test_chroma_that_rises_evenly_does_so_on_the_photo(height, gray_network):
    ramp = np.linspace(-0.4, 0.4, 2 * SIZE // 4 + 1)[1::2, np.newaxis, np.newaxis]  # at the pixels' centres
    photo = np.full((height, 90), 128, np.uint8)
    result = gray_network.finish(photo, {"chroma": np.tile(ramp, (1, SIZE // 4, 2)).astype(np.float32)})
    content = round(SIZE * height / 90) / SIZE
    expected = 127.5 * (0.8 * content * (np.arange(height) + 0.5) / height - 0.4)
    found = color.chroma(result.astype(float)).mean(axis=1)
    inside = slice(height // 4, -height // 4)
    for plane in (0, 1):  # rounded to 1/255, and OpenCV's cubics waver
        np.testing.assert_allclose(found[inside, plane], expected[inside], atol=1.6)
        assert abs((found[inside, plane] - expected[inside]).mean()) < 0.2


def test_pad_shows_the_network_the_true_aspect_ratio_and_the_mirror_image_below(gray_network):
    colorizer = Colorizer(gray_network.network._model, fit="pad")
    photo = np.zeros((100, 200), np.uint8)
    photo[40:60, 90:110] = 255  # a square
    seen = colorizer.prepare(photo)[..., 0] > 0
    above, below = seen[: SIZE // 2], seen[SIZE // 2 :]
    assert above.any(axis=0).sum() == above.any(axis=1).sum() > 0
    np.testing.assert_array_equal(below, above[::-1])


def test_pad_takes_the_longest_photos(gray_network, rng):
    colorizer = Colorizer(gray_network.network._model, fit="pad")
    photo = rng.integers(0, 256, (2, 600)).astype(np.uint8)
    assert colorizer.prepare(photo).shape == (SIZE, SIZE, 1)
    assert colorizer.colorize(photo).shape == (2, 600, 3)


def test_flip_average_is_that_of_a_photo_and_its_mirror_image(models, colorizer, rng):
    photo = rng.integers(0, 256, (SIZE, SIZE)).astype(np.uint8)
    averaging = Colorizer(models / "generator.keras", image_size=SIZE, flip_average=True)
    gray = averaging.prepare(photo)[np.newaxis]
    found = averaging.predict(gray)
    plain, mirrored = colorizer.predict(gray), colorizer.predict(gray[:, :, ::-1])
    for name, value in found.items():
        np.testing.assert_allclose(value, (plain[name] + mirrored[name][:, :, ::-1]) / 2, atol=1e-6)
        assert np.abs(plain[name] - value).max() > 1e-3


def test_flip_average_is_that_of_the_chroma_too(rng):
    gray = rng.uniform(-1, 1, (1, SIZE, SIZE, 1)).astype("float32")
    generator = small_pretrained_generator(image_size=SIZE)
    found = Colorizer(generator, flip_average=True).predict(gray)["chroma"]
    plain = Colorizer(generator)
    mirrored = plain.predict(gray[:, :, ::-1])["chroma"][:, :, ::-1]
    np.testing.assert_allclose(found, (plain.predict(gray)["chroma"] + mirrored) / 2, atol=1e-6)


def test_saliency_map_has_the_photos_size(colorizer, rng):
    photo = rng.integers(0, 256, (50, 90, 3)).astype(np.uint8)
    saliency = colorizer.predict(colorizer.prepare(photo)[np.newaxis])["saliency"][0]
    found = colorizer.saliency_map(photo, saliency)
    assert found.shape == (50, 90)
    assert found.dtype == np.uint8
    assert found.mean() == pytest.approx(255 * saliency.mean(), abs=2)


def test_a_file_becomes_a_file(orange, tmp_path, rng):
    photo = rng.integers(0, 256, (30, 40)).astype(np.uint8)
    write_photo(tmp_path / "photo.png", photo)
    orange.colorize_file(tmp_path / "photo.png", tmp_path / "new" / "colorized.png")
    np.testing.assert_array_equal(read_photo(tmp_path / "new" / "colorized.png").pixels, orange.colorize(photo))


# === Models ===


def test_every_kind_of_model_gives_equal_photos(models, colorizer, rng):
    photos = [rng.integers(0, 256, shape).astype(np.uint8) for shape in ((70, 50), (64, 64, 3), (200, 90, 4))]
    expected = colorizer.colorize_batch(photos)
    assert max(np.ptp(photo.astype(int), axis=-1).max() for photo in expected) > 20  # it is no grey
    for name in ("served", "served/2", "generator.tflite"):
        other = Colorizer(models / name)
        assert (other.image_size, other.has_saliency) == (SIZE, True)
        for found, wanted in zip(other.colorize_batch(photos), expected, strict=True):
            assert np.abs(found.astype(int) - wanted).max() <= 1, name
        gray = colorizer.prepare(photos[0])[np.newaxis]
        np.testing.assert_allclose(other.predict(gray)["saliency"], colorizer.predict(gray)["saliency"], atol=1e-4)


def test_quantized_model_takes_and_gives_the_same_units(models, colorizer, rng):
    gray = rng.uniform(-1, 1, (2, SIZE, SIZE, 1)).astype("float32")
    found, expected = Colorizer(models / "int8.tflite").predict(gray), colorizer.predict(gray)
    for name in ("color", "saliency"):
        assert np.abs(found[name] - expected[name]).mean() < 0.05


def test_colors_alone_are_the_same(colorizer, rng):
    gray = rng.uniform(-1, 1, (1, SIZE, SIZE, 1)).astype("float32")
    found = colorizer.predict(gray, saliency=False)
    assert list(found) == ["color"]
    np.testing.assert_allclose(found["color"], colorizer.predict(gray)["color"], atol=1e-6)


def test_fully_convolutional_network_takes_any_multiple(models):
    assert Colorizer(models / "generator.keras").image_size == SIZE
    assert Colorizer(models / "generator.keras", image_size=128).colorize(np.zeros((5, 5), np.uint8)).shape == (5, 5, 3)
    with pytest.raises(UserError, match=r"multiples of 64\. Received: image_size=100"):
        Colorizer(models / "generator.keras", image_size=100)
    with pytest.raises(UserError, match="images of 64 pixels only"):
        Colorizer(models / "generator.tflite", image_size=128)


# === Errors ===


@pytest.mark.parametrize("name", ["missing.keras", "broken.keras", "broken.tflite", "empty", "weights.h5"])
def test_what_is_no_model_is_named(tmp_path, name):
    if name == "empty":
        (tmp_path / name).mkdir()
    elif name != "missing.keras":
        (tmp_path / name).write_bytes(b"no model")
    with pytest.raises(UserError, match=name):
        Colorizer(tmp_path / name)


def test_model_that_is_no_generator_is_refused(tmp_path):
    inputs = keras.Input((8, 8, 3))
    keras.Model(inputs, keras.layers.Dense(5)(inputs)).save(tmp_path / "classifier.keras")
    with pytest.raises(UserError, match=r"classifier\.keras is no generator"):
        Colorizer(tmp_path / "classifier.keras")


def test_exported_model_that_is_no_generator_is_refused(tmp_path):
    inputs = [keras.Input((8, 8, 1)) for _ in range(2)]
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(inputs, keras.layers.Add()(inputs)))
    (tmp_path / "sum.tflite").write_bytes(converter.convert())
    module = tf.Module()
    module.same = tf.function(lambda x: {"y": x}, input_signature=[tf.TensorSpec(None)])
    tf.saved_model.save(module, tmp_path / "same", signatures=module.same)
    for name in ("sum.tflite", "same"):
        with pytest.raises(UserError, match=f"{name} is no generator"):
            Colorizer(tmp_path / name)


@pytest.mark.parametrize(
    "photo",
    [np.zeros((4, 4), "float32"), np.zeros((4, 4, 2), "uint8"), np.zeros(4, "uint8"), np.zeros((0, 4), "uint8")],
)
def test_array_that_is_no_photo_is_refused(orange, photo):
    with pytest.raises(ValueError, match="A photo must"):
        orange.colorize(photo)


@pytest.mark.parametrize(
    "options",
    [
        {"fit": "crop"},
        {"upsampling": "nearest"},
        {"saturation": -1},
        {"saturation": 1e9},
        {"saturation": math.nan},
        {"network_input": "colour"},
    ],
)
def test_option_without_such_a_value_is_refused(models, options):
    with pytest.raises(ValueError, match=next(iter(options))):
        Colorizer(models / "generator.keras", **options)
