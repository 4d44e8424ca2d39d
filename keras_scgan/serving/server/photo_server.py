"""The server as a process: its socket, its start, and its end in which no request that was taken is lost."""

import math
import socket
import threading
import time

import numpy as np
import uvicorn

from keras_scgan.program.errors import UserError
from keras_scgan.serving.server.application import make_application
from keras_scgan.serving.server.connections import Connection
from keras_scgan.serving.server.line import Line
from keras_scgan.serving.server.metrics import Metrics
from keras_scgan.serving.server.tensorflow_serving import Api
from keras_scgan.serving.server.work import Work

_BACKLOG = 1024
_MAX_CONNECTIONS = 512
"""Connections, besides those of the requests that are taken. Of more, those that wait for a request are closed; if none
does, any request is refused with 503."""


class PhotoServer:
    """An HTTP server that colorizes photos.

    It listens from when it is made. Told to stop (SIGTERM or Ctrl-C, if it runs in the main thread), it refuses what
    comes with 503, ends what it has taken, and returns. Told again, it ends at once.

    Args:
        colorizer: `Colorizer`, of a `.tflite` model with one thread for the best throughput.
        settings: `ServerSettings`.
        page_dir: path of the folder of the page that colorizes in the browser. Defaults to none.

    Attributes:
        host: string. Address at which it listens.
        url: string. Where the server is.

    Raises:
        UserError: It cannot listen there, or there is no page.
    """

    def __init__(self, colorizer, settings, page_dir=None):
        self._colorizer = colorizer
        self._settings = settings
        metrics = Metrics()
        self._line = Line(settings.workers, settings.queue, metrics)
        api = Api(settings.model_name, colorizer.description.network_input)
        application = make_application(
            Work(colorizer, settings.max_pixels), self._line, api, metrics, settings, page_dir
        )
        config = uvicorn.Config(
            application,
            loop="asyncio",
            http=Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            backlog=_BACKLOG,
            limit_concurrency=self._line.places + _MAX_CONNECTIONS,
            timeout_graceful_shutdown=max(1, math.ceil(settings.stop_timeout)),
        )
        self._server = _StoppingServer(config, self._line, settings.stop_timeout)
        self._socket = _listen(settings.host, settings.port)  # last, as nothing closes it if the rest fails
        self.host, port, *_ = self._socket.getsockname()
        self.url = f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{port}"

    def run(self):
        """Serves until it is told to stop."""
        self._warm_up()
        self._server.run([self._socket])
        self._line.close()

    def stop(self):
        """Tells it to stop. Any thread may."""
        self._server.stop()

    def _warm_up(self):
        """Runs the network as often at once as there are workers, so that the first requests are no slower."""
        size = self._colorizer.image_size
        gray = np.zeros((1, size, size, 1), np.float32)
        threads = [
            threading.Thread(target=self._colorizer.predict, args=(gray, False)) for _ in range(self._settings.workers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


class _StoppingServer(uvicorn.Server):
    """A server that goes on to listen until what it has taken is done."""

    def __init__(self, config, line, timeout):
        super().__init__(config)
        self._line = line
        self._timeout = timeout
        self._stopped_at = None

    def stop(self):
        self._line.is_stopping = True
        self._stopped_at = time.monotonic()

    def handle_exit(self, sig, frame):
        if self._stopped_at is None:
            self.stop()
        else:
            self.should_exit = self.force_exit = True

    async def on_tick(self, counter):
        should_exit = await super().on_tick(counter)
        if self._stopped_at is None:
            return should_exit
        is_over = time.monotonic() - self._stopped_at >= self._timeout
        return should_exit or is_over or not self._line.taken


def _listen(host, port):
    try:
        (family, _, _, _, address), *_ = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        return socket.create_server(address, family=family, backlog=_BACKLOG)
    except (OSError, UnicodeError) as error:  # the latter of a name that no host can have
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"The server cannot listen at `host={host}`, `port={port}`: {reason}.") from None
