"""Smoothing of the chroma that a generator predicts, which stops at the edges of the luma."""

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="keras_scgan")
class JointBilateralFilter(keras.layers.Layer):
    """Averages chroma over the pixels around each whose luma is alike: `[chroma [B, h, w, 2], luma [B, h, w, 1]]`.

    A network's chroma is noisy from pixel to pixel and blurred where one thing ends and another begins. Its mean over
    pixels of like luma is smooth within things and sharp between them.

    A pixel counts by `max(0, 1 - (d / luma_scale) ** 2) ** 2`, d the difference of its luma, a kernel without an
    exponential function, for small devices. What is outside the picture does not count. All of it is convolutions with
    fixed kernels and arithmetic, fast everywhere.

    Args:
        radius: int. Pixels to each side that the window reaches.
        luma_scale: float. Difference of luma, which is in [-1, 1], from which on pixels do not count.
        passes: int. How often the filter is applied, with the same weights.

    Reference:
        [Bilateral Filtering for Gray and Color Images](https://doi.org/10.1109/ICCV.1998.710815), with the luma to tell
        what is alike as in the [joint bilateral filter](https://doi.org/10.1145/1015706.1015777). The kernel is Tukey's
        biweight.
    """

    def __init__(self, radius=2, luma_scale=0.15, passes=2, **kwargs):
        super().__init__(**kwargs)
        self.radius = radius
        self.luma_scale = luma_scale
        self.passes = passes
        side = 2 * radius + 1
        window = side * side
        center = window // 2
        shifts = np.delete(np.eye(window, dtype=np.float32), center, axis=1)
        self._shifts = shifts.reshape(side, side, 1, window - 1)
        differences = shifts.copy()
        differences[center] = -1.0
        self._differences = differences.reshape(self._shifts.shape) / luma_scale

    def call(self, inputs):
        chroma, luma = inputs
        # Convolutions pad by zeros: from luma of [1, 3], that is too far to count.
        differences = ops.clip(_conv(luma + 2.0, self._differences), -1.0, 1.0)
        weights = ops.square(1.0 - ops.square(differences))
        total = 1.0 + _sum(weights)
        planes = [chroma[..., :1], chroma[..., 1:]]
        for _ in range(self.passes):
            planes = [(plane + _sum(weights * _conv(plane, self._shifts))) / total for plane in planes]
        return ops.concatenate(planes, axis=-1)

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self):
        own = {"radius": self.radius, "luma_scale": self.luma_scale, "passes": self.passes}
        return {**super().get_config(), **own}


def _conv(image, kernel):
    return ops.conv(image, ops.convert_to_tensor(kernel, image.dtype), padding="same")


def _sum(image):
    return ops.sum(image, axis=-1, keepdims=True)
