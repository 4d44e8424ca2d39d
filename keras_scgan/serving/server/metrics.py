"""What the server tells Prometheus."""

import time

import prometheus_client

_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60)
_ENDPOINTS = ("colorize", "v1", "healthz", "readyz", "metrics")
"""First parts of the paths that are told apart; anybody may ask for others without end."""

_NO_ANSWER = "none"


class Metrics:
    """The metrics of one server, with those of its process.

    Attributes:
        wait_seconds: histogram of the time that requests waited for a worker.
        work_seconds: histogram of the time that workers took for them.
    """

    def __init__(self):
        self._registry = prometheus_client.CollectorRegistry()
        prometheus_client.ProcessCollector(registry=self._registry)
        self._requests = prometheus_client.Counter(
            "scgan_requests", "Requests by path and HTTP status.", ("path", "status"), registry=self._registry
        )
        self._request_seconds = self._histogram(
            "scgan_request_seconds", "Time from a request to its answer.", ("path",)
        )
        self.wait_seconds = self._histogram("scgan_wait_seconds", "Time that requests waited for a worker.")
        self.work_seconds = self._histogram("scgan_work_seconds", "Time that workers took for requests.")

    def watch(self, line):
        """Tells of a `line.Line` too."""
        for name, text, value in (
            ("scgan_places", "Requests that are taken at once at most.", lambda: line.places),
            ("scgan_places_taken", "Requests that are taken now.", lambda: line.taken),
        ):
            prometheus_client.Gauge(name, text, registry=self._registry).set_function(value)

    def exposition(self):
        """All metrics in the text format of Prometheus, bytes."""
        return prometheus_client.generate_latest(self._registry)

    def counting(self, application):
        """An ASGI application that counts and times the requests for another one."""

        async def counted(scope, receive, send):
            path, status, start = _path(scope), _NO_ANSWER, time.perf_counter()

            async def sent(message):
                nonlocal status
                status = message.get("status", status)
                await send(message)

            try:
                await application(scope, receive, sent)
            finally:
                self._requests.labels(path, status).inc()
                self._request_seconds.labels(path).observe(time.perf_counter() - start)

        return counted

    def _histogram(self, name, text, labels=()):
        return prometheus_client.Histogram(name, text, labels, buckets=_SECONDS, registry=self._registry)


def _path(scope):
    first = scope["path"].split("/")[1] if scope["path"].startswith("/") else ""
    return f"/{first}" if first in _ENDPOINTS else "other"
