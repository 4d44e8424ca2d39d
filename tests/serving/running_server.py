"""The photo server in a thread of the test, with the network that comes with the project or one that waits."""

import contextlib
import http.client
import io
import threading
import types

import numpy as np
from PIL import Image

from keras_scgan.colorizing import shipped
from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.colorizing.descriptions import LUMA
from keras_scgan.serving.server.photo_server import PhotoServer
from keras_scgan.serving.server.settings import ServerSettings

MODEL = shipped.FOLDER / "scgan" / "scgan_int8.tflite"


def photo(gray):
    """Bytes of the file of a small photo of one value of grey, an int."""
    file = io.BytesIO()
    Image.fromarray(np.full((3, 5), gray, np.uint8)).save(file, "PNG")
    return file.getvalue()


def colorizer(**options):
    return Colorizer(MODEL, threads=1, **options)


class WaitingColorizer:
    """Paints photos red, when it may.

    Attributes:
        may_work: event. While it is cleared, photos wait.
        begun: semaphore, released at each photo that is begun.
        count: int. Photos that were begun.
    """

    image_size = 8
    description = types.SimpleNamespace(network_input=LUMA)

    def __init__(self):
        self.may_work = threading.Event()
        self.begun = threading.Semaphore(0)
        self.count = 0

    def variant(self):
        return self

    def predict(self, gray, saliency):
        pass

    def colorize(self, pixels):
        self.count += 1
        self.begun.release()
        self.may_work.wait()
        return np.dstack([pixels, 0 * pixels, 0 * pixels])


@contextlib.contextmanager
def serve(colorizer, page_dir=None, **settings):
    """Context of a server; gives its `Address`."""
    server = PhotoServer(colorizer, ServerSettings(**{"port": 0, "workers": 2} | settings), page_dir)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield Address(server, thread)
    finally:
        server.stop()
        if isinstance(colorizer, WaitingColorizer):
            colorizer.may_work.set()
        thread.join(30)
        assert not thread.is_alive()


class Address:
    """Where a server is, and what it is asked. `thread` is the one that it runs in."""

    def __init__(self, server, thread):
        self.server = server
        self.thread = thread
        self.text = server.url.removeprefix("http://")
        self.host, _, port = self.text.rpartition(":")
        self.port = int(port)

    def ask(self, method, path, body=None, headers=None, timeout=30):
        """Sends a request, in a connection of its own; returns the response with its `data`."""
        with contextlib.closing(http.client.HTTPConnection(self.host, self.port, timeout=timeout)) as connection:
            connection.request(method, path, body, headers or {}, encode_chunked=not isinstance(body, bytes | None))
            response = connection.getresponse()
            response.data = response.read()
            return response

    def colorize(self, data, query="", **options):
        return self.ask("POST", f"/colorize{query}", data, **options)

    def metric(self, name):
        """Value of a metric, a float; its name with labels."""
        lines = self.ask("GET", "/metrics").data.decode().splitlines()
        return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} ")), 0.0)
