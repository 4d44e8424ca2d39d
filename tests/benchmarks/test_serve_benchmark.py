"""The load on a photo server: what becomes of each request is counted, and what it takes is told."""

import contextlib
import io
import socket
import threading

import numpy as np
import pytest
from PIL import Image
from serving import running_server

from keras_scgan.benchmarks import serve
from keras_scgan.benchmarks.memory import resident_mib
from keras_scgan.colorizing.results import colorize_bytes


def photo(gray):
    file = io.BytesIO()
    Image.fromarray(np.full((3, 5), gray, np.uint8)).save(file, "PNG")
    return file.getvalue()


PHOTOS = [photo(gray) for gray in (10, 20, 30)]


@pytest.fixture
def colorizer():
    return running_server.WaitingColorizer()


@pytest.fixture
def asker(colorizer):
    """Of a server that answers at once."""
    colorizer.may_work.set()
    expected = [bytes(colorize_bytes(colorizer, data, name="photo")[0]) for data in PHOTOS]
    with running_server.serve(colorizer) as served:
        yield serve.Asker(served.text, PHOTOS, expected)


COUNTS = ("answered", "refused", "wrong", "failed")


def counts_of(result):
    return [result[name] for name in COUNTS]


def test_a_closed_loop_asks_as_often_as_it_is_told_to(asker):
    result = serve.benchmark_closed(asker, requests=20, concurrency=3)
    assert (result["loop"], result["concurrency"], result["memory_mib"]) == ("closed", 3, None)
    assert counts_of(result) == [20, 0, 0, 0]
    assert result["answered_per_second"] > 0
    assert 0 < result["p50"] <= result["p90"] <= result["p99"]


def test_an_open_loop_asks_as_fast_as_it_is_told_to(asker):
    result = serve.benchmark_open(asker, requests=50, rate=100)
    assert (result["loop"], result["offered"]) == ("open", 100)
    assert counts_of(result) == [50, 0, 0, 0]
    assert 0 < result["answered_per_second"] < 160


def test_what_is_refused_is_counted_apart(colorizer):
    with running_server.serve(colorizer, workers=1, queue=0) as served:
        asker = serve.Asker(served.text, PHOTOS, PHOTOS)
        working = threading.Thread(target=served.colorize, args=(PHOTOS[0],))
        working.start()
        colorizer.begun.acquire(timeout=20)
        result = serve.benchmark_closed(asker, 10, 2)
        colorizer.may_work.set()
        working.join()
    assert counts_of(result) == [0, 10, 0, 0]
    assert result["p50"] is None


def test_answers_that_are_not_what_is_expected_are_wrong(colorizer):
    colorizer.may_work.set()
    with running_server.serve(colorizer) as served:
        assert counts_of(serve.benchmark_closed(serve.Asker(served.text, PHOTOS, PHOTOS), 6, 2)) == [0, 0, 6, 0]
        assert counts_of(serve.benchmark_closed(serve.Asker(served.text, [b"none"], [b""]), 6, 2)) == [0, 0, 6, 0]


def test_requests_without_an_answer_have_failed():
    with contextlib.closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        asker = serve.Asker(f"127.0.0.1:{taken.getsockname()[1]}", PHOTOS, PHOTOS)
        assert counts_of(serve.benchmark_closed(asker, 4, 2)) == [0, 0, 0, 4]


def test_the_times_between_requests_are_random_with_the_mean_that_is_told():
    class Noting:
        def __init__(self):
            self.times = []

        async def ask(self, due):
            self.times.append(due)
            return "answered", 0.001

    notes = [Noting(), Noting()]
    for note in notes:
        serve.benchmark_open(note, 500, 2000.0)
    gaps, same = (np.diff(note.times) for note in notes)
    assert gaps.mean() == pytest.approx(1 / 2000, rel=0.2)
    assert gaps.std() == pytest.approx(1 / 2000, rel=0.3)  # as of a Poisson process
    np.testing.assert_allclose(gaps, same, atol=1e-9)


def test_the_memory_of_a_process_is_told_where_there_is_one():
    with serve.started_server("--port=0", f"--model={running_server.MODEL}") as (address, pid):
        assert address.startswith("127.0.0.1:")
        memory = resident_mib(pid)
    assert memory is None or 20 < memory < 1000


def test_a_server_that_does_not_start_is_told():
    with pytest.raises(RuntimeError, match="The model missing does not exist"), serve.started_server("--model=missing"):
        pass


def test_the_plot_shows_times_and_rates_by_load():
    results = [
        {
            "offered": rate,
            "p50": p50,
            "p90": 0.2,
            "p99": None,
            "answered_per_second": answered,
            "answered": 50,
            "refused": r,
        }
        for rate, p50, answered, r in ((20.0, 0.3, 10.0, 50), (10.0, 0.1, 10.0, 0))
    ]
    times, rates = serve.draw(results).axes
    np.testing.assert_allclose(times.lines[0].get_xydata(), [[10, 100], [20, 300]])
    answered, refused = (line.get_ydata().tolist() for line in rates.lines)
    assert (answered, refused) == ([10, 10], [0, 10])
