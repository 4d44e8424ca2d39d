"""The client on TensorFlow Serving itself, where `tensorflow_model_server` is installed."""

import concurrent.futures
import shutil
import socket
import subprocess

import cv2
import numpy as np
import pytest
from serving import tiny_model

from keras_scgan.serving import RequestError, ServerError, ServingClient

PROGRAM = shutil.which("tensorflow_model_server")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="tensorflow_model_server is not on the PATH"),
]


@pytest.fixture(scope="module")
def ports():
    with socket.socket() as rest, socket.socket() as grpc:
        for listener in (rest, grpc):
            listener.bind(("localhost", 0))
        return {"rest": rest.getsockname()[1], "grpc": grpc.getsockname()[1]}


@pytest.fixture(scope="module")
def model_server(model_folders, ports, tmp_path_factory):
    """TensorFlow Serving with the models, all versions of them."""
    config = tmp_path_factory.mktemp("server") / "models.config"
    entries = (
        f'config {{ name: "{folder.name}" base_path: "{folder}" model_platform: "tensorflow" '
        "model_version_policy { all {} } }"
        for folder in model_folders
    )
    config.write_text(f"model_config_list {{ {' '.join(entries)} }}")
    flags = (f"--port={ports['grpc']}", f"--rest_api_port={ports['rest']}", f"--model_config_file={config}")
    with open(config.with_name("log"), "wb") as log:
        process = subprocess.Popen([PROGRAM, *flags], stdout=log, stderr=log)
        try:
            # The ports are opened when the models are loaded; REST, the last, is there for sure.
            ServingClient(f"localhost:{ports['rest']}", "scgan", retries=8).close()
            yield
        finally:
            process.kill()
            process.wait()


@pytest.fixture(params=["rest", "grpc"])
def connect(request, model_server, ports):
    if request.param == "grpc":
        pytest.importorskip("tensorflow_serving.apis")
    return lambda model_name, **options: ServingClient(
        f"localhost:{ports[request.param]}", model_name, request.param, **options
    )


def png(pixels):
    return cv2.imencode(".png", pixels)[1].tobytes()


@pytest.mark.parametrize("model_name", ["scgan", "with_saliency"])
def test_200_requests_8_at_a_time_each_get_their_own_answer(connect, model_name):
    grays = [np.random.default_rng(i).integers(0, 256, (3 + i % 7, 4 + i % 5), np.uint8) for i in range(200)]
    with connect(model_name) as client, concurrent.futures.ThreadPoolExecutor(8) as threads:
        results = list(threads.map(client.colorize, map(png, grays)))
        assert client.colorize_batch([png(gray) for gray in grays[:9]]) == results[:9]
    for gray, result in zip(grays, results, strict=True):
        pixels = cv2.imdecode(np.frombuffer(result, np.uint8), cv2.IMREAD_COLOR_RGB)
        np.testing.assert_array_equal(pixels, tiny_model.paint(gray))


@pytest.mark.parametrize(
    ("model_name", "options", "message"),
    [
        ("scagn", {}, "The model 'scagn' at "),
        ("scgan", {"version": 3}, "The model 'scgan', version 3, at "),
        ("other", {}, r"has no signature colorize_bytes \(it has: serving_default\)"),
    ],
)
def test_a_model_that_cannot_be_used_is_told(connect, model_name, options, message):
    with pytest.raises(ServerError, match=message):
        connect(model_name, **options)


def test_a_corrupt_picture_is_told_and_others_go_on(connect):
    with connect("scgan", version=1) as client:
        with pytest.raises(RequestError, match=r"Unknown image file format.*\(INVALID_ARGUMENT\)$"):
            client.colorize(b"no picture")
        assert client.colorize(png(np.zeros((2, 3), np.uint8)))
