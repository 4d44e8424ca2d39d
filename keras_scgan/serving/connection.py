"""HTTP with a server that is not trusted: an answer has so much time in all, and so many bytes."""

import contextlib
import http.client
import socket
import ssl

from keras_scgan.program.errors import UserError, first_line
from keras_scgan.serving.status import TOO_LARGE, StatusError

_CHUNK = 1 << 20


class Connection(http.client.HTTPConnection):
    """A connection for one request. Looking up the name of its host alone may outlive the deadline.

    Args:
        host: string.
        port: int.
        deadline: `retrying.Deadline`.
        tls: `ssl.SSLContext`, of `tls_context`, or `None` for a connection that is not encrypted.
    """

    def __init__(self, host, port, deadline, tls=None):
        super().__init__(host, port)
        self._deadline = deadline
        self._tls = tls

    def connect(self):
        """Opens it at the first address of the host that takes it. Raises: `OSError`."""
        failure = None
        for family, kind, protocol, _, address in socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM):
            try:
                self.sock = _Socket(self._deadline, family, kind, protocol)
                self.sock.connect(address)
                self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self._tls is not None:
                    self._encrypt()
                return
            except ssl.SSLCertVerificationError:
                self.close()
                raise
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

    def _encrypt(self):
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock.deadline = self._deadline
        self.sock.do_handshake()


class _Deadlined:
    """A socket that raises `TimeoutError` after a deadline, however often there is something to read."""

    deadline = None

    def connect(self, *arguments):
        self.settimeout(self.deadline.left())
        super().connect(*arguments)

    def do_handshake(self, *arguments):
        self.settimeout(self.deadline.left())
        super().do_handshake(*arguments)

    def send(self, *arguments):
        self.settimeout(self.deadline.left())
        return super().send(*arguments)

    def sendall(self, *arguments):
        self.settimeout(self.deadline.left())
        super().sendall(*arguments)

    def recv_into(self, *arguments):
        self.settimeout(self.deadline.left())
        return super().recv_into(*arguments)


class _Socket(_Deadlined, socket.socket):
    def __init__(self, deadline, *kind):
        super().__init__(*kind)
        self.deadline = deadline


class _TlsSocket(_Deadlined, ssl.SSLSocket):
    pass


def tls_context(ca_file=None):
    """What a `Connection` is encrypted by, a context that checks the certificate of the server.

    Args:
        ca_file: path of the certificates that are trusted. Defaults to those of the system.

    Raises:
        UserError: The file holds none, or cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # `ssl.SSLError` is one
        raise UserError(f"`ca_file={ca_file}` holds no certificates that can be read: {first_line(error)}") from error
    context.sslsocket_class = _TlsSocket
    return context


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
