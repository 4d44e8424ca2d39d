"""The training loop: one for a single device, for replicas and for several machines."""

import functools
import math
import os
import signal
import time

import keras
import numpy as np
import tensorflow as tf
from absl import logging

from keras_scgan.program.errors import Interrupted, UserError
from keras_scgan.training.averaging import averaged_weights
from keras_scgan.training.checkpoints import Checkpoints, checkpoint_dir
from keras_scgan.training.cluster import end_together, has_workers, lost_workers_told

STRATEGIES = ("none", "mirrored")


class NonFiniteLossError(UserError):
    """A term of the loss is NaN or infinite, or a weight that it was to train."""


@functools.cache
def make_strategy(name="mirrored"):
    """The `tf.distribute` strategy to train under. Must be made before TensorFlow runs any operation.

    There is one of each in a process: those of a second one would be taken for the first one's collectives, whose
    tensors have other shapes.

    Args:
        name: `"none"` (one device) or `"mirrored"` (all GPUs of this machine, or its CPU). Where the environment
            variable TF_CONFIG describes a cluster, that is `MultiWorkerMirroredStrategy` instead.
    """
    if "TF_CONFIG" in os.environ:
        return tf.distribute.MultiWorkerMirroredStrategy()
    return tf.distribute.MirroredStrategy() if name == "mirrored" else tf.distribute.get_strategy()


class Trainer:
    """Trains a compiled model under a strategy, from the run folder's latest checkpoint on.

    Validation and callbacks at the end of an epoch see the moving average of the weights, where there is one.

    Args:
        model: `SCGAN` or `Pretraining`, built and compiled in the scope of `strategy`.
        strategy: `tf.distribute` strategy.
        run_dir: path. The checkpoints go to its folder `checkpoints`.
        batches: function of the step to start with that returns the distributed data set of all further steps.
        steps_per_epoch: int.
        epochs: int.
        validation_batches: `tf.data.Dataset` that is evaluated after each epoch, on one device. Defaults to none.
        callbacks: Keras callbacks, called as by `fit`. `on_train_begin` gets the number of `step`s done before.
        checkpoint_minutes: float. Time between checkpoints, beside the one after each epoch.
        constants: dict of integers by name that must be the same when the run is resumed, such as its seed.
    """

    def __init__(
        self,
        model,
        strategy,
        run_dir,
        *,
        batches,
        steps_per_epoch,
        epochs,
        validation_batches=None,
        callbacks=(),
        checkpoint_minutes=10.0,
        constants=None,
    ):
        self.model = model
        self.strategy = strategy
        self.checkpoints = Checkpoints(
            checkpoint_dir(run_dir), model, {"steps_per_epoch": steps_per_epoch, **(constants or {})}
        )
        self.batches = batches
        self.steps_per_epoch = steps_per_epoch
        self.epochs = epochs
        self.validation_batches = validation_batches
        self.checkpoint_seconds = 60 * checkpoint_minutes
        self.is_chief = strategy.extended.should_checkpoint
        self.callbacks = keras.callbacks.CallbackList(
            list(callbacks), model=model, epochs=epochs, steps=steps_per_epoch
        )
        # Nothing in them depends on the values of tensors, so that AutoGraph, which takes a while, has nothing to do.
        self._train_step = tf.function(self._replicated_step, autograph=False)
        self._validation_step = tf.function(model.validation_terms, autograph=False)
        self._gather = tf.function(
            lambda row: strategy.gather(strategy.run(tf.identity, (row,)), axis=0), autograph=False
        )

    def fit(self):
        """Trains to the end.

        Raises:
            Interrupted: SIGINT or SIGTERM came; a checkpoint of the last step is written.
            NonFiniteLossError: a loss is not finite; the last checkpoint is from before.
            WorkerLostError: another worker has ended without a signal, as one that is killed does.
            UserError: the run folder's checkpoint is of another model, or the workers have different ones.
        """
        if np.ptp(self._of_all_workers(max(self.checkpoints.steps(), default=0))):
            raise UserError(
                f"The workers do not see the same checkpoints in {self.checkpoints.folder}: "
                "`output_dir` must be a folder that they share."
            )
        step = self.checkpoints.restore_latest()
        if step:
            logging.info("Going on from step %d (%s)", step, self.checkpoints.path(step))
        last_step = self.steps_per_epoch * self.epochs
        self.model.stop_training = False
        self.callbacks.on_train_begin({"step": step})
        try:
            if step < last_step:
                iterator = iter(self.batches(step))  # which may take long, and is not to be finished first on a signal
                with _Signals() as signals, lost_workers_told(self.strategy, self.checkpoints):
                    self._run(iterator, step, last_step, signals)
        finally:
            self.callbacks.on_train_end()
        logging.info("Training is complete")

    def _run(self, iterator, step, last_step, signals):
        saved = time.monotonic()
        received = 0
        names = [metric.name for metric in self.model.metrics]
        self._begin_epoch(step)
        while step < last_step and not (received or self.model.stop_training):
            epoch, place = divmod(step, self.steps_per_epoch)
            self.callbacks.on_train_batch_begin(place)
            logs = dict(zip(names, self._train_step(next(iterator)).numpy().tolist(), strict=True))
            step += 1
            self._check_finite(logs, step)
            self.callbacks.on_train_batch_end(place, logs)

            epoch_ends = step % self.steps_per_epoch == 0
            if epoch_ends:
                with averaged_weights(self.model):
                    self.callbacks.on_epoch_end(epoch, {**logs, **self._validate(signals)})
            is_due = time.monotonic() - saved > self.checkpoint_seconds
            # What one worker does all have to do: else they would wait for each other for ever.
            requests = self._of_all_workers(signals.received, self.model.stop_training, is_due)
            received, self.model.stop_training, is_due = requests.max(axis=0).tolist()
            if epoch_ends or received or self.model.stop_training or is_due:
                self._save(step)
                saved = time.monotonic()
            if epoch_ends and step < last_step and not received:
                self._begin_epoch(step)
        end_together(lambda: self._of_all_workers(0))
        if received:
            raise Interrupted(received)

    def _begin_epoch(self, step):
        epoch, place = divmod(step, self.steps_per_epoch)
        if place == 0:  # an epoch that is resumed goes on with its trackers as they were
            self.model.reset_metrics()
        self.callbacks.on_epoch_begin(epoch)

    def _replicated_step(self, batch):
        self.strategy.run(self.model.train_step, args=(batch,))
        return tf.stack([metric.result() for metric in self.model.metrics])  # one transfer from the device a step

    def _of_all_workers(self, *numbers):
        """The integers that the workers give, an array with a row a worker."""
        row = np.array([numbers], np.int64)
        if not has_workers(self.strategy):
            return row
        return self._gather(tf.constant(row)).numpy()

    def _save(self, step):
        try:
            self.checkpoints.save(step, write=self.is_chief)
        except FloatingPointError as error:  # the losses of this step were finite, its update was not
            self._stop_non_finite(str(error), step)

    def _check_finite(self, logs, step):
        broken = {name: value for name, value in logs.items() if not math.isfinite(value)}
        if len(broken) > 1:
            broken.pop("loss", None)  # the sum of terms, of which one is to blame
        if broken:
            self._stop_non_finite(", ".join(f"{name} is {value}" for name, value in broken.items()), step)

    def _stop_non_finite(self, what, step):
        steps = self.checkpoints.steps()
        last = f"the last good checkpoint is {self.checkpoints.path(steps[-1])}" if steps else "there is no checkpoint"
        raise NonFiniteLossError(f"{what} at step {step}; {last}. Try a lower `learning_rate`, or `precision=float32`.")

    def _validate(self, signals):
        """Every validation term with the prefix `val_`: by the chief, unless a signal comes."""
        if self.validation_batches is None or not self.is_chief:
            return {}
        terms = self.validate(stop=lambda: signals.received)
        return {f"val_{name}": value for name, value in terms.items()}

    def validate(self, stop=lambda: False):
        """Mean of each validation term over all photos, as a dict by name, empty when `stop()` came true meanwhile."""
        sums, photos = {}, 0
        for batch in self.validation_batches:
            if stop():
                return {}
            size = len(batch[0])
            photos += size
            for name, value in self._validation_step(batch).items():
                sums[name] = sums.get(name, 0.0) + size * float(value)
        return {name: value / photos for name, value in sums.items()}


class _Signals:
    """Context that notes SIGINT and SIGTERM in `received` in place of their usual effect. A second one has it."""

    def __enter__(self):
        self.received = 0
        self._handlers = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *exception):
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _note(self, number, frame):
        self.received = number
        self.__exit__()
