"""Models are loaded in one way, and what cannot be had is named with the argument that asked for it."""

import io
import zipfile

import keras
import numpy as np
import pytest

from keras_scgan.models import build_generator
from keras_scgan.models.loading import load_application, load_model
from keras_scgan.program.errors import UserError


def preprocess_input(pixels):
    return pixels / 255.0


def test_a_network_of_this_project_is_loaded_with_its_weights(tmp_path):
    generator = build_generator("testing", depth=6, global_features=False)
    generator.save(tmp_path / "generator.keras")
    loaded = load_model(tmp_path / "generator.keras", "init_from")
    assert loaded.description == generator.description
    for found, expected in zip(loaded.weights, generator.weights, strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("content", "reason"), [(None, ": there is no such file"), (b"no model", " is no model that Keras can load: ")]
)
def test_a_file_that_is_no_model_is_named_in_one_line(tmp_path, content, reason):
    path = tmp_path / "model.keras"
    if content:
        path.write_bytes(content)
    with pytest.raises(UserError) as error:
        load_model(path, "init_from")
    assert str(error.value).startswith(f"`init_from={path}`{reason}")
    assert "\n" not in str(error.value)


def test_a_model_that_was_never_called_is_named(tmp_path):
    path, model = tmp_path / "model.keras", keras.Sequential([keras.layers.Dense(2)])
    with pytest.warns(UserWarning, match="not yet been built"):
        model.save(path)
    with pytest.raises(UserError, match=r"`encoder=.*model\.keras` was saved before it was called"):
        load_model(path, "encoder")
    model(np.zeros((1, 3), "float32"))
    model.save(path)
    assert load_model(path, "encoder").output_shape == (1, 2)


def with_flipped_bytes(whole):
    start = len(whole) // 2
    return whole[:start] + bytes(byte ^ 0x55 for byte in whole[start : start + 99]) + whole[start + 99 :]


def with_configuration(text):
    def spoil(whole):
        file = io.BytesIO(whole)
        with zipfile.ZipFile(file) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(file, "w") as archive:
            for name, data in (parts | {"config.json": text}).items():
                archive.writestr(name, data)
        return file.getvalue()

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [
        *(with_flipped_bytes, lambda whole: whole[:-100], lambda whole: whole[: len(whole) // 3]),
        *map(with_configuration, (b"", b"[" * 100_000, b"[]", b'{"class_name": "os.system", "config": {}}')),
        with_configuration(b'{"class_name": "%s", "config": {}}' % (b"x" * 9999)),
    ],
)
def test_a_model_that_is_damaged_or_made_to_harm_is_named_in_one_line(tmp_path, spoil):
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((64,)), keras.layers.Dense(64)]).save(path)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(UserError, match=" is no model that Keras can load: ") as error:
        load_model(path, "classifier")
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 500


def test_a_model_of_keras_applications_comes_with_what_its_images_go_through(monkeypatch):
    def TinyNet(weights, include_top):  # noqa: N802 (as those of Keras)
        return weights, include_top

    monkeypatch.setattr(keras.applications, "TinyNet", TinyNet, raising=False)
    model, preprocess = load_application("TinyNet", "encoder", include_top=False)
    assert model == ("imagenet", False)
    assert preprocess is preprocess_input


@pytest.mark.parametrize("name", ["NoSuchNet", "vgg16", "model.h5"])
def test_what_is_no_model_of_keras_applications_is_named(name):
    with pytest.raises(UserError, match=f"^`encoder={name}`: expected a .keras file, or a name of keras.applications"):
        load_application(name, "encoder")


def test_weights_that_cannot_be_downloaded_are_said_to_be_so(monkeypatch):
    def TinyNet(weights):  # noqa: N802 (as those of Keras)
        raise Exception("URL fetch failure\nand more")

    monkeypatch.setattr(keras.applications, "TinyNet", TinyNet, raising=False)
    with pytest.raises(
        UserError, match=r"^`encoder=TinyNet`: the weights of TinyNet cannot be .* \(URL fetch failure\)"
    ):
        load_application("TinyNet", "encoder")
    with pytest.raises(
        UserError, match=r"^`fid=True`: the weights of TinyNet cannot be .* failure\)\. Leave it out\.$"
    ):
        load_application("TinyNet", "fid", value=True, instead="Leave it out.")
