"""Averages of weights, and batch statistics that suit them."""

import keras
import numpy as np
import pytest
import tiny
from tiny import assert_same_bits, values_of

from keras_scgan.models.layers import BatchNormalization
from keras_scgan.training.averaging import averaged_weights, reestimate_batch_statistics


def test_without_a_moving_average_the_weights_stay_as_they_are():
    model = tiny.build_model()
    before = values_of(model)
    with averaged_weights(model):
        assert_same_bits(values_of(model), before)
    assert_same_bits(values_of(model), before)


def test_batch_statistics_are_the_mean_of_those_of_batches(rng):
    inner = keras.Sequential([keras.Input((4, 4, 3)), BatchNormalization(name="inner")])
    frozen, last = BatchNormalization(trainable=False), BatchNormalization(momentum=0.9)
    network = keras.Sequential([keras.Input((4, 4, 3)), inner, keras.layers.Rescaling(2.0, 1.0), frozen, last])
    batches = rng.normal(1, 3, (5, 2, 4, 4, 3)).astype("float32") * np.array([1, 2, 3], "float32")
    reestimate_batch_statistics(network, batches)

    means, variances = batches.mean(axis=(1, 2, 3)), batches.var(axis=(1, 2, 3))
    norm = inner.get_layer("inner")
    np.testing.assert_allclose(norm.moving_mean, means.mean(axis=0), rtol=1e-4)
    np.testing.assert_allclose(norm.moving_variance, variances.mean(axis=0), rtol=1e-4)
    # The last one sees what the first makes in training: of mean 0 and variance 1, times 2, plus 1.
    np.testing.assert_allclose(last.moving_mean, [1] * 3, atol=1e-3)
    np.testing.assert_allclose(last.moving_variance, [4] * 3, rtol=1e-2)
    np.testing.assert_array_equal(frozen.moving_mean, [0] * 3)
    assert last.momentum == 0.9


def test_a_batch_that_cannot_be_read_leaves_the_momentum_as_it_was():
    norm = BatchNormalization(momentum=0.9)
    network = keras.Sequential([keras.Input((4, 4, 3)), norm])

    def batches():
        yield np.zeros((2, 4, 4, 3), "float32")
        raise OSError("photo.jpg is gone")

    with pytest.raises(OSError, match="is gone"):
        reestimate_batch_statistics(network, batches())
    assert norm.momentum == 0.9
