"""TensorFlow Serving's REST API.

Reference:
    https://www.tensorflow.org/tfx/serving/api_rest
"""

import base64
import contextlib
import http.client
import json
import urllib.parse

from keras_scgan.serving.status import (
    DEADLINE_EXCEEDED,
    IMAGES,
    NOT_FOUND,
    TOO_LARGE,
    UNAVAILABLE,
    StatusError,
)

_CODES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: NOT_FOUND,
    413: TOO_LARGE,
    429: "RESOURCE_EXHAUSTED",
    501: "UNIMPLEMENTED",
    503: UNAVAILABLE,
    504: DEADLINE_EXCEEDED,
}
"""gRPC status of what TensorFlow Serving, or a proxy before it, answers with."""


class RestTransport:
    """Requests over HTTP, a connection each, so that threads may share it.

    Args:
        host: string.
        port: int.
        model_name: string.
        version: int, or `None` for the latest.
        timeout: float. Seconds that the server may be silent.
    """

    def __init__(self, host, port, model_name, version, timeout):
        self._address = host, port
        self._timeout = timeout
        self._path = f"/v1/models/{urllib.parse.quote(model_name, safe='')}"
        if version is not None:
            self._path += f"/versions/{version}"

    def signatures(self):
        """Names of the model's signatures, a list. Raises: `StatusError`."""
        answer = self._request("GET", f"{self._path}/metadata")
        with _expecting_tensorflow_serving():
            return list(answer["metadata"]["signature_def"]["signature_def"])

    def predict(self, signature, images):
        """Calls a signature on a list of bytes; returns a list of bytes. Raises: `StatusError`."""
        inputs = {IMAGES: [{"b64": base64.b64encode(image).decode("ascii")} for image in images]}
        body = json.dumps({"signature_name": signature, "inputs": inputs})
        answer = self._request("POST", f"{self._path}:predict", body)
        with _expecting_tensorflow_serving():
            outputs = answer["outputs"]
            if isinstance(outputs, dict):  # of a signature that has more than one
                outputs = outputs[IMAGES]
            return [base64.b64decode(output["b64"]) for output in outputs]

    def close(self):
        """Does nothing: no connection outlives its request."""

    def _request(self, method, path, body=None):
        """Answer of the server, from JSON."""
        connection = http.client.HTTPConnection(*self._address, timeout=self._timeout)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            response = connection.getresponse()
            data = response.read()
        except TimeoutError as error:
            raise StatusError(DEADLINE_EXCEEDED, str(error)) from error
        except (OSError, http.client.IncompleteRead) as error:
            raise StatusError(UNAVAILABLE, getattr(error, "strerror", None) or str(error)) from error
        except http.client.HTTPException as error:
            raise StatusError("UNKNOWN", "what it answers is no HTTP: is this its port for gRPC?") from error
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise StatusError(_CODES.get(response.status, "UNKNOWN"), _error_text(response, data))
        with _expecting_tensorflow_serving():
            return json.loads(data)


def _error_text(response, data):
    """TensorFlow Serving's words for an error; the status line where it is a proxy's, or a page."""
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return str(json.loads(data)["error"])
    return f"HTTP status {response.status} {response.reason}"


@contextlib.contextmanager
def _expecting_tensorflow_serving():
    """Context in which an answer that has not the form of TensorFlow Serving's is a `StatusError`."""
    try:
        yield
    except (ValueError, KeyError, TypeError) as error:
        raise StatusError("UNKNOWN", "its answer is not that of TensorFlow Serving") from error
