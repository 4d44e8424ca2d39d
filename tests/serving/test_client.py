"""The client gets what the model makes of a picture, and says in one line what stands in the way."""

import concurrent.futures
import http.server
import json
import socket
import sys
import threading
import urllib.error
import urllib.request

import cv2
import numpy as np
import pytest
from serving import server, tiny_model

from keras_scgan.program.errors import UserError
from keras_scgan.serving import PROTOCOLS, RequestError, ServerError, ServingClient


@pytest.fixture
def connect(served):
    """Function that connects a client to the server, which is closed at the end."""
    clients = []

    def function(model_name="scgan", **options):
        clients.append(ServingClient(served.address, model_name, served.protocol, **options))
        return clients[-1]

    yield function
    for opened in clients:
        opened.close()


@pytest.fixture
def closed_port():
    with socket.socket() as listener:
        listener.bind(("localhost", 0))
        yield listener.getsockname()[1]  # bound, but nobody listens


def picture(seed=0, shape=(6, 9)):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def png(pixels):
    return cv2.imencode(".png", pixels)[1].tobytes()


def decoded(data):
    assert data.startswith(b"\x89PNG")
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)


def one_line(error):
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 350
    return str(error.value)


# === What comes back ===


@pytest.mark.parametrize("model_name", ["scgan", "with_saliency"])  # one output, two outputs
def test_the_answer_is_what_the_model_makes_of_the_picture(connect, model_name):
    gray = picture()
    np.testing.assert_array_equal(decoded(connect(model_name).colorize(png(gray))), tiny_model.paint(gray))


def test_a_batch_may_have_pictures_of_any_sizes_and_keeps_their_order(connect):
    grays = [picture(seed, (2 + seed, 9 - seed)) for seed in range(5)]
    results = connect().colorize_batch([png(gray) for gray in grays])
    for gray, result in zip(grays, results, strict=True):
        np.testing.assert_array_equal(decoded(result), tiny_model.paint(gray))


def test_a_version_may_be_chosen(connect):
    assert connect(version=1).colorize(png(picture()))
    with pytest.raises(ServerError) as error:
        connect(version=7)
    assert "The model 'scgan', version 7, at " in one_line(error)


def test_200_requests_8_at_a_time_all_get_what_they_get_one_after_another(served, connect):
    images = [png(picture(seed, (3 + seed % 7, 4 + seed % 5))) for seed in range(200)]
    colorize = connect().colorize
    expected = [colorize(image) for image in images]
    assert len(set(expected)) == 200
    served.requests = 0
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        results = list(threads.map(colorize, images))
    assert results == expected
    assert served.requests == 200
    assert 1 < served.most_at_once <= 8


# === A server that is no good ===


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_stopped_server_is_tried_again_and_then_told_in_one_line(closed_port, protocol, pauses):
    if protocol == "grpc":
        pytest.importorskip("tensorflow_serving.apis")
    with pytest.raises(ServerError) as error:
        ServingClient(f"localhost:{closed_port}", "scgan", protocol, retries=4)
    message = one_line(error)
    assert f"No server is available at localhost:{closed_port} for {protocol}" in message
    assert "tried 5 times" in message
    assert "refused" in message
    for attempt, seconds in enumerate(pauses):
        assert 0.25 * 2**attempt <= seconds <= 0.5 * 2**attempt
    assert len(pauses) == 4


@pytest.mark.parametrize(
    ("model_name", "message"),
    [
        ("scagn", "The model 'scagn' at localhost:{port} is not there, or not loaded yet (Servable not found"),
        ("a/b c", "The model 'a/b c' at "),
        ("other", "The model 'other' at localhost:{port} has no signature colorize_bytes (it has: serving_default)"),
    ],
)
def test_a_model_that_cannot_be_used_is_told_in_one_line_without_a_second_try(
    served, connect, pauses, model_name, message
):
    with pytest.raises(ServerError) as error:
        connect(model_name)
    assert message.format(port=served.address.partition(":")[2]) in one_line(error)
    assert not pauses


def test_photos_and_thermal_images_go_to_models_of_their_own(connect):
    pixels = picture()
    found = connect("thermal", network_input="thermal").colorize(png(pixels))
    np.testing.assert_array_equal(decoded(found), tiny_model.paint(pixels))
    for model_name, network_input, other in (("thermal", "luma", "thermal"), ("scgan", "thermal", "luma")):
        with pytest.raises(ServerError) as error:
            connect(model_name, network_input=network_input)
        assert f"say which they are by network_input={other}" in one_line(error)


def test_the_port_of_the_other_protocol_is_told(served, pauses):
    pytest.importorskip("tensorflow_serving.apis")
    other = "grpc" if served.protocol == "rest" else "rest"
    with pytest.raises(ServerError) as error:
        ServingClient(served.address, "scgan", other)
    assert "port" in one_line(error)


@pytest.mark.parametrize("status", [200, 404, 500])
def test_a_web_server_of_another_kind_is_told(status, pauses):
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"<html>a page</html>")

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("localhost", 0), Page) as web:
        threading.Thread(target=web.handle_request).start()
        with pytest.raises(ServerError) as error:
            ServingClient(f"localhost:{web.server_port}", "scgan")
    expected = "its answer is not that of TensorFlow Serving" if status == 200 else f"HTTP status {status}"
    assert expected in one_line(error)
    assert not pauses


ADDRESSES = (
    *("localhost", "localhost:x", "localhost:99999", "http://localhost:8501", "", ":1", "localhost:1/v1"),
    *("me@localhost:1", f"{'a' * 64}.org:1", "a..b:1", "a b:1", "a\n:1", "[::1:1", "\udcff:1"),
)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_address_of_another_form_is_told(address, protocol):
    with pytest.raises(UserError, match="is not HOST:PORT"):
        ServingClient(address, "scgan", protocol)


@pytest.mark.parametrize("name", ["", "a\nb", "\udcff"])
def test_a_name_that_no_model_can_have_is_told(name):
    with pytest.raises(UserError, match="is no name of a model"):
        ServingClient("localhost:1", name)


def test_an_unknown_protocol_is_an_error():
    with pytest.raises(ValueError, match="protocol='soap'"):
        ServingClient("localhost:1", "scgan", "soap")


def test_without_the_package_for_grpc_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_serving.apis", None)
    with pytest.raises(UserError, match=r'pip install "keras-scgan\[serving\]"'):
        ServingClient("localhost:1", "scgan", "grpc")


# === Requests that fail ===


def test_a_server_that_is_unavailable_for_a_while_is_waited_for(served, connect, pauses):
    colorize = connect().colorize
    served.failures = [("UNAVAILABLE", "The batch scheduling queue to which this task was submitted is full")] * 3
    np.testing.assert_array_equal(decoded(colorize(png(picture()))), tiny_model.paint(picture()))
    assert served.requests == 4
    assert len(pauses) == 3
    assert pauses == sorted(pauses)


def test_a_server_with_too_much_to_do_is_asked_again_and_then_told(served, connect, pauses):
    colorize = connect(retries=2).colorize
    served.failures = [("RESOURCE_EXHAUSTED", "no memory is left")] * 5
    with pytest.raises(RequestError, match=r"too much to do \(no memory is left; tried 3 times\)"):
        colorize(png(picture()))
    np.testing.assert_array_equal(decoded(colorize(png(picture()))), tiny_model.paint(picture()))
    assert len(pauses) == 4


def test_a_server_that_stays_unavailable_is_told_with_its_words(served, connect, pauses):
    colorize = connect(retries=2).colorize
    served.failures = [("UNAVAILABLE", "the queue is full")] * 9
    with pytest.raises(ServerError, match=r"\(the queue is full; tried 3 times\)"):
        colorize(png(picture()))
    assert served.requests == 3


@pytest.mark.parametrize("code", ["INVALID_ARGUMENT", "FAILED_PRECONDITION", "INTERNAL"])
def test_other_errors_are_not_tried_again(served, connect, pauses, code):
    colorize = connect().colorize
    served.failures = [(code, "some\n\t reason")]
    with pytest.raises(RequestError, match="some reason"):
        colorize(png(picture()))
    assert served.requests == 1
    assert not pauses
    assert colorize(png(picture()))


def test_a_model_that_is_taken_away_is_a_fault_of_the_server(served, connect):
    colorize = connect().colorize
    served.failures = [("NOT_FOUND", "Servable not found for request: Latest(scgan)")]
    with pytest.raises(ServerError, match="not there"):
        colorize(png(picture()))


def test_an_answer_that_takes_too_long_is_not_tried_again(served, connect, pauses):
    colorize = connect(timeout=0.3).colorize
    served.may_answer.clear()
    try:
        with pytest.raises(RequestError, match=r"within 0\.3 s"):
            colorize(png(picture()))
    finally:
        served.may_answer.set()
    assert served.requests == 1


@pytest.mark.parametrize("data", [b"", b"no picture", png(picture(shape=(40, 40)))[:500]])
def test_a_corrupt_picture_is_told_with_the_servers_words_and_others_go_on(connect, data):
    colorize = connect().colorize
    with pytest.raises(RequestError) as error:
        colorize(data)
    message = one_line(error)
    assert message.startswith("the server does not take it: ")
    assert message.endswith("(INVALID_ARGUMENT)")
    assert "node" not in message
    assert any(words in message for words in ("Input is empty", "Unknown image file format", "Invalid PNG"))
    assert colorize(png(picture()))


# === The limit of messages ===


@pytest.mark.parametrize("running", ["grpc"], indirect=True)
@pytest.mark.parametrize("side", ["sent", "received"])
def test_a_picture_beyond_the_message_limit_is_told(connect, side):
    noise = png(picture(shape=(1100, 1000)))  # 1.1 MB, of which the answer is 2.2 MB
    small = png(np.zeros((1100, 1000), np.uint8))
    assert len(noise) > 2**20 > len(small)
    limited = connect(max_message_mb=1 if side == "sent" else 2).colorize
    with pytest.raises(RequestError) as error:
        limited(noise)
    assert "too large for the message limit" in one_line(error)
    assert "larger than max" in one_line(error)
    assert limited(small)
    np.testing.assert_array_equal(decoded(connect().colorize(noise)), tiny_model.paint(picture(shape=(1100, 1000))))


@pytest.mark.parametrize("running", ["rest"], indirect=True)
def test_a_proxy_that_refuses_the_length_is_told(served, connect, monkeypatch):
    monkeypatch.setitem(server._HTTP_STATUS, "INTERNAL", 413)
    colorize = connect().colorize
    served.failures = [("INTERNAL", "Payload Too Large")]
    with pytest.raises(RequestError, match=r"message limit \(Payload Too Large\)"):
        colorize(png(picture()))


# === The local server itself, without the client ===


@pytest.mark.parametrize("running", ["rest"], indirect=True)
def test_the_local_rest_server_answers_in_the_documented_forms(served):
    def ask(path, body=None):
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(f"http://{served.address}/v1/models/{path}", data) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    state = {"state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    assert ask("other") == (200, {"model_version_status": [{"version": "1", **state}]})
    assert ask("half") == (404, {"error": "Could not find any versions of model half"})
    body = {"signature_name": "colorize_bytes", "instances": [{"b64": "AAAA"}]}
    assert ask("half:predict", body) == (404, {"error": "Servable not found for request: Latest(half)"})
    error = 'Serving signature name: "colorize_bytes" not found in signature def'
    assert ask("other:predict", body) == (400, {"error": error})
    status, answer = ask("other/versions/1:predict", {"instances": [{"gray": [[[0.5]] * 2] * 2}]})
    assert status == 200
    assert answer["predictions"][0]["color"][1][0] == [0.5, 0.5, 0.5]


def test_a_client_is_a_context(served):
    with ServingClient(served.address, "scgan", served.protocol) as opened:
        assert opened.colorize(png(picture()))
