"""Pix2Pix and UResNet have the sizes that were published, and compute what their papers say."""

import keras
import numpy as np
import preset_parameters
import pytest
from randomized import randomize

from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.export.inference import build_inference_model
from keras_scgan.models import PRESETS, build_patch_critic, build_pix2pix, build_uresnet
from keras_scgan.models.translators import BUILDERS
from keras_scgan.training import precision

SIDE = 64
EPSILON = 1e-5

each_architecture = pytest.mark.parametrize("architecture", BUILDERS)


def trained(architecture, **options):
    """A generator of the testing preset whose weights are all other than they begin."""
    generator = BUILDERS[architecture]("testing", depth=6, **options)
    randomize(generator)
    return generator


@pytest.fixture
def gray(rng):
    return rng.uniform(-1, 1, (2, SIDE, SIDE, 1)).astype("float32")


# === Sizes ===


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_has_its_number_of_parameters(preset):
    assert build_pix2pix(preset).count_params() == preset_parameters.PIX2PIX[preset]
    assert build_uresnet(preset).count_params() == preset_parameters.URESNET[preset]
    assert build_patch_critic(preset).count_params() == preset_parameters.PATCH_CRITIC[preset]


def test_pix2pix_has_the_published_numbers_of_parameters():
    """54.414 and 2.769 million, from colour to colour: each network's first kernel then has two more channels."""
    for network, published in ((build_pix2pix(saliency=False), 54.414), (build_patch_critic(), 2.769)):
        parameters = sum(np.prod(weight.shape) for weight in network.trainable_weights)
        assert round((parameters + 4 * 4 * 2 * 64) / 1e6, 3) == published


@each_architecture
@pytest.mark.parametrize("depth", [6, 7, 8])
def test_depth_says_which_sizes_are_taken(rng, architecture, depth):
    generator = BUILDERS[architecture]("testing", depth=depth)
    side = 2**depth
    assert generator.description.size_multiple == generator.description.own_size == side
    outputs = generator(rng.uniform(-1, 1, (1, side, 2 * side, 1)).astype("float32"), training=True)
    shapes = {name: output.shape for name, output in outputs.items()}
    assert shapes == {"color": (1, side, 2 * side, 3), "saliency": (1, side, 2 * side, 1)}


@each_architecture
def test_saliency_is_a_branch_that_changes_no_colour(gray, architecture):
    with_branch, without = trained(architecture), trained(architecture, saliency=False)
    weights = {weight.path: weight for weight in with_branch.weights}
    for weight in without.weights:
        weight.assign(weights[weight.path])
    assert without.output.keys() == {"color"}
    np.testing.assert_allclose(without(gray)["color"], with_branch(gray)["color"], atol=1e-6)
    others = weights.keys() - {weight.path for weight in without.weights}
    assert {path.split("_")[0] for path in others} == {"saliency"}


@each_architecture
def test_outputs_are_float32_where_the_layers_compute_in_bfloat16(gray, architecture):
    with precision.policy("mixed_bfloat16"):
        generator = BUILDERS[architecture]("testing", depth=6)
    outputs = generator(gray)
    assert {str(keras.backend.standardize_dtype(output.dtype)) for output in outputs.values()} == {"float32"}


def test_pix2pix_drops_out_in_training_alone(gray):
    generator = trained("pix2pix")
    names = [layer.name for layer in generator.layers if isinstance(layer, keras.layers.Dropout)]
    assert names == ["up5_dropout", "up4_dropout", "up3_dropout"]
    first, second = (generator(gray)["color"] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    first, second = (generator(gray, training=True)["color"] for _ in range(2))
    assert np.abs(first - second).max() > 0.01


# === Against an independent computation ===


class Reference:
    """The layers of a network in NumPy, by the names of its weights."""

    def __init__(self, network):
        self.weights = {weight.path: np.asarray(weight, "float64") for weight in network.weights}

    def norm(self, x, name):
        mean, variance, gamma, beta = (
            self.weights[f"{name}_norm/{kind}"] for kind in ("moving_mean", "moving_variance", "gamma", "beta")
        )
        return (x - mean) / np.sqrt(variance + EPSILON) * gamma + beta

    def conv(self, x, name, stride, mode="constant"):
        """Padded by 1, of any kernel; then the norm of this name, if there is one."""
        kernel = self.weights[f"{name}_conv/kernel"]
        x = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode=mode)
        windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], axis=(1, 2))[:, ::stride, ::stride]
        return self._finish(np.einsum("bhwcij,ijcf->bhwf", windows, kernel), name)

    def transposed_conv(self, x, name):
        """Each pixel adds its multiple of the 4x4 kernel, two pixels further than the one before; a border goes off."""
        kernel = self.weights[f"{name}_conv/kernel"]
        batch, height, width, _ = x.shape
        y = np.zeros((batch, 2 * height + 2, 2 * width + 2, kernel.shape[2]))
        for row in range(height):
            for column in range(width):
                added = np.einsum("bc,ijfc->bijf", x[:, row, column], kernel)
                y[:, 2 * row : 2 * row + 4, 2 * column : 2 * column + 4] += added
        return self._finish(y[:, 1:-1, 1:-1], name)

    def upsampled_conv(self, x, name):
        return self.conv(x.repeat(2, axis=1).repeat(2, axis=2), name, 1, mode="reflect")

    def _finish(self, x, name):
        x = x + self.weights.get(f"{name}_conv/bias", 0)
        return self.norm(x, name) if f"{name}_norm/gamma" in self.weights else x


def leaky(x):
    return np.where(x > 0, x, 0.2 * x)


def relu(x):
    return np.maximum(x, 0)


def test_pix2pix_computes_what_its_paper_says(gray):
    generator = trained("pix2pix")
    reference, x, skips = Reference(generator), gray, []
    for level in range(1, 7):
        x = reference.conv(leaky(x) if level > 1 else x, f"down{level}", 2)
        skips.append(x)
    for level in range(5, 0, -1):
        x = np.concatenate([skips[level - 1], reference.transposed_conv(relu(x), f"up{level}")], axis=-1)
    expected = np.tanh(reference.transposed_conv(relu(x), "out"))
    assert np.std(expected) > 0.05
    np.testing.assert_allclose(generator(gray)["color"], expected, atol=1e-4)


def test_uresnet_is_a_u_net_with_residual_blocks(gray):
    generator = trained("uresnet")
    reference, x, skips = Reference(generator), gray, []
    for level in range(1, 7):
        x = leaky(reference.conv(x, f"down{level}", 2, mode="reflect"))
        if level < 6:
            y = leaky(reference.conv(x, f"down{level}_residual1", 1, mode="reflect"))
            x = x + reference.conv(y, f"down{level}_residual2", 1, mode="reflect")
        skips.append(x)
    for level in range(5, 0, -1):
        x = np.concatenate([skips[level - 1], leaky(reference.upsampled_conv(x, f"up{level}"))], axis=-1)
    expected = np.tanh(reference.upsampled_conv(x, "out"))
    assert np.std(expected) > 0.05
    np.testing.assert_allclose(generator(gray)["color"], expected, atol=1e-4)


def test_the_critic_computes_what_pix2pix_s_paper_says(rng, gray):
    critic = build_patch_critic("testing")
    randomize(critic)
    image = rng.uniform(-1, 1, (2, SIDE, SIDE, 3)).astype("float32")
    reference, x = Reference(critic), np.concatenate([gray, image], axis=-1)
    for level, stride in ((1, 2), (2, 2), (3, 2), (4, 1)):
        x = leaky(reference.conv(x, f"block{level}", stride))
    expected = reference.conv(x, "final", 1)
    assert expected.shape == (2, SIDE // 8 - 2, SIDE // 8 - 2, 1)
    np.testing.assert_allclose(critic({"gray": gray, "image": image}), expected, atol=1e-4)


# === Use ===


@each_architecture
def test_the_inference_model_computes_the_same(gray, architecture):
    generator = trained(architecture)
    model = build_inference_model(generator, SIDE, saliency=True)
    assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in model.layers)
    for name, expected in generator(gray).items():
        np.testing.assert_allclose(model(gray)[name], expected, atol=1e-4)


@each_architecture
def test_a_file_of_it_colorizes_photos(rng, tmp_path, architecture):
    generator = trained(architecture)
    generator.save(tmp_path / "generator.keras")
    photo = rng.integers(0, 256, (50, 70), np.uint8)
    colorized = Colorizer(tmp_path / "generator.keras").colorize(photo)
    assert colorized.shape == (50, 70, 3)
    np.testing.assert_array_equal(colorized, Colorizer(generator).colorize(photo))
    assert np.ptp(colorized, axis=-1).max() > 5


@pytest.mark.parametrize("build", [*BUILDERS.values(), build_patch_critic])
def test_unknown_options_are_errors(build):
    with pytest.raises(ValueError, match="`preset` must be one of"):
        build("huge")
    wrong = {"norm": "layer"} if build is build_patch_critic else {"depth": 9}
    with pytest.raises(ValueError, match=f"`{next(iter(wrong))}` must be one of"):
        build("testing", **wrong)
