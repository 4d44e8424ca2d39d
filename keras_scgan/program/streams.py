"""stdin, stdout and stderr as a shell gives them: to a terminal, a file, a program that may go away, or closed."""

import io
import os
import sys


def prepare():
    """Makes it no error that stdout or stderr is closed, or that the program which reads it has gone.

    What is written there from then on is lost; a full disk stays an error. A closed stdin is empty.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        stream = getattr(sys, name)
        try:
            os.fstat(number)
        except OSError:
            _open_null(number)  # otherwise the next file that is opened takes the number, and is written to by mistake
        if stream is None:
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115 (for the life of the process)
        elif mode == "w" and stream is getattr(sys, f"__{name}__") and not stream.isatty():
            buffer = io.BufferedWriter(_Outlet(number, mode, closefd=False))
            line_buffering = stream.line_buffering
            stream.flush()
            setattr(sys, name, io.TextIOWrapper(buffer, stream.encoding, stream.errors, line_buffering=line_buffering))


class _Outlet(io.FileIO):
    """A file that goes nowhere from when the program that reads it has gone."""

    def write(self, data):
        try:
            return super().write(data)
        except BrokenPipeError:
            _open_null(self.fileno())
            return len(data)


def _open_null(number):
    null = os.open(os.devnull, os.O_RDWR)
    if null != number:
        os.dup2(null, number)
        os.close(null)
    os.set_inheritable(number, True)
