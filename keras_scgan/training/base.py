"""What the models that are trained have in common: trackers of their losses, and losses shared by replicas."""

import keras
import tensorflow as tf


class TrainedModel(keras.Model):
    """Base of models whose loss is a weighted sum of terms, and which are trained by steps local to a replica.

    A subclass has `network`, what `optimizer` trains; `term_weights`, the weights of the terms of its loss by name; and
    `state`, what a checkpoint holds by name: networks and optimizers.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self._trackers = {}

    @property
    def metrics(self):
        return list(self._trackers.values())

    def call(self, inputs, training=False):
        return self.network(inputs, training=training)

    def _make_trackers(self, names):
        self._trackers = {name: keras.metrics.Mean(name=name) for name in names}

    def _track(self, terms, samples):
        for name, value in terms.items():
            self._trackers[name].update_state(value, sample_weight=samples)
        return {name: self._trackers[name].result() for name in terms}

    def _total(self, terms):
        return sum(weight * terms[name] for name, weight in self.term_weights.items())

    @staticmethod
    def _scaled(optimizer, loss):
        """A replica's loss as its optimizer wants it."""
        # Optimizers add the gradients of the replicas up, where the loss of the whole batch is their mean.
        return optimizer.scale_loss(loss / tf.distribute.get_strategy().num_replicas_in_sync)
