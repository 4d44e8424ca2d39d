"""A depthwise convolution that is trained on CPUs in a fraction of the time."""

import keras
from keras import ops

tf = None
if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

_BLOCK = 3


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
            tf is not None
            and not tf.config.list_logical_devices("GPU")
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
