"""Connections that wait for a request keep nobody out of the photo server, however many there are."""

import contextlib
import http.client
import socket
import time

import pytest
from serving import running_server

from keras_scgan.serving.server import photo_server

LIMIT = 8


@pytest.fixture
def colorizer():
    return running_server.WaitingColorizer()


@pytest.fixture
def served(colorizer, monkeypatch):
    """A server that takes fewer than `LIMIT` connections at once."""
    monkeypatch.setattr(photo_server, "_MAX_CONNECTIONS", LIMIT - 2)
    with running_server.serve(colorizer, workers=1, queue=1) as served:
        yield served


@pytest.fixture
def connect(served):
    """Function that opens connections, which send some bytes each, a list."""
    with contextlib.ExitStack() as stack:

        def connect(count, data=b""):
            address = (served.host, served.port)
            opened = [stack.enter_context(socket.create_connection(address, timeout=20)) for _ in range(count)]
            for connection in opened:
                connection.sendall(data)
            return opened

        yield connect


def is_answered(connection):
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    with contextlib.closing(http.client.HTTPResponse(connection)) as response:
        response.begin()
        return response.status == 200 and response.read() == b'{"status":"ok"}'


def is_closed(connection):
    try:
        return connection.recv(100) == b""
    except ConnectionResetError:  # with what it sent unread
        return True


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HTTP/1.1\r\nX: "])
def test_clients_that_send_no_request_keep_nobody_out(served, colorizer, connect, sent):
    colorizer.may_work.set()
    connections = connect(3 * LIMIT, sent)
    for _ in range(3):
        assert served.ask("GET", "/healthz").status == 200
        assert served.colorize(running_server.photo(1)).status == 200
    assert all(map(is_closed, connections[: 2 * LIMIT]))


def test_the_one_that_has_waited_longest_is_closed(served, connect):
    *silent, used, last = connect(LIMIT - 1)
    first = silent[0]
    assert is_answered(first)
    assert is_answered(used)
    connect(1)
    assert is_closed(silent[1])
    assert is_answered(first)
    assert is_answered(last)


def test_a_request_in_work_is_not_broken_off(served, colorizer, connect):
    body = running_server.photo(3)
    (working,) = connect(1, b"POST /colorize HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    assert colorizer.begun.acquire(timeout=20)
    connect(3 * LIMIT)
    colorizer.may_work.set()
    assert working.recv(100).startswith(b"HTTP/1.1 200 ")


def test_where_all_have_requests_in_work_one_more_is_refused(served, connect):
    connect(LIMIT - 1, b"POST /colorize HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
    time.sleep(0.5)  # until all are read; what finds no place waits some seconds for the rest
    assert served.ask("GET", "/healthz").status == 503
