"""The ASGI application: what is asked for under which path, and how it is answered."""

import asyncio
import contextlib
import time

import prometheus_client
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from keras_scgan.serving.server import options
from keras_scgan.serving.server.in_parts import InParts
from keras_scgan.serving.server.line import ClientGoneError
from keras_scgan.web import headers
from keras_scgan.web.server import read_rules

_DRAIN_SECONDS = 5
"""How long what a refused client goes on to send is read: it may not look at the answer before it has sent all."""

_NOT_ANSWERED = 499
"""Status, in the metrics alone, of requests whose client went away."""

_MEDIA_TYPES = {".jpg": "image/jpeg", ".tif": "image/tiff"}


def make_application(work, line, api, metrics, settings, page_dir=None):
    """Makes the application.

    Args:
        work: `work.Work`.
        line: `line.Line`.
        api: `tensorflow_serving.Api`.
        metrics: `metrics.Metrics`.
        settings: `ServerSettings`.
        page_dir: path of the folder of the page that colorizes in the browser, or `None`.

    Returns:
        An ASGI application.
    """
    endpoints = _Endpoints(work, line, api, metrics, settings)
    routes = [
        Route("/colorize", endpoints.colorize, methods=["POST"]),
        Route("/v1/models/{target:path}", endpoints.describe_model, methods=["GET"]),
        Route("/v1/models/{target:path}", endpoints.predict, methods=["POST"]),
        Route("/healthz", endpoints.tell_health),
        Route("/readyz", endpoints.tell_readiness),
        Route("/metrics", endpoints.tell_metrics),
    ]
    if page_dir is not None:
        routes.append(Mount("/", _Page(page_dir)))
    handlers = {
        HTTPException: _answer_refusal,
        ClientGoneError: _answer_nobody,
        ClientDisconnect: _answer_nobody,
        Exception: _answer_failure,
    }
    return metrics.counting(Starlette(routes=routes, exception_handlers=handlers))


class _Endpoints:
    """Arguments as of `make_application`."""

    def __init__(self, work, line, api, metrics, settings):
        self._work = work
        self._line = line
        self._api = api
        self._metrics = metrics
        self._settings = settings

    async def colorize(self, request):
        """POST /colorize: a photo's file to the file of its colour version, as the query says."""
        try:
            wanted = options.parse(request.query_params.multi_items())
        except options.OptionError as error:
            raise HTTPException(400, str(error)) from None
        if request.headers.get("Content-Type", "").startswith("multipart/"):
            raise HTTPException(415, "send the photo's file alone, and not as a form")

        def work(body, _):
            result, suffix = self._work.colorize(body, wanted)
            return Response(bytes(result), media_type=_MEDIA_TYPES.get(suffix, f"image/{suffix[1:]}"))

        return await self._work_on(request, work)

    async def describe_model(self, request):
        """GET /v1/models/...: status and metadata of the model."""
        return JSONResponse(self._api.describe(request.path_params["target"]))

    async def predict(self, request):
        """POST /v1/models/NAME:predict: files in JSON to files in JSON."""
        self._api.check_predict(request.path_params["target"])

        def work(body, is_over):
            images, answer = self._api.read_request(body)
            return JSONResponse(answer(self._work.predict(images, is_over)))

        return await self._work_on(request, work)

    async def tell_health(self, _):
        """GET /healthz: the server lives."""
        return JSONResponse({"status": "ok"})

    async def tell_readiness(self, _):
        """GET /readyz: the server takes requests."""
        if self._line.is_stopping:
            raise HTTPException(503, "the server is being stopped")
        return JSONResponse({"status": "ready"})

    async def tell_metrics(self, _):
        """GET /metrics: what Prometheus asks for."""
        return Response(self._metrics.exposition(), headers={"Content-Type": prometheus_client.CONTENT_TYPE_LATEST})

    async def _work_on(self, request, function):
        """Has a worker call a function of the body and of another one, that says whether it is too late.

        The function returns a `Response`.
        """
        deadline = time.monotonic() + self._settings.timeout
        with contextlib.ExitStack() as kept:
            place = kept.enter_context(self._line.place())
            body = await self._body(request)
            is_over = lambda: time.monotonic() > deadline  # noqa: E731
            response = await place.work(function, body, is_over, gone=_gone(request), deadline=deadline)
            return InParts(response, kept.pop_all(), self._settings.timeout)

    async def _body(self, request):
        limit = self._settings.max_request_bytes
        too_large = HTTPException(413, f"the request is larger than {limit} bytes", {"Connection": "close"})
        if int(request.headers.get("Content-Length", 0)) > limit:
            raise too_large
        body = bytearray()
        try:
            async with asyncio.timeout(self._settings.timeout):
                async for part in request.stream():
                    if len(body) + len(part) > limit:
                        raise too_large
                    body += part
        except TimeoutError:
            raise HTTPException(408, "the request did not come in time", {"Connection": "close"}) from None
        return bytes(body)


class _Page(StaticFiles):
    """The files of the page in a folder, with its headers."""

    def __init__(self, page_dir):
        self._rules = read_rules(page_dir)
        super().__init__(directory=page_dir, html=True)

    def file_response(self, full_path, stat_result, scope, status_code=200):
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(headers.of_path(self._rules, scope["path"]))
        return response


async def _gone(request):
    """Ends when the client has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _answer_refusal(request, error):
    if "Expect" not in request.headers:  # otherwise it waits for leave to send
        with contextlib.suppress(TimeoutError, ClientDisconnect, RuntimeError):  # of a body that has been read
            async with asyncio.timeout(_DRAIN_SECONDS):
                async for _ in request.stream():
                    pass
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def _answer_nobody(*_):
    return Response(status_code=_NOT_ANSWERED)


async def _answer_failure(*_):  # the error itself is raised again, and logged by uvicorn
    return JSONResponse({"error": "the server failed at it"}, 500)
