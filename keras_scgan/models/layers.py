"""The convolution block that every network is made of, and its layers.

Everything here is built of `keras.layers` and `keras.ops`, so that it runs on any Keras backend. The one exception is
a faster kernel for the batch normalisation of the TensorFlow backend.
"""

import keras
from keras import ops

from keras_scgan.models.fast_training import clip
from keras_scgan.photos import color

tf = None
if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

LEAKY_RELU_SLOPE = 0.2
BATCH_NORM_MOMENTUM = 0.9
NORM_EPSILON = 1e-5
KERNEL_STDDEV = 0.02
NORMS = ("batch", "instance", "none")


@keras.saving.register_keras_serializable(package="keras_scgan")
class ReflectionPadding2D(keras.layers.Layer):
    """Pads height and width by reflection at the border pixel, which is not repeated.

    Args:
        padding: int, less than height and width. Pixels added on each side.
    """

    def __init__(self, padding, **kwargs):
        super().__init__(**kwargs)
        self.padding = padding

    def call(self, inputs):
        pad = (self.padding, self.padding)
        return ops.pad(inputs, ((0, 0), pad, pad, (0, 0)), mode="reflect")

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        grown = (None if size is None else size + 2 * self.padding for size in (height, width))
        return (batch, *grown, channels)

    def get_config(self):
        return {**super().get_config(), "padding": self.padding}


@keras.saving.register_keras_serializable(package="keras_scgan")
class UpsampleConv2D(keras.layers.Layer):
    """Nearest-neighbour x2 upsampling, reflection padding of 1 and a 3x3 convolution without bias, as one operation.

    Reflection at the border of an upsampled map repeats its border pixels, so it equals an upsampled map whose
    small original was padded by replication. Upsampling and the 3x3 kernel together are then one transposed
    convolution of stride 2 with a 4x4 kernel: the 3x3 kernel convolved with ones(2, 2). That takes 4/9 of the
    multiplications and no upsampled tensor.

    Args:
        filters: int. Output channels.
        kernel_initializer: initializer of the 3x3 kernel `[3, 3, channels, filters]`.
    """

    def __init__(self, filters, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape):
        self.kernel = self.add_weight(
            shape=(3, 3, input_shape[-1], self.filters), initializer=self.kernel_initializer, name="kernel"
        )

    def call(self, inputs):
        small = ops.pad(inputs, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="symmetric")
        upsampled = ops.conv_transpose(small, self._transposed_kernel(), strides=2, padding="valid")
        batch, height, width, _ = ops.shape(inputs)
        # Not as upsampled[:, 3:-3, 3:-3]: TensorFlow's gradient of that takes several times as long.
        return ops.slice(upsampled, (0, 3, 3, 0), (batch, 2 * height, 2 * width, self.filters))

    def _transposed_kernel(self):
        """`[4, 4, filters, channels]`: the flipped 3x3 kernel convolved with ones(2, 2)."""
        kernel = ops.transpose(ops.flip(ops.convert_to_tensor(self.kernel), axis=(0, 1)), (0, 1, 3, 2))
        for axis in (0, 1):
            before, after = ([(0, 0)] * 4 for _ in range(2))
            before[axis], after[axis] = (1, 0), (0, 1)
            kernel = ops.pad(kernel, before) + ops.pad(kernel, after)
        return kernel

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        return (batch, *(None if size is None else 2 * size for size in (height, width)), self.filters)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


@keras.saving.register_keras_serializable(package="keras_scgan")
class LumaTransplant(keras.layers.Layer):
    """Gives colours the luma of the image that they were predicted for: `[rgb [B, H, W, 3], gray [B, H, W, 1]]`.

    Red, green and blue change by one amount, which leaves the chroma as it is; what then lies outside [-1, 1] is
    clipped.
    """

    def call(self, inputs):
        rgb, gray = inputs
        return color.transplant_luma(rgb, gray, ops.clip)

    def compute_output_shape(self, input_shape):
        return input_shape[0]


@keras.saving.register_keras_serializable(package="keras_scgan")
class ChromaOnLuma(keras.layers.Layer):
    """Colours of a chroma and a luma: `[chroma [B, H, W, 2], gray [B, H, W, 1]]`, both in [-1, 1].

    The chroma is Cb and Cr as `color.chroma` gives them of colours in [-1, 1]. What lies outside [-1, 1] is clipped.
    """

    def call(self, inputs, training=None):
        chroma, gray = inputs
        rgb = gray + ops.matmul(chroma, ops.cast(color.CHROMA_TO_RGB, chroma.dtype))
        return clip(rgb, -1.0, 1.0, training)

    def compute_output_shape(self, input_shape):
        return (*input_shape[0][:-1], 3)


@keras.saving.register_keras_serializable(package="keras_scgan")
class WithOnes(keras.layers.Layer):
    """An image and a channel of ones: a convolution that pads by zeros then knows what is inside."""

    def call(self, inputs):
        return ops.concatenate([inputs, ops.ones_like(inputs[..., :1])], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + 1)


@keras.saving.register_keras_serializable(package="keras_scgan")
class FrozenBatchNormalization(keras.layers.BatchNormalization):
    """Batch normalisation by the statistics that it has, in training too."""

    def call(self, inputs, training=None, mask=None):
        return super().call(inputs, training=False)


@keras.saving.register_keras_serializable(package="keras_scgan")
class BatchNormalization(keras.layers.BatchNormalization):
    """Keras's batch normalisation over the last axis, with the statistics of all replicas under TensorFlow.

    A single TensorFlow replica trains with the fused kernel, which reads its input a few times less: on a CPU that
    saves a fifth of a whole training step or more.
    """

    def __init__(self, **kwargs):
        super().__init__(synchronized=tf is not None, **kwargs)

    def get_config(self):
        config = super().get_config()
        del config["synchronized"]
        return config

    def call(self, inputs, training=None):
        if not training or not self.trainable or not _is_single_tensorflow_replica():
            return super().call(inputs, training=training)
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs, self.gamma, self.beta, epsilon=self.epsilon, is_training=True
        )
        samples = ops.cast(ops.size(inputs) // inputs.shape[-1], variance.dtype)
        variance *= (samples - 1) / samples  # the kernel corrects the bias, Keras does not
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + value * (1.0 - self.momentum))
        return outputs


def _is_single_tensorflow_replica():
    return tf is not None and tf.distribute.get_strategy().num_replicas_in_sync == 1


@keras.saving.register_keras_serializable(package="keras_scgan")
class SpectralConv2D(keras.layers.Layer):
    """A convolution without bias or padding whose kernel is divided by its largest singular value when it is used.

    The kernel, as the matrix `[kh * kw * channels, filters]`, is followed by one power iteration at each call with
    `training=True`. The stored kernel stays as the optimizer left it and the gradient sees the division, unlike with
    `keras.layers.SpectralNormalization`, which writes the normalised kernel back and takes its norm for a constant.

    Args:
        filters: int. Output channels.
        kernel_size: int. Height and width of the kernel.
        strides: int. Defaults to 1.
        kernel_initializer: initializer of the kernel.

    Reference:
        [Spectral Normalization for Generative Adversarial Networks](https://arxiv.org/abs/1802.05957).
    """

    def __init__(self, filters, kernel_size, strides=1, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape):
        self.kernel = self.add_weight(
            shape=(self.kernel_size, self.kernel_size, input_shape[-1], self.filters),
            initializer=self.kernel_initializer,
            autocast=False,
            name="kernel",
        )
        self.singular_vector = self.add_weight(
            shape=(self.filters, 1),
            initializer="random_normal",
            trainable=False,
            autocast=False,
            aggregation="only_first_replica",
            name="singular_vector",
        )

    def call(self, inputs, training=False):
        matrix = ops.reshape(self.kernel, (-1, self.filters))
        frozen = ops.stop_gradient(matrix)
        right = ops.convert_to_tensor(self.singular_vector)
        left = _unit(ops.matmul(frozen, right))
        if training:
            right = _unit(ops.matmul(ops.transpose(frozen), left))
            self.singular_vector.assign(right)
        sigma = ops.sum(left * ops.matmul(matrix, right))
        kernel = ops.cast(self.kernel / sigma, self.compute_dtype)
        return ops.conv(inputs, kernel, strides=self.strides, padding="valid")

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        sizes = (None if size is None else (size - self.kernel_size) // self.strides + 1 for size in (height, width))
        return (batch, *sizes, self.filters)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


def _unit(vector):
    return vector / (ops.norm(vector) + 1e-12)


def conv_block(
    x,
    filters,
    *,
    name,
    kernel_size=3,
    strides=1,
    padding=None,
    upsample=False,
    norm="batch",
    activation="leaky_relu",
    spectral_normalization=False,
):
    """(Nearest x2,) reflection padding, convolution without bias, norm, activation: the block of every network.

    Args:
        x: Keras tensor `[B, H, W, C]`.
        filters: int. Output channels.
        name: string. Prefix of the layers' names.
        kernel_size: int. Height and width of the kernel.
        strides: int. Stride of the convolution.
        padding: int. Pixels of reflection on each side. Defaults to `(kernel_size - 1) // 2`.
        upsample: bool. Double height and width before the (3x3) convolution.
        norm: one of `NORMS`. `"instance"` normalises each channel of each sample.
        activation: `"leaky_relu"` (slope 0.2), or the name of an output activation, computed in float32.
        spectral_normalization: bool. Divide the kernel by its largest singular value.

    Returns:
        Keras tensor `[B, H', W', filters]`.

    Raises:
        ValueError: `norm` is unknown.
    """
    if norm not in NORMS:
        raise ValueError(f"`norm` must be one of {NORMS}. Received: norm={norm!r}")
    common = {"kernel_initializer": keras.initializers.RandomNormal(stddev=KERNEL_STDDEV), "name": f"{name}_conv"}
    if upsample:
        x = UpsampleConv2D(filters, **common)(x)
    else:
        padding = (kernel_size - 1) // 2 if padding is None else padding
        x = ReflectionPadding2D(padding, name=f"{name}_pad")(x)
        if spectral_normalization:
            x = SpectralConv2D(filters, kernel_size, strides, **common)(x)
        else:
            x = keras.layers.Conv2D(filters, kernel_size, strides, use_bias=False, **common)(x)
    if norm == "batch":
        x = BatchNormalization(momentum=BATCH_NORM_MOMENTUM, epsilon=NORM_EPSILON, name=f"{name}_norm")(x)
    elif norm == "instance":
        x = keras.layers.GroupNormalization(groups=-1, epsilon=NORM_EPSILON, name=f"{name}_norm")(x)
    if activation == "leaky_relu":
        return keras.layers.LeakyReLU(LEAKY_RELU_SLOPE, name=f"{name}_relu")(x)
    return keras.layers.Activation(activation, dtype="float32", name=f"{name}_{activation}")(x)
