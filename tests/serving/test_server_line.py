"""The photo server takes as much as it has places for, for as long as it has time, and loses nothing when it stops."""

import base64
import concurrent.futures
import contextlib
import http.client
import io
import json
import socket
import time

import numpy as np
import pytest
from PIL import Image
from serving import running_server
from serving.running_server import photo

PLACES = 4  # two workers, two that wait


def is_answer(response, gray):
    pixels = np.asarray(Image.open(io.BytesIO(response.data)))
    return response.status == 200 and (pixels == [gray, 0, 0]).all()


def until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def colorizer():
    return running_server.WaitingColorizer()


@pytest.fixture
def serve(colorizer):
    """Function that starts a server of `PLACES` places; gives its `Address`."""
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(
            running_server.serve(colorizer, **{"queue": PLACES - 2} | settings)
        )


@pytest.fixture
def threads():
    with concurrent.futures.ThreadPoolExecutor(64) as threads:
        yield threads


@contextlib.contextmanager
def sending(served, part):
    """Context of a connection that has sent a part of a request of 1000 bytes."""
    with socket.create_connection((served.host, served.port), timeout=20) as connection:
        connection.sendall(b"POST /colorize HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + part)
        yield connection


# === Places ===


def test_what_finds_no_place_is_refused_and_what_has_one_is_answered(serve, colorizer, threads):
    served = serve()
    taken = [threads.submit(served.colorize, photo(gray)) for gray in range(PLACES)]
    until(lambda: served.metric("scgan_places_taken") == PLACES)
    for body in (photo(200), bytes(2**22)):  # more than the buffers of a connection hold
        refused = served.colorize(body)
        assert refused.status == 429
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert json.loads(refused.data) == {"error": f"{PLACES} requests are taken already"}
    assert served.ask("GET", "/healthz").status == served.ask("GET", "/readyz").status == 200
    colorizer.may_work.set()
    assert all(is_answer(answer.result(), gray) for gray, answer in enumerate(taken))
    assert is_answer(served.colorize(photo(9)), 9)
    until(lambda: served.metric("scgan_places_taken") == 0)
    assert colorizer.count == PLACES + 1


def test_at_many_times_its_load_every_request_is_answered_rightly_or_refused(serve, colorizer, threads):
    served = serve()
    colorizer.may_work.set()
    answers = list(threads.map(served.colorize, [photo(i % 256) for i in range(600)]))
    statuses = [answer.status for answer in answers]
    assert set(statuses) <= {200, 429}
    assert all(is_answer(answer, i % 256) for i, answer in enumerate(answers) if answer.status == 200)
    assert colorizer.count == statuses.count(200) > 0
    for status in set(statuses):
        name = f'scgan_requests_total{{path="/colorize",status="{status}"}}'
        assert served.metric(name) == statuses.count(status)


# === Time ===


def test_what_no_worker_was_free_for_is_refused_and_not_done(serve, colorizer, threads):
    served = serve(timeout=1.5)
    answers = [threads.submit(served.colorize, photo(i)) for i in range(PLACES)]
    statuses = sorted(answer.result().status for answer in answers)
    assert statuses == [503, 503, 504, 504]  # those that waited, those at work
    waited = next(answer.result() for answer in answers if answer.result().status == 503)
    assert int(waited.headers["Retry-After"]) >= 1
    assert served.metric("scgan_places_taken") == 2  # work that nobody waits for keeps its place
    colorizer.may_work.set()
    until(lambda: served.metric("scgan_places_taken") == 0)
    assert colorizer.count == 2


def test_a_request_that_does_not_come_in_time_gives_up_its_place(serve):
    served = serve(timeout=0.3)
    with sending(served, b"x" * 10) as connection:
        until(lambda: served.metric("scgan_places_taken") == 1)
        until(lambda: served.metric("scgan_places_taken") == 0)
        connection.sendall(b"x" * 990)
        assert connection.recv(100).startswith(b"HTTP/1.1 408 ")


def test_predictions_of_which_nobody_waits_for_the_answer_are_not_gone_on_with(serve, colorizer):
    served = serve(timeout=0.3)
    image = {"b64": base64.b64encode(photo(1)).decode()}
    request = {"signature_name": "colorize_bytes", "instances": [image] * 3}
    assert served.ask("POST", "/v1/models/scgan:predict", json.dumps(request).encode()).status == 504
    colorizer.may_work.set()
    until(lambda: served.metric("scgan_places_taken") == 0)
    assert colorizer.count == 1


# === Clients that go away ===


@pytest.mark.parametrize("part", [b"", b"x" * 10])
def test_a_client_that_goes_away_while_it_sends_gives_up_its_place(serve, part):
    served = serve()
    for _ in range(3 * PLACES):
        with sending(served, part):
            until(lambda: served.metric("scgan_places_taken") == 1)
        until(lambda: served.metric("scgan_places_taken") == 0)


def test_of_clients_that_go_away_no_work_is_done_that_is_not_begun(serve, colorizer, threads):
    served = serve()
    working = [threads.submit(served.colorize, photo(i)) for i in range(2)]
    until(lambda: colorizer.count == 2)
    connections = [http.client.HTTPConnection(served.host, served.port) for _ in range(PLACES - 2)]
    for connection in connections:
        connection.request("POST", "/colorize", photo(7))
    until(lambda: served.metric("scgan_places_taken") == PLACES)
    for connection in connections:
        connection.close()
    until(lambda: served.metric("scgan_places_taken") == 2)
    colorizer.may_work.set()
    assert all(is_answer(answer.result(), i) for i, answer in enumerate(working))
    assert colorizer.count == 2


# === The end ===


def test_when_it_is_stopped_what_is_taken_is_ended_and_more_is_refused(serve, colorizer, threads):
    served = serve()
    taken = [threads.submit(served.colorize, photo(gray)) for gray in range(PLACES)]
    until(lambda: served.metric("scgan_places_taken") == PLACES)
    served.server.stop()
    for response in (served.colorize(photo(200)), served.ask("GET", "/readyz")):
        assert response.status == 503
        assert "being stopped" in json.loads(response.data)["error"]
    assert served.ask("GET", "/healthz").status == 200
    colorizer.may_work.set()
    assert all(is_answer(answer.result(), gray) for gray, answer in enumerate(taken))
    served.thread.join(20)
    assert not served.thread.is_alive()
    with pytest.raises(ConnectionError):
        served.ask("GET", "/healthz")


def test_it_waits_no_longer_than_it_is_told_to(serve, colorizer, threads):
    served = serve(stop_timeout=0.3)
    waiting = threads.submit(served.colorize, photo(1))
    until(lambda: colorizer.count == 1)
    served.server.stop()
    served.thread.join(20)
    assert not served.thread.is_alive()
    with contextlib.suppress(OSError, http.client.HTTPException):
        assert waiting.result().status >= 500
    colorizer.may_work.set()
