"""The generator has the sizes, outputs and switches that it says."""

import re

import keras
import numpy as np
import preset_parameters
import pytest

from keras_scgan.models import PRESETS, build_generator
from keras_scgan.photos import color
from keras_scgan.training import precision


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_has_its_number_of_parameters(preset):
    assert build_generator(preset).count_params() == preset_parameters.GENERATOR[preset]


@pytest.mark.parametrize(
    ("options", "parameters", "absent"),
    [
        ({"saliency": False}, 226_160, "saliency_"),
        ({"global_features": False}, 155_636, "global_features"),
        ({"depth": 7}, 204_824, "down9_"),
        ({"depth": 6}, 176_920, "down8_"),
    ],
)
def test_switches_leave_their_layers_out(options, parameters, absent):
    generator = build_generator("testing", **options)
    assert generator.count_params() == parameters
    assert not any(layer.name.startswith(absent) for layer in generator.layers)
    assert ("saliency" in generator.output) == options.get("saliency", True)


def test_presets_scale_every_width():
    small, testing = (
        {weight.path: weight.shape for weight in build_generator(preset).weights} for preset in ("small", "testing")
    )
    assert small.keys() == testing.keys()
    for path, shape in testing.items():
        for i in range(len(shape)):
            is_width = i >= len(shape) - 2 and shape[i] not in (1, 3)  # neither kernel size nor channels of an image
            assert small[path][i] == shape[i] * (4 if is_width else 1), path


@pytest.mark.parametrize("depth", [6, 7])
def test_outputs_have_the_size_of_the_photo_and_their_ranges(rng, depth):
    generator = build_generator("testing", depth=depth)
    for name in ("up9_conv", "saliency_final_conv"):  # large enough for outputs at the ends of their ranges
        kernel = generator.get_layer(name).kernel
        kernel.assign(1e4 * kernel)
    outputs = generator(rng.uniform(-1, 1, (2, 128, 256, 1)).astype("float32"), training=True)
    assert {name: output.shape for name, output in outputs.items()} == {
        "color": (2, 128, 256, 3),
        "saliency": (2, 128, 256, 1),
    }
    for name, lowest in (("color", -1), ("saliency", 0)):
        low, high = np.min(outputs[name]), np.max(outputs[name])
        assert lowest <= low < lowest + 0.1
        assert 0.9 < high <= 1


def test_colours_that_keep_the_luma_have_the_input_s_and_the_predicted_chroma(rng):
    plain, keeping = (build_generator("testing", depth=6, keep_luma=keep) for keep in (False, True))
    plain.get_layer("up9_conv").kernel.assign(100 * plain.get_layer("up9_conv").kernel)
    keeping.set_weights(plain.get_weights())
    gray = rng.uniform(-1, 1, (2, 64, 64, 1)).astype("float32")
    before, after = (np.asarray(generator(gray)["color"]) for generator in (plain, keeping))
    assert np.abs(color.luma(before) - gray).mean() > 0.1
    inside = np.abs(after).max(axis=-1) < 1
    assert 0.5 < inside.mean() < 1  # the others are clipped
    np.testing.assert_allclose(color.luma(after)[inside], gray[inside], atol=1e-5)
    np.testing.assert_allclose(color.chroma(after)[inside], color.chroma(before)[inside], atol=1e-5)
    assert np.std(color.chroma(after)) > 0.05


@pytest.mark.parametrize("keep_luma", [False, True])
def test_outputs_are_float32_where_the_layers_compute_in_bfloat16(rng, keep_luma):
    with precision.policy("mixed_bfloat16"):
        generator = build_generator("testing", depth=6, keep_luma=keep_luma)
    assert generator.get_layer("up9_conv").compute_dtype == "bfloat16"
    outputs = generator(rng.uniform(-1, 1, (1, 64, 64, 1)).astype("float32"))
    assert {str(keras.backend.standardize_dtype(output.dtype)) for output in outputs.values()} == {"float32"}


@pytest.mark.parametrize("keep_luma", [False, True])
def test_generator_comes_back_from_its_file_in_safe_mode(rng, tmp_path, keep_luma):
    generator = build_generator("testing", depth=6, keep_luma=keep_luma)
    generator.save(tmp_path / "generator.keras")
    loaded = keras.models.load_model(tmp_path / "generator.keras", safe_mode=True)
    gray = rng.uniform(-1, 1, (1, 64, 64, 1)).astype("float32")
    for name, output in generator(gray).items():
        np.testing.assert_array_equal(loaded(gray)[name], output)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"preset": "huge"}, re.escape(f"one of {tuple(PRESETS)}. Received: preset='huge'")),
        ({"depth": 9}, r"one of \(6, 7, 8\). Received: depth=9"),
    ],
)
def test_unknown_options_are_errors_that_list_the_known(options, message):
    with pytest.raises(ValueError, match=message):
        build_generator(**options)
