"""NumPy functions in a `tf.data` pipeline: their errors as they were raised, and a clean end of the process."""

import atexit
import contextlib
import gc
import itertools
import re
import threading
import time

import numpy as np
import tensorflow as tf


class _Gate:
    """Gate by which the threads of `tf.data` enter Python, and which is shut before the interpreter ends.

    Data sets prefetch as long as someone holds an iterator. A thread that enters Python while the interpreter is being
    finalized is killed, and takes the process with it: "terminate called", exit status 134 (until Python 3.14).
    """

    quiet_seconds = 0.1
    """Time without a call that shows that the buffers behind the gate are full."""

    patience_seconds = 10.0
    """Time after which a call that does not return is waited for no longer."""

    def __init__(self):
        self._lock = threading.Lock()
        self._inside = 0
        self._last_exit = -self.quiet_seconds
        self.is_open = True

    @contextlib.contextmanager
    def passage(self):
        """Context of one call."""
        with self._lock:
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                self._last_exit = time.monotonic()

    def shut(self):
        """Let go of forgotten iterators, have all further calls fail at once, and wait until no more come."""
        gc.collect()
        self.is_open = False
        deadline = time.monotonic() + self.patience_seconds
        while self._inside or time.monotonic() - self._last_exit < self.quiet_seconds:
            if time.monotonic() > deadline:
                break
            time.sleep(self.quiet_seconds / 10)


_gate = _Gate()
atexit.register(_gate.shut)

_errors = {}
"""Exceptions on their way to `original_errors`, by the mark that stands for them in TensorFlow's own."""

_error_numbers = itertools.count(1)


def map_with_numpy(numbers, function, shapes):
    """Map a data set of integers by a NumPy function, in parallel and in order.

    Args:
        numbers: `tf.data.Dataset` of integers.
        function: from an int to a tuple of float32 arrays.
        shapes: shapes of the arrays, in which `None` stands for a length that varies.

    Returns:
        `tf.data.Dataset` of tuples of float32 tensors. Where `function` raised an exception, it raises
        `tf.errors.InvalidArgumentError` with its text, which `original_errors` turns into the exception itself.
    """

    def call(number):
        # TensorFlow would log an exception that left this function, with its traceback: a text leaves instead.
        with _gate.passage():
            try:
                if not _gate.is_open:
                    raise RuntimeError("The process is about to end.")
                return *function(int(number)), b""
            except Exception as error:
                mark = f"input error {next(_error_numbers)}:"
                _errors[mark] = error
                return *(np.empty(0, np.float32) for _ in shapes), f"{mark} {error}".encode(errors="backslashreplace")

    types = [tf.float32] * len(shapes) + [tf.string]

    def load(number):
        # Stateless, as else op determinism would have the samples made one after the other.
        *arrays, error = tf.numpy_function(call, [number], types, stateful=False)
        with tf.control_dependencies([tf.debugging.Assert(tf.equal(error, ""), [error])]):
            return tuple(tf.ensure_shape(array, shape) for array, shape in zip(arrays, shapes, strict=True))

    return numbers.map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)


@contextlib.contextmanager
def original_errors():
    """Context in which the errors of the input pipeline arrive as they were raised.

    An exception inside `tf.data` reaches the loop that takes the batches as a `tf.errors.OpError` that quotes it. In
    this context that becomes the `DataError`, or whatever else it was; every other exception passes as it is.

    Example:
        ```python
        with original_errors():
            for batch in batches: ...
        ```
    """
    try:
        yield
    except tf.errors.OpError as error:
        mark = re.search(r"input error \d+:", str(error))
        if mark is None or mark[0] not in _errors:
            raise
        original = _errors[mark[0]]
        _errors.clear()  # those of samples that were prefetched
        raise original from None
