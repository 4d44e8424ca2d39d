"""A client of TensorFlow Serving for the exported colorizer."""

import re
import urllib.parse

from keras_scgan.colorizing.descriptions import LUMA, NETWORK_INPUTS
from keras_scgan.program.errors import UserError
from keras_scgan.program.printable import printable
from keras_scgan.serving import connection
from keras_scgan.serving.rest import RestTransport
from keras_scgan.serving.retrying import Retrying
from keras_scgan.serving.status import (
    DEADLINE_EXCEEDED,
    NOT_FOUND,
    RESOURCE_EXHAUSTED,
    SIGNATURES,
    TOO_LARGE,
    UNAUTHENTICATED,
    UNAVAILABLE,
    StatusError,
)

PROTOCOLS = ("rest", "grpc")

_FIRST_RETRIES = 4
"""How often at most a server is asked again whether it has the model: an address may be wrong."""

_NO_FAULT_OF_THE_PICTURE = (UNAVAILABLE, NOT_FOUND, "UNIMPLEMENTED", "PERMISSION_DENIED", UNAUTHENTICATED)
_HOST = re.compile(r"[\w.:%-]+")
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""Reference: RFC 6750, section 2.1."""
_ASSERTION = re.compile(r"assertion failed: \[([^\]]*)\]")
_NODES = re.compile(r"\[\[.*", re.DOTALL)
_MAX_READ, _MAX_TOLD = 4096, 200  # characters of what a server says


class ServerError(UserError):
    """A server that cannot be used, whatever it is sent: it is not there, or has not the model."""


class RequestError(UserError):
    """A request that failed, where others may not: a damaged picture, one too large, an answer that took too long."""


class ServingClient:
    """Colorizes picture files on a TensorFlow Serving server that has an exported SavedModel. Threads may share it.

    A request for which the server is not available or has too much to do is sent again, after as long as it asks for,
    otherwise a time that doubles; other errors are not tried again. What a server answers is bounded in size and time,
    and checked.

    Args:
        server: string. HOST:PORT; the ports are 8501 (REST) and 8500 (gRPC) where the server has the usual ones.
        model_name: string. Name under which the server has the model.
        protocol: string. `"rest"` (the default) or `"grpc"`, which sends a quarter less but needs a package.
        version: int. Version of the model. Defaults to the latest.
        timeout: float. Seconds that an answer may take, with all tries. Defaults to 60.
        retries: int. How often at most a request is sent again. Defaults to as often as there is time for.
        max_message_mb: int in [1, 2047]. Largest answer, and request of gRPC, in 2^20 bytes. Defaults to 256.
        network_input: string. What is sent: `"luma"` (the default), photos, or `"thermal"`, thermal images, which take
            a model of another signature.
        tls: bool. Whether the connection is encrypted, and the server's certificate checked, as of a proxy before a
            server. Of REST alone. Defaults to `False`.
        ca_file: path of the certificates that are trusted. Defaults to those of the system.
        token: string that a proxy is shown, which goes over an encrypted connection alone. Defaults to none.

    Raises:
        ServerError: There is no such server, model or version, or the model has not the signature.
        UserError: `server` has not this form, `model_name` is no name, `ca_file` or `token` cannot be used, or
            tensorflow-serving-api is missing.
        ValueError: `protocol` or `network_input` has none of its values.

    Example:
        ```python
        with ServingClient("localhost:8501", "scgan") as client:
            png = client.colorize(pathlib.Path("photo.jpg").read_bytes())
        ```
    """

    def __init__(
        self,
        server,
        model_name,
        protocol="rest",
        *,
        version=None,
        timeout=60.0,
        retries=None,
        max_message_mb=256,
        network_input=LUMA,
        tls=False,
        ca_file=None,
        token=None,
    ):
        for name, value, values in (
            ("protocol", protocol, PROTOCOLS),
            ("network_input", network_input, NETWORK_INPUTS),
        ):
            if value not in values:
                raise ValueError(f"`{name}` must be one of {values}. Received: {name}={value!r}")
        if not model_name or not model_name.isprintable():
            raise UserError(f"`model_name={model_name!r}` is no name of a model.")
        if tls and protocol != "rest":
            raise UserError("`tls` is for `protocol=rest`.")
        if not tls and (ca_file is not None or token is not None):
            raise UserError("`ca_file` and a token are for an encrypted connection: give `tls=True`.")
        if token is not None and not _TOKEN.fullmatch(token):
            raise UserError(
                "The token is empty, or holds other characters than those of tokens: letters, digits and -._~+/="
            )
        self._tls = connection.tls_context(ca_file) if tls else None
        self._token = token
        self._signature = SIGNATURES[network_input]
        self.server = server
        self.model_name = model_name
        self.protocol = protocol
        self.version = version
        self.timeout = timeout
        self.max_message_mb = max_message_mb
        self._requests = Retrying(timeout, retries)
        self._transport = self._connect()
        self._check_model()

    def colorize(self, image_bytes):
        """Colorizes one picture.

        Args:
            image_bytes: bytes. A JPEG or PNG file; what TensorFlow decodes.

        Returns:
            Bytes of a PNG file: the photo in colour, upright and at its own size.

        Raises:
            RequestError: The server does not take this picture, or takes too long for it.
            ServerError: The server cannot be used any more.
        """
        return self.colorize_batch([image_bytes])[0]

    def colorize_batch(self, images):
        """Colorizes a list of pictures, of any sizes, in one request; see `colorize`. A bad one fails them all."""
        try:
            results = self._requests.call(self._transport.predict, self._signature, images)
        except StatusError as error:
            raise self._describe(error) from error
        if len(results) != len(images):
            raise ServerError(f"{self._model} returned {len(results)} pictures for {len(images)}.")
        return results

    def close(self):
        """Closes the connection."""
        self._transport.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def _model(self):
        version = "" if self.version is None else f", version {self.version},"
        return f"The model {self.model_name!r}{version} at {self.server}"

    def _connect(self):
        host, port = _parse(self.server)
        if self.protocol == "rest":
            options = {"tls": self._tls, "token": self._token}
            return RestTransport(host, port, self.model_name, self.version, self.max_message_mb, **options)
        from keras_scgan.serving.grpc_transport import GrpcTransport

        try:
            return GrpcTransport(self.server, self.model_name, self.version, self.max_message_mb)
        except ImportError as error:
            needed = 'pip install "keras-scgan[serving]", or use REST'
            raise UserError(f"gRPC needs tensorflow-serving-api ({error}): {needed}.") from error

    def _check_model(self):
        try:
            signatures = self._requests.call(self._transport.signatures, retries=_FIRST_RETRIES)
        except StatusError as error:
            self.close()
            raise self._describe_server(error) from error
        if self._signature not in signatures:
            self.close()
            others = ", ".join(sorted(name for name in signatures if not name.startswith("__"))) or "none"
            raise ServerError(
                f"{self._model} has no signature {self._signature} (it has: {_told(others)}): {_advice(signatures)}."
            )

    def _describe(self, error):
        if error.code in _NO_FAULT_OF_THE_PICTURE:
            return self._describe_server(error)
        if error.code == DEADLINE_EXCEEDED:
            return RequestError(f"no answer from {self.server} within {self.timeout:g} s: allow a longer timeout")
        if error.code == RESOURCE_EXHAUSTED:
            return RequestError(
                f"the server has too much to do ({_one_line(error.text)}; tried {error.tries} times): send less at "
                "once, or allow a longer timeout"
            )
        if error.code == TOO_LARGE:
            return RequestError(
                f"too large for the message limit ({_one_line(error.text)}): raise it (max_message_mb, which is "
                f"{self.max_message_mb} here, or that of a proxy), or send a smaller picture"
            )
        return RequestError(f"the server does not take it: {_one_line(error.text)} ({error.code})")

    def _describe_server(self, error):
        text = _one_line(error.text)
        if error.code == UNAVAILABLE:
            return ServerError(
                f"No server is available at {self.server} for {self.protocol} ({text}; tried {error.tries} "
                "times): start it, or check the port, which is usually 8501 for rest and 8500 for grpc."
            )
        if error.code == NOT_FOUND:
            return ServerError(f"{self._model} is not there, or not loaded yet ({text}).")
        if error.code == DEADLINE_EXCEEDED:
            return ServerError(f"The server {self.server} did not answer within {self.timeout:g} s.")
        return ServerError(f"The server {self.server} cannot be used: {text} ({error.code}).")


def _advice(signatures):
    other = next((network_input for network_input, name in SIGNATURES.items() if name in signatures), None)
    if other is None:
        return "export the model as a SavedModel of this project"
    return f"it is for other images than these; say which they are by network_input={other}"


def _parse(server):
    """Host and port of HOST:PORT."""
    try:
        parts = urllib.parse.urlsplit(f"//{server}")
        host, port = parts.hostname, parts.port
        is_one = bool(host and port and parts.netloc == server and "@" not in server and host.encode("idna"))
    except ValueError:  # of `UnicodeError` too, for a name that no host can have
        is_one = False
    if not is_one or not _HOST.fullmatch(host):
        raise UserError(f"The server {server!r} is not HOST:PORT, as in localhost:8501.")
    return host, port


def _one_line(text):
    """What a server says, on one line: of TensorFlow's errors, the message without the names of the graph's nodes."""
    text = text[:_MAX_READ]
    assertion = _ASSERTION.search(text)
    return _told(" ".join((assertion[1] if assertion else _NODES.sub("", text)).split()))


def _told(text):
    """As much of a text of the server as is told."""
    return printable(text if len(text) <= _MAX_TOLD else f"{text[: _MAX_TOLD - 3]}...")
