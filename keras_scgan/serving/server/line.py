"""A line of requests, of bounded length, before the threads that do the work."""

import asyncio
import concurrent.futures
import contextlib
import math
import threading
import time

from starlette.exceptions import HTTPException

_FIRST_GUESS = 0.1
"""Seconds that a request takes, before one was measured."""

_WEIGHT = 0.1
"""Of a new measurement in the moving mean."""

_MAX_RETRY_AFTER = 60

TOO_LATE = "it takes longer than the time that a request has"
"""What is told with 504."""


class ClientGoneError(Exception):
    """The client closed the connection before it had an answer."""


class Line:
    """Takes as many requests as there are places, and refuses others.

    Args:
        workers: int. Threads that work.
        waiting: int. Places besides.
        metrics: `metrics.Metrics`.

    Attributes:
        places: int. Requests that are taken at once at most: those that are read, wait or are worked on.
        taken: int. Those that are taken now.
        is_stopping: bool. Whether all are refused from now on.
    """

    def __init__(self, workers, waiting, metrics):
        self.places = workers + waiting
        self.taken = 0
        self.is_stopping = False
        self._workers = workers
        self._threads = concurrent.futures.ThreadPoolExecutor(workers, "colorize")
        self._metrics = metrics
        self._mean_seconds = _FIRST_GUESS
        self._lock = threading.Lock()
        metrics.watch(self)

    @contextlib.contextmanager
    def place(self):
        """Context of a request that is taken; gives what it works by, a `_Place`.

        Raises:
            HTTPException: 429 if there is no place, 503 if the server is being stopped; both say when to come again.
        """
        with self._lock:
            if self.is_stopping:
                raise HTTPException(503, "the server is being stopped", {"Retry-After": "1", "Connection": "close"})
            if self.taken >= self.places:
                raise HTTPException(429, f"{self.places} requests are taken already", self._retry_after())
            self.taken += 1
        place = _Place(self)
        try:
            yield place
        finally:
            place.leave()

    def close(self):
        """Ends the threads when they have done what they are at."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def retry_after(self):
        """Headers that say when the work at hand will be done, about."""
        with self._lock:
            return self._retry_after()

    def _retry_after(self):
        seconds = math.ceil(self._mean_seconds * self.taken / self._workers)
        return {"Retry-After": str(min(max(seconds, 1), _MAX_RETRY_AFTER))}

    def _leave(self, _=None):
        with self._lock:
            self.taken -= 1

    def _submit(self, function, arguments):
        return self._threads.submit(self._timed, time.perf_counter(), function, arguments)

    def _timed(self, submitted, function, arguments):
        start = time.perf_counter()
        self._metrics.wait_seconds.observe(start - submitted)
        try:
            return function(*arguments)
        finally:
            seconds = time.perf_counter() - start
            self._metrics.work_seconds.observe(seconds)
            with self._lock:
                self._mean_seconds += _WEIGHT * (seconds - self._mean_seconds)


class _Place:
    """A request's place in a line. Its work, which may outlive the request, keeps it."""

    def __init__(self, line):
        self._line = line
        self._work = None

    async def work(self, function, *arguments, gone, deadline):
        """What a function returns that a worker calls.

        Args:
            function: function of the arguments.
            *arguments: what it is called with.
            gone: coroutine that ends when the client has gone.
            deadline: float. Time of `time.monotonic` until which it may take.

        Raises:
            HTTPException: 503 if the time is over before a worker was free, 504 if it is over while one works.
            ClientGoneError: The client has gone. What no worker has begun is not done.
        """
        self._work = self._line._submit(function, arguments)
        result, leaving = asyncio.wrap_future(self._work), asyncio.ensure_future(gone)
        try:
            left = max(0, deadline - time.monotonic())
            await asyncio.wait({result, leaving}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if result.done():
                return result.result()
            if leaving.done():
                raise ClientGoneError
            if self._work.cancel():
                raise HTTPException(503, "no worker was free in the time that a request has", self._line.retry_after())
            raise HTTPException(504, TOO_LATE)
        finally:
            leaving.cancel()
            self._work.cancel()
            result.add_done_callback(_pass_over)

    def leave(self):
        if self._work is None:
            self._line._leave()
        else:
            self._work.add_done_callback(self._line._leave)


def _pass_over(future):
    """Takes note of the error of a result that nobody waits for."""
    if not future.cancelled():
        future.exception()
