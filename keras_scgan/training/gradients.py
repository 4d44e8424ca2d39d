"""Gradients that losses are made of, and losses that have a gradient of their own."""

import tensorflow as tf
from keras import ops


def gradient_norm(function, images):
    """L2 norm of the gradient of a scalar function at images, a scalar without a gradient of its own."""
    images = ops.stop_gradient(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        value = function(images)
    return tf.stop_gradient(tf.norm(tape.gradient(value, images)))


@tf.custom_gradient
def with_gradient_norm(images, norm):
    """The images as they are; the gradient that comes back through them is scaled to have this L2 norm."""

    def backward(gradient):
        return gradient * (norm / (tf.norm(gradient) + 1e-12)), None

    return tf.identity(images), backward


PENALTIES_OF = ("mean", "sum")
"""What is taken of the scores of a sample's patches before the gradient of it is penalised."""


def gradient_penalty(critic, true, generated, mix, of="mean"):
    """The gradient penalty of eq. 4, without its weight: E[(||gradient of the score|| - 1)^2].

    The norm is taken for each sample over all of its image, in float32. The paper does not say what the score of a
    sample is whose patches have one each. Their mean is what the other terms of the loss take; the authors' code
    penalises the gradient of their sum, which asks for a slope that is as many times smaller as there are patches.

    Args:
        critic: callable from images `[B, H, W, C]` to scores `[B, h, w, 1]`.
        true: `[B, H, W, C]` images.
        generated: `[B, H, W, C]` images.
        mix: `[B, 1, 1, 1]` coefficients in [0, 1], one a sample: 0 stands for the true image, 1 for the generated.
        of: one of `PENALTIES_OF`.

    Reference:
        [Improved Training of Wasserstein GANs](https://arxiv.org/abs/1704.00028).
    """
    images = true + mix * (generated - true)
    with tf.GradientTape() as tape:
        tape.watch(images)
        scores = critic(images)
        scores = ops.sum(scores) if of == "sum" else ops.sum(ops.mean(scores, axis=(1, 2, 3)))
    gradient = ops.cast(tape.gradient(scores, images), "float32")
    # The small constant keeps the square root's own gradient finite at zero.
    norm = ops.sqrt(ops.sum(ops.square(gradient), axis=(1, 2, 3)) + 1e-12)
    return ops.mean(ops.square(norm - 1.0))
