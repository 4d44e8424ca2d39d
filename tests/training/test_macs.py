"""Multiplications are counted as by hand."""

import keras
import pytest
import tensorflow as tf

from keras_scgan.models.layers import SpectralConv2D, UpsampleConv2D
from keras_scgan.training.macs import count_macs


def spec(*shape):
    return tf.TensorSpec(shape)


def gradients_of(layer):
    """Function from inputs to all gradients of a layer."""

    def function(inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = tf.reduce_sum(tf.square(layer(inputs)))
        return tape.gradient(loss, [inputs, *layer.trainable_variables])

    return function


CONV = 2 * (4 * 3) * (3 * 3 * 5 * 7)  # images x positions x kernel
UPSAMPLE_CONV = 2 * (10 * 8) * (4 * 4 * 5 * 7)  # of the 8x6 map padded by 1; a plain one takes 192 x 315 an image
DEPTHWISE_CONV = 2 * (4 * 3) * (3 * 3 * 5 * 2)  # two filters a channel
DENSE = 6 * 5 * 7


@pytest.mark.parametrize(
    ("layer", "inputs", "expected"),
    [
        (keras.layers.Conv2D(7, 3, strides=2, padding="same"), spec(2, 8, 6, 5), CONV),
        (UpsampleConv2D(7), spec(2, 8, 6, 5), UPSAMPLE_CONV),
        (
            keras.layers.DepthwiseConv2D(3, strides=2, padding="same", depth_multiplier=2),
            spec(2, 8, 6, 5),
            DEPTHWISE_CONV,
        ),
        (keras.layers.Dense(7), spec(6, 5), DENSE),
    ],
    ids=["convolution", "upsampling convolution", "depthwise convolution", "dense"],
)
def test_backward_takes_twice_the_macs_of_forward(layer, inputs, expected):
    layer.build(inputs.shape)
    assert count_macs(layer, inputs) == count_macs(tf.function(layer), inputs) == expected
    assert count_macs(gradients_of(layer), inputs) == 3 * expected  # forward, to the inputs and to the kernel


def test_a_model_takes_the_macs_of_its_layers():
    inputs = keras.Input((8, 6, 5))
    x = UpsampleConv2D(7)(inputs)
    x = SpectralConv2D(3, kernel_size=4, strides=2)(x)
    model = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Flatten()(x)))
    spectral = 2 * (7 * 5) * (4 * 4 * 7 * 3) + 2 * (4 * 4 * 7 * 3)  # and the two products that give the singular value
    assert count_macs(model, spec(2, 8, 6, 5)) == UPSAMPLE_CONV + spectral + 2 * (7 * 5 * 3) * 2
