"""What is trained in less time computes what Keras does, and has the same gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from small_encoder import small_pretrained_generator

from keras_scgan.models.fast_training import DepthwiseConv2D, UpSampling2D, clip


def results_of(layer, x, weights):
    """Outputs in training, and the gradients of a weighted sum of them at the input and at all weights."""
    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
        total = tf.reduce_sum(y * tf.cast(weights, y.dtype))
    variables = layer.trainable_variables
    return [y, *tape.gradient(total, [x, *variables])]


# === Depthwise convolution ===


@pytest.mark.parametrize(
    "options",
    [
        {"kernel_size": 5},
        {"kernel_size": 7, "activation": "relu"},
        {"kernel_size": (4, 6), "use_bias": False},
        {"kernel_size": 9, "use_bias": False},
        {"kernel_size": 3},
        {"kernel_size": 5, "strides": 2},
        {"kernel_size": 5, "padding": "valid"},
        {"kernel_size": 5, "dilation_rate": 2},
        {"kernel_size": 5, "depth_multiplier": 2},
        {"kernel_size": (1, 5)},
    ],
    ids=str,
)
def test_a_depthwise_convolution_and_its_gradients_are_those_of_keras(rng, options):
    options = {"padding": "same", **options}
    ours, theirs = DepthwiseConv2D(**options), keras.layers.DepthwiseConv2D(**options)
    x = rng.normal(size=(3, 12, 10, 4)).astype("float32")
    shape = theirs(x).shape
    ours(x)
    ours.set_weights([rng.normal(size=weight.shape) for weight in theirs.get_weights()])
    theirs.set_weights(ours.get_weights())
    weights = rng.normal(size=shape).astype("float32")
    for found, expected in zip(results_of(ours, x, weights), results_of(theirs, x, weights), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_the_kernels_gradient_is_the_slope_of_the_outputs(rng):
    layer = DepthwiseConv2D(5, padding="same")
    x, weights = (rng.normal(size=(2, 9, 8, 3)).astype("float32") for _ in range(2))
    _, _, gradient, _ = results_of(layer, x, weights)
    kernel, step = layer.get_weights()[0], rng.normal(size=(5, 5, 3, 1)).astype("float32")

    def total(kernel):
        layer.kernel.assign(kernel)
        return np.sum(weights * layer(x).numpy(), dtype="float64")

    slope = total(kernel + step) - total(kernel)  # linear
    np.testing.assert_allclose(np.sum(gradient * step), slope, rtol=1e-4)


def test_in_bfloat16_the_gradient_is_near_that_of_float32_and_in_the_variables_type(rng):
    x, weights = (rng.normal(size=(2, 9, 8, 3)).astype("float32") for _ in range(2))
    layers = [DepthwiseConv2D(5, padding="same", dtype=dtype) for dtype in ("mixed_bfloat16", "float32")]
    layers[0](x), layers[1](x)
    layers[1].set_weights(layers[0].get_weights())
    found, expected = (results_of(layer, x, weights) for layer in layers)
    assert found[0].dtype == tf.bfloat16
    assert found[2].dtype == tf.float32
    np.testing.assert_allclose(found[2], expected[2], atol=0.05 * np.abs(expected[2]).max())


def test_a_graph_of_images_of_any_size_has_the_same_gradients(rng):
    layer = DepthwiseConv2D(5, padding="same")
    layer.build((None, None, None, 3))

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3))] * 2)
    def run(x, weights):
        return results_of(layer, x, weights)[1:]

    for shape in ((1, 4, 7, 3), (2, 1, 2, 3)):
        x, weights = (rng.normal(size=shape).astype("float32") for _ in range(2))
        for found, expected in zip(run(x, weights), results_of(layer, x, weights)[1:], strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


# === Bilinear enlargement ===


@pytest.mark.parametrize(
    ("size", "shape", "interpolation"),
    [
        (4, (2, 5, 7, 2), "bilinear"),
        (2, (3, 8, 6, 1), "bilinear"),
        (3, (1, 4, 4, 4), "bilinear"),
        ((2, 4), (1, 1, 3, 2), "bilinear"),
        (2, (1, 4, 4, 5), "bilinear"),
        (2, (1, 4, 4, 2), "nearest"),
    ],
)
def test_an_enlargement_and_its_gradient_are_those_of_keras(rng, size, shape, interpolation):
    x = rng.normal(size=shape).astype("float32")
    layers = [kind(size, interpolation=interpolation) for kind in (UpSampling2D, keras.layers.UpSampling2D)]
    weights = rng.normal(size=layers[1](x).shape).astype("float32")
    for found, expected in zip(*(results_of(layer, x, weights) for layer in layers), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_an_enlargement_takes_sizes_that_are_unknown_until_it_runs(rng):
    ours, theirs = (kind((2, 4), interpolation="bilinear") for kind in (UpSampling2D, keras.layers.UpSampling2D))

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 2))] * 2)
    def run(x, weights):
        return results_of(ours, x, weights)

    for shape in ((1, 5, 3, 2), (2, 4, 8, 2)):
        x = rng.normal(size=shape).astype("float32")
        weights = rng.normal(size=theirs(x).shape).astype("float32")
        for found, expected in zip(run(x, weights), results_of(theirs, x, weights), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_generators_take_sizes_that_are_unknown_until_they_run(rng):
    generator = small_pretrained_generator()
    for training in (False, True):
        graph = tf.function(
            lambda gray, training=training: generator(gray, training=training),
            input_signature=[tf.TensorSpec((None, None, None, 1))],
        )
        for height, width in ((32, 64), (96, 64)):
            gray = rng.uniform(-1, 1, (1, height, width, 1)).astype("float32")
            found, expected = graph(gray), generator(gray, training=training)
            for name, value in expected.items():
                np.testing.assert_allclose(found[name], value, atol=1e-4, err_msg=name)
                assert found[name].shape == value.shape
    for size in (32, 64, 32):
        gray = rng.uniform(-1, 1, (1, size, size, 1)).astype("float32")
        found, expected = generator.predict(gray, verbose=0), generator(gray)
        np.testing.assert_allclose(found["color"], expected["color"], atol=1e-4)


# === Clipping ===


def test_a_clip_and_its_gradient_are_those_of_keras(rng):
    x = tf.constant([*rng.uniform(-2, 2, 50), -1.0, 1.0], "float32")
    results = []
    for training in (True, False):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = clip(x, -1.0, 1.0, training)
            total = tf.reduce_sum(y**3)
        results.append((y, tape.gradient(total, x)))
    for found, expected in zip(*results, strict=True):
        np.testing.assert_array_equal(found, expected)
    assert 10 < np.count_nonzero(results[0][1]) < 45


# === In models ===


def test_they_are_saved_with_a_model_and_loaded_without_arguments(tmp_path, rng):
    image = keras.Input((None, None, 2))
    x = DepthwiseConv2D(5, padding="same", name="depthwise")(image)
    model = keras.Model(image, UpSampling2D(2, interpolation="bilinear", name="enlarged")(x))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert [type(loaded.get_layer(name)) for name in ("depthwise", "enlarged")] == [DepthwiseConv2D, UpSampling2D]
    x = rng.normal(size=(1, 8, 8, 2)).astype("float32")
    np.testing.assert_array_equal(loaded(x), model(x))


def test_their_graphs_are_those_of_keras_where_they_are_not_trained():
    def operations(depthwise, upsampling):
        image = keras.Input((8, 8, 2))
        x = depthwise(5, padding="same")(image)
        model = keras.Model(image, upsampling(2, interpolation="bilinear")(x))
        graph = tf.function(model).get_concrete_function(tf.TensorSpec((1, 8, 8, 2)), training=False).graph
        return sorted(operation.type for operation in graph.get_operations())

    ours = operations(DepthwiseConv2D, UpSampling2D)
    assert ours == operations(keras.layers.DepthwiseConv2D, keras.layers.UpSampling2D)
