"""VGG-16-Gray, as a feature network and as a classifier."""

import numpy as np
import preset_parameters
import pytest

from keras_scgan.models import PRESETS, build_vgg16_gray


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_has_its_number_of_parameters(preset):
    assert build_vgg16_gray(preset).count_params() == preset_parameters.VGG16_GRAY[preset]


def test_features_are_a_thirty_second_of_the_photo_in_size(rng):
    features = build_vgg16_gray("testing")(rng.uniform(-1, 1, (2, 64, 96, 1)).astype("float32"))
    assert features.shape == (2, 2, 3, 8 * PRESETS["testing"])


def test_classifier_puts_two_hidden_layers_on_the_features(rng):
    classifier = build_vgg16_gray("testing", classes=10, image_size=64)
    features = classifier.get_layer("global_features")
    flat, hidden = 2 * 2 * 32, 64 * PRESETS["testing"]
    head = (flat + 1) * hidden + (hidden + 1) * hidden + (hidden + 1) * 10
    assert classifier.count_params() == preset_parameters.VGG16_GRAY["testing"] + head

    gray = rng.uniform(-1, 1, (3, 64, 64, 1)).astype("float32")
    x = np.reshape(features(gray), (3, flat))
    for name in ("fc6", "fc7", "logits"):
        kernel, bias = classifier.get_layer(name).get_weights()
        x = x @ kernel + bias
        x = x if name == "logits" else np.maximum(x, 0)
    np.testing.assert_allclose(classifier(gray), x, rtol=1e-4, atol=1e-5)


def test_dropout_is_of_training_alone(rng):
    classifier = build_vgg16_gray("testing", classes=10, image_size=64)
    gray = rng.uniform(-1, 1, (2, 64, 64, 1)).astype("float32")
    np.testing.assert_array_equal(classifier(gray), classifier(gray))
    assert np.abs(classifier(gray, training=True) - classifier(gray, training=True)).max() > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"preset": "huge"}, "Received: preset='huge'"),
        ({"preset": "testing", "classes": 10, "image_size": 100}, "multiple of 32. Received: image_size=100"),
    ],
)
def test_unknown_options_are_errors(options, message):
    with pytest.raises(ValueError, match=message):
        build_vgg16_gray(**options)
