"""The SavedModel for TensorFlow Serving."""

import dataclasses
import re
import subprocess
import sys
import textwrap

import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf
from colorful import chroma_generator, colorful_generator

from keras_scgan import data
from keras_scgan.colorizing import descriptions
from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.export import decoding, saved_model
from keras_scgan.photos.files import read_photo
from keras_scgan.program.errors import BadFileError, UserError
from keras_scgan.training import precision

SIZE = 64
PHOTOS = sorted((data.demo_dir() / "images").iterdir())[:3]


@pytest.fixture(scope="module")
def generator():
    return colorful_generator()


@pytest.fixture(scope="module")
def folder(generator, tmp_path_factory):
    """Folder of a model of one version."""
    folder = tmp_path_factory.mktemp("served") / "scgan"
    version = saved_model.export(generator, folder, image_size=SIZE, warm_up_photos=PHOTOS[:2])
    assert version == folder / "1"
    return folder


@pytest.fixture(scope="module")
def signatures(folder):
    return tf.saved_model.load(folder / "1").signatures


@pytest.fixture
def grays(rng):
    return rng.uniform(-1, 1, (3, SIZE, SIZE, 1)).astype(np.float32)


@pytest.fixture
def quick(monkeypatch):
    """Has exports hold but one small graph, for tests of what is around it."""

    def endpoints(generator, size, *_):
        def first(image_bytes):
            return {"image_bytes": tf.io.encode_png(tf.cast(decoding.decode(image_bytes[0], 0, 1000).alpha, tf.uint8))}

        archive = keras.export.ExportArchive()
        gray = tf.TensorSpec((None, size, size, 1), tf.float32, name="gray")
        archive.add_endpoint("serving_default", lambda gray: {"color": tf.tile(gray, (1, 1, 1, 3))}, [gray])
        files = tf.TensorSpec((None,), tf.string, name="image_bytes")
        return archive, archive.add_endpoint(saved_model.photo_signature(generator), first, [files])

    monkeypatch.setattr(saved_model, "_endpoints", endpoints)


def cli(*arguments):
    """What `saved_model_cli` prints."""
    command = [sys.executable, "-m", "tensorflow.python.tools.saved_model_cli", *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_greys_become_the_colours_and_saliency_maps_of_the_generator(generator, signatures, grays):
    expected = generator.predict_on_batch(grays)
    outputs = signatures["serving_default"](gray=tf.constant(grays))
    assert outputs.keys() == expected.keys()
    for name, values in expected.items():
        assert np.ptp(values) > 0.01
        np.testing.assert_allclose(outputs[name], values, atol=1e-5)


def test_files_become_what_the_colorizer_makes_of_them(generator, signatures, tmp_path):
    colorizer = Colorizer(generator, image_size=SIZE)
    results = signatures["colorize_bytes"](image_bytes=tf.constant([path.read_bytes() for path in PHOTOS]))
    for path, result in zip(PHOTOS, results["image_bytes"].numpy(), strict=True):
        (tmp_path / "result.png").write_bytes(result)
        expected = colorizer.colorize(read_photo(path).pixels)
        difference = np.abs(read_photo(tmp_path / "result.png").pixels.astype(int) - expected)
        assert difference.max() <= 2
        assert difference.mean() < 0.01


@pytest.mark.parametrize("place", [".", "1"])
def test_colorizer_takes_the_model_and_its_versions(generator, folder, place):
    photo = read_photo(PHOTOS[0]).pixels
    served = Colorizer(folder / place)
    assert (served.image_size, served.has_saliency) == (SIZE, True)
    expected = Colorizer(generator, image_size=SIZE).colorize(photo)
    assert np.abs(served.colorize(photo).astype(int) - expected).max() <= 2


def test_description_is_beside_the_model(generator, folder):
    assert descriptions.read(folder / "1") == generator.description


@pytest.fixture(scope="module")
def stretching(tmp_path_factory):
    """A generator that is to see the luma stretched, and the folder of its SavedModel."""
    generator = chroma_generator(image_size=SIZE, stretch_luma=True)
    folder = tmp_path_factory.mktemp("stretching") / "scgan"
    saved_model.export(generator, folder, warm_up_photos=PHOTOS[:1])
    return generator, folder


def test_server_stretches_the_luma_itself_and_has_the_chroma(stretching, grays):
    generator, folder = stretching
    assert descriptions.read(folder / "1") == dataclasses.replace(generator.description, stretch_luma=False)
    found, expected = (Colorizer(model).predict(0.3 * grays) for model in (folder, generator))
    assert found.keys() == expected.keys() == {"color", "chroma", "saliency"}
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, atol=1e-5)
    assert np.abs(expected["chroma"] - generator.predict_on_batch(0.3 * grays)["chroma"]).max() > 0.05
    readme = (folder / "README.md").read_text()
    assert "and `chroma`, float `[B, 16, 16, 2]`, Cb and Cr of it in [-1, 1], and `saliency`" in readme


def test_files_become_what_a_colorizer_with_chroma_makes_of_them(stretching):
    generator, folder = stretching
    signature = tf.saved_model.load(folder / "1").signatures["colorize_bytes"]
    for path in PHOTOS:
        expected = Colorizer(generator).colorize(read_photo(path).pixels)
        (result,) = signature(image_bytes=tf.constant([path.read_bytes()]))["image_bytes"].numpy()
        found = tf.io.decode_png(result).numpy()
        assert np.abs(found.astype(int) - expected).max() <= 2
        assert np.ptp(expected.astype(int), axis=-1).mean() > 10


def test_photos_are_not_sent_to_a_network_of_thermal_images(tmp_path, quick):
    generator = chroma_generator(image_size=SIZE, network_input="thermal")
    saved_model.export(generator, tmp_path / "scgan", warm_up_photos=[])
    assert saved_model.signatures(tmp_path / "scgan" / "1").keys() == {"serving_default", "colorize_thermal_bytes"}
    with pytest.raises(UserError, match="thermal images, not photos"):
        Colorizer(tmp_path / "scgan")
    readme = (tmp_path / "scgan" / "README.md").read_text()
    assert "A colorizer of thermal images." in readme
    assert "colorize_bytes" not in readme
    assert "--network_input=thermal" in readme


@pytest.mark.parametrize("stretch_luma", [False, True])
def test_thermal_files_become_what_a_colorizer_makes_of_them(tmp_path, stretch_luma, rng):
    generator = chroma_generator(image_size=SIZE, network_input="thermal", stretch_luma=stretch_luma)
    folder = saved_model.export(generator, tmp_path / "scgan", warm_up_photos=[])
    signature = tf.saved_model.load(folder).signatures["colorize_thermal_bytes"]
    for dtype, shape in ((np.uint8, (90, 130)), (np.uint16, (70, 40)), (np.uint8, (300, 200))):
        image = cv2.resize(rng.integers(0, np.iinfo(dtype).max, (6, 5)).astype(dtype), shape[::-1])
        file = cv2.imencode(".png", image)[1].tobytes()
        (result,) = signature(image_bytes=tf.constant([file]))["image_bytes"].numpy()
        found = tf.io.decode_png(result, dtype=tf.as_dtype(dtype)).numpy()
        for model in (generator, folder):
            expected = Colorizer(model, network_input="thermal").colorize(image)
            assert found.shape == expected.shape == (*shape, 3)
            assert np.abs(found.astype(int) - expected).max() <= 2e-2 * np.iinfo(dtype).max


def test_readme_shows_what_saved_model_cli_shows(folder):
    readme = (folder / "README.md").read_text()
    assert "--model_name=scgan" in readme
    assert "@" not in readme.replace("--data-binary @-", "")
    shown = cli("show", "--dir", folder / "1", "--all")
    blocks = re.findall(r"```text\n(.*?)\n```", readme, re.DOTALL)
    assert len(blocks) == 2
    for signature, block in zip(("colorize_bytes", "serving_default"), blocks, strict=True):
        assert f"signature_def['{signature}']:\n{textwrap.indent(block, '  ')}" in shown


@pytest.mark.slow
def test_saved_model_cli_runs_both_signatures(generator, folder, tmp_path, grays):
    np.save(tmp_path / "gray.npy", grays)
    np.save(tmp_path / "photo.npy", [PHOTOS[0].read_bytes()])
    run = ("run", "--dir", folder / "1", "--tag_set", "serve", "--outdir", tmp_path, "--signature_def")
    cli(*run, "serving_default", "--inputs", f"gray={tmp_path}/gray.npy")
    expected = generator.predict_on_batch(grays)
    for name in ("color", "saliency"):
        np.testing.assert_allclose(np.load(tmp_path / f"{name}.npy"), expected[name], atol=1e-5)
    cli(*run, "colorize_bytes", "--inputs", f"image_bytes={tmp_path}/photo.npy")
    (result,) = np.load(tmp_path / "image_bytes.npy", allow_pickle=True)
    (tmp_path / "result.png").write_bytes(result)
    assert read_photo(tmp_path / "result.png").pixels.shape == read_photo(PHOTOS[0]).pixels.shape


def test_warm_up_requests_are_those_of_tensorflow_serving(folder, signatures):
    prediction_log_pb2 = pytest.importorskip("tensorflow_serving.apis.prediction_log_pb2")
    records = tf.data.TFRecordDataset(str(folder / "1" / saved_model.WARM_UP_FILE)).as_numpy_iterator()
    logs = [prediction_log_pb2.PredictionLog.FromString(record) for record in records]
    assert all(log.WhichOneof("log_type") == "predict_log" for log in logs)
    requests = [log.predict_log.request for log in logs]
    names = [request.model_spec.signature_name for request in requests]
    assert names == ["serving_default", "colorize_bytes", "colorize_bytes"]
    inputs = [{name: tf.make_ndarray(value) for name, value in request.inputs.items()} for request in requests]
    assert [list(each) for each in inputs] == [["gray"], ["image_bytes"], ["image_bytes"]]
    assert inputs[0]["gray"].shape == (1, SIZE, SIZE, 1)
    assert [each["image_bytes"][0] for each in inputs[1:]] == [path.read_bytes() for path in PHOTOS[:2]]
    for request, values in zip(requests, inputs, strict=True):
        signatures[request.model_spec.signature_name](**{name: tf.constant(value) for name, value in values.items()})


@pytest.mark.parametrize("length", [0, 1, 127, 128, 300, 20_000, 3_000_000])
def test_log_of_any_length_is_that_of_tensorflow_serving(length):
    prediction_log_pb2 = pytest.importorskip("tensorflow_serving.apis.prediction_log_pb2")
    log = prediction_log_pb2.PredictionLog()
    request = log.predict_log.request
    request.model_spec.signature_name = "s" * min(length, 300)
    tensor = tf.make_tensor_proto([b"x" * length])
    request.inputs["name"].CopyFrom(tensor)
    encoded = saved_model.prediction_log("s" * min(length, 300), "name", tensor)
    assert prediction_log_pb2.PredictionLog.FromString(encoded) == log


@pytest.mark.usefixtures("quick")
def test_version_that_fails_its_verification_leaves_nothing(generator, tmp_path):
    folder = tmp_path / "scgan"
    saved_model.export(generator, folder, 7, image_size=SIZE, warm_up_photos=[])
    before = sorted(folder.rglob("*"))
    verified = []

    def verify(path):
        verified.append(path)
        assert (path / "saved_model.pb").exists()
        assert (path / saved_model.WARM_UP_FILE).exists()
        raise UserError("too different")

    with pytest.raises(UserError, match="too different"):
        saved_model.export(generator, folder, image_size=SIZE, warm_up_photos=[], verify=verify)
    assert [path.parent for path in verified] == [folder]
    assert not verified[0].name.isdecimal()  # a server would have loaded it
    assert sorted(folder.rglob("*")) == before


@pytest.mark.usefixtures("quick")
def test_versions_go_on_from_the_latest_and_leave_a_tuned_configuration_alone(generator, tmp_path):
    (tmp_path / "10").mkdir()
    (tmp_path / "9").mkdir()
    assert saved_model.export(generator, tmp_path, image_size=SIZE, warm_up_photos=[]) == tmp_path / "11"
    assert "max_batch_size { value: " in (tmp_path / "batching.config").read_text()
    (tmp_path / "batching.config").write_text("tuned")
    assert saved_model.export(generator, tmp_path, 3, image_size=SIZE, warm_up_photos=[]) == tmp_path / "3"
    assert (tmp_path / "batching.config").read_text() == "tuned"
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"3", "9", "10", "11", "README.md", "batching.config"}


@pytest.mark.usefixtures("quick")
def test_a_readme_about_something_else_is_left_alone(generator, tmp_path):
    card = "# Eine Modellkarte für Fotos\n".encode("latin-1")
    (tmp_path / "README.md").write_bytes(card)
    saved_model.export(generator, tmp_path, image_size=SIZE, warm_up_photos=[])
    assert (tmp_path / "README.md").read_bytes() == card
    assert "for TensorFlow Serving" in (tmp_path / "SERVING.md").read_text()


@pytest.mark.usefixtures("quick")
def test_the_readme_of_a_model_that_was_renamed_is_written_anew(generator, tmp_path):
    saved_model.export(generator, tmp_path / "old", warm_up_photos=[])
    (tmp_path / "old").rename(tmp_path / "new")
    assert saved_model.export(generator, tmp_path / "new", warm_up_photos=[]).name == "2"
    assert (tmp_path / "new" / "README.md").read_text().startswith("# new, for TensorFlow Serving\n")
    assert not (tmp_path / "new" / "SERVING.md").exists()


@pytest.mark.usefixtures("quick")
def test_photo_that_a_server_cannot_warm_up_with_is_refused(generator, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture")
    with pytest.raises(BadFileError, match=r"bad.jpg: neither a JPEG nor a PNG \(10 bytes\)$"):
        saved_model.export(generator, tmp_path / "scgan", image_size=SIZE, warm_up_photos=[bad])
    assert not (tmp_path / "scgan").exists()


def test_mixed_precision_generator_becomes_a_float32_model_that_gives_maps_for_photos(generator, tmp_path, grays):
    with precision.policy("mixed_bfloat16"):
        mixed = colorful_generator()
    mixed.set_weights(generator.get_weights())
    version = saved_model.export(
        mixed, tmp_path, image_size=SIZE, saliency=False, saliency_bytes=True, max_pixels=1000, warm_up_photos=[]
    )
    assert "saliency_bytes" in (tmp_path / "README.md").read_text()
    loaded = tf.saved_model.load(version).signatures
    outputs = loaded["serving_default"](gray=tf.constant(grays))
    assert outputs.keys() == {"color"}
    np.testing.assert_allclose(outputs["color"], generator.predict_on_batch(grays)["color"], atol=1e-5)  # in float32
    small = tf.io.encode_png(tf.zeros((25, 40, 1), tf.uint8))
    results = loaded["colorize_bytes"](image_bytes=[small])
    assert tf.io.decode_png(results["saliency_bytes"][0]).shape == (25, 40, 1)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"image 1: \d+x\d+ pixels, but at most 1000 in all"):
        loaded["colorize_bytes"](image_bytes=[small, PHOTOS[0].read_bytes()])


def test_versions_are_numbers_that_are_not_taken(generator, folder):
    with pytest.raises(UserError, match="exists"):
        saved_model.export(generator, folder, version=1, image_size=SIZE)
    for version in (0, -1, "latest"):
        with pytest.raises(UserError, match=f"number from 1 on. Received: version={version}"):
            saved_model.export(generator, folder, version=version, image_size=SIZE)


def test_maps_of_a_generator_without_saliency_branch_are_refused(tmp_path):
    with pytest.raises(UserError, match="no saliency branch"):
        saved_model.export(colorful_generator(saliency=False), tmp_path, image_size=SIZE, saliency_bytes=True)
    assert not list(tmp_path.iterdir())
