"""Each layer computes what its plain form, NumPy or Keras's own layer does, and so do its gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from keras_scgan.models.layers import (
    BatchNormalization,
    ReflectionPadding2D,
    SpectralConv2D,
    UpsampleConv2D,
    conv_block,
)


def normal(rng, *shape):
    return rng.normal(size=shape).astype("float32")


def test_reflection_padding_is_that_of_numpy(rng):
    images = normal(rng, 2, 5, 4, 3)
    expected = np.pad(images, ((0, 0), (3, 3), (3, 3), (0, 0)), mode="reflect")
    layer = ReflectionPadding2D(3)
    np.testing.assert_array_equal(layer(images), expected)
    assert layer.compute_output_shape(images.shape) == expected.shape


# === UpsampleConv2D ===


def plain_upsample_conv(images, kernel):
    """In the three steps that the layer takes at once."""
    upsampled = ops.repeat(ops.repeat(images, 2, axis=1), 2, axis=2)
    padded = ops.pad(upsampled, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    return ops.conv(padded, kernel, padding="valid")


@pytest.mark.parametrize("size", [(1, 1), (1, 4), (5, 3), (4, 6)])
def test_upsample_conv_is_its_three_steps_and_so_are_its_gradients(rng, size):
    images = tf.constant(normal(rng, 2, *size, 3))
    layer = UpsampleConv2D(4)
    layer.build(images.shape)
    weights = normal(rng, 2, 2 * size[0], 2 * size[1], 4)  # tells the pixels of the output apart
    values = []
    for function in (layer, lambda images: plain_upsample_conv(images, layer.kernel)):
        with tf.GradientTape() as tape:
            tape.watch(images)
            outputs = function(images)
            loss = ops.sum(weights * outputs)
        values.append((outputs, *tape.gradient(loss, [images, layer.kernel.value])))
    for value, expected in zip(*values, strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-5)
    assert layer.kernel.shape == (3, 3, 3, 4)
    assert layer.compute_output_shape(images.shape) == weights.shape


def test_upsample_conv_takes_sizes_that_are_unknown_until_it_runs(rng):
    layer = UpsampleConv2D(4)
    layer.build((None, None, None, 3))
    function = tf.function(layer, input_signature=[tf.TensorSpec((None, None, None, 3))])
    for shape in ((1, 5, 2, 3), (2, 3, 7, 3)):
        images = normal(rng, *shape)
        np.testing.assert_allclose(function(images), plain_upsample_conv(images, layer.kernel), atol=1e-5)


# === BatchNormalization ===


@pytest.fixture(params=["float32", "mixed_bfloat16"])
def batch_norms(request):
    """Ours and Keras's, with the same weights, and the tolerance of their computations."""
    pair = [kind(epsilon=1e-3, dtype=request.param) for kind in (BatchNormalization, keras.layers.BatchNormalization)]
    for layer in pair:
        layer.build((None, None, None, 3))
        layer.gamma.assign([0.5, 1.0, 2.0])
        layer.beta.assign([0.1, 0.2, 0.3])
    return *pair, 1e-5 if request.param == "float32" else 0.03


def first_and_second_gradients(layer, inputs, weights):
    """Outputs in training; gradients of a weighted sum of them; and gradients of the first of these gradients."""
    variables = [layer.gamma.value, layer.beta.value]
    with tf.GradientTape() as outer:
        outer.watch(inputs)
        with tf.GradientTape() as inner:
            inner.watch(inputs)
            outputs = layer(inputs, training=True)
            loss = ops.sum(weights * ops.cast(outputs, "float32"))
        first = inner.gradient(loss, [inputs, *variables])
        penalty = ops.sum(ops.square(first[0]))
    second = outer.gradient(penalty, [inputs, layer.gamma.value])
    return [outputs, *first, *second]


def test_batch_normalization_trains_like_that_of_keras(rng, batch_norms):
    ours, keras_own, tolerance = batch_norms
    for _ in range(2):
        inputs = tf.constant(3 + 2 * normal(rng, 4, 5, 2, 3))
        weights = normal(rng, *inputs.shape)
        results = [first_and_second_gradients(layer, inputs, weights) for layer in (ours, keras_own)]
        for value, expected in zip(*results, strict=True):
            assert value.dtype == expected.dtype
            scale = np.abs(expected).max()
            np.testing.assert_allclose(value / scale, expected / scale, atol=tolerance)
    np.testing.assert_allclose(ours.moving_mean, keras_own.moving_mean, rtol=tolerance)
    np.testing.assert_allclose(ours.moving_variance, keras_own.moving_variance, rtol=tolerance)


def test_batch_normalization_infers_like_that_of_keras_and_so_does_a_frozen_one(rng, batch_norms):
    ours, keras_own, _ = batch_norms
    inputs = normal(rng, 2, 4, 4, 3)
    expected = keras_own(inputs, training=False)
    np.testing.assert_array_equal(ours(inputs, training=False), expected)
    ours.trainable = False
    np.testing.assert_array_equal(ours(inputs, training=True), expected)


def test_config_of_batch_normalization_does_not_say_synchronized():
    layer = BatchNormalization(momentum=0.9, epsilon=1e-5)
    config = layer.get_config()
    assert "synchronized" not in config
    assert BatchNormalization.from_config(config).get_config() == config


# === SpectralConv2D ===


@pytest.fixture
def spectral():
    """A layer whose power iteration has converged, and its kernel as a matrix."""
    layer = SpectralConv2D(5, kernel_size=3, strides=2, kernel_initializer=keras.initializers.RandomNormal(stddev=0.7))
    layer.build((None, None, None, 2))
    matrix = layer.kernel.numpy().reshape(18, 5)
    for _ in range(60):
        layer(np.zeros((1, 3, 3, 2), "float32"), training=True)
    return layer, matrix


def effective_matrix(layer):
    """The kernel that the layer applies, as a matrix: its answers to all unit impulses."""
    return layer(np.eye(18, dtype="float32").reshape(18, 3, 3, 2))[:, 0, 0]


def test_spectral_conv_applies_its_kernel_divided_by_the_largest_singular_value(rng, spectral):
    layer, matrix = spectral
    singular_values = np.linalg.svd(matrix, compute_uv=False)
    np.testing.assert_allclose(effective_matrix(layer), matrix / singular_values[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(layer.kernel.numpy().reshape(18, 5), matrix)

    images = normal(rng, 2, 8, 7, 2)
    outputs = layer(images)
    expected = ops.conv(images, layer.kernel / singular_values[0], strides=2, padding="valid")
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-4)
    assert layer.compute_output_shape(images.shape) == outputs.shape


def test_only_training_moves_the_singular_vector_of_spectral_conv(rng):
    layer = SpectralConv2D(5, kernel_size=3)
    images = normal(rng, 1, 4, 4, 2)
    layer(images)
    before = layer.singular_vector.numpy()
    layer(images, training=False)
    np.testing.assert_array_equal(layer.singular_vector, before)
    layer(images, training=True)
    assert np.abs(layer.singular_vector.numpy() - before).max() > 1e-3


@pytest.mark.parametrize("training", [False, True])
def test_gradient_of_spectral_conv_sees_the_division(rng, spectral, training):
    layer, matrix = spectral
    weights = normal(rng, 18, 5)
    with tf.GradientTape() as tape:
        outputs = layer(np.eye(18, dtype="float32").reshape(18, 3, 3, 2), training=training)[:, 0, 0]
        loss = ops.sum(weights * outputs)
    gradient = tape.gradient(loss, layer.kernel.value)

    def loss_of(matrix):
        return np.sum(weights * matrix) / np.linalg.svd(matrix, compute_uv=False)[0]

    expected = np.zeros_like(matrix, "float64")
    for index in np.ndindex(*matrix.shape):
        step = np.zeros_like(expected)
        step[index] = 1e-4
        expected[index] = (loss_of(matrix + step) - loss_of(matrix - step)) / 2e-4
    np.testing.assert_allclose(ops.reshape(gradient, (18, 5)), expected, rtol=1e-3, atol=1e-3)


# === The block ===


def test_conv_block_is_padding_convolution_norm_and_activation_in_turn(rng):
    images = normal(rng, 2, 8, 6, 3)
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, conv_block(inputs, 4, name="block", kernel_size=5, strides=2, norm="instance"))
    x = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="reflect")
    x = np.asarray(ops.conv(x, model.get_layer("block_conv").kernel, strides=2, padding="valid"))
    x = (x - x.mean((1, 2), keepdims=True)) / np.sqrt(x.var((1, 2), keepdims=True) + 1e-5)
    np.testing.assert_allclose(model(images), np.where(x > 0, x, 0.2 * x), rtol=1e-4, atol=1e-4)


def test_conv_block_names_the_norms_when_it_gets_another():
    with pytest.raises(ValueError, match=r"'batch', 'instance', 'none'.*Received: norm='layer'"):
        conv_block(keras.Input((8, 8, 3)), 4, name="block", norm="layer")


def test_a_model_of_all_layers_comes_back_from_its_file_in_safe_mode(rng, tmp_path):
    x = inputs = keras.Input((None, None, 2))
    x = conv_block(x, 4, name="batch")
    x = conv_block(x, 4, upsample=True, norm="instance", name="instance")
    x = conv_block(x, 1, spectral_normalization=True, norm="none", activation="tanh", name="none")
    model = keras.Model(inputs, x)
    images = normal(rng, 2, 4, 4, 2)
    model(images, training=True)  # moves statistics and vectors from where they start
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(loaded(images), model(images))
    assert [layer.get_config() for layer in loaded.layers] == [layer.get_config() for layer in model.layers]
