"""How things are timed: side by side, in turns, so that a machine's other work slows all of them alike."""

import time

import numpy as np
import tensorflow as tf

PEAK_SIZE = 2048


def time_in_turns(calls, rounds, warmup=1):
    """Times functions in turns.

    Args:
        calls: dict of functions without arguments by name, which return when their work is done.
        rounds: int. Timed calls of each.
        warmup: int. Calls of each before, not timed.

    Returns:
        Dict of `[rounds]` arrays of seconds by name.
    """
    for call in calls.values():
        for _ in range(warmup):
            call()
    seconds = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    return {name: np.array(values) for name, values in seconds.items()}


def measure_peak(dtype, rounds=10):
    """Multiply-accumulate operations a second of this machine's matrix product, the best of some rounds.

    Args:
        dtype: name of a floating-point type.
        rounds: int.
    """
    matrix = tf.cast(tf.random.stateless_uniform((PEAK_SIZE, PEAK_SIZE), (0, 0)), dtype)
    product = tf.function(lambda: tf.reduce_sum(tf.matmul(matrix, matrix)))
    seconds = time_in_turns({"product": lambda: product().numpy()}, rounds)["product"]
    return PEAK_SIZE**3 / seconds.min()


def spread(seconds, images):
    """Images a second of calls on `images` images: the median, and the 10th and 90th percentiles."""
    slow, median, fast = images / np.percentile(seconds, (90, 50, 10))
    return {"images_per_second": float(median), "p10": float(slow), "p90": float(fast)}
