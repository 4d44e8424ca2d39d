"""What is told when a worker is lost."""

import pytest
import tensorflow as tf

from keras_scgan.training import cluster
from keras_scgan.training.cluster import WorkerLostError, end_together, lost_workers_told


class Checkpoints:
    def __init__(self, steps):
        self._steps = steps

    def steps(self):
        return self._steps

    def path(self, step):
        return f"checkpoints/{step}"


def lose(strategy, steps=()):
    with lost_workers_told(strategy, Checkpoints(steps)):
        raise tf.errors.UnavailableError(None, None, "Collective ops is aborted")


@pytest.mark.parametrize(
    ("steps", "told"), [((3, 6), "they go on from checkpoints/6"), ((), "they begin anew, as there is no checkpoint")]
)
def test_a_lost_worker_is_told_of_with_what_to_do(monkeypatch, steps, told):
    monkeypatch.setattr(cluster, "has_workers", lambda _: True)
    with pytest.raises(WorkerLostError, match=f"start all workers again by the same command, and {told}"):
        lose(None, steps)


def test_without_workers_the_error_is_another_s(two_replicas):
    with pytest.raises(tf.errors.UnavailableError):
        lose(two_replicas)


def test_workers_may_end_as_soon_as_all_have_agreed():
    def lose_other():
        raise tf.errors.UnavailableError(None, None, "Connection reset by peer")

    end_together(lose_other)


def test_other_errors_at_the_end_are_told():
    def exchange_other_shapes():
        raise tf.errors.InvalidArgumentError(None, None, "Shape mismatch in the collective instance")

    with pytest.raises(tf.errors.InvalidArgumentError):
        end_together(exchange_other_shapes)
