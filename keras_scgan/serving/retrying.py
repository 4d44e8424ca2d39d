"""How long a request may take in all, and how often it is sent to a server that is busy or gone."""

import itertools
import random
import time

from keras_scgan.serving.status import DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNAVAILABLE, StatusError

_PASSING = (UNAVAILABLE, RESOURCE_EXHAUSTED)
_FIRST_DELAY, _MAX_DELAY = 0.5, 8.0  # seconds


class Deadline:
    """A moment in time. Args: `seconds`, float, how far off it is."""

    def __init__(self, seconds):
        self._end = time.monotonic() + seconds

    def left(self):
        """Seconds that are left. Raises `TimeoutError` if there are none."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("timed out")
        return seconds

    def allows(self, seconds):
        """Whether so many seconds are left."""
        return self._end - time.monotonic() > seconds


class Retrying:
    """Sends requests again while a server is not available or has too much to do. Threads may share it.

    It waits as long as the server asks for, otherwise a time that doubles. A server that has done nothing for as long
    as a request may take is sent each request only once, until it answers again.

    Args:
        timeout: float. Seconds that a request may take with all its tries.
        retries: int. How often at most a request is sent again, or `None` for as often as there is time for.
    """

    def __init__(self, timeout, retries):
        self._timeout = timeout
        self._retries = retries
        self._failing_since = None

    def call(self, function, *arguments, retries=None):
        """What a function returns, called until the request succeeds, fails for good, or the time is over.

        Args:
            function: function of the arguments and a `Deadline`, which raises `StatusError`.
            *arguments: what it is called with.
            retries: int. A lower limit than that of all requests.

        Raises:
            StatusError: The request failed. Its `tries` are told.
        """
        retries = min((limit for limit in (self._retries, retries) if limit is not None), default=float("inf"))
        deadline = Deadline(self._timeout)
        for tries in itertools.count(1):
            try:
                result = function(*arguments, deadline)
            except StatusError as error:
                error.tries = tries
                pause = _pause(tries, error.retry_after)
                if not self._may_pass(error.code) or tries > retries or not deadline.allows(pause):
                    raise
            else:
                self._failing_since = None
                return result
            time.sleep(pause)

    def _may_pass(self, code):
        """Whether another try may be better than one that failed in this way."""
        if code not in _PASSING:
            if code != DEADLINE_EXCEEDED:
                self._failing_since = None  # it answers
            return False
        now = time.monotonic()
        since = self._failing_since = self._failing_since or now
        return now - since <= self._timeout


def _pause(tries, retry_after):
    """Seconds before a request is sent again: random, as clients must not come back at once."""
    if retry_after is not None:
        return retry_after + random.uniform(0, _FIRST_DELAY)
    return min(_FIRST_DELAY * 2 ** (tries - 1), _MAX_DELAY) * random.uniform(0.5, 1.0)
