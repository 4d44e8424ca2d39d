"""The errors that are the user's to mend, and the wish to stop."""

import signal


class UserError(ValueError):
    """Something that the user can mend. The message is one line that names it and says what to do.

    It names arguments in backticks, as `name` or `name=value`, the way that a caller in Python writes them. A command
    prints those that are flags of it as flags: see `arguments.as_flags`.
    """


def first_line(error):
    """The first line of an error's message. Args: `error`, an exception."""
    return str(error).strip().partition("\n")[0]


class BadFileError(UserError):
    """One file that cannot be used, among others that perhaps can.

    Args:
        path: str or path. The file.
        reason: str. What is wrong with it, in a few words.
    """

    def __init__(self, path, reason):
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class Interrupted(Exception):  # noqa: N818 (no error)
    """The process was asked to stop, and its work can go on later. `signal` is the signal's number."""

    def __init__(self, number):
        super().__init__(signal.Signals(number).name)
        self.signal = number
