"""EfficientNet-Lite: its sizes, its features, and its weights from PyTorch."""

import pathlib

import keras
import numpy as np
import pytest

from keras_scgan.models import build_efficientnet_lite, build_encoder
from keras_scgan.models.pytorch import build_from_pytorch

FILE = pathlib.Path(__file__).parents[3] / "shared" / "models" / "efficientnet_lite0.keras"
BLOCKS = (  # of version 0: kernel size, stride, expansion, filters
    (3, 1, 1, 16),
    *((3, 2, 6, 24), (3, 1, 6, 24)),
    *((5, 2, 6, 40), (5, 1, 6, 40)),
    *((3, 2, 6, 80), (3, 1, 6, 80), (3, 1, 6, 80)),
    *((5, 1, 6, 112), (5, 1, 6, 112), (5, 1, 6, 112)),
    *((5, 2, 6, 192), (5, 1, 6, 192), (5, 1, 6, 192), (5, 1, 6, 192)),
    (3, 1, 6, 320),
)
CLASSES = 5


def image_of(size, seed=0):
    return np.random.default_rng(seed).uniform(0, 255, (2, *size, 3)).astype("float32")


@pytest.fixture(scope="module")
def tensors():
    """A made-up checkpoint of version 0, with batch statistics by which activations keep their size."""
    rng = np.random.default_rng(0)
    tensors = {}

    def add_conv(conv, norm, filters, channels, kernel_size):
        shape = (filters, channels, kernel_size, kernel_size)
        tensors[f"{conv}.weight"] = rng.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape)
        for leaf, low, high in (
            ("weight", 0.5, 1.5),
            ("bias", -0.5, 0.5),
            ("running_mean", -0.5, 0.5),
            ("running_var", 0.5, 1.5),
        ):
            tensors[f"{norm}.{leaf}"] = rng.uniform(low, high, filters)
        tensors[f"{norm}.num_batches_tracked"] = np.array(7)

    add_conv("_conv_stem", "_bn0", 32, 3, 3)
    channels = 32
    for i, (kernel_size, _, expansion, filters) in enumerate(BLOCKS):
        block = f"_blocks.{i}."
        inner = expansion * channels
        if expansion > 1:
            add_conv(f"{block}_expand_conv", f"{block}_bn0", inner, channels, 1)
        add_conv(f"{block}_depthwise_conv", f"{block}_bn1", inner, 1, kernel_size)
        add_conv(f"{block}_project_conv", f"{block}_bn2", filters, inner, 1)
        channels = filters
    add_conv("_conv_head", "_bn1", 1280, channels, 1)
    tensors |= {"_fc.weight": rng.normal(0, 0.05, (CLASSES, 1280)), "_fc.bias": rng.normal(0, 1, CLASSES)}
    return {name: np.asarray(tensor, "float32") for name, tensor in tensors.items()}


def logits_by_numpy(tensors, image):
    """What version 0 computes, from the tensors as PyTorch has them."""

    def conv_norm(x, conv, norm, stride=1):
        kernel = tensors[f"{conv}.weight"]
        side = kernel.shape[-1]
        padding = [max((-(-length // stride) - 1) * stride + side - length, 0) for length in x.shape[2:]]
        x = np.pad(x, [(0, 0), (0, 0), *((total // 2, total - total // 2) for total in padding)])
        windows = np.lib.stride_tricks.sliding_window_view(x, (side, side), (2, 3))[:, :, ::stride, ::stride]
        if "depthwise" in conv:
            x = np.einsum("bchwij,cij->bchw", windows, kernel[:, 0])
        else:
            x = np.tensordot(windows, kernel, ((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2)
        scale, offset, mean, variance = (
            tensors[f"{norm}.{leaf}"][:, None, None] for leaf in ("weight", "bias", "running_mean", "running_var")
        )
        return (x - mean) / np.sqrt(variance + 1e-3) * scale + offset

    def relu6(x):
        return np.clip(x, 0, 6)

    x = relu6(conv_norm((image.transpose(0, 3, 1, 2) - 127) / 128, "_conv_stem", "_bn0", 2))
    for i, (_, stride, expansion, _) in enumerate(BLOCKS):
        inputs, block = x, f"_blocks.{i}."
        if expansion > 1:
            x = relu6(conv_norm(x, f"{block}_expand_conv", f"{block}_bn0"))
        x = relu6(conv_norm(x, f"{block}_depthwise_conv", f"{block}_bn1", stride))
        x = conv_norm(x, f"{block}_project_conv", f"{block}_bn2")
        if x.shape == inputs.shape:
            x = x + inputs
    x = relu6(conv_norm(x, "_conv_head", "_bn1")).mean((2, 3))
    return x @ tensors["_fc.weight"].T + tensors["_fc.bias"]


# === The network ===


@pytest.mark.parametrize(
    ("version", "parameters"),
    [(0, 4_694_024), (1, 5_470_344), (2, 6_150_168), (3, 8_273_768), (4, 13_118_936)],
)
def test_parameters_of_each_version_are_those_of_the_authors(version, parameters):
    model = build_efficientnet_lite(version)
    assert model.count_params() == parameters
    assert model.name == f"efficientnet_lite{version}"


def test_a_version_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match=r"one of \(0, 1, 2, 3, 4\). Received: version=5"):
        build_efficientnet_lite(5)


def test_images_of_any_size_give_features_by_name_and_logits():
    model = build_efficientnet_lite(classes=CLASSES)
    assert model.output_shape == (None, CLASSES)
    names = [f"stride{2**i}_features" for i in range(1, 6)]
    features = keras.Model(model.input, [model.get_layer(name).output for name in names])
    shapes = [(2, -(-50 // 2**i), -(-70 // 2**i)) for i in range(1, 6)]
    expected = [(*shape, channels) for shape, channels in zip(shapes, (16, 24, 40, 112, 1280), strict=True)]
    assert [value.shape for value in features(image_of((50, 70)))] == expected


def test_it_is_an_encoder():
    encoder = build_encoder(build_efficientnet_lite(classes=CLASSES))
    features = encoder(np.zeros((1, 64, 64, 1), "float32"))
    assert [value.shape for value in features] == [(1, 16, 16, 24), (1, 8, 8, 40), (1, 4, 4, 112), (1, 2, 2, 320)]


@pytest.mark.skipif(not FILE.is_file(), reason=f"{FILE} is absent")
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras reading weights from HDF5
def test_weights_of_a_trained_network_give_its_logits():
    trained = keras.models.load_model(FILE)
    model = build_efficientnet_lite()
    for layer in model.layers:
        if layer.weights:
            layer.set_weights(trained.get_layer(layer.name).get_weights())
    for size in ((224, 224), (97, 150)):
        image = image_of(size)
        np.testing.assert_allclose(model(image), trained(image), rtol=0, atol=1e-4)


# === From PyTorch ===


@pytest.mark.parametrize("size", [(64, 64), (45, 70)])
def test_a_checkpoint_gives_its_logits(tensors, size):
    model = build_from_pytorch(tensors)
    image = image_of(size)
    expected = logits_by_numpy(tensors, image)
    assert expected.std() > 0.1
    np.testing.assert_allclose(model(image), expected, rtol=0, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"_blocks.3._se_reduce.bias": np.zeros(4)},
            "network `efficientnet_lite0`: unknown: _blocks.3._se_reduce.bias",
        ),
        ({"_blocks.3._bn0.bias": None, "_conv_stem.weight": None}, "missing: _blocks.3._bn0.bias, _conv_stem.weight"),
        (
            {"_blocks.1._depthwise_conv.weight": np.zeros((1, 96, 3, 3))},
            r"_blocks.1._depthwise_conv.weight \(1, 96, 3, 3\), expected \(96, 1, 3, 3\)",
        ),
        ({"_bn1.running_var": np.full(1280, np.nan)}, "not finite: _bn1.running_var"),
        ({"_conv_head.weight": np.zeros((1280, 328, 1, 1))}, r"\(21, 320\), .* Received: \(16, 328\)"),
        ({"_blocks.16._bn0.bias": np.zeros(9)}, r"Received: \(17, 320\)"),
        ({"_fc.weight": None}, "_fc.weight must be there"),
    ],
)
def test_tensors_that_do_not_fit_are_listed(tensors, change, message):
    changed = {name: tensor for name, tensor in (tensors | change).items() if tensor is not None}
    with pytest.raises(ValueError, match=message):
        build_from_pytorch(changed)
