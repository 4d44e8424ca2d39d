"""Networks whose weights are all other than they begin, as if they had been trained."""

import numpy as np


def randomize(network, seed=0):
    """Gives a network weights with which its outputs are no constants."""
    rng = np.random.default_rng(seed)
    for weight in network.weights:
        kind = weight.path.rpartition("/")[2]
        if kind == "kernel":
            value = rng.normal(size=weight.shape) * (1.2 / np.prod(weight.shape[:-1]) ** 0.5)
        elif kind in ("gamma", "moving_variance"):
            value = rng.uniform(0.8, 1.5, weight.shape)
        else:
            value = rng.normal(size=weight.shape) * 0.1
        weight.assign(value)
