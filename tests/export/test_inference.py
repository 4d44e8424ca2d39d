"""The inference model computes what the generator does, by other operations."""

import keras
import numpy as np
import pytest
from randomized import randomize
from small_encoder import mobile_classifier, randomize_norms, small_pretrained_generator

from keras_scgan import build_generator
from keras_scgan.export import inference
from keras_scgan.export.inference import build_inference_model
from keras_scgan.program.errors import UserError
from keras_scgan.training import precision

SIZE = 64
TOLERANCE = 1e-5


def trained(seed=0, **options):
    """A generator whose weights are all other than they begin, and whose outputs are no constants."""
    generator = build_generator("testing", **{"depth": 6, **options})
    randomize(generator, seed)
    return generator


@pytest.fixture(scope="module")
def generator():
    return trained()


def assert_same_outputs(model, generator, gray, names=("color",)):
    found, expected = model(gray), generator(gray)
    assert set(found) == set(names)
    for name in names:
        assert np.std(expected[name]) > 0.01, name
        np.testing.assert_allclose(found[name], expected[name], atol=TOLERANCE, rtol=0)


@pytest.fixture
def gray(rng):
    return rng.uniform(-1, 1, (2, SIZE, SIZE, 1)).astype("float32")


@pytest.mark.parametrize(
    ("reflect_padding", "quantized", "many_channels"),
    [("slices", False, 1), ("slices", False, 10_000), ("slices", True, 1), ("mirror_pad", False, 1)],
)
def test_outputs_are_the_generators(generator, gray, monkeypatch, reflect_padding, quantized, many_channels):
    monkeypatch.setattr(inference, "_MANY_CHANNELS", many_channels)
    options = {"reflect_padding": reflect_padding, "quantized": quantized}
    model = build_inference_model(generator, SIZE, saliency=True, **options)
    assert_same_outputs(model, generator, gray, ("color", "saliency"))
    has_differences = any(layer.name == "up3_conv_both" for layer in model.layers)
    assert has_differences == (many_channels == 1 and not quantized)


@pytest.mark.parametrize(
    "options",
    [{"saliency": False}, {"global_features": False}, {"depth": 7}, {"keep_luma": True}],
    ids=lambda options: next(iter(options)),
)
def test_generators_of_every_structure_are_taken(rng, options):
    generator = trained(**options)
    gray = rng.uniform(-1, 1, (1, 2 * SIZE, 2 * SIZE, 1)).astype("float32")
    names = set(generator.output)
    assert_same_outputs(build_inference_model(generator, 2 * SIZE, saliency=True), generator, gray, names)


@pytest.mark.parametrize("kind", [keras.layers.Conv2D, keras.layers.DepthwiseConv2D])
def test_norm_after_an_activation_is_not_folded_into_the_convolution_before_it(gray, kind):
    keras.utils.set_random_seed(0)
    image = keras.Input((SIZE, SIZE, 1), name="gray")
    options = {"padding": "same", "activation": "relu", "name": "hidden"}
    x = kind(4, 3, **options)(image) if kind is keras.layers.Conv2D else kind(3, depth_multiplier=4, **options)(image)
    x = keras.layers.BatchNormalization(name="norm")(x)
    generator = keras.Model(image, {"color": keras.layers.Conv2D(3, 1, activation="tanh", name="color")(x)})
    randomize_norms(generator)
    assert_same_outputs(build_inference_model(generator, SIZE), generator, gray)


def test_model_without_a_size_takes_images_that_are_no_squares(generator, rng):
    gray = rng.uniform(-1, 1, (2, SIZE, 3 * SIZE, 1)).astype("float32")
    assert_same_outputs(build_inference_model(generator), generator, gray)


def test_saliency_branch_is_left_out_unless_wanted(generator):
    names = [layer.name for layer in build_inference_model(generator, SIZE).layers]
    assert "up9_conv" in names
    assert not any(name.startswith("saliency") for name in names)


def test_nothing_is_left_that_xnnpack_does_not_run(generator):
    model = build_inference_model(generator, SIZE, saliency=True)
    kinds = {type(layer).__name__ for layer in model.operations}
    assert kinds == {
        *("InputLayer", "Conv2D", "LeakyRelu", "Tanh", "Sigmoid", "GetItem", "Concatenate"),
        *("DepthToSpace", "SpaceToDepth"),
    }


def test_model_is_float32_whatever_the_generators_policy(generator, gray):
    with precision.policy("mixed_bfloat16"):
        mixed = build_generator("testing", depth=6)
        mixed.set_weights(generator.get_weights())
        model = build_inference_model(mixed)
    assert mixed.get_layer("up8_conv").compute_dtype == "bfloat16"
    assert_same_outputs(model, generator, gray)


def test_weights_are_copies(gray):
    generator = trained(seed=1)
    model = build_inference_model(generator)
    before = model(gray)["color"]
    for weight in generator.weights:
        weight.assign(weight * 0)
    np.testing.assert_array_equal(model(gray)["color"], before)


# === Generators on pre-trained encoders ===


@pytest.mark.parametrize("mean", [(127.5, 127.5, 127.5), (127.0, 127.0, 127.0), (124.0, 116.0, 104.0)])
def test_generators_on_pre_trained_encoders_are_taken(gray, mean):
    generator = small_pretrained_generator(classifier=mobile_classifier(mean))
    for size, quantized in ((SIZE, True), (None, False)):
        model = build_inference_model(generator, size, saliency=True, quantized=quantized)
        found, expected = model(gray), generator(gray)
        assert set(found) == {"color", "chroma", "saliency"}
        for name, value in expected.items():
            assert np.std(value) > 0.005, name
            np.testing.assert_allclose(found[name], value, atol=TOLERANCE, rtol=0, err_msg=name)
        assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in model.layers)


def as_generator(build):
    """A model of the layers that `build` makes of grey, with noise for weights."""
    gray = keras.Input((SIZE, SIZE, 1), name="gray")
    generator = keras.Model(gray, {"color": build(gray)})
    rng = np.random.default_rng(0)
    for weight in generator.weights:
        is_factor = weight.path.rpartition("/")[2] in ("gamma", "moving_variance")
        noise = rng.normal(0, np.prod(weight.shape[:-1]) ** -0.5, weight.shape)
        weight.assign(rng.uniform(0.5, 1.5, weight.shape) if is_factor else noise)
    return generator


@pytest.mark.parametrize("size", [3, 5, 7])
@pytest.mark.parametrize("filters", [2, 6])
@pytest.mark.parametrize("strides", [1, 2])
def test_convolutions_of_few_channels_are_what_they_were(gray, size, filters, strides):
    def build(x):
        x = keras.layers.Conv2D(filters, size, strides, padding="same", activation="relu", name="first")(x)
        return keras.layers.Conv2D(3, size, padding="same", name="last")(x)

    generator = as_generator(build)
    for quantized in (False, True):
        assert_same_outputs(build_inference_model(generator, SIZE, quantized=quantized), generator, gray)


@pytest.mark.parametrize("factor", [2, 3])
def test_maps_of_few_channels_are_enlarged_as_they_were(gray, factor):
    def build(x):
        x = keras.layers.Conv2D(2, 3, 4, name="small")(x)
        return keras.layers.UpSampling2D(factor, interpolation="bilinear", name="enlarged")(x)

    generator = as_generator(build)
    model = build_inference_model(generator, SIZE)
    assert not any(isinstance(layer, keras.layers.UpSampling2D) for layer in model.layers)
    assert_same_outputs(model, generator, gray)


@pytest.mark.parametrize(
    ("middle", "quantized", "is_used_elsewhere", "is_one"),
    [(8, False, False, True), (2, False, False, False), (2, True, False, True), (8, True, True, False)],
)
def test_convolutions_of_single_pixels_become_one_where_that_is_faster(
    gray, middle, quantized, is_used_elsewhere, is_one
):
    def build(x):
        x = keras.layers.Conv2D(6, 3, activation="relu", name="before")(x)
        x = keras.layers.Conv2D(middle, 1, use_bias=False, name="first")(x)
        x = keras.layers.BatchNormalization(name="norm")(x)
        y = keras.layers.Conv2D(5, 1, activation="relu", name="second")(x)
        return keras.layers.Concatenate(name="both")([x, y]) if is_used_elsewhere else y

    generator = as_generator(build)
    model = build_inference_model(generator, SIZE, quantized=quantized)
    assert_same_outputs(model, generator, gray)
    names = {layer.name for layer in model.layers}
    assert ("first" not in names) == is_one


def test_norms_are_folded_only_into_what_nothing_else_sees(gray):
    def build(x):
        x = keras.layers.Conv2D(5, 3, padding="same", name="conv")(x)
        return keras.layers.Add(name="sum")([x, keras.layers.BatchNormalization(name="norm")(x)])

    generator = as_generator(build)
    assert_same_outputs(build_inference_model(generator, SIZE), generator, gray)


# === Errors ===


def test_other_layers_are_errors_that_name_them():
    gray = keras.Input((SIZE, SIZE, 1), name="gray")
    x = keras.layers.Conv2D(4, 3, use_bias=False, name="hidden")(gray)
    x = keras.layers.GroupNormalization(groups=-1, name="norm")(x)
    with pytest.raises(UserError, match=r"'norm' \(GroupNormalization\)"):
        build_inference_model(keras.Model(gray, {"color": x}))


def test_unknown_padding_is_an_error(generator):
    with pytest.raises(ValueError, match="reflect_padding='zeros'"):
        build_inference_model(generator, reflect_padding="zeros")
