"""Optimizers of the networks, and how their learning rates change."""

import keras

SCHEDULES = ("halving", "cosine")


def schedule(rate, name, *, steps, halving_steps=0, warm_up_steps=0):
    """A learning rate, or its schedule.

    Args:
        rate: float. The highest rate.
        name: one of `SCHEDULES`: `"halving"` halves it every `halving_steps`, `"cosine"` takes it down to 0 at the end.
        steps: int. Steps of the whole training.
        halving_steps: int. 0: never.
        warm_up_steps: int. Steps in which it rises from 0, with `"cosine"`; half of all at most.

    Reference:
        [SGDR](https://arxiv.org/abs/1608.03983), eq. 5, without restarts.
    """
    if name == "cosine":
        warm_up = min(warm_up_steps, steps // 2)
        if not warm_up:
            return keras.optimizers.schedules.CosineDecay(rate, steps)
        return keras.optimizers.schedules.CosineDecay(0.0, steps - warm_up, warmup_target=rate, warmup_steps=warm_up)
    if not halving_steps:
        return rate
    return keras.optimizers.schedules.ExponentialDecay(rate, halving_steps, decay_rate=0.5, staircase=True)


class Adam(keras.optimizers.Adam):
    """Keras's Adam, in which some variables may learn more slowly.

    Args:
        learning_rate: as of `keras.optimizers.Adam`, like all that is not described here.
        rate_factors: function from a variable to the factor of its learning rate. Defaults to 1 for all.
    """

    def __init__(self, learning_rate, *, rate_factors=None, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self._rate_factors = rate_factors or (lambda variable: 1.0)

    def build(self, variables):
        super().build(variables)
        # By place: under a strategy, steps see the backend's variables, which have no path.
        self._factors = [self._rate_factors(variable) for variable in variables]

    def update_step(self, gradient, variable, learning_rate):
        factor = self._factors[self._get_variable_index(variable)]
        super().update_step(gradient, variable, learning_rate * factor)
