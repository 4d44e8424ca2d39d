"""Whatever a server answers, it costs bounded time and memory and ends as one line for the photo."""

import concurrent.futures
import email.utils
import functools
import itertools
import json
import threading
import time
import tracemalloc

import pytest
from serving import raw_server
from serving.raw_server import response

from keras_scgan.serving import RequestError, ServerError, ServingClient

PNG = b"\x89PNG of colours"


def nested(depth):
    return b"[" * depth + b"]" * depth


def dripping(head, part, seconds=0.05):
    yield head
    for _ in range(200):
        time.sleep(seconds)
        yield part


def error_of(answer, timeout=5.0, **options):
    """What the client says of an answer, a line, and the seconds that it took."""
    with raw_server.serve(answer) as address, ServingClient(address, "scgan", timeout=timeout, **options) as client:
        start = time.perf_counter()
        with pytest.raises((RequestError, ServerError)) as error:
            client.colorize(b"photo")
        seconds = time.perf_counter() - start
    text = str(error.value)
    assert text.isprintable()
    assert len(text) < 500
    return text, seconds


NOT_SERVING = "its answer is not that of TensorFlow Serving"
NO_HTTP = "what it answers is no HTTP"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (response(nested(200_000)), NOT_SERVING),
        (response(b'{"outputs":' + nested(50_000)), NOT_SERVING),
        (response(b'{"error":' + nested(20_000) + b"}", 400), "HTTP status 400"),
        (response(b'{"outputs": [' + b"[]," * 700_000 + b"[]]}"), NOT_SERVING),
        (response(b"[]"), NOT_SERVING),
        (response(b'{"outputs": 5}'), NOT_SERVING),
        (response(b'{"outputs": "abc"}'), NOT_SERVING),
        (response(b'{"outputs": [{"b64": 5}]}'), NOT_SERVING),
        (response(b'{"outputs": [{"b64": "a"}]}'), NOT_SERVING),
        (response(b'{"outputs": [{"b64": "\xc3\xa4"}]}'), NOT_SERVING),
        (response(b'{"outputs": []}'), "returned 0 pictures for 1"),
        (response(b"\xff\xfe\xff"), NOT_SERVING),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 60_000 + b"\r\n", "its answer breaks off"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnone\r\n", "its answer breaks off"),
        (response(b"", length=5), "its answer breaks off"),
        (response(b"", length=10**30), "larger than max"),
        (response(b"", headers=["Content-Length: " + "9" * 9000]), NOT_SERVING),
        (response(b"x", length=-5), NOT_SERVING),
        (response(b" " * (1 << 22)), "larger than max"),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n", NO_HTTP),
        (b"HTTP/1.1 200 " + b"a" * 100_000 + b"\r\n\r\n", NO_HTTP),
        (b"HTTP/1.1 9999999999999 OK\r\n\r\n", NO_HTTP),
        (b"SSH-2.0-OpenSSH\r\n", NO_HTTP),
        (response(b'{"error": "' + b"assertion failed: [" * 50_000 + b'"}', 400), "HTTP status 400"),
        (response(b'{"error": "' + b"assertion failed: [" * 3000 + b'"}', 400), "assertion failed"),
        (response(b'{"error": "' + b"x" * 50_000 + b'"}', 400), "xxx..."),
        (response(b'{"error": "\\u001b[2J\\u202e"}', 400), "\\x1b[2J\\u202e"),
        (response(b"", 308, headers=["Location: https://other/"]), "HTTP status 308"),
    ],
)
def test_an_answer_that_is_no_answer_is_one_line_and_soon_over(answer, message):
    text, seconds = error_of(lambda *_: answer, max_message_mb=3, retries=0)
    assert message in text
    assert seconds < 2


@pytest.mark.parametrize(
    ("head", "part"),
    [
        (b"", b"a"),
        (b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (response(b"", length=100_000), b" "),
        (response(b"", 400, length=100_000), b" "),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    ],
)
def test_an_answer_that_drips_takes_no_longer_than_the_timeout(head, part):
    text, seconds = error_of(lambda *_: dripping(head, part), timeout=0.4)
    assert "within 0.4 s" in text
    assert 0.3 < seconds < 1.5


def test_an_answer_without_end_takes_no_more_memory_than_is_allowed():
    def endless():
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        yield from itertools.repeat(b" " * 65536)

    tracemalloc.start()
    try:
        text, _ = error_of(lambda *_: endless(), timeout=20, max_message_mb=4)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "too large for the message limit (the answer is larger than max, 4194304 bytes)" in text
    assert peak < 16 << 20


@pytest.mark.parametrize(
    "signatures",
    [b"[1]", b'"abc"', b'{"metadata": {"signature_def": {"signature_def": [1, 2]}}}', nested(100_000)],
)
def test_a_model_whose_description_is_none_is_told(signatures):
    with raw_server.serve(None, response(signatures)) as address, pytest.raises(ServerError, match=NOT_SERVING):
        ServingClient(address, "scgan")


def test_names_of_signatures_without_end_are_told_in_part():
    signatures = json.dumps({"metadata": {"signature_def": {"signature_def": {"x\n" * 9999: {}}}}}).encode()
    has_none = pytest.raises(ServerError, match="has no signature colorize_bytes")
    with raw_server.serve(None, response(signatures)) as address, has_none as error:
        ServingClient(address, "scgan")
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 500


# === Busy servers ===


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_server_that_is_busy_is_asked_again_after_as_long_as_it_says(status, pauses):
    in_20_s = email.utils.formatdate(time.time() + 20, usegmt=True)
    waits = ["Retry-After: 3", f"Retry-After: {in_20_s}", "Retry-After: soon", "Retry-After: " + "9" * 9]

    def answer(number, data):
        if number <= len(waits) - 1:
            return response(b"<html>busy</html>", status, headers=[waits[number - 1]])
        return raw_server.colorized(data)

    with raw_server.serve(answer) as address, ServingClient(address, "scgan") as client:
        assert client.colorize(PNG) == PNG
    for_3, for_20, own = pauses
    assert 3 <= for_3 <= 3.5
    assert 18 <= for_20 <= 20.5
    assert 1 <= own <= 2  # the third of those that double


def test_a_server_that_wants_to_be_left_alone_for_longer_than_there_is_time_is_told_at_once(pauses):
    text, _ = error_of(lambda *_: response(b"", 429, headers=["Retry-After: 3600"]), timeout=60)
    assert "too much to do (HTTP status 429 Reason; tried 1 times)" in text
    assert not pauses


def test_tries_go_on_for_as_long_as_there_is_time_for_and_no_longer(pauses):
    text, _ = error_of(lambda *_: response(b"", 503), timeout=60)
    assert 40 < sum(pauses) < 60
    assert f"tried {len(pauses) + 1} times" in text


def test_a_server_that_has_failed_for_long_is_asked_once_a_photo_until_it_answers(pauses):
    is_good = threading.Event()

    def answer(_, data):
        return raw_server.colorized(data) if is_good.is_set() else response(b"", 503)

    def tries(client):
        before = len(pauses)
        with pytest.raises(ServerError, match="No server is available"):
            client.colorize(PNG)
        return 1 + len(pauses) - before

    with raw_server.serve(answer) as address, ServingClient(address, "scgan", timeout=60) as client:
        assert tries(client) > 5
        pauses[-1] += 60
        assert tries(client) == 1
        is_good.set()
        assert client.colorize(PNG) == PNG
        is_good.clear()
        assert tries(client) > 5


def lost_of(requests):
    """How many of so many requests fail, 16 at a time, at a server that does a third of what it is asked to do not."""

    def answer(number, data):
        if number % 3:
            return raw_server.colorized(data)
        return response(b"busy", (429, 502, 503)[number // 3 % 3], headers=["Retry-After: 0"] * (number % 2))

    def colorize(client, number):
        try:
            return client.colorize(b"\x89PNG %d" % number) == b"\x89PNG %d" % number
        except (RequestError, ServerError):
            return False

    with (
        raw_server.serve(answer) as address,
        ServingClient(address, "scgan") as client,
        concurrent.futures.ThreadPoolExecutor(16) as threads,
    ):
        return requests - sum(threads.map(functools.partial(colorize, client), range(requests)))


def test_no_request_is_lost_at_a_server_that_fails_at_a_third_of_them():
    assert lost_of(100) == 0


@pytest.mark.slow
def test_none_of_a_thousand_requests_is_lost():
    assert lost_of(1000) == 0
