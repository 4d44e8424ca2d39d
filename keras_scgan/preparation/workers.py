"""Work that is shared by processes, with a progress bar, of which none stays behind however the first one ends."""

import concurrent.futures
import contextlib
import itertools
import multiprocessing
import os
import signal
import threading
import time
import types

import cv2
from absl import logging

from keras_scgan.preparation import duplicates
from keras_scgan.program import quiet
from keras_scgan.program.errors import UserError
from keras_scgan.program.progress import progress_bar

_TICK_SECONDS = 0.2


def _ignore(count):
    pass


_progress = types.SimpleNamespace(add=_ignore)


def advance(count=1):
    """Tells the progress bar that so many photos are done. Called by the functions that workers run."""
    _progress.add(count)


@contextlib.contextmanager
def timed_bar(verb, total, initial):
    """A progress bar for photos; in the end, it is logged how many were done a second.

    Args:
        verb: str. What is done to them, as in "Scanned".
        total: int. Photos in all.
        initial: int. Photos that are done before.
    """
    start = time.monotonic()
    with progress_bar(desc=verb, total=total, initial=initial, unit="photo") as bar:
        yield bar
        done = bar.n - initial
    seconds = time.monotonic() - start
    if done:
        logging.info("%s %d photos in %.0f s: %.3g a second", verb, done, seconds, done / seconds)


class Workers:
    """Processes that run functions.

    Processes are spawned, on all systems alike. GPUs, which many processes cannot share, are hidden from them.

    Args:
        count: int. With 0, the functions run in this process, for tests and debuggers.

    Example:
        ```python
        with Workers(2) as workers, progress_bar(total=4) as bar:
            results = list(workers.run(function, jobs, bar))
        ```
    """

    def __init__(self, count):
        self.count = count

    def __enter__(self):
        if self.count:
            context = multiprocessing.get_context("spawn")
            self._done = context.Value("q", 0)
            self._lifeline, self._held_end = context.Pipe(duplex=False)
            self._executor = concurrent.futures.ProcessPoolExecutor(
                self.count, context, initializer=_start, initargs=(self._done, self._lifeline)
            )
        return self

    def __exit__(self, kind, *_):
        if self.count:
            if kind is not None:
                self._held_end.close()  # which ends the processes in the midst of their work
            self._executor.shutdown(cancel_futures=True)
            self._held_end.close()
            self._lifeline.close()

    def near_duplicates(self, thumbnails):
        """As `duplicates.near_duplicates`, in this process."""
        return duplicates.near_duplicates(thumbnails)

    def run(self, function, jobs, bar=None, journal=None):
        """Run a function for each of some jobs.

        Args:
            function: function of a job, which calls `advance`. It is pickled, as its jobs and results are.
            jobs: iterable.
            bar: progress bar, which `advance` updates, or `None`.
            journal: `Journal` to which the caller appends the results, then lists of entries. It is of no account here.

        Yields:
            The results, in the order in which they come.

        Raises:
            UserError: A process has died.
        """
        update = bar.update if bar is not None else _ignore
        if not self.count:
            _progress.add = update
            yield from map(function, jobs)
            return
        jobs, pending, shown = iter(jobs), set(), self._done.value
        while True:
            with _for_children():
                for job in itertools.islice(jobs, 2 * self.count - len(pending)):
                    pending.add(self._executor.submit(function, job))
            if not pending:
                return
            finished, pending = concurrent.futures.wait(pending, _TICK_SECONDS, concurrent.futures.FIRST_COMPLETED)
            done = self._done.value
            update(done - shown)
            shown = done
            yield from map(_result, finished)


def _result(future):
    try:
        return future.result()
    except concurrent.futures.BrokenExecutor:
        raise UserError(
            "A worker process has died, perhaps for lack of memory: give fewer `workers`. "
            "The same command goes on where this one stopped."
        ) from None


@contextlib.contextmanager
def _for_children():
    """Context in which processes are begun: without GPUs, and with Ctrl-C and SIGTERM left to the first one."""
    with contextlib.ExitStack() as stack:
        if hasattr(signal, "pthread_sigmask"):
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
            stack.callback(signal.pthread_sigmask, signal.SIG_SETMASK, before)
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
        stack.callback(_set_environment, "CUDA_VISIBLE_DEVICES", visible)
        yield


def _set_environment(name, value):
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def _start(done, lifeline):
    """Prepares a process that has been begun."""

    def add(count):
        with done.get_lock():
            done.value += count

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    set_up_process(add)
    threading.Thread(target=_end_with_the_first, args=(lifeline,), daemon=True).start()


def set_up_process(add):
    """Prepares a process, one of several, for the functions that workers run. Args: `add`, what `advance` is to do."""
    quiet.set_log_levels()
    cv2.setNumThreads(1)
    _progress.add = add


def _end_with_the_first(lifeline):
    with contextlib.suppress(OSError):  # which Windows raises
        lifeline.poll(None)  # until the other end is closed, or its process is no more: nothing is ever sent
    os._exit(1)
