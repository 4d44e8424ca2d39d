"""What every command does alike: flags, and one line for an error that the user can mend."""

import contextlib
import dataclasses
import os
import pathlib
import re
import signal
import sys

from absl import app, flags, logging

from keras_scgan.program import extras, progress
from keras_scgan.program.arguments import as_flags
from keras_scgan.program.errors import Interrupted, UserError
from keras_scgan.program.printable import printable

HELP = {"--help", "-help", "-h", "--helpshort", "-helpshort", "-?"}
"""Flags that print what a command is for, and its own flags."""

_NOT_GIVEN = re.compile(r"flag (--\w+)=None: Flag --\w+ must have a value other than None\.")

flags.DEFINE_bool("quiet", False, "Say nothing but what went wrong: no progress, no summary.")


def run(main, takes_arguments=False):
    """Runs `main(argv)` under absl.

    A wrong flag ends the process with one line on stderr and exit status 2, as do the errors of `errors_in_a_line`.
    What errors and logs tell of arguments is told of flags. `--help` prints the docstring and the flags of the module
    of `main`.

    A signal that asks the process to end (SIGTERM, or SIGHUP of a terminal that goes away) ends it as an exception
    does, so that no temporary files stay.

    Args:
        main: function of the arguments that are no flags, the program's name first.
        takes_arguments: bool. Whether there may be any. Defaults to `False`.
    """

    def parse(argv):
        if HELP & set(argv[1:]):
            _print_help(sys.modules[main.__module__])
            sys.exit(0)
        try:
            return flags.FLAGS(argv)
        except flags.CantOpenFlagFileError as error:
            fail(error.__context__)
        except (flags.Error, OSError) as error:
            fail(_NOT_GIVEN.sub(r"Give \1: --help explains it.", str(error)))

    def guarded(argv):
        logging.use_absl_handler()
        logging.get_absl_handler().python_handler.setStream(sys.stderr)
        logging.set_verbosity(logging.WARNING if flags.FLAGS.quiet else logging.INFO)
        progress.set_quiet(flags.FLAGS.quiet)
        logging.get_absl_handler().addFilter(_make_readable)
        _end_orderly()
        with errors_in_a_line():
            if len(argv) > 1 and not takes_arguments:
                raise UserError(f"unexpected argument {argv[1]!r}: a flag is written --name=value.")
            return main(argv)

    app.run(guarded, flags_parser=parse)


@contextlib.contextmanager
def errors_in_a_line():
    """Context in which an error that the user can mend ends the process with one line on stderr and exit status 2.

    These are a `UserError`, an `OSError` (a full disk, a file that may not be read), and a package that is not
    installed and comes with one of the extras. What a `UserError` tells of arguments is told of flags.
    """
    try:
        yield
    except (UserError, OSError) as error:
        fail(error)
    except ModuleNotFoundError as error:
        advice = extras.advice(error)
        if advice is None:
            raise
        fail(advice)
    except KeyboardInterrupt:
        sys.exit(130)


def called_as():
    """How this program was called, for advice: `scgan train` or `python tools/train.py`."""
    return sys.argv[0] if sys.argv[0].startswith("scgan ") else f"python {sys.argv[0]}"


def from_flags(kind, flag_values=flags.FLAGS, **others):
    """Makes what decides a job of the flags that are named like its fields.

    Args:
        kind: dataclass.
        flag_values: `FlagValues`. Defaults to those of the process.
        **others: values of the fields that are not to be those of flags.
    """
    names = {field.name for field in dataclasses.fields(kind)} - others.keys()
    values = {name: flag_values[name].value for name in names}
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}, **others)


@contextlib.contextmanager
def interruptible(advice):
    """Context that Ctrl-C and SIGTERM end with `Interrupted`; then the process ends with a line that says how to go on.

    Args:
        advice: string. How to go on, a sentence.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        yield
    except Interrupted as interruption:
        print(f"Stopped by {interruption}. {advice}", file=sys.stderr)
        sys.exit(128 + interruption.signal)


def _make_readable(record):
    """A filter of log records, which lets all of them pass: arguments are told as flags, names fit for a terminal."""
    record.msg = as_flags(str(record.msg))
    if isinstance(record.args, tuple):
        texts = (str, os.PathLike, Exception)
        record.args = tuple(printable(arg) if isinstance(arg, texts) else arg for arg in record.args)
    return True


def _end_orderly():
    """Makes an exception of the signals that end the process, unless it was started to ignore them, as by nohup."""
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, lambda number, frame: sys.exit(128 + number))


def _interrupt(number, frame):
    raise Interrupted(number)


def _print_help(module):
    print(f"{module.__doc__.strip()}\n\nFlags:")
    print("\n".join(filter(None, (_describe_flags(name) for name in (module.__name__, __name__)))))
    print("\n--helpfull lists those of all libraries too.")


def _describe_flags(module_name):
    """Describes the flags that a module defines, without the line that names it."""
    return flags.FLAGS.module_help(module_name).strip().partition("\n")[2]


def fail(error):
    """Ends the process with one line on stderr and exit status 2. Args: `error`, an exception or a string."""
    message = " ".join(as_flags(str(error)).split())
    if isinstance(error, OSError) and error.filename is not None:
        message = f"{error.filename}: {error.strerror}"
    print(printable(f"{pathlib.Path(sys.argv[0]).name}: {message}"), file=sys.stderr)
    sys.exit(2)
