"""Training on several machines: what becomes of the others when one is lost."""

import contextlib

import tensorflow as tf

from keras_scgan.program.errors import UserError

_OF_LOST_WORKERS = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
)


class WorkerLostError(UserError):
    """Another worker of the cluster has ended, or cannot be reached, so that this one cannot go on either."""


def has_workers(strategy):
    """Whether a `tf.distribute` strategy is one of several processes, each of which has a worker."""
    return isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)


@contextlib.contextmanager
def lost_workers_told(strategy, checkpoints):
    """Context in which what fails as another worker is lost is a `WorkerLostError`.

    Args:
        strategy: `tf.distribute` strategy.
        checkpoints: `Checkpoints` from which the run is to go on.
    """
    try:
        yield
    except _OF_LOST_WORKERS as error:
        if not has_workers(strategy):
            raise
        steps = checkpoints.steps()
        go_on = f"go on from {checkpoints.path(steps[-1])}" if steps else "begin anew, as there is no checkpoint yet"
        raise WorkerLostError(
            "Another worker has ended, or cannot be reached, so that this one has stopped: start all workers again by "
            f"the same command, and they {go_on}."
        ) from error


def end_together(exchange):
    """Waits until every worker knows what all have agreed on, as those that fetch it late lose it with its sender.

    Args:
        exchange: function in which all workers exchange a number. It may fail, as those that are through may end.
    """
    with contextlib.suppress(*_OF_LOST_WORKERS):
        exchange()
