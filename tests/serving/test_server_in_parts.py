"""An answer is sent whole, or broken off when its time is over; either way its place is left."""

import asyncio
import contextlib

import pytest
from starlette.responses import Response

from keras_scgan.serving.server.in_parts import InParts

BODY = bytes(range(256)) * 4000


@pytest.fixture
def places():
    """A list with one place, which a context manager takes away."""
    return ["place"]


def send_by(send, places, seconds):
    place = contextlib.ExitStack()
    place.callback(places.pop)
    asyncio.run(InParts(Response(BODY, 201, {"a": "b"}), place, seconds)(None, None, send))


def test_an_answer_is_sent_in_parts_with_its_status_and_headers(places):
    sent = []

    async def send(message):
        assert places == ["place"]
        sent.append(message)

    send_by(send, places, 60)
    start, *parts, end = sent
    assert start["status"] == 201
    assert {(b"a", b"b"), (b"content-length", str(len(BODY)).encode())} <= set(start["headers"])
    assert len(parts) > 1
    assert all(part["more_body"] for part in parts)
    assert b"".join(part["body"] for part in parts) == BODY
    assert not end.get("more_body")
    assert places == []


def test_an_answer_that_is_not_taken_is_broken_off(places):
    sent = []

    async def send(message):
        sent.append(message)
        if len(sent) == 3:
            await asyncio.sleep(60)

    send_by(send, places, 0.1)
    assert len(sent) == 3
    assert places == []


def test_an_error_leaves_the_place_too(places):
    async def send(message):
        raise ConnectionError

    with pytest.raises(ConnectionError):
        send_by(send, places, 60)
    assert places == []
