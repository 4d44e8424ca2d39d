"""A server of HTTP that answers with whatever bytes a test gives it, and does as if it had a model."""

import base64
import contextlib
import http.server
import json
import threading

SIGNATURES = {"metadata": {"signature_def": {"signature_def": {"colorize_bytes": {}}}}}


def response(body, status=200, length=None, headers=()):
    """Bytes of an HTTP response. Args: `length`, what it says that its body has, of which it may have less."""
    head = [f"HTTP/1.1 {status} Reason", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


def colorized(data):
    """Bytes of the response that has a picture, the bytes `data`."""
    return response(json.dumps({"outputs": [{"b64": base64.b64encode(data).decode()}]}).encode())


@contextlib.contextmanager
def serve(answer, signatures=None, tls=None, token=None):
    """Context of a server; gives its HOST:PORT.

    Args:
        answer: function of the number of the request for a prediction, from 1, and the bytes of its picture. It returns
            the bytes that are sent, or an iterator of them.
        signatures: bytes of the response to the question what the model is. Defaults to one of a model that colorizes.
        tls: `ssl.SSLContext` of an encrypted server, or `None`.
        token: string without which all is refused, or `None`.
    """
    lock, requests = threading.Lock(), []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self._send(signatures or response(json.dumps(SIGNATURES).encode()))

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                requests.append(self)
                number = len(requests)
            self._send(answer(number, base64.b64decode(body["inputs"]["image_bytes"][0]["b64"])))

        def _send(self, data):
            self.close_connection = True
            if token is not None and self.headers["Authorization"] != f"Bearer {token}":
                data = response(b"", 401)
            with contextlib.suppress(OSError):  # the client has had enough
                for part in [data] if isinstance(data, bytes) else data:
                    self.wfile.write(part)

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
