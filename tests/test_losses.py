"""Each loss is the equation that it is named after, computed by NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from keras_scgan import losses

SHAPE = (3, 4, 5, 3)


@pytest.fixture
def pair(rng):
    return [tf.constant(rng.uniform(-1, 1, SHAPE), "float32") for _ in range(2)]


@pytest.fixture
def scores(rng):
    """Of true and of generated images."""
    return [rng.normal(size=(3, 2, 2, 1)).astype("float32") for _ in range(2)]


def assert_close(value, expected):
    assert value.shape == ()
    np.testing.assert_allclose(value, expected, rtol=1e-5)


# === Distances ===


@pytest.mark.parametrize(("kind", "distance"), [("l1", np.abs), ("l2", np.square)])
def test_pixel_and_attention_loss_are_mean_distances(rng, pair, kind, distance):
    generated, true = pair
    assert_close(losses.pixel_loss(generated, true, kind), distance(np.subtract(generated, true)).mean())

    maps = [rng.uniform(0, 1, (*SHAPE[:3], 1)).astype("float32") for _ in range(2)]
    loss = losses.attention_loss(generated, maps[0], true, maps[1], kind)
    assert_close(loss, distance(generated.numpy() * maps[0] - true.numpy() * maps[1]).mean())


def test_losses_of_soft_maps_are_the_cross_entropy_and_the_mean_distance(rng):
    generated, true = (rng.uniform(0.1, 0.9, (*SHAPE[:3], 1)).astype("float32") for _ in range(2))
    entropy = -(true * np.log(generated) + (1 - true) * np.log(1 - generated))
    assert_close(losses.saliency_loss(generated, true), entropy.mean())
    assert_close(losses.saliency_l1_loss(generated, true), np.abs(generated - true).mean())


def test_perceptual_loss_is_the_mean_absolute_difference(pair):
    assert_close(losses.perceptual_loss(*pair), np.abs(np.subtract(*pair)).mean())


# === Adversarial losses ===


def test_wasserstein_losses_are_differences_of_mean_scores(scores):
    true, generated = scores
    assert_close(losses.CRITIC_LOSSES["wgan-gp"](true, generated), generated.mean() - true.mean())
    assert_close(losses.GENERATOR_LOSSES["wgan-gp"](generated), -generated.mean())


def test_least_squares_losses_are_distances_to_one_for_true_and_zero_for_generated(scores):
    true, generated = scores
    expected = ((true - 1) ** 2).mean() / 2 + (generated**2).mean() / 2
    assert_close(losses.CRITIC_LOSSES["lsgan"](true, generated), expected)
    assert_close(losses.GENERATOR_LOSSES["lsgan"](generated), ((generated - 1) ** 2).mean() / 2)


# === Gradient penalty ===


def linear_critic(direction):
    return lambda images: tf.reduce_sum(images * direction, axis=(1, 2, 3), keepdims=True)


def test_gradient_penalty_is_zero_for_a_unit_slope_critic(rng, pair):
    direction = rng.normal(size=SHAPE[1:]).astype("float32")
    direction /= np.linalg.norm(direction)
    mix = np.full((3, 1, 1, 1), 0.5, "float32")
    np.testing.assert_allclose(losses.gradient_penalty(linear_critic(direction), *pair, mix), 0, atol=1e-10)
    assert_close(losses.gradient_penalty(linear_critic(3 * direction), *pair, mix), 4.0)


def test_gradient_penalty_takes_the_slope_of_each_sample_at_its_own_mixture(pair):
    true, generated = pair
    mix = np.array([0.0, 1.0, 0.3], "float32").reshape(3, 1, 1, 1)

    def critic(images):  # whose gradient is the image itself
        return 0.5 * tf.reduce_sum(tf.square(images), axis=(1, 2, 3), keepdims=True)

    mixed = (1 - mix) * true + mix * generated
    slopes = np.linalg.norm(np.reshape(mixed, (3, -1)), axis=1)
    assert_close(losses.gradient_penalty(critic, true, generated, mix), np.square(slopes - 1).mean())


def test_gradient_penalty_is_that_of_finite_differences(rng, pair):
    true, generated = (tf.cast(images, "float64") for images in pair)
    mix = rng.uniform(size=(3, 1, 1, 1))
    kernel = rng.normal(size=(3, 3, 3, 4))

    def critic(images):  # of several patches and channels
        return tf.reduce_sum(tf.tanh(tf.nn.conv2d(images, kernel, 1, "VALID")), axis=-1, keepdims=True)

    steps = 1e-5 * np.eye(np.prod(SHAPE[1:])).reshape(-1, *SHAPE[1:])
    penalties = []
    for image in true + mix * (generated - true):
        ends = [critic(image + sign * steps).numpy().mean(axis=(1, 2, 3)) for sign in (1, -1)]
        penalties.append((np.linalg.norm((ends[0] - ends[1]) / 2e-5) - 1) ** 2)
    assert_close(losses.gradient_penalty(critic, true, generated, mix), np.mean(penalties))


def test_gradient_of_the_penalty_is_finite_for_a_flat_critic(pair):
    direction = tf.zeros(SHAPE[1:])
    with tf.GradientTape() as tape:
        tape.watch(direction)
        penalty = losses.gradient_penalty(linear_critic(direction), *pair, np.zeros((3, 1, 1, 1), "float32"))
    assert_close(penalty, 1.0)
    assert np.isfinite(tape.gradient(penalty, direction)).all()
