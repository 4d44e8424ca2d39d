"""scgan serve, run as a user does: a process of its own."""

import contextlib
import http.client
import os
import re
import signal
import socket
import threading

import cv2
import numpy as np
import photos_of_kinds
import pytest
from platforms import needs_posix

from keras_scgan.colorizing import shipped
from keras_scgan.photos.files import read_photo, write_photo

MODEL = shipped.FOLDER / "scgan" / "scgan_int8.tflite"
PHOTOS = 40


@pytest.fixture
def serve(start_tool, tmp_path):
    """Context of a server's process, in which Keras and TensorFlow cannot be imported; gives it and its HOST:PORT."""
    for name in ("keras", "tensorflow"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('loaded')")

    @contextlib.contextmanager
    def serve(*flags):
        path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
        with start_tool("serve.py", f"--model={MODEL}", "--port=0", *flags, variables={"PYTHONPATH": path}) as process:
            (address,) = re.findall(r"Serving at http://(\S+)", process.stdout.readline())
            yield process, address

    return serve


def ask(address, method="GET", path="/healthz", body=None):
    with contextlib.closing(http.client.HTTPConnection(address, timeout=60)) as connection:
        connection.request(method, path, body)
        response = connection.getresponse()
        return response.status, response.read()


def test_a_photo_comes_back_as_from_scgan_colorize(serve, call_tool, tmp_path):
    photo = tmp_path / "photo.jpg"
    photos_of_kinds.demo_photo().save(photo)
    call_tool("colorize.py", photo, f"--model={MODEL}", f"--output_dir={tmp_path / 'out'}", "--saturation=1.2")
    with serve() as (_, address):
        status, data = ask(address, "POST", "/colorize?saturation=1.2", photo.read_bytes())
    assert (status, data) == (200, (tmp_path / "out" / "photo.jpg").read_bytes())


@needs_posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_without_an_error_when_what_is_taken_is_done(serve, number):
    large = photos_of_kinds.demo_photo().resize((3000, 2000))
    data = cv2.imencode(".png", np.asarray(large))[1].tobytes()
    with serve() as (process, address):
        answers = []
        asking = threading.Thread(target=lambda: answers.append(ask(address, "POST", "/colorize", data)))
        asking.start()
        while b"scgan_places_taken 1.0" not in ask(address, path="/metrics")[1]:
            assert asking.is_alive()
        process.send_signal(number)
        asking.join()
        assert answers[0][0] == 200
        assert process.wait(30) == 0
        assert process.stdout.read() == ""


def test_a_client_s_photos_survive_a_server_that_is_killed(serve, start_tool, call_tool, tmp_path):
    folder = tmp_path / "in"
    for i in range(PHOTOS):
        write_photo(folder / f"{i}.png", np.full((300, 400), 3 * i, np.uint8))
    with contextlib.ExitStack() as stack:
        with serve() as (process, address):
            flags = (f"--server={address}", "--model_name=scgan", f"--output_dir={tmp_path / 'out'}", "--timeout=60")
            client = stack.enter_context(start_tool("serving_client.py", folder, *flags, "--quiet"))
            while not list((tmp_path / "out").glob("[0-9]*.png")):
                assert client.poll() is None
            process.kill()
            process.wait()
        with serve(f"--port={address.rpartition(':')[2]}"):
            assert (client.wait(100), client.stdout.read()) == (0, "")
    call_tool("colorize.py", folder, f"--model={MODEL}", f"--output_dir={tmp_path / 'expected'}")
    for i in range(PHOTOS):
        found, expected = (read_photo(tmp_path / name / f"{i}.png").pixels for name in ("out", "expected"))
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--port=PORT"], "The server cannot listen at --host=127.0.0.1, --port=PORT: "),
        (["--host=no.such.host.invalid"], "The server cannot listen at --host=no.such.host.invalid"),
        ([f"--host={'a' * 70}.org"], f"The server cannot listen at --host={'a' * 70}.org"),
        (["--port=70000"], "--port"),
        (["--model=missing"], "The model missing does not exist"),
        (["--page_dir=missing"], "--page_dir=missing has no page. Build it"),
        (["--timeout=0"], "--timeout=0.0: expected more than 0"),
        (["photo.jpg"], "unexpected argument 'photo.jpg'"),
    ],
)
def test_a_mistake_in_the_call_is_one_line(call_tool, error_of, flags, message):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        run = call_tool("serve.py", *(flag.replace("PORT", port) for flag in flags))
    assert message.replace("PORT", port) in error_of(run)
    assert len(run.stderr.splitlines()) == 1


def test_without_the_extra_it_says_what_to_install(run_tool, error_of, tmp_path):
    (tmp_path / "starlette.py").write_text("raise ModuleNotFoundError('No module', name='starlette')")
    run = run_tool("serve.py", path=[tmp_path])
    assert 'pip install "keras-scgan[serve]"' in error_of(run)
