"""TensorFlow Serving's REST API.

Reference:
    https://www.tensorflow.org/tfx/serving/api_rest
"""

import base64
import contextlib
import datetime
import email.utils
import functools
import http.client
import json
import ssl
import urllib.parse

from keras_scgan.serving import connection
from keras_scgan.serving.bounded_json import parse
from keras_scgan.serving.status import (
    DEADLINE_EXCEEDED,
    IMAGES,
    NOT_FOUND,
    RESOURCE_EXHAUSTED,
    TOO_LARGE,
    UNAUTHENTICATED,
    UNAVAILABLE,
    StatusError,
    expecting,
)

_CODES = {
    400: "INVALID_ARGUMENT",
    401: UNAUTHENTICATED,
    403: "PERMISSION_DENIED",
    404: NOT_FOUND,
    413: TOO_LARGE,
    429: RESOURCE_EXHAUSTED,
    501: "UNIMPLEMENTED",
    502: UNAVAILABLE,
    503: UNAVAILABLE,
    504: "GATEWAY_TIMEOUT",
}
"""gRPC status of what TensorFlow Serving, or a proxy before it, answers with."""

_MAX_ERROR_BYTES = 1 << 16
_MAX_METADATA_BYTES = 1 << 20
_expecting_tensorflow_serving = functools.partial(
    expecting, ValueError, LookupError, TypeError, AttributeError, RecursionError
)


class RestTransport:
    """Requests over HTTP, a connection each, so that threads may share it.

    Args:
        host: string.
        port: int.
        model_name: string.
        version: int, or `None` for the latest.
        max_message_mb: int. Largest answer, in 2^20 bytes.
        tls: `ssl.SSLContext`, or `None`: see `connection.Connection`.
        token: string that the server is shown, or `None`.
    """

    def __init__(self, host, port, model_name, version, max_message_mb, tls=None, token=None):
        self._tls = tls
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._address = host, port
        self._max_bytes = max_message_mb * 2**20
        self._path = f"/v1/models/{urllib.parse.quote(model_name, safe='')}"
        if version is not None:
            self._path += f"/versions/{version}"

    def signatures(self, deadline):
        """Names of the model's signatures, a list. Args: `deadline`, a `Deadline`. Raises: `StatusError`."""
        answer = self._request("GET", f"{self._path}/metadata", deadline, _MAX_METADATA_BYTES)
        with _expecting_tensorflow_serving():
            return list(answer["metadata"]["signature_def"]["signature_def"].keys())

    def predict(self, signature, images, deadline):
        """Calls a signature on a list of bytes by a `Deadline`; returns a list of bytes. Raises: `StatusError`."""
        inputs = {IMAGES: [{"b64": base64.b64encode(image).decode("ascii")} for image in images]}
        body = json.dumps({"signature_name": signature, "inputs": inputs})
        answer = self._request("POST", f"{self._path}:predict", deadline, self._max_bytes, body)
        with _expecting_tensorflow_serving():
            outputs = answer["outputs"]
            if isinstance(outputs, dict):  # of a signature that has more than one
                outputs = outputs[IMAGES]
            return [base64.b64decode(output["b64"]) for output in outputs]

    def close(self):
        """Does nothing: no connection outlives its request."""

    def _request(self, method, path, deadline, max_bytes, body=None):
        """Answer of the server, from JSON."""
        headers = self._headers | ({"Content-Type": "application/json"} if body else {})
        try:
            with (
                contextlib.closing(connection.Connection(*self._address, deadline, self._tls)) as opened,
                opened.ask(method, path, body, headers) as response,
            ):
                is_good = response.status == http.HTTPStatus.OK
                data = connection.read(response, max_bytes) if is_good else response.read(_MAX_ERROR_BYTES)
        except TimeoutError as error:
            raise StatusError(DEADLINE_EXCEEDED, str(error)) from error
        except http.client.IncompleteRead as error:
            raise StatusError(UNAVAILABLE, "its answer breaks off") from error
        except ssl.SSLCertVerificationError as error:
            raise StatusError(UNAUTHENTICATED, f"its certificate is not trusted: {error.verify_message}") from error
        except OSError as error:
            raise StatusError(UNAVAILABLE, getattr(error, "strerror", None) or str(error)) from error
        except (http.client.HTTPException, ValueError) as error:
            raise StatusError("UNKNOWN", "what it answers is no HTTP: is this its port for gRPC?") from error
        if not is_good:
            code = _CODES.get(response.status, "UNKNOWN")
            raise StatusError(code, _error_text(response, data), _retry_after(response))
        with _expecting_tensorflow_serving():
            return parse(data)


def _error_text(response, data):
    """TensorFlow Serving's words for an error; the status line where it is a proxy's, or a page."""
    with contextlib.suppress(ValueError, LookupError, TypeError, RecursionError):
        return str(parse(data)["error"])
    return f"HTTP status {response.status} {response.reason}"


def _retry_after(response):
    """Seconds after which a response asks for another try, or `None`. It names them, or a date."""
    text = response.getheader("Retry-After", "").strip()
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        if text.isdecimal():
            return float(text)
        date = email.utils.parsedate_to_datetime(text)
        return max(0.0, (date - datetime.datetime.now(datetime.UTC)).total_seconds())
    return None
