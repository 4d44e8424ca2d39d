"""Worker processes: they share the work, and end with the first one."""

import multiprocessing
import os
import time
import types

import pytest

from keras_scgan.preparation import workers
from keras_scgan.preparation.workers import Workers
from keras_scgan.program.errors import UserError


def square(number):
    workers.advance(number)
    return number**2


def results_of(pool, function, jobs):
    """Results of jobs, sorted, and the sum of the progress that was shown."""
    shown = []
    results = sorted(pool.run(function, jobs, types.SimpleNamespace(update=shown.append)))
    return results, sum(shown)


def test_without_processes_the_work_is_done_here():
    with Workers(0) as pool:
        assert results_of(pool, square, range(5)) == ([0, 1, 4, 9, 16], 10)


def test_processes_share_the_work_without_gpus_and_the_death_of_one_is_told(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    with Workers(2) as pool:
        for _ in range(2):
            assert results_of(pool, square, range(20)) == ([number**2 for number in range(20)], 190)
        assert results_of(pool, os.getenv, ["CUDA_VISIBLE_DEVICES"]) == (["-1"], 0)
        with pytest.raises(UserError, match="worker process has died"):
            results_of(pool, os._exit, [1])
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "3"


def test_processes_that_are_busy_end_at_once_when_the_first_one_is_stopped():
    def stop_after_the_first():
        with Workers(2) as pool:
            for _ in pool.run(time.sleep, [0, 3600, 3600]):
                assert len(multiprocessing.active_children()) == 2
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_after_the_first()
    assert not multiprocessing.active_children()
