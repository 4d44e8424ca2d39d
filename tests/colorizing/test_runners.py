"""Trained generators as what is stored of them says."""

import json
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert import interpreter
from colorful import colorful_generator
from small_encoder import small_pretrained_generator

from keras_scgan.colorizing import descriptions, runners
from keras_scgan.colorizing.descriptions import Description
from keras_scgan.export import description_files
from keras_scgan.photos import color
from keras_scgan.program.errors import UserError

SIZE = 64


@pytest.fixture(scope="module")
def generator():
    return small_pretrained_generator(image_size=SIZE)


@pytest.fixture
def grays(rng):
    """Grey blocks of 8x8 pixels."""
    return rng.uniform(-1, 1, (2, SIZE // 8, SIZE // 8, 1)).astype("float32").repeat(8, 1).repeat(8, 2)


@pytest.fixture(scope="module")
def exported(generator, tmp_path_factory):
    """Paths of the generator as a SavedModel and as a LiteRT model, both with its description."""
    folder = tmp_path_factory.mktemp("exported")
    archive = keras.export.ExportArchive()
    archive.track(generator)
    signature = [tf.TensorSpec((None, SIZE, SIZE, 1), tf.float32, name="gray")]
    archive.add_endpoint("serving_default", generator.call, signature)
    archive.write_out(folder / "1", verbose=False)
    described = Description("pretrained", {}, 32, 96, stretch_luma=True)
    description_files.write_to_saved_model(folder / "1", described)
    model = tf.lite.TFLiteConverter.from_saved_model(str(folder / "1")).convert()
    (folder / "model.tflite").write_bytes(description_files.append_to_tflite(model, described))
    return folder


# === Sizes ===


def test_own_size_is_that_of_training(generator, tmp_path):
    generator.save(tmp_path / "generator.keras")
    network = runners.load_network(tmp_path / "generator.keras")
    assert (network.image_size, network.description) == (SIZE, Description("pretrained", {}, 32, SIZE))
    assert runners.load_network(tmp_path / "generator.keras", image_size=96).image_size == 96
    with pytest.raises(UserError, match=r"multiples of 32\. Received: image_size=100"):
        runners.load_network(tmp_path / "generator.keras", image_size=100)


def test_untrained_generators_have_a_size_too():
    assert runners.load_network(small_pretrained_generator()).image_size == 224
    assert runners.load_network(colorful_generator()).image_size == 64


def test_one_generator_is_run_at_two_sizes(generator, rng):
    for size in (64, 96, 64):
        gray = rng.uniform(-1, 1, (1, size, size, 1)).astype("float32")
        outputs = runners.load_network(generator, size).predict(gray)
        np.testing.assert_allclose(outputs["chroma"], generator(gray)["chroma"], atol=1e-5)


def test_older_generator_is_known_by_its_layers(tmp_path):
    generator = colorful_generator()
    keras.Model(generator.input, generator.output).save(tmp_path / "older.keras")
    network = runners.load_network(tmp_path / "older.keras")
    assert (network.image_size, network.description) == (64, Description("paper", {}, 64))


def test_model_that_says_nothing_takes_any_size():
    gray = keras.Input((None, None, 1))
    model = keras.Model(gray, {"color": keras.layers.Conv2D(3, 1)(gray)})
    assert runners.load_network(model).description == descriptions.UNKNOWN
    assert runners.load_network(model, image_size=7).image_size == 7


@pytest.mark.parametrize(("field", "reason"), [("future", "newer version, with future"), (None, "has no")])
def test_keras_file_whose_description_cannot_be_used_is_named(generator, tmp_path, field, reason):
    path = tmp_path / "generator.keras"
    generator.save(path)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(files["config.json"])
    description = config["config"]["description"]
    if field is None:
        del description["size_multiple"]
    else:
        description[field] = 1
    files["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    with pytest.raises(UserError, match=rf"generator\.keras.*{reason}"):
        runners.load_network(path)


# === Chroma ===


@pytest.mark.parametrize("name", ["1", "model.tflite"])
def test_outputs_of_exports_are_told_apart(generator, exported, grays, name):
    network = runners.load_network(exported / name)
    assert (network.image_size, network.has_saliency) == (SIZE, True)
    network.description = generator.description  # which sees the luma as it is
    found, expected = network.predict(grays), runners.load_network(generator).predict(grays)
    assert found.keys() == expected.keys() == {"color", "chroma", "saliency"}
    for key, value in expected.items():
        np.testing.assert_allclose(found[key], value, atol=1e-4)


def test_chroma_is_that_of_the_colours_before_their_enlargement(generator, grays):
    outputs = runners.load_network(generator).predict(grays, saliency=False)
    assert outputs.keys() == {"color", "chroma"}
    assert outputs["chroma"].shape == (2, SIZE // 4, SIZE // 4, 2)
    assert outputs["chroma"].std() > 0.1
    enlarged = tf.image.resize(runners.chroma_of(outputs), (SIZE, SIZE)).numpy()
    inside = np.abs(outputs["color"]).max(axis=-1) < 1
    assert inside.mean() > 0.3
    np.testing.assert_allclose(color.chroma(outputs["color"])[inside], enlarged[inside], atol=1e-5)


def test_network_without_chroma_has_that_of_its_colours(grays):
    outputs = runners.load_network(colorful_generator()).predict(grays)
    assert outputs.keys() == {"color", "saliency"}
    np.testing.assert_array_equal(runners.chroma_of(outputs), color.chroma(outputs["color"]))


def test_each_image_of_a_batch_has_its_own_outputs():
    batch = {"color": np.arange(2), "saliency": np.arange(5, 7)}
    assert runners.split_batch(batch) == [{"color": 0, "saliency": 5}, {"color": 1, "saliency": 6}]


# === Stretched luma ===


@pytest.mark.parametrize("name", ["keras", "1", "model.tflite"])
def test_network_that_is_to_see_the_luma_stretched_does_and_keeps_the_luma_of_its_input(exported, grays, name):
    faded = 0.3 * grays - 0.2
    if name == "keras":
        network = runners.load_network(small_pretrained_generator(image_size=SIZE, stretch_luma=True))
    else:
        network = runners.load_network(exported / name)
    found = network.predict(faded)
    plain = runners.load_network(small_pretrained_generator(image_size=SIZE)).predict(color.stretch_luma(faded))
    np.testing.assert_allclose(found["chroma"], plain["chroma"], atol=1e-4)
    np.testing.assert_allclose(found["saliency"], plain["saliency"], atol=1e-4)
    inside = np.abs(found["color"]).max(axis=-1) < 1
    assert inside.mean() > 0.1
    np.testing.assert_allclose(color.luma(found["color"])[inside], faded[inside], atol=1e-5)
    # Among them those where the stretched luma leaves no room for colours, so that the network itself clips them.
    assert (inside & (np.abs(plain["color"]).max(axis=-1) == 1)).mean() > 0.05
    enlarged = tf.image.resize(plain["chroma"], (SIZE, SIZE)).numpy()
    np.testing.assert_allclose(color.chroma(found["color"])[inside], enlarged[inside], atol=1e-4)


def test_stretched_luma_gives_way_to_that_of_the_input_where_there_is_no_chroma(grays):
    faded = 0.3 * grays - 0.2
    generator = colorful_generator()
    generator.describe(stretch_luma=True)
    found = runners.load_network(generator).predict(faded)["color"]
    expected = generator.predict_on_batch(color.stretch_luma(faded))["color"]
    np.testing.assert_allclose(found, np.clip(expected + faded - color.luma(expected), -1, 1), atol=1e-5)


def test_litert_model_whose_operations_do_not_run_is_named(exported, monkeypatch):
    def fail(_):
        raise RuntimeError("XNNPack delegate failed to reshape runtime\nNode number 282 failed to prepare.")

    monkeypatch.setattr(interpreter.Interpreter, "allocate_tensors", fail)
    with pytest.raises(UserError, match="does not run: XNNPack delegate failed") as error:
        runners.load_network(exported / "model.tflite")
    assert "\n" not in str(error.value)
