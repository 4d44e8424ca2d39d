"""What TensorFlow trains slowly on CPUs, with the same gradients in a fraction of the time.

Layers compute what those of Keras do, on any of its backends. Where they are not trained, their graphs are Keras's too.
"""

import keras
import numpy as np
from keras import ops

tf = None
if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

_BLOCK = 3
_FEW_CHANNELS = 4


def clip(x, low, high, training):
    """`ops.clip`, with a gradient that takes TensorFlow an eighth of the time in training."""
    if not training or tf is None:
        return ops.clip(x, low, high)

    @tf.custom_gradient
    def clip_in_training(x):
        clipped = tf.clip_by_value(x, low, high)
        return clipped, lambda gradient: gradient * tf.cast(tf.equal(x, clipped), gradient.dtype)

    return clip_in_training(x)


# === Depthwise convolution ===


@keras.saving.register_keras_serializable(package="keras_scgan")
class DepthwiseConv2D(keras.layers.DepthwiseConv2D):
    """Keras's depthwise convolution, whose large kernels have their gradients computed in blocks of 3x3.

    In bfloat16 on a CPU, the gradient of a 5x5 kernel takes TensorFlow twenty times as long as that of a 3x3 kernel,
    which is much of a light network's step. In blocks, gradients of 3x3 kernels at shifted inputs, it takes a seventh.
    """

    def call(self, inputs, training=None):
        if not (training and self.trainable and self._is_slow()):
            return super().call(inputs)
        outputs = _depthwise_conv(inputs, ops.convert_to_tensor(self.kernel))
        if self.use_bias:
            outputs = ops.add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def _is_slow(self):
        return (
            _is_tensorflow_on_cpu()
            and self.data_format == "channels_last"
            and min(self.kernel_size) >= _BLOCK < max(self.kernel_size)
            and (self.strides, self.dilation_rate, self.padding) == ((1, 1), (1, 1), "same")
            and self.depth_multiplier == 1
        )


def _depthwise_conv(inputs, kernel):
    """A depthwise convolution of stride 1 that pads by zeros to the same size, with its gradient in blocks."""
    strides = [1, 1, 1, 1]

    @tf.custom_gradient
    def conv(inputs, kernel):
        def backward(gradient):
            of_inputs = tf.nn.depthwise_conv2d_backprop_input(
                tf.shape(inputs), kernel, gradient, strides=strides, padding="SAME"
            )
            return of_inputs, _kernel_gradient(inputs, gradient, kernel.shape)

        return tf.nn.depthwise_conv2d(inputs, kernel, strides=strides, padding="SAME"), backward

    return conv(inputs, tf.identity(kernel))  # a tensor, for variables would need gradients apart


def _kernel_gradient(inputs, gradient, shape):
    height, width, channels, _ = shape
    padding = [((size - 1) // 2, size // 2) for size in (height, width)]
    padded = tf.pad(inputs, ((0, 0), *padding, (0, 0)))
    samples, rows, columns, _ = tf.unstack(tf.shape(inputs))
    size = tf.stack([samples, rows + _BLOCK - 1, columns + _BLOCK - 1, channels])

    def block(row, column):
        return tf.nn.depthwise_conv2d_backprop_filter(
            tf.slice(padded, (0, row, column, 0), size),
            (_BLOCK, _BLOCK, channels, 1),
            gradient,
            strides=[1, 1, 1, 1],
            padding="VALID",
        )

    # The last blocks overlap those before: of what is there already they give nothing.
    starts = [[min(i, length - _BLOCK) for i in range(0, length, _BLOCK)] for length in (height, width)]
    return tf.concat(
        [
            tf.concat([block(row, column)[_new(i, row) :, _new(j, column) :] for j, column in enumerate(starts[1])], 1)
            for i, row in enumerate(starts[0])
        ],
        axis=0,
    )


def _new(i, start):
    """The first row of the `i`-th block that those before have not."""
    return i * _BLOCK - start


# === Bilinear enlargement ===


@keras.saving.register_keras_serializable(package="keras_scgan")
class UpSampling2D(keras.layers.UpSampling2D):
    """Keras's enlargement by whole factors; the gradient of a bilinear one of few channels is two matrix products.

    Unlike Keras's, a bilinear one takes images whose size is unknown until a TensorFlow graph runs.
    """

    def call(self, inputs, training=None):
        shape = inputs.shape[1:]
        if self._is_of_unknown_size(inputs):
            size = tf.shape(inputs)[1:3] * tf.constant(self.size)
            return tf.cast(tf.image.resize(inputs, size), inputs.dtype)
        if not (training and self.interpolation == "bilinear" and _is_tensorflow_on_cpu()):
            return super().call(inputs)
        if self.data_format != "channels_last" or None in shape or shape[-1] > _FEW_CHANNELS:
            return super().call(inputs)
        height, width, channels = shape
        rows, columns = _enlargement(height, self.size[0]), _enlargement(width, self.size[1])
        # Channels are among the columns, so that the large map is not transposed.
        columns = np.kron(columns, np.eye(channels, dtype="float32"))

        def backward(gradient):
            gradient = tf.reshape(gradient, (-1, len(rows), len(columns)))
            small = tf.matmul(tf.cast(rows.T, gradient.dtype), gradient)
            small = tf.reshape(small, (-1, len(columns))) @ tf.cast(columns, gradient.dtype)
            return tf.reshape(small, (-1, *shape))

        return tf.custom_gradient(lambda x: (super(UpSampling2D, self).call(x), backward))(inputs)

    def _is_of_unknown_size(self, inputs):
        return (
            tf is not None
            and self.interpolation == "bilinear"
            and self.data_format == "channels_last"
            and None in inputs.shape[1:3]
        )


def _enlargement(length, factor):
    """`[factor * length, length]` weights by which the pixels of an enlarged row are made of those of the small one."""
    places = np.clip((np.arange(factor * length) + 0.5) / factor - 0.5, 0, length - 1)
    return np.maximum(0, 1 - np.abs(places[:, np.newaxis] - np.arange(length))).astype("float32")


def _is_tensorflow_on_cpu():
    return tf is not None and not tf.config.list_logical_devices("GPU")
