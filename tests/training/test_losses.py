"""Each loss is the equation that it is named after, computed by NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from keras_scgan.evaluation import metrics
from keras_scgan.training import gradients, losses

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


def test_perceptual_loss_of_several_layers_is_the_mean_of_distances_in_sizes_of_the_truth(rng):
    generated, true = ([rng.normal(size=(2, 3, 3, n)).astype("float32") * n for n in (4, 100)] for _ in range(2))
    relative = [np.abs(a - b).mean() / np.abs(b).mean() for a, b in zip(generated, true, strict=True)]
    assert_close(losses.perceptual_loss(generated, true), np.mean(relative))


# === Colour in the objective ===


def test_weights_of_strong_colours_grow_up_to_a_limit_and_have_a_mean_of_1(pair):
    _, true = pair
    gray = (true.numpy() * [0.299, 0.587, 0.114]).sum(axis=-1, keepdims=True)
    expected = 1 + 1.5 * np.minimum(np.abs(true - gray).mean(axis=-1, keepdims=True) / 0.2, 2.5)
    weights = losses.chroma_weights(true, 1.5)
    np.testing.assert_allclose(weights, expected / expected.mean(), rtol=1e-5)
    assert_close(losses.pixel_loss(*pair, "l1", weights), np.mean(np.abs(np.subtract(*pair)) * weights))


def test_colorfulness_is_that_of_the_metric(rng):
    pixels = rng.integers(0, 256, (4, 20, 30, 3)).astype(np.uint8)
    found = losses.colorfulness(tf.constant(pixels / 127.5 - 1, "float32"))
    np.testing.assert_allclose(found, [metrics.cci(image) for image in pixels], rtol=1e-4)


def test_colorfulness_loss_asks_for_what_the_truth_has_and_for_no_more(pair):
    dull, vivid = (factor * pair[0] for factor in (0.2, 0.5))
    lack = np.subtract(losses.colorfulness(vivid), losses.colorfulness(dull))
    assert_close(losses.colorfulness_loss(dull, vivid), lack.mean() / 100)
    assert losses.colorfulness_loss(vivid, dull) == 0


def test_colorfulness_of_a_grey_image_has_a_finite_gradient():
    image = tf.zeros((1, 4, 4, 3))
    with tf.GradientTape() as tape:
        tape.watch(image)
        value = losses.colorfulness_loss(image, tf.ones_like(image) * [0.5, -0.5, 0.1])
    assert np.isfinite(tape.gradient(value, image)).all()


def test_gradients_are_measured_and_set_where_they_pass(pair):
    images, true = pair
    norm = gradients.gradient_norm(lambda x: losses.pixel_loss(x, true, "l2"), images)
    assert_close(norm, np.linalg.norm(2 * np.subtract(images, true)) / images.numpy().size)
    with tf.GradientTape() as tape:
        tape.watch(images)
        passed = gradients.with_gradient_norm(images, 7.0)
        value = losses.pixel_loss(passed, true, "l2")
    np.testing.assert_array_equal(passed, images)
    gradient = tape.gradient(value, images).numpy()
    np.testing.assert_allclose(
        gradient, 7 * np.subtract(images, true) / np.linalg.norm(np.subtract(images, true)), rtol=1e-4
    )


# === Adversarial losses ===


def test_wasserstein_losses_are_differences_of_mean_scores(scores):
    true, generated = scores
    assert_close(losses.CRITIC_LOSSES["wgan-gp"](true, generated), generated.mean() - true.mean())
    assert_close(losses.GENERATOR_LOSSES["wgan-gp"](generated), -generated.mean())


def test_least_squares_losses_are_distances_to_one_for_true_and_zero_for_generated(scores):
    true, generated = scores
    expected = ((true - 1) ** 2).mean() / 2 + (generated**2).mean() / 2
    assert_close(losses.CRITIC_LOSSES["lsgan"](true, generated), expected)
    assert_close(losses.GENERATOR_LOSSES["lsgan"](generated), ((generated - 1) ** 2).mean())


def test_vanilla_losses_are_cross_entropies_of_logits(scores):
    true, generated = (1 / (1 + np.exp(-np.asarray(values))) for values in scores)
    expected = -(np.log(true).mean() + np.log(1 - generated).mean()) / 2
    assert_close(losses.CRITIC_LOSSES["vanilla"](*scores), expected)
    assert_close(losses.GENERATOR_LOSSES["vanilla"](scores[1]), -np.log(generated).mean())


# === Gradient penalty ===


def linear_critic(direction):
    return lambda images: tf.reduce_sum(images * direction, axis=(1, 2, 3), keepdims=True)


def test_gradient_penalty_is_zero_for_a_unit_slope_critic(rng, pair):
    direction = rng.normal(size=SHAPE[1:]).astype("float32")
    direction /= np.linalg.norm(direction)
    mix = np.full((3, 1, 1, 1), 0.5, "float32")
    np.testing.assert_allclose(gradients.gradient_penalty(linear_critic(direction), *pair, mix), 0, atol=1e-10)
    assert_close(gradients.gradient_penalty(linear_critic(3 * direction), *pair, mix), 4.0)


def test_gradient_penalty_takes_the_slope_of_each_sample_at_its_own_mixture(pair):
    true, generated = pair
    mix = np.array([0.0, 1.0, 0.3], "float32").reshape(3, 1, 1, 1)

    def critic(images):  # whose gradient is the image itself
        return 0.5 * tf.reduce_sum(tf.square(images), axis=(1, 2, 3), keepdims=True)

    mixed = (1 - mix) * true + mix * generated
    slopes = np.linalg.norm(np.reshape(mixed, (3, -1)), axis=1)
    assert_close(gradients.gradient_penalty(critic, true, generated, mix), np.square(slopes - 1).mean())


@pytest.mark.parametrize("of", ["mean", "sum"])
def test_gradient_penalty_is_that_of_finite_differences(rng, pair, of):
    true, generated = (tf.cast(images, "float64") for images in pair)
    mix = rng.uniform(size=(3, 1, 1, 1))
    kernel = rng.normal(size=(3, 3, 3, 4))

    def critic(images):  # of several patches and channels
        return tf.reduce_sum(tf.tanh(tf.nn.conv2d(images, kernel, 1, "VALID")), axis=-1, keepdims=True)

    steps = 1e-5 * np.eye(np.prod(SHAPE[1:])).reshape(-1, *SHAPE[1:])
    penalties = []
    for image in true + mix * (generated - true):
        ends = [getattr(np, of)(critic(image + sign * steps).numpy(), axis=(1, 2, 3)) for sign in (1, -1)]
        penalties.append((np.linalg.norm((ends[0] - ends[1]) / 2e-5) - 1) ** 2)
    assert_close(gradients.gradient_penalty(critic, true, generated, mix, of), np.mean(penalties))


def test_gradient_of_the_penalty_is_finite_for_a_flat_critic(pair):
    direction = tf.zeros(SHAPE[1:])
    with tf.GradientTape() as tape:
        tape.watch(direction)
        penalty = gradients.gradient_penalty(linear_critic(direction), *pair, np.zeros((3, 1, 1, 1), "float32"))
    assert_close(penalty, 1.0)
    assert np.isfinite(tape.gradient(penalty, direction)).all()
