"""How the tests of the commands run them: as a user does, or within this process, which spares its start."""

import contextlib
import importlib
import io
import logging
import os
import pathlib
import signal
import subprocess
import sys
import types

import pytest
from absl import flags
from absl import logging as absl_logging
from absl.testing import flagsaver

ROOT = pathlib.Path(__file__).parents[2]
HANGUP = getattr(signal, "SIGHUP", signal.SIGTERM)


def command(tool, *arguments):
    return [sys.executable, str(ROOT / "tools" / tool), *map(str, arguments)]


def environment(path=(), **variables):
    folders = os.pathsep.join(map(str, [*path, ROOT]))
    inherited = {name: value for name, value in os.environ.items() if name != "TF_CONFIG"}
    return inherited | {"PYTHONPATH": folders} | variables


@pytest.fixture(scope="session")
def run_tool():
    """Function that runs a tool to its end in a process of its own.

    Its arguments are the tool's file name and arguments, and `path`: folders before all others on Python's path.
    """

    def run(tool, *arguments, path=(), **options):
        options = {"capture_output": True, "text": True, "timeout": 600} | options
        return subprocess.run(command(tool, *arguments), env=environment(path), **options)

    return run


@pytest.fixture(scope="session")
def start_tool():
    """Context that starts a tool in a process of its own, and kills it if it is still there at its end.

    Its arguments are the tool's file name and arguments, and environment variables by name. stderr goes to stdout.
    """

    @contextlib.contextmanager
    def start(tool, *arguments, variables=None, **options):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True} | options
        process = subprocess.Popen(command(tool, *arguments), env=environment(**variables or {}), **pipes)
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()

    return start


@pytest.fixture(scope="session")
def error_of():
    """Function from the result of a run that the user's error ended to the last line on its stderr."""

    def last_line(result):
        assert result.returncode == 2, result.stderr
        assert "Traceback" not in result.stderr
        return result.stderr.splitlines()[-1]

    return last_line


@pytest.fixture(scope="module")
def call_tool():
    """Function like `run_tool` that runs a tool's verb, or its sub-verb, within this process."""
    loaded = []

    def call(tool, *arguments):
        from keras_scgan import commands

        verb = pathlib.Path(tool).stem
        argv = [f"tools/{tool}", *map(str, arguments)]
        module, _ = commands.find(verb, argv[1:])
        if module not in loaded:
            _forget(loaded)
            loaded.append(module)
            importlib.import_module(module)  # before the flags are saved
        output = {"stdout": io.StringIO(), "stderr": io.StringIO()}
        with (
            flagsaver.flagsaver(),
            _logging_to(output["stderr"]),
            _signals_as_they_were(),
            contextlib.redirect_stdout(output["stdout"]),
            contextlib.redirect_stderr(output["stderr"]),
            pytest.MonkeyPatch.context() as patch,
        ):
            patch.setattr(sys, "argv", argv)
            with pytest.raises(SystemExit) as ending:
                commands.run(verb)
        code = ending.value.code or 0
        return types.SimpleNamespace(returncode=code, **{name: text.getvalue() for name, text in output.items()})

    yield call
    _forget(loaded)


def _forget(modules):
    """Forgets the verbs that are loaded: the next one has flags of the same names."""
    while modules:
        module = modules.pop()
        sys.modules.pop(module, None)
        for flag in flags.FLAGS.get_flags_for_module(module):
            delattr(flags.FLAGS, flag.name)


@contextlib.contextmanager
def _logging_to(stream):
    """Context in which absl logs to a stream as it does to stderr, and after which the loggers are as they were."""
    handler, handlers = absl_logging.get_absl_handler(), list(logging.root.handlers)
    before = handler.python_handler.stream
    handler.python_handler.stream = stream
    try:
        yield
    finally:
        handler.python_handler.stream = before
        logging.root.handlers[:] = handlers


@contextlib.contextmanager
def _signals_as_they_were():
    handlers = {number: signal.getsignal(number) for number in {signal.SIGINT, signal.SIGTERM, HANGUP}}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
