"""HTTP with a server that is not trusted: an answer has so much time in all, and so many bytes."""

import contextlib
import http.client
import socket

from keras_scgan.serving.status import TOO_LARGE, StatusError

_CHUNK = 1 << 20


class Connection(http.client.HTTPConnection):
    """A connection for one request. Looking up the name of its host alone may outlive the deadline.

    Args:
        host: string.
        port: int.
        deadline: `retrying.Deadline`.
    """

    def __init__(self, host, port, deadline):
        super().__init__(host, port)
        self._deadline = deadline

    def connect(self):
        """Opens it at the first address of the host that takes it. Raises: `OSError`."""
        failure = None
        for family, kind, protocol, _, address in socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM):
            try:
                self.sock = _Socket(self._deadline, family, kind, protocol)
                self.sock.connect(address)
                self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return
            except OSError as error:
                self.close()
                failure = error
        raise failure

    def ask(self, method, path, body, headers):
        """Sends a request; returns the response, of which the head is read. Its errors are those of `http.client`."""
        self.connect()
        with contextlib.suppress(ConnectionError):  # a server may answer before it has all of a request, and hang up
            self.request(method, path, body, headers)
        return self.getresponse()


class _Socket(socket.socket):
    """A socket that raises `TimeoutError` after a deadline, however often there is something to read."""

    def __init__(self, deadline, *kind):
        super().__init__(*kind)
        self._deadline = deadline

    def connect(self, address):
        self.settimeout(self._deadline.left())
        super().connect(address)

    def sendall(self, *arguments):
        self.settimeout(self._deadline.left())
        super().sendall(*arguments)

    def recv_into(self, *arguments):
        self.settimeout(self._deadline.left())
        return super().recv_into(*arguments)


def read(response, max_bytes):
    """The body of a response.

    Args:
        response: `http.client.HTTPResponse`.
        max_bytes: int. Bytes of the largest one.

    Raises:
        StatusError: It is larger.
        http.client.IncompleteRead: It breaks off.
        OSError: The connection is lost, or the time is over.
    """
    data, announced = bytearray(), response.length or 0
    while max(announced, len(data)) <= max_bytes:
        chunk = response.read(_CHUNK)
        if not chunk:
            if response.length:
                raise http.client.IncompleteRead(bytes(data), response.length)
            return data
        data += chunk
    raise StatusError(TOO_LARGE, f"the answer is larger than max, {max_bytes} bytes")
