"""What the processes of a run on this machine have in common: a progress bar, as runners tell nothing, and its end."""

import contextlib
import os
import pathlib
import signal
import tempfile
import threading

from keras_scgan.program.files import lock

_POLL_SECONDS = 0.5
_LIFELINE = "lifeline"
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")

_joined = set()
"""Folders of the runs that this process ends with."""


class LocalRun:
    """Numbers by name, to which all processes of a run may add, and which tell when its first process ends.

    Args:
        folder: path of a folder that is there. With `None`, as on other machines, nothing is counted.
    """

    def __init__(self, folder=None):
        self._folder = folder
        self._first = os.getpid()

    def add(self, name, count=1):
        """Adds to a number. Args: `name`, string; `count`, int."""
        if not self._folder:
            return
        with (
            contextlib.suppress(FileNotFoundError),  # the run has ended
            open(pathlib.Path(self._folder, name), "ab", buffering=0) as file,  # one write, so that none is lost
        ):
            file.write(b"." * count)

    def get(self, name):
        """A number, an int. Args: `name`, string."""
        path = pathlib.Path(self._folder, name)
        return path.stat().st_size if path.exists() else 0

    def join(self):
        """Ends this process as soon as the first one ends, or is killed: Beam's own go on for a while."""
        if self._folder and os.name != "nt" and os.getpid() != self._first and self._folder not in _joined:
            _joined.add(self._folder)
            threading.Thread(target=self._end_with_the_first, daemon=True).start()

    def _end_with_the_first(self):
        with contextlib.suppress(OSError):  # it has ended, and the folder is gone
            lock(os.open(pathlib.Path(self._folder, _LIFELINE), os.O_RDWR), wait=True)
        os._exit(0)


@contextlib.contextmanager
def local_run(bar, done, total=None):
    """Context of a run that moves a progress bar. A signal that ends it ends its other processes at once.

    Args:
        bar: progress bar.
        done: string. Name of the number that it shows.
        total: string. Name of the number that this will be in the end, or `None` where the bar knows it.

    Yields:
        `LocalRun`.
    """
    with tempfile.TemporaryDirectory() as folder:
        run, ended, before = LocalRun(folder), threading.Event(), bar.n

        def update():
            if total:
                bar.total = run.get(total)
            bar.update(before + run.get(done) - bar.n)

        def follow():
            while not ended.wait(_POLL_SECONDS):
                update()

        thread = threading.Thread(target=follow)
        with _lifeline(folder):
            thread.start()
            try:
                yield run
            finally:
                ended.set()
                thread.join()
                update()


def _ignore(_):
    pass


@contextlib.contextmanager
def _lifeline(folder):
    descriptor = os.open(pathlib.Path(folder, _LIFELINE), os.O_RDWR | os.O_CREAT)
    if os.name != "nt":
        lock(descriptor)
    held = [descriptor]

    def let_go():
        while held:
            os.close(held.pop())

    def handle(number, frame):
        let_go()
        threading.excepthook = _ignore  # Beam's threads, whose processes are gone
        before[number](number, frame)

    numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers if callable(signal.getsignal(number))}
    try:
        for number in before:
            signal.signal(number, handle)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        let_go()
