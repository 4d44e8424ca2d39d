"""Every tool ends alike: one line on stderr for what the user can mend, a traceback for a fault of the program."""

import dataclasses
import logging
import os
import pathlib
import signal
import subprocess
import sys
import textwrap
import time

import pytest
from absl import flags
from absl import logging as absl_logging
from absl.testing import flagsaver
from platforms import needs_posix

from keras_scgan.program import cli
from keras_scgan.program.arguments import as_flags
from keras_scgan.program.errors import UserError

ROOT = pathlib.Path(__file__).parents[2]
ENDING = {signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)}
flags.DEFINE_integer("number_of_test_cli", 1, "A number.", 1)
flags.DEFINE_bool("switch_of_test_cli", False, "A switch.")
flags.DEFINE_list("numbers_of_test_cli", [], "Numbers.")


def main(argv):
    number = flags.FLAGS.number_of_test_cli
    absl_logging.info("number %d of %s", number, argv[1:])
    match number:
        case 2:
            raise UserError("what is wrong\nand what to do")
        case 3:
            pathlib.Path("/no/such/file").read_text()
        case 4:
            raise OSError(28, "No space left on device")
        case 5:
            raise ValueError("a fault of the program")
        case 6:
            raise KeyboardInterrupt
        case 8:
            raise UserError("`number_of_test_cli=8` is too much")
        case 9:
            absl_logging.warning("%s: odd", pathlib.Path("a\x1b[2J.jpg"))
            raise UserError("b\x1b]0;title\x07.jpg is odd")


@pytest.fixture
def tool(monkeypatch, capsys):
    """Function that runs the tool, and returns its exit status and the lines on its stderr."""
    python_handler = absl_logging.get_absl_handler().python_handler
    handlers = list(logging.root.handlers)
    signals = {number: signal.getsignal(number) for number in ENDING}

    def run(*arguments, **options):
        monkeypatch.setattr(sys, "argv", ["tools/tool.py", *arguments])
        monkeypatch.setattr(python_handler, "stream", sys.stderr)
        with pytest.raises(SystemExit) as ending:
            cli.run(sys.modules[__name__].main, **options)
        return ending.value.code or 0, capsys.readouterr().err.splitlines()

    with flagsaver.flagsaver():
        yield run
    for number, handler in signals.items():
        signal.signal(number, handler)
    logging.root.handlers[:] = handlers


def test_a_tool_that_works_logs_to_stderr(tool):
    status, (line,) = tool("--number_of_test_cli=7")
    assert status == 0
    assert line.endswith("] number 7 of []")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--number_of_test_cli=0"], "--number_of_test_cli=0: 0 is not a positive integer"),
        (["--number_of_test_cli=x"], "number_of_test_cli"),
        (["--nummer_of_test_cli=1"], "Unknown command line flag 'nummer_of_test_cli'. Did you mean: number_of"),
        (["--flagfile=/no/such.flags"], "tool.py: /no/such.flags: No such file or directory"),
        (["stray"], "unexpected argument 'stray': a flag is written --name=value."),
    ],
)
def test_wrong_flags_and_arguments_are_one_line_and_status_2(tool, arguments, message):
    status, (line,) = tool(*arguments)
    assert status == 2
    assert line.startswith("tool.py: ")
    assert message in line


def test_a_tool_may_take_arguments(tool):
    status, (line,) = tool("photo.jpg", takes_arguments=True)
    assert status == 0
    assert line.endswith("of ['photo.jpg']")


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (2, "tool.py: what is wrong and what to do"),
        (3, "tool.py: /no/such/file: No such file or directory"),
        (4, "tool.py: [Errno 28] No space left on device"),
        (8, "tool.py: --number_of_test_cli=8 is too much"),
    ],
)
def test_errors_that_the_user_can_mend_are_one_line_and_status_2(tool, number, message):
    status, lines = tool(f"--number_of_test_cli={number}")
    assert status == 2
    assert lines[1:] == [message]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("`number_of_test_cli`: give another.", "--number_of_test_cli: give another."),
        ("`number_of_test_cli=a b.c`, or more.", "--number_of_test_cli=a b.c, or more."),
        ("`switch_of_test_cli` and `switch_of_test_cli=True`", "--switch_of_test_cli and --switch_of_test_cli"),
        ("leave out `switch_of_test_cli=False`", "leave out --noswitch_of_test_cli"),
        ("`number_of_test_cli_=2`, without the underscore", "--number_of_test_cli=2, without the underscore"),
        ("`no_flag=1` and `a file.jpg`", "`no_flag=1` and `a file.jpg`"),
    ],
)
def test_a_command_shows_arguments_as_flags(message, shown):
    assert as_flags(message) == shown


@dataclasses.dataclass(frozen=True)
class Job:
    switch_of_test_cli: bool
    numbers_of_test_cli: tuple
    other: str


def test_settings_are_made_of_flags_of_their_names():
    with flagsaver.flagsaver(switch_of_test_cli=True, numbers_of_test_cli=["1", "2"]):
        flags.FLAGS.mark_as_parsed()
        assert cli.from_flags(Job, other="given") == Job(True, ("1", "2"), "given")


def test_no_name_of_a_file_controls_the_terminal(tool):
    status, lines = tool("--number_of_test_cli=9")
    assert status == 2
    assert lines[1].endswith(r"] a\x1b[2J.jpg: odd")
    assert lines[2] == r"tool.py: b\x1b]0;title\x07.jpg is odd"


@needs_posix
@pytest.mark.parametrize("number", sorted(ENDING))
def test_a_signal_that_ends_the_process_is_an_exception(tool, monkeypatch, number):
    def wait(argv):
        os.kill(os.getpid(), number)
        time.sleep(10)

    monkeypatch.setattr(sys.modules[__name__], "main", wait)
    signal.signal(number, signal.SIG_DFL)
    status, _ = tool()
    assert status == 128 + number


@needs_posix
def test_nohup_is_respected(tool):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    tool()
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


def test_a_fault_of_the_program_is_not_hidden(tool):
    with pytest.raises(ValueError, match="a fault of the program"):
        tool("--number_of_test_cli=5")


def test_ctrl_c_is_no_fault(tool):
    status, lines = tool("--number_of_test_cli=6")
    assert status == 130
    assert len(lines) == 1


@pytest.mark.parametrize("broken", [False, True])
def test_the_notes_of_tensorflow_are_shown_only_if_it_cannot_be_imported(tmp_path, broken):
    (tmp_path / "tensorflow.py").write_text(
        textwrap.dedent(f"""
            import os, types
            os.write(2, b"a note\\n")
            if {broken}:
                raise ImportError("no TensorFlow")
            config = types.SimpleNamespace(list_physical_devices=lambda: [])
            get_logger = lambda: types.SimpleNamespace(setLevel=lambda level: None)
        """)
    )
    program = "from keras_scgan.program import quiet_tensorflow; import sys; print('visible again', file=sys.stderr)"
    path = {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    result = subprocess.run([sys.executable, "-c", program], env=path, capture_output=True, text=True)
    if broken:
        assert result.stderr.startswith("a note\nTraceback")
        assert result.stderr.endswith("ImportError: no TensorFlow\n")
    else:
        assert result.stderr == "visible again\n"
