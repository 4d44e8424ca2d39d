"""Perceptual features are those of the network, the layer and the pixels that were asked for, or an error says why."""

import keras
import numpy as np
import pytest

from keras_scgan.models.perceptual import VGG16_INPUT_STDDEV, build_perceptual_features
from keras_scgan.photos import color
from keras_scgan.program.errors import UserError


@pytest.fixture
def images(rng):
    return rng.uniform(-1, 1, (2, 16, 24, 3)).astype("float32")


@pytest.fixture
def network(tmp_path):
    """A small network of pixels, and its file."""
    pixels = keras.Input((None, None, 3), name="image")
    x = keras.layers.Conv2D(4, 3, activation="relu", name="first")(pixels)
    x = keras.layers.Conv2D(5, 3, name="second")(x)
    network = keras.Model(pixels, x)
    network.save(tmp_path / "network.keras")
    return network, str(tmp_path / "network.keras")


def test_features_of_a_keras_file_are_of_its_layer_and_of_pixels_as_they_are(network, images):
    network, path = network
    features = build_perceptual_features(path, "first")
    expected = network.get_layer("first")(color.denormalize(images))
    np.testing.assert_allclose(features(images), expected, rtol=1e-5, atol=1e-3)
    assert features.count_params() == network.get_layer("first").count_params()
    assert not features.trainable_variables


def test_features_of_vgg16_are_of_blue_green_red_without_their_mean(images, tmp_path):
    path = tmp_path / "vgg16.weights.h5"
    network = keras.applications.VGG16(include_top=False, weights=None)
    network.save_weights(path)
    features = build_perceptual_features(path)
    pixels = color.denormalize(images)[..., ::-1] - np.array([103.939, 116.779, 123.68], "float32")
    backbone = keras.Model(network.input, network.get_layer("block3_conv3").output)
    expected = backbone(pixels) / VGG16_INPUT_STDDEV
    assert np.min(expected) == 0  # after the ReLU
    np.testing.assert_allclose(features(images), expected, rtol=1e-4, atol=1e-4)


# === Errors ===


@pytest.mark.parametrize("layer_name", [None, "third", "image"])
def test_a_layer_that_is_not_there_is_an_error_that_lists_those_that_are(network, layer_name):
    with pytest.raises(UserError, match=r"`perceptual_layer` to one of first, second"):
        build_perceptual_features(network[1], layer_name)


def no_download(include_top, weights):
    raise OSError("no route to host")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing.h5", "there is no such file"),
        ("missing.keras", "there is no such file"),
        ("broken.h5", "are not those of VGG-16 without its top"),
        ("broken.keras", "is no model that Keras can load"),
    ],
)
def test_files_that_are_no_weights_are_named(tmp_path, name, reason):
    (tmp_path / "broken.h5").write_bytes(b"no weights")
    (tmp_path / "broken.keras").write_bytes(b"no model")
    with pytest.raises(UserError, match=f"`perceptual_weights={tmp_path / name}`:? {reason}") as error:
        build_perceptual_features(str(tmp_path / name), "first")
    assert "\n" not in str(error.value)


def test_weights_that_cannot_be_downloaded_are_an_error_that_says_what_to_do(monkeypatch):
    monkeypatch.setattr(keras.applications, "VGG16", no_download)
    with pytest.raises(UserError, match=r"^`perceptual_weights=imagenet`: the weights of VGG16 cannot be ") as error:
        build_perceptual_features()
    assert str(error.value).endswith(
        "(no route to host). Give a file, or leave the perceptual loss out by `perceptual_loss_weight=0`."
    )
