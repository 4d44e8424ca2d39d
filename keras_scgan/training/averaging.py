"""Averages of weights: of those of one training, of those of two networks, and batch statistics that suit them."""

import contextlib

import keras
import numpy as np
import tensorflow as tf

from keras_scgan.colorizing.runners import has_structure_of
from keras_scgan.program.errors import UserError


@contextlib.contextmanager
def averaged_weights(model):
    """Context in which a model's network has the moving average of its weights, where the optimizer keeps one.

    Batch statistics stay those of the network as it is trained; see `reestimate_batch_statistics`.

    Args:
        model: compiled `SCGAN` or `Pretraining`.

    Reference:
        [Averaging weights leads to wider optima](https://arxiv.org/abs/1803.05407), here exponentially.
    """
    variables = model.network.trainable_variables
    trained = [variable.numpy() for variable in variables]
    model.optimizer.finalize_variable_values(variables)
    try:
        yield
    finally:
        for variable, value in zip(variables, trained, strict=True):
            variable.assign(value)


def interpolate(first, second, share):
    """Moves the weights of a network towards those of another, from which it was trained.

    Batch statistics are interpolated too, though those of the result are smaller: its activations are divided by more
    than their deviation, and its colours weaker. `reestimate_batch_statistics` takes the right ones.

    Args:
        first: Keras model.
        second: Keras model of the same structure, whose weights become `(1 - share) * first + share * second`.
        share: float in [0, 1].

    Raises:
        UserError: the two differ in their structure.

    Reference:
        Network interpolation, section 3.4 of [ESRGAN](https://arxiv.org/abs/1809.00219).
    """
    if not has_structure_of(second, first):
        raise UserError(
            "Only networks of one structure can be interpolated. Received: networks of "
            f"{first.count_params()} and {second.count_params()} parameters."
        )
    weights = zip(first.get_weights(), second.get_weights(), strict=True)
    second.set_weights([(1 - share) * a + share * b for a, b in weights])


def reestimate_batch_statistics(network, batches):
    """Sets the moving statistics of a network's batch normalisations to the mean of those of batches of its inputs.

    Those of training are of the last few batches, and of the weights as they were trained, not of their average. Batch
    normalisations that are not trained keep theirs.

    Args:
        network: Keras model.
        batches: iterable of inputs of the network, at least one.

    Reference:
        Section 3.2 of [Averaging weights leads to wider optima](https://arxiv.org/abs/1803.05407).
    """
    norms = [norm for norm in _batch_normalizations(network) if norm.trainable]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0  # so that the moving statistics become the last batch's
    run = tf.function(lambda inputs: network(inputs, training=True), autograph=False)
    statistics = []
    try:
        for inputs in batches:
            run(inputs)
            statistics.append([np.array([norm.moving_mean, norm.moving_variance]) for norm in norms])
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
    for norm, *values in zip(norms, *statistics, strict=True):
        mean, variance = np.mean(values, axis=0)
        norm.moving_mean.assign(mean)
        norm.moving_variance.assign(variance)


def _batch_normalizations(network):
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            yield layer
        elif isinstance(layer, keras.Model):
            yield from _batch_normalizations(layer)
