"""Checkpoints by PyTorch name, made of NumPy arrays, become our networks."""

import keras
import numpy as np
import pytest

from keras_scgan.models import build_generator, build_vgg16_gray, pytorch
from keras_scgan.models.pytorch import build_from_pytorch


def tensors_of(model):
    """The checkpoint that a network with random statistics and biases would come from."""
    rng = np.random.default_rng(0)
    shapes = {
        name: pytorch._pytorch_shape(name, weight.shape) for name, weight in pytorch._pytorch_names(model).items()
    }
    tensors = {name: rng.uniform(0.5, 1.5, shape).astype("float32") for name, shape in shapes.items()}
    counters = {name.replace("running_mean", "num_batches_tracked"): np.array(7) for name in tensors}
    return tensors | {name: count for name, count in counters.items() if name.endswith("tracked")}


@pytest.fixture(scope="module")
def generator_tensors():
    return tensors_of(build_generator("testing"))


@pytest.fixture(scope="module")
def vgg16_tensors():
    return tensors_of(build_vgg16_gray("testing"))


def weights_by_path(model):
    return {weight.path: weight.numpy() for weight in model.weights}


def assert_same_weights(model, other):
    expected = weights_by_path(other)
    assert weights_by_path(model).keys() == expected.keys()
    for path, weight in weights_by_path(model).items():
        np.testing.assert_allclose(weight, expected[path], rtol=1e-5, err_msg=path)


# === Which network it is ===


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"saliency": False},
        {"global_features": False},
        {"depth": 7},
        {"depth": 6, "saliency": False, "global_features": False},
    ],
)
def test_generator_is_read_off_its_tensors(options):
    expected = build_generator("testing", **options)
    model = build_from_pytorch(tensors_of(expected))
    assert [weight.shape for weight in model.weights] == [weight.shape for weight in expected.weights]
    assert model.output.keys() == expected.output.keys()


def test_preset_is_read_off_the_width():
    model = build_from_pytorch(tensors_of(build_vgg16_gray("small")))
    assert model.name == "global_features"
    assert model.output.shape[-1] == 8 * 16


def test_vgg16_gray_classifier_flattens_features_as_pytorch_does():
    expected = build_vgg16_gray("testing", classes=3, image_size=96)
    tensors = tensors_of(expected)
    rng = np.random.default_rng(1)
    for name in ("classifier.0.weight", "classifier.3.weight", "classifier.6.weight"):
        tensors[name] = rng.normal(0, 0.05, tensors[name].shape).astype("float32")
    model = build_from_pytorch(tensors)
    assert model.input_shape == (None, 96, 96, 1)

    gray = rng.uniform(-1, 1, (2, 96, 96, 1)).astype("float32")
    x = model.get_layer("global_features")(gray).numpy()
    assert x.shape[1:3] == (3, 3)
    x = x.transpose(0, 3, 1, 2).reshape(2, -1)
    for layer in ("classifier.0", "classifier.3", "classifier.6"):
        x = x @ tensors[f"{layer}.weight"].T + tensors[f"{layer}.bias"]
        x = x if layer == "classifier.6" else np.maximum(x, 0)
    np.testing.assert_allclose(model(gray), x, rtol=1e-4)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras reading weights from HDF5
def test_imported_model_is_saved_and_loaded(vgg16_tensors, tmp_path):
    model = build_from_pytorch(vgg16_tensors)
    model.save(tmp_path / "model.keras")
    assert_same_weights(keras.models.load_model(tmp_path / "model.keras"), model)


# === Names and layouts ===


def test_names_are_those_of_the_authors():
    shapes = {
        name: pytorch._pytorch_shape(name, weight.shape)
        for model in (build_generator("testing"), build_vgg16_gray("testing", classes=10, image_size=64))
        for name, weight in pytorch._pytorch_names(model).items()
    }
    assert len(shapes) == 170 + 66 + 6
    for name, shape in {
        "down1.conv2d.weight": (4, 1, 7, 7),
        "down7.norm.running_var": (32,),
        "up6.conv2d.conv2d.weight": (16, 64, 3, 3),
        "up6.conv2d.norm.bias": (16,),
        "up9.conv2d.weight": (3, 8, 3, 3),
        "attention_prediction_network.conv12.conv2d.norm.weight": (8,),
        "attention_prediction_network.conv3.conv2d.weight": (8, 8, 3, 3),
        "attention_prediction_network.final.conv2d.weight": (1, 8, 3, 3),
        "global_feature_network.pool5.norm.running_mean": (32,),
        "pool5.norm.running_mean": (32,),
        "classifier.0.weight": (256, 32 * 2 * 2),
        "classifier.6.bias": (10,),
    }.items():
        assert shapes[name] == shape, name


def test_prefix_of_data_parallel_is_taken_off(vgg16_tensors):
    model = build_from_pytorch({f"module.{name}": tensor for name, tensor in vgg16_tensors.items()})
    assert_same_weights(model, build_from_pytorch(vgg16_tensors))


def test_spectral_normalisation_is_divided_out(vgg16_tensors):
    tensors, expected = dict(vgg16_tensors), dict(vgg16_tensors)
    for name in [name for name in tensors if name.endswith(".conv2d.weight")]:
        kernel = tensors.pop(name)
        left, singular_values, right = np.linalg.svd(kernel.reshape(len(kernel), -1))
        stem = name.removesuffix("weight") + "module.weight"
        tensors |= {f"{stem}_bar": kernel, f"{stem}_u": left[:, 0], f"{stem}_v": right[0]}
        expected[name] = kernel / singular_values[0]
    assert_same_weights(build_from_pytorch(tensors), build_from_pytorch(expected))


def test_bias_before_a_norm_is_folded_into_its_mean(vgg16_tensors):
    tensors = vgg16_tensors | {"conv1_2.conv2d.bias": np.arange(4, dtype="float32")}
    norm = build_from_pytorch(tensors).get_layer("conv1_2_norm")
    x = np.random.default_rng(0).normal(size=(5, 1, 1, 4)).astype("float32")
    statistics = (tensors[f"conv1_2.norm.{name}"] for name in ("running_mean", "running_var", "weight", "bias"))
    mean, variance, scale, offset = statistics
    expected = (x + tensors["conv1_2.conv2d.bias"] - mean) / np.sqrt(variance + 1e-5) * scale + offset
    np.testing.assert_allclose(norm(x), expected, rtol=1e-5, atol=1e-5)


def test_first_bias_of_vgg16_gray_is_left_out_loudly(vgg16_tensors, caplog):
    tensors = vgg16_tensors | {"conv1_1.conv2d.bias": np.array([0, 0, -0.25, 0], "float32")}
    with caplog.at_level("WARNING", logger="absl"):
        model = build_from_pytorch(tensors)
    assert "conv1_1.conv2d.bias (at most 0.25) is left out" in caplog.text
    assert_same_weights(model, build_from_pytorch(vgg16_tensors))


# === Refusals ===


def without(tensors, *names):
    return {name: tensor for name, tensor in tensors.items() if name not in names}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda t: t | {"extra.weight": np.zeros(1), "up9.conv2d.bias": np.zeros(3)},
            "unknown: extra.weight, up9.conv2d.bias",
        ),
        (
            lambda t: without(t, "up8.conv2d.norm.bias", "down2.conv2d.weight"),
            "missing: down2.conv2d.weight, up8.conv2d.norm.bias",
        ),
        (lambda t: without(t, "down9.conv2d.weight"), "missing: down9.conv2d.weight"),
        (lambda t: without(t, "down1.conv2d.weight"), "down1.conv2d.weight must be there"),
        (lambda t: t | {"down3.norm.bias": np.zeros(5)}, r"down3.norm.bias \(5,\), expected \(16,\)"),
        (lambda t: t | {"down3.norm.bias": np.full(16, np.nan)}, "not finite: down3.norm.bias"),
        (lambda t: t | {"down1.conv2d.weight": np.zeros((5, 1, 7, 7))}, "width of a preset"),
        (lambda t: without(t, "up9.conv2d.weight") | {"x": np.zeros(1)}, "unknown: x; missing: up9.conv2d.weight"),
        (lambda t: {"features.0.weight": np.zeros(3)}, "Received: 1 tensors, the first of them features.0.weight"),
        (lambda t: {}, "Received: 0 tensors"),
    ],
)
def test_generator_tensors_that_do_not_fit_are_listed(generator_tensors, change, message):
    with pytest.raises(ValueError, match=message):
        build_from_pytorch(change(generator_tensors))


@pytest.mark.parametrize(
    ("spectral", "message"),
    [
        (
            {"weight_bar": np.ones((4, 1, 3, 3))},
            "missing: conv1_1.conv2d.module.weight_u, conv1_1.conv2d.module.weight_v",
        ),
        ({"weight_bar": np.ones((4, 1, 3, 3)), "weight_u": np.ones(9), "weight_v": np.ones(4)}, r"a \(4, 9\) matrix"),
        ({"weight_bar": np.zeros((4, 1, 3, 3)), "weight_u": np.ones(4), "weight_v": np.ones(9)}, "must be positive"),
    ],
)
def test_spectral_normalisation_that_does_not_fit_is_named(vgg16_tensors, spectral, message):
    tensors = without(vgg16_tensors, "conv1_1.conv2d.weight")
    with pytest.raises(ValueError, match=message):
        build_from_pytorch(tensors | {f"conv1_1.conv2d.module.{leaf}": value for leaf, value in spectral.items()})


def test_classifier_without_its_last_layer_is_refused():
    tensors = tensors_of(build_vgg16_gray("testing", classes=3, image_size=64))
    with pytest.raises(ValueError, match=r"classifier.6.weight must be there"):
        build_from_pytorch(without(tensors, "classifier.6.weight"))


def test_vgg16_with_max_pooling_is_refused(vgg16_tensors):
    with pytest.raises(ValueError, match=r"missing: pool5.conv2d.weight, pool5.norm.bias"):
        build_from_pytorch({name: tensor for name, tensor in vgg16_tensors.items() if "pool5" not in name})


# === Files ===


def saved(torch, path, content):
    torch.save(content, path)
    return path


def test_checkpoint_is_read_from_a_state_dict_or_from_under_a_key(tmp_path):
    torch = pytest.importorskip("torch")
    state = {"half": torch.tensor([0.5], dtype=torch.bfloat16), "counter": torch.tensor(3)}
    for content in (state, {"state_dict": state, "epoch": 3}, {"model": state}):
        tensors = pytorch.read_checkpoint(saved(torch, tmp_path / "x.pth", content))
        assert tensors.keys() == state.keys()
        assert tensors["half"].dtype == "float32"
        assert tensors["half"] == 0.5
        assert tensors["counter"] == 3


def test_files_that_hold_no_state_dict_are_refused(tmp_path):
    torch = pytest.importorskip("torch")
    path = saved(torch, tmp_path / "x.pth", torch.nn.Conv2d(1, 1, 3))
    with pytest.raises(ValueError, match="pickles Python objects"):
        pytorch.read_checkpoint(path)
    for content in ([torch.zeros(1)], {"weight": 3}, {0: torch.zeros(1)}):
        with pytest.raises(ValueError, match="expected a dict of tensors by name"):
            pytorch.read_checkpoint(saved(torch, path, content))
    whole = saved(torch, path, {"weight": torch.zeros(100)}).read_bytes()
    for torn in (whole[: len(whole) // 2], b"", b"hello, no checkpoint at all"):
        path.write_bytes(torn)
        with pytest.raises(ValueError, match="damaged"):
            pytorch.read_checkpoint(path)
    with pytest.raises(FileNotFoundError):
        pytorch.read_checkpoint(tmp_path / "none.pth")
