"""scgan archive, run as a user does: in processes, killed, on another runner, without TensorFlow."""

import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import photos_of_kinds
import pytest
from platforms import needs_posix

pytest.importorskip("apache_beam")

from keras_scgan.archive import records

COUNT = 100
OWN = {pathlib.Path("manifest.jsonl"), pathlib.Path("failures.jsonl")}


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Folder with photos and two bad files."""
    folder = tmp_path_factory.mktemp("photos")
    photo = photos_of_kinds.demo_photo().resize((300, 240))
    for i in range(COUNT):
        photo.rotate(i).save(folder / f"{i:03}.jpg")
    (folder / "empty.jpg").touch()
    (folder / "text.jpg").write_text("no picture")
    return folder


@pytest.fixture(scope="module")
def whole(run_tool, photos, tmp_path_factory):
    """What `scgan colorize` makes of them, bytes by path."""
    folder = tmp_path_factory.mktemp("whole")
    assert run_tool("colorize.py", photos, f"--output_dir={folder}").returncode == 1
    return contents(folder)


def contents(folder):
    """Bytes of all files, those too whose names begin with a dot, but of the manifest."""
    paths = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in paths.items() if name not in OWN}


def check(result, folder, photos, whole):
    """Checks that a run ended with everything."""
    assert result.returncode == 1, result.stderr
    lines = [line for line in result.stderr.splitlines() if line.startswith(str(photos))]
    assert sorted(lines) == [f"{photos}/empty.jpg: empty file", f"{photos}/text.jpg: no readable picture"]
    assert contents(folder) == whole
    lines = [records.from_line(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    assert sorted(record.source for record in lines) == sorted(map(str, photos.iterdir()))
    assert sum(record.bytes or 0 for record in lines) == sum(map(len, whole.values()))


def test_two_processes_give_the_results_of_colorize(run_tool, photos, whole, tmp_path):
    result = run_tool("archive.py", photos, f"--output_dir={tmp_path}", "--workers=2")
    check(result, tmp_path, photos, whole)
    assert result.stdout == f"{COUNT} colorized, 2 failed\n"


@needs_posix
@pytest.mark.slow
def test_killed_at_any_moments_and_run_again_it_ends_with_everything(run_tool, start_tool, photos, whole, tmp_path):
    moments, command = random.Random(0), ("archive.py", photos, f"--output_dir={tmp_path}", "--workers=2")
    for _ in range(3):
        enough = len(list(tmp_path.glob("*.jpg"))) + moments.randint(1, 15)
        with start_tool(*command) as process:
            while len(list(tmp_path.glob("*.jpg"))) < enough:
                assert process.poll() is None, process.stdout.read()
                time.sleep(0.002)
            process.kill()
    assert 0 < len(list(tmp_path.glob("*.jpg"))) < COUNT
    check(run_tool(*command), tmp_path, photos, whole)
    assert {path for path in tmp_path.iterdir() if path.is_dir()} == set()


@needs_posix
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_its_processes_end_with_it(start_tool, photos, tmp_path, number):
    with start_tool("archive.py", photos, f"--output_dir={tmp_path}", "--workers=2") as process:
        while not list(tmp_path.glob("*.jpg")):
            assert process.poll() is None, process.stdout.read()
            time.sleep(0.01)
        process.send_signal(number)
        assert process.wait(30) in (128 + number, -number)
    time.sleep(1)
    count = len(list(tmp_path.glob("*.jpg")))
    time.sleep(2)
    assert len(list(tmp_path.glob("*.jpg"))) == count < COUNT


@pytest.mark.slow
def test_a_runner_behind_the_job_service_of_beam_gives_the_same(run_tool, photos, whole, tmp_path):
    port, output_dir = tmp_path / "port", tmp_path / "out"
    service = [sys.executable, "-m", "apache_beam.runners.portability.local_job_service_main", f"--port_file={port}"]
    with subprocess.Popen(service, stderr=subprocess.DEVNULL) as process:
        try:
            while not port.exists() or not port.read_text():
                assert process.poll() is None
                time.sleep(0.1)
            result = run_tool(
                *("archive.py", photos, f"--output_dir={output_dir}", "--runner=PortableRunner"),
                *("--", f"--job_endpoint=localhost:{port.read_text()}", "--environment_type=LOOPBACK"),
            )
        finally:
            process.kill()
    check(result, output_dir, photos, whole)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Give the photos: files, folders or patterns, or a --file_list."),
        (["--file_list=list.txt"], "--file_list needs --base_dir"),
        (["nowhere"], "There is no such file or folder: nowhere"),
        ([".", "--runner=NoRunner"], "--runner=NoRunner: Unexpected pipeline runner"),
        ([".", "--output_dir=nope://x"], "--output_dir=nope://x: Unable to get filesystem"),
        ([".", f"--output_dir={__file__}/out"], f"{__file__}/out: Not a directory"),
        ([".", "--model=missing.tflite"], "missing.tflite does not exist"),
    ],
)
def test_what_is_wrong_with_a_call_is_told_in_a_line(call_tool, error_of, arguments, message, tmp_path):
    assert message in error_of(call_tool("archive.py", f"--output_dir={tmp_path}", *arguments))


WITHOUT_TENSORFLOW = """
import sys
from keras_scgan.archive import pipeline
from keras_scgan.beam import running
assert not {"keras", "tensorflow"} & sys.modules.keys()
"""


def test_it_loads_no_tensorflow():
    subprocess.run([sys.executable, "-c", WITHOUT_TENSORFLOW], check=True, env=dict(os.environ), cwd=pathlib.Path.cwd())
