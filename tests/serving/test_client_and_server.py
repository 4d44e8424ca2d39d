"""The client on the photo server: whatever befalls either, every photo is colorized rightly or its failure named."""

import concurrent.futures
import contextlib
import io
import threading
import time

import numpy as np
import pytest
from PIL import Image
from serving import running_server

from keras_scgan.serving import RequestError, ServerError, ServingClient


def photo(gray, shape=(3, 5)):
    file = io.BytesIO()
    Image.fromarray(np.full(shape, gray, np.uint8)).save(file, "PNG")
    return file.getvalue()


def is_answer(data, gray):
    return (np.asarray(Image.open(io.BytesIO(data))) == [gray, 0, 0]).all()


def lost_of(client, count, threads=16):
    """How many of so many photos, some at a time, come back wrong or not at all."""

    def colorize(i):
        try:
            return is_answer(client.colorize(photo(i % 256)), i % 256)
        except (RequestError, ServerError):
            return False

    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        return count - sum(pool.map(colorize, range(count)))


@pytest.fixture
def colorizer():
    return running_server.WaitingColorizer()


@pytest.fixture
def connect(colorizer):
    """Function that starts a server with some settings; gives a client of it."""
    with contextlib.ExitStack() as stack:

        def connect(patience=30.0, **settings):
            served = stack.enter_context(running_server.serve(colorizer, **settings))
            return stack.enter_context(ServingClient(served.text, "scgan", timeout=patience))

        yield connect


# === Faults of the server ===


def test_no_photo_is_lost_at_a_server_with_fewer_places_than_there_are_requests(connect, colorizer):
    client = connect(queue=0)
    colorizer.may_work.set()
    assert lost_of(client, 100) == 0


def test_no_photo_is_lost_at_a_server_that_is_full_for_a_while(connect, colorizer):
    client = connect(queue=0)
    threading.Timer(1.5, colorizer.may_work.set).start()
    assert lost_of(client, 20) == 0


def test_no_photo_is_lost_where_one_server_is_stopped_and_another_takes_its_place(colorizer):
    colorizer.may_work.set()
    with contextlib.ExitStack() as first:
        served = first.enter_context(running_server.serve(colorizer))
        client = ServingClient(served.text, "scgan", timeout=30)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            lost = pool.submit(lost_of, client, 300, 8)
            while colorizer.count < 50:
                time.sleep(0.01)
            first.close()
            with running_server.serve(colorizer, port=served.port):
                assert lost.result() == 0


@pytest.mark.parametrize(
    ("patience", "timeout", "message"),
    [(0.5, 30.0, "no answer from .* within 0.5 s"), (30.0, 0.5, "takes longer than the time .*GATEWAY_TIMEOUT")],
)
def test_a_photo_that_takes_too_long_fails_alone(connect, colorizer, patience, timeout, message):
    client = connect(patience, timeout=timeout)
    with pytest.raises(RequestError, match=message):
        client.colorize(photo(1))
    colorizer.may_work.set()
    assert is_answer(client.colorize(photo(2)), 2)


# === Faults of what is sent ===


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the server does not take it: image 0: empty file (INVALID_ARGUMENT)"),
        (b"no picture", "image 0: no readable picture"),
        (photo(1)[:-30], "image 0: damaged PNG"),
        (
            photo(1, (200, 200)),
            "too large for the message limit (image 0: 200x200 pixels, but 10000 at most are taken)",
        ),
        (bytes(2**20), "too large for the message limit (the request is larger than 1048576 bytes)"),
    ],
)
def test_a_photo_that_is_not_taken_is_told_with_the_server_s_words_and_others_go_on(connect, colorizer, data, message):
    client = connect(max_pixels=10_000, max_request_mb=1)
    colorizer.may_work.set()
    with pytest.raises(RequestError) as error:
        client.colorize(data)
    assert message in str(error.value)
    assert is_answer(client.colorize(photo(3)), 3)


@pytest.mark.parametrize(
    ("model_name", "options", "message"),
    [
        ("other", {}, "Latest(other); there is scgan, 1"),
        ("scgan", {"version": 2}, "Specific(scgan, 2); there is scgan, 1"),
        ("scgan", {"network_input": "thermal"}, "has no signature colorize_thermal_bytes (it has: colorize_bytes)"),
    ],
)
def test_a_model_that_there_is_not_is_told(colorizer, model_name, options, message):
    with running_server.serve(colorizer) as served, pytest.raises(ServerError) as error:
        ServingClient(served.text, model_name, **options)
    assert message in str(error.value)
