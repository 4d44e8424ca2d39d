"""The critic has the sizes, scores and switches that it says."""

import keras
import numpy as np
import preset_parameters
import pytest

from keras_scgan.models import PRESETS, build_critic
from keras_scgan.models.layers import BatchNormalization, SpectralConv2D
from keras_scgan.training import precision


def photos(rng, height, width):
    return {
        "gray": rng.uniform(-1, 1, (2, height, width, 1)).astype("float32"),
        "image": rng.uniform(-1, 1, (2, height, width, 3)).astype("float32"),
    }


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_has_its_number_of_parameters(preset):
    assert build_critic(preset).count_params() == preset_parameters.CRITIC[preset]


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_each_patch_of_every_eighth_pixel_gets_a_float32_score(rng, policy):
    with precision.policy(policy):
        critic = build_critic("testing")
    scores = critic(photos(rng, 64, 104))
    assert scores.shape == (2, 64 // 8 - 2, 104 // 8 - 2, 1)
    assert scores.dtype == "float32"
    assert np.std(scores) > 0


@pytest.mark.parametrize(
    ("norm", "kind", "layers"),
    [
        ("batch", BatchNormalization, 4),
        ("instance", keras.layers.GroupNormalization, 4),
        ("none", (keras.layers.BatchNormalization, keras.layers.GroupNormalization), 0),
    ],
)
def test_norm_is_of_all_layers_but_the_first_and_the_last(norm, kind, layers):
    normed = [layer.name for layer in build_critic("testing", norm=norm).layers if isinstance(layer, kind)]
    assert normed == ["block2_norm", "block3_norm", "block4_norm", "final1_norm"][:layers]


@pytest.mark.parametrize(("spectral_normalization", "layers"), [(True, 6), (False, 0)])
def test_spectral_normalization_is_of_all_convolutions_or_of_none(spectral_normalization, layers):
    critic = build_critic("testing", spectral_normalization=spectral_normalization)
    assert sum(isinstance(layer, SpectralConv2D) for layer in critic.layers) == layers
    assert sum(layer.name.endswith("_conv") for layer in critic.layers) == 6


@pytest.mark.parametrize("options", [{"preset": "huge"}, {"preset": "testing", "norm": "layer"}])
def test_unknown_options_are_errors(options):
    with pytest.raises(ValueError, match="must be one of"):
        build_critic(**options)
