"""Learning rates over time, and variables that learn more slowly than others."""

import keras
import numpy as np
import pytest

from keras_scgan.training import optimizers


def rates(value, steps):
    return [float(value(step)) for step in steps] if callable(value) else [value] * len(steps)


def test_halving_is_by_steps_and_may_be_left_out():
    assert optimizers.schedule(0.4, "halving", steps=100) == 0.4
    halving = optimizers.schedule(0.4, "halving", steps=100, halving_steps=10)
    np.testing.assert_allclose(rates(halving, [0, 9, 10, 25]), [0.4, 0.4, 0.2, 0.1], rtol=1e-6)


@pytest.mark.parametrize("warm_up", [0, 20])
def test_cosine_rises_while_it_warms_up_and_is_0_at_the_end(warm_up):
    cosine = optimizers.schedule(0.4, "cosine", steps=100, warm_up_steps=warm_up)
    middle = (warm_up + 100) // 2
    np.testing.assert_allclose(rates(cosine, [warm_up, middle, 100]), [0.4, 0.2, 0.0], atol=1e-6)
    if warm_up:
        np.testing.assert_allclose(rates(cosine, [0, warm_up // 2]), [0.0, 0.2], atol=1e-6)


def test_a_warm_up_longer_than_the_training_takes_half_of_it():
    cosine = optimizers.schedule(0.4, "cosine", steps=100, warm_up_steps=1000)
    np.testing.assert_allclose(rates(cosine, [25, 50, 100]), [0.2, 0.4, 0.0], atol=1e-6)


def test_variables_learn_by_their_own_factor():
    variables = [keras.Variable(np.ones(3), name=name) for name in ("slow", "fast")]
    adam = optimizers.Adam(0.1, rate_factors=lambda variable: 0.25 if variable.path == "slow" else 1.0)
    adam.build(variables)
    adam.apply([keras.ops.ones(3), keras.ops.ones(3)], variables)
    slow, fast = (1 - variable.numpy() for variable in variables)
    np.testing.assert_allclose(fast, 0.1, rtol=1e-5)
    np.testing.assert_allclose(slow, 0.025, rtol=1e-5)
