"""A generator on a pre-trained encoder gives the chroma at a quarter of the size, and colours of the input's luma.

`python tests/models/test_pretrained.py FILE` writes its outputs, on whatever backend Keras has.
"""

import sys

import cv2
import keras
import numpy as np
import pytest
from small_encoder import mobile_classifier, small_pretrained_generator
from test_golden import assign_by_recipe

from keras_scgan.models.layers import FrozenBatchNormalization
from keras_scgan.models.pretrained import MAX_ACTIVATION, split_at_features
from keras_scgan.photos import color
from keras_scgan.training import precision


def outputs_by_recipe():
    """Outputs of a generator whose weights their names alone determine."""
    generator = small_pretrained_generator(classifier=mobile_classifier((124.0, 116.0, 104.0)))
    assign_by_recipe(generator)
    gray = np.random.default_rng(0).uniform(-1, 1, (2, 64, 96, 1)).astype("float32")
    return generator.predict_on_batch(gray)


@pytest.fixture(scope="module")
def generator():
    classifier = mobile_classifier((124.0, 116.0, 104.0))
    return small_pretrained_generator(classifier=classifier, image_size=64, stretch_luma=True)


@pytest.fixture
def gray(rng):
    return rng.uniform(-1, 1, (2, 8, 12, 1)).astype("float32").repeat(8, 1).repeat(8, 2)


def test_outputs_have_their_sizes_and_ranges(generator, gray):
    outputs = generator(gray)
    assert {name: output.shape for name, output in outputs.items()} == {
        "color": (2, 64, 96, 3),
        "chroma": (2, 16, 24, 2),
        "saliency": (2, 64, 96, 1),
    }
    for name, lowest in (("color", -1), ("chroma", -1), ("saliency", 0)):
        assert np.min(outputs[name]) >= lowest
        assert np.max(outputs[name]) <= 1
        assert np.std(outputs[name]) > 0.005


def test_colours_are_the_enlarged_chroma_on_the_inputs_luma_where_they_are_not_clipped(generator, gray):
    outputs = generator(gray)
    colors = np.asarray(outputs["color"])
    enlarged = [
        cv2.resize(chroma, (96, 64), interpolation=cv2.INTER_LINEAR) for chroma in np.asarray(outputs["chroma"])
    ]
    inside = np.abs(colors).max(axis=-1) < 1
    assert 0.3 < inside.mean() < 1
    np.testing.assert_allclose(color.luma(colors)[inside], gray[inside], atol=1e-5, rtol=0)
    np.testing.assert_allclose(color.chroma(colors)[inside], np.stack(enlarged)[inside], atol=1e-5, rtol=0)


def test_generator_comes_back_from_its_file_in_safe_mode_with_its_description(generator, gray, tmp_path):
    generator.save(tmp_path / "generator.keras")
    loaded = keras.models.load_model(tmp_path / "generator.keras", safe_mode=True)
    assert loaded.description == generator.description
    assert loaded.description.stretch_luma
    for name, output in generator(gray).items():
        np.testing.assert_array_equal(loaded(gray)[name], output)


def test_halves_compute_what_the_whole_does(generator, gray):
    encoder, decoder = split_at_features(generator)
    gray = keras.ops.convert_to_tensor(gray)
    features = encoder(gray)
    assert [feature.shape[1] for feature in features] == [16, 8, 4, 2]
    for name, output in decoder({"gray": gray, "features": features}).items():
        np.testing.assert_array_equal(output, generator(gray)[name])


def test_training_changes_no_statistics_of_the_encoder(gray):
    generator = small_pretrained_generator(classifier=mobile_classifier())
    before = [np.array(weight) for weight in generator.weights]
    generator(gray, training=True)
    changes = zip(generator.weights, before, strict=True)
    changed = {weight.path for weight, value in changes if not np.array_equal(weight, value)}
    assert changed
    assert all(path.startswith(("decoder", "saliency")) for path in changed)
    assert any(isinstance(layer, FrozenBatchNormalization) for layer in generator.layers)


def test_saliency_branch_is_left_out_unless_wanted():
    generator = small_pretrained_generator(saliency=False)
    assert set(generator.output) == {"color", "chroma"}
    assert not any(layer.name.startswith("saliency") for layer in generator.layers)


def test_outputs_are_float32_where_the_layers_compute_in_bfloat16(gray):
    with precision.policy("mixed_bfloat16"):
        generator = small_pretrained_generator()
    assert generator.get_layer("decoder4_conv").compute_dtype == "bfloat16"
    dtypes = {keras.backend.standardize_dtype(output.dtype) for output in generator(gray).values()}
    assert dtypes == {"float32"}


def test_activations_of_the_decoder_stay_bounded_whatever_goes_in(gray):
    generator = small_pretrained_generator()
    norm = generator.get_layer("decoder32_norm")
    norm.gamma.assign(1e4 * norm.gamma)
    activations = [layer.output for layer in generator.layers if isinstance(layer, keras.layers.ReLU)]
    highest = [np.max(activation) for activation in keras.Model(generator.input, activations)(gray)]
    assert len(highest) > 7
    assert np.max(highest) == MAX_ACTIVATION


if __name__ == "__main__":
    np.savez_compressed(sys.argv[1], **outputs_by_recipe())
