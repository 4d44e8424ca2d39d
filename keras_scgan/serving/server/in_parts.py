"""Answers that are sent no faster than their clients take them."""

import asyncio
import contextlib

_PART = 1 << 18
"""Bytes that are sent at a time."""


class InParts:
    """A response that keeps its request's place until the client has it, so that no more are kept than have places.

    Args:
        response: `starlette.responses.Response`.
        place: context manager, left when the response is sent.
        seconds: float. How long that may take. Then it is broken off.
    """

    def __init__(self, response, place, seconds):
        self._response = response
        self._place = place
        self._seconds = seconds

    async def __call__(self, scope, receive, send):
        body = memoryview(self._response.body)
        with self._place, contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._seconds):
                headers = self._response.raw_headers
                await send({"type": "http.response.start", "status": self._response.status_code, "headers": headers})
                for start in range(0, len(body), _PART):
                    part = bytes(body[start : start + _PART])
                    await send({"type": "http.response.body", "body": part, "more_body": True})
                await send({"type": "http.response.body"})
