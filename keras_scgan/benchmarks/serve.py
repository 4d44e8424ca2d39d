"""How long a photo server takes to answer, by how much is asked of it, and what becomes of what it cannot take."""

import asyncio
import contextlib
import itertools
import re
import subprocess
import sys
import threading
import time

import numpy as np
from matplotlib.figure import Figure

from keras_scgan.benchmarks.memory import resident_mib

PERCENTILES = (50, 90, 99)

_REFUSED = (429, 503)
_TIMEOUT = 120  # seconds; a request that takes longer has failed


class Asker:
    """Sends photos to a server in turn, a connection each, and checks what comes back.

    Args:
        address: string. HOST:PORT.
        photos: list of bytes, files of photos.
        expected: list of bytes, what the server is to make of each.
    """

    def __init__(self, address, photos, expected):
        self._host, _, port = address.rpartition(":")
        self._port = int(port)
        self._pairs = itertools.cycle(zip(photos, expected, strict=True))

    async def ask(self, start=None):
        """Sends the next photo.

        Args:
            start: float. Time of `time.perf_counter` at which it should have been sent. Defaults to now.

        Returns:
            Tuple of what became of it, `"answered"`, `"refused"`, `"wrong"` or `"failed"`, and of the seconds from
            `start` on.
        """
        start = start or time.perf_counter()
        photo, expected = next(self._pairs)
        try:
            status, data = await asyncio.wait_for(self._post(photo), _TIMEOUT)
        except (OSError, EOFError, ValueError, TimeoutError):
            outcome = "failed"
        else:
            is_right = status == 200 and data == expected
            outcome = "answered" if is_right else "refused" if status in _REFUSED else "wrong"
        return outcome, time.perf_counter() - start

    async def _post(self, photo):
        reader, writer = await asyncio.open_connection(self._host, self._port)
        with contextlib.closing(writer):
            head = f"POST /colorize HTTP/1.1\r\nHost: {self._host}\r\nContent-Length: {len(photo)}\r\n\r\n"
            writer.write(head.encode() + photo)
            answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = int(re.search(r"content-length: (\d+)", answer, re.IGNORECASE)[1])
            return int(answer.split()[1]), await reader.readexactly(length)


@contextlib.contextmanager
def started_server(*flags):
    """Context of a server's process on this machine, on a port that is free.

    Args:
        *flags: strings, flags of the command that serves.

    Yields:
        Tuple of its HOST:PORT and of the number of its process.
    """
    command = [sys.executable, "-m", "keras_scgan", "serve", *flags]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            line = process.stderr.readline()
            match = re.search(r"http://(\S+)", line)
            if not match:
                raise RuntimeError(f"The server does not start: {line.strip()}")
            threading.Thread(target=process.stderr.read).start()  # a full pipe would stop it
            yield match[1], process.pid
        finally:
            process.terminate()
            process.wait()


def benchmark_closed(asker, requests, concurrency, pid=None):
    """Measures with so many clients, each of which sends its next request when it has the answer to the last.

    Args:
        asker: `Asker`.
        requests: int. Requests of all of them.
        concurrency: int. Clients.
        pid: int. Process of the server, whose memory is told, or `None`.

    Returns:
        Dict of the result: `loop`, `concurrency`; see `_result` for the others.
    """

    async def client(numbers, outcomes):
        for _ in numbers:
            outcomes.append(await asker.ask())

    async def run():
        numbers, outcomes = iter(range(requests)), []
        await asyncio.gather(*(client(numbers, outcomes) for _ in range(concurrency)))
        return outcomes

    return {"loop": "closed", "concurrency": concurrency} | _result(run, pid)


def benchmark_open(asker, requests, rate, pid=None, seed=0):
    """Measures with requests that come whether or not the server is ready: at random, as from many people.

    Args:
        asker: `Asker`.
        requests: int.
        rate: float. Requests a second, on average.
        pid: as for `benchmark_closed`.
        seed: int. Of the times between them.

    Returns:
        Dict of the result: `loop`, `offered`, which is `rate`; see `_result` for the others.
    """
    gaps = np.random.default_rng(seed).exponential(size=requests)
    gaps *= requests / rate / gaps.sum()

    async def run():
        start = time.perf_counter()
        tasks = []
        for due in start + np.cumsum(gaps):
            await asyncio.sleep(max(0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(asker.ask(due)))
        return await asyncio.gather(*tasks)

    return {"loop": "open", "offered": rate} | _result(run, pid)


def _result(run, pid):
    """Dict of a run's counts of outcomes, `answered_per_second`, percentiles of the seconds to an answer, `p50` and so
    on, `None` where there is none, and `memory_mib`, the memory of the server's process after it.
    """  # fmt: skip
    start = time.perf_counter()
    outcomes = asyncio.run(run())
    seconds = time.perf_counter() - start
    counts = {
        name: sum(outcome == name for outcome, _ in outcomes) for name in ("answered", "refused", "wrong", "failed")
    }
    latencies = [latency for outcome, latency in outcomes if outcome == "answered"]
    values = np.percentile(latencies, PERCENTILES).tolist() if latencies else [None] * len(PERCENTILES)
    return {
        **counts,
        "answered_per_second": counts["answered"] / seconds,
        **{f"p{name}": value for name, value in zip(PERCENTILES, values, strict=True)},
        "memory_mib": None if pid is None else resident_mib(pid),
    }


def draw(results):
    """Plots the results of open loops: seconds to an answer, and answers and refusals a second, against the load.

    Args:
        results: list of dicts, as of `benchmark_open`, at least one.

    Returns:
        matplotlib figure.
    """
    results = sorted(results, key=lambda result: result["offered"])
    offered = [result["offered"] for result in results]
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    times, rates = figure.subplots(1, 2)
    for name in PERCENTILES:
        times.plot(offered, [1000 * (result[f"p{name}"] or np.nan) for result in results], "o-", label=f"{name} %")
    times.set(xlabel="requests a second", ylabel="milliseconds to an answer", yscale="log")
    times.yaxis.set_major_formatter("{x:g}")
    times.legend(title="of the answers within")
    rates.plot(offered, [result["answered_per_second"] for result in results], "o-", label="answered")
    refused = [result["answered_per_second"] * result["refused"] / max(1, result["answered"]) for result in results]
    rates.plot(offered, refused, "o-", color="tab:red", label="refused with 429")
    rates.set(xlabel="requests a second", ylabel="of them a second")
    rates.legend()
    for axes in (times, rates):
        axes.set_xlim(left=0)
        axes.grid(alpha=0.3)
    return figure
