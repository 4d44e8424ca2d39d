"""The program scgan: its verbs, its short form, and how it is with what a shell gives it."""

import ast
import pathlib
import subprocess
import sys

import cv2
import numpy as np
import pytest

import keras_scgan
from keras_scgan import commands
from keras_scgan.photos.files import read_photo

ROOT = pathlib.Path(__file__).parents[2]
PHOTO = ROOT / "examples" / "black_canyon.jpg"
SCGAN = [sys.executable, "-m", "keras_scgan"]
MAPS_MADE = "1 saliency maps made, 0 failed\n"


def scgan(*arguments, **options):
    return subprocess.run([*SCGAN, *map(str, arguments)], cwd=ROOT, timeout=300, **options)


@pytest.fixture
def called(monkeypatch, capsys):
    """Function that calls `commands.main`: the verb that it runs with its arguments, or status and output."""
    runs = []
    monkeypatch.setattr(commands, "run", lambda *arguments: runs.append(arguments))

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["bin/scgan", *arguments])
        try:
            commands.main()
        except SystemExit as ending:
            return ending.code, capsys.readouterr().err
        return runs.pop() if runs else capsys.readouterr().out

    return call


@pytest.mark.parametrize(
    ("arguments", "run"),
    [
        (["train", "--stage=1"], ("train", ["--stage=1"])),
        (["colorize", "a.jpg"], ("colorize", ["a.jpg"])),
        ([str(PHOTO), "folder"], ("colorize", [str(PHOTO), "folder"])),
        (["--quiet", "a.jpg"], ("colorize", ["--quiet", "a.jpg"])),
        (["scans/**/*.tif"], ("colorize", ["scans/**/*.tif"])),
        (["-"], ("colorize", ["-"])),
    ],
)
def test_the_first_argument_is_a_verb_or_something_to_colorize(called, arguments, run):
    assert called(*arguments) == run


@pytest.mark.parametrize(
    ("word", "advice"),
    [
        ("colourise", "Did you mean colorize?"),
        ("trian", "Did you mean train?"),
        ("missing.jpg", "scgan --help lists the verbs."),
    ],
)
def test_what_is_neither_is_an_error_that_names_a_similar_verb(called, word, advice):
    assert called(word, "a.jpg") == (2, f"scgan: There is no file, folder or verb {word}. {advice}\n")


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help_has_a_line_for_each_verb(called, arguments):
    lines = called(*arguments).splitlines()
    assert max(map(len, lines)) <= 120
    described = dict(line.split(maxsplit=1) for line in lines[lines.index("Verbs:") + 1 :])
    assert list(described) == commands.verbs()
    assert described["colorize"] == "Colorizes photos and videos."


def test_version_is_that_of_the_package(called):
    assert called("--version") == f"scgan {keras_scgan.__version__}\n"


def test_every_verb_is_a_program_in_tools_too():
    assert sorted(path.stem for path in (ROOT / "tools").glob("*.py")) == sorted(["clone", *commands.verbs()])
    for verb in commands.verbs():
        source = ast.unparse(ast.parse((ROOT / "tools" / f"{verb}.py").read_text()))
        assert f"run('{verb}')" in source


def test_a_program_in_tools_runs_the_package_beside_it(tmp_path):
    """Even where another one is installed."""
    (tmp_path / "keras_scgan").mkdir()
    (tmp_path / "keras_scgan" / "__init__.py").write_text("raise SystemExit(3)")
    command = [sys.executable, ROOT / "tools" / "colorize.py", "--help"]
    result = subprocess.run(command, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, cwd=tmp_path)
    assert result.returncode == 0
    assert "--output_dir: Folder for the results." in result.stdout
    assert "--[no]quiet" in result.stdout


def test_errors_name_the_program_and_the_verb():
    for arguments, program in ((["colorize", "--width=3"], "scgan colorize"), (["--width=3"], "scgan colorize")):
        result = scgan(*arguments, capture_output=True, text=True)
        assert result.returncode == 2
        assert result.stderr == f"{program}: Unknown command line flag 'width'\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([PHOTO, "--output_dir=OUT"], "1 colorized, 0 failed\n"),
        (["make_saliency", f"--images={PHOTO}", "--output=OUT", "--detector=spectral_residual"], MAPS_MADE),
        (["make_saliency", f"--images={PHOTO}", "--output=OUT", "--detector=scgan", "--threads=1"], MAPS_MADE),
    ],
)
def test_what_needs_no_tensorflow_loads_none_and_says_no_more_than_it_must(tmp_path, arguments, said):
    for name in ("keras", "tensorflow"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('loaded')")
    env = {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    arguments = [str(argument).replace("OUT", str(tmp_path / "out")) for argument in arguments]
    result = scgan(*arguments, env=env, capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, said, "")


@pytest.mark.parametrize(
    ("verb", "extra"), [("train", "train"), ("evaluate", "train"), ("colorize", "train"), ("make_saliency", "train")]
)
def test_a_verb_without_its_packages_says_which_extra_to_install(tmp_path, verb, extra):
    for name in ("keras", "tensorflow"):
        text = f"raise ModuleNotFoundError('No module named {name}', name='{name}')"
        (tmp_path / f"{name}.py").write_text(text)
    model = ROOT / "saved_models" / "scgan" / "generator.keras"
    env = {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    arguments = {
        "colorize": [PHOTO, f"--model={model}", f"--output_dir={tmp_path}"],
        "make_saliency": [f"--images={PHOTO}", f"--detector=keras:{model}", f"--output={tmp_path}"],
    }
    result = scgan(verb, *arguments.get(verb, []), env=env, capture_output=True, text=True)
    assert result.returncode == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"scgan {verb}: this needs ")
    assert line.endswith(f', which is not installed: pip install "keras-scgan[{extra}]"')


# === Streams ===


@pytest.mark.parametrize("redirection", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", "| true", "2>&1 | true"])
def test_closed_streams_are_no_error(tmp_path, redirection):
    command = [*SCGAN, "--print_results", f"--output_dir={tmp_path}", str(PHOTO), str(tmp_path / "*.missing")]
    (tmp_path / "empty.missing").touch()
    line = f"set -o pipefail; {' '.join(command)} {redirection}"
    result = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert result.returncode == 1  # of the empty file
    assert "Traceback" not in result.stderr
    assert "Exception" not in result.stderr
    assert read_photo(tmp_path / PHOTO.name).pixels.ndim == 3


def test_results_are_printed_and_nothing_else_on_stdout(tmp_path):
    (tmp_path / "bad.jpg").touch()
    flags = ["--print_results", "--comparison", f"--output_dir={tmp_path / 'out'}"]
    result = scgan(PHOTO, tmp_path / "bad.jpg", *flags, capture_output=True, text=True)
    names = [pathlib.Path(line).name for line in result.stdout.splitlines()]
    assert names == ["black_canyon.jpg", "black_canyon_comparison.jpg"]
    assert all(pathlib.Path(line).exists() for line in result.stdout.splitlines())
    assert result.stderr == f"{tmp_path / 'bad.jpg'}: empty file\n1 colorized, 1 failed\n"


def test_quiet_leaves_only_what_went_wrong(tmp_path):
    (tmp_path / "bad.jpg").touch()
    flags = ["--quiet", f"--output_dir={tmp_path / 'out'}"]
    result = scgan(PHOTO, tmp_path / "bad.jpg", *flags, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"{tmp_path / 'bad.jpg'}: empty file\n"


@pytest.mark.parametrize(
    ("suffix", "flags", "mark"), [(".png", [], b"\x89PNG"), (".png", ["--format=jpg"], b"\xff\xd8")]
)
def test_a_photo_goes_from_stdin_to_stdout(suffix, flags, mark):
    data = cv2.imencode(suffix, np.full((30, 40), 150, np.uint8))[1].tobytes()
    result = scgan("-", *flags, input=data, capture_output=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(mark)
    pixels = cv2.imdecode(np.frombuffer(result.stdout, np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels.shape == (30, 40, 3)
    assert np.ptp(pixels, axis=-1).max() > 0
    assert result.stderr == b"1 colorized, 0 failed\n"


def test_stdin_that_is_no_photo_is_named():
    result = scgan("-", "--quiet", input=b"no photo", capture_output=True)
    assert (result.returncode, result.stdout, result.stderr) == (1, b"", b"stdin: no readable picture\n")


@pytest.mark.parametrize("others", [["a.jpg"], ["--comparison"], ["--saliency_map"]])
def test_stdin_stands_alone(others):
    result = scgan("-", *others, input=b"", capture_output=True, text=False)
    assert result.returncode == 2
    assert b"- stands alone" in result.stderr
