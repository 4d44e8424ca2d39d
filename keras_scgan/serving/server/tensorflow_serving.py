"""The REST API of TensorFlow Serving, for one model with one signature: from files of photos to files of photos.

Reference:
    https://www.tensorflow.org/tfx/guide/serving
"""

import base64
import re

from starlette.exceptions import HTTPException

from keras_scgan.program.printable import printable
from keras_scgan.serving.bounded_json import parse
from keras_scgan.serving.status import IMAGES, SIGNATURES

VERSION = 1
"""Version of the model, the only one."""

_MAX_TOLD = 200
"""Characters at most of a name that is answered back."""

_PATH = re.compile(r"([^/:]+)(?:/versions/([0-9]{1,19}))?(?:/(metadata)|:(\w+))?")


class Api:
    """What the API says of a model, and what it is asked to do with it.

    Args:
        model_name: string.
        network_input: string. What the model colorizes, one of `descriptions.NETWORK_INPUTS`.
    """

    def __init__(self, model_name, network_input):
        self._name = model_name
        self._signature = SIGNATURES[network_input]

    def describe(self, target):
        """The answer to a GET, of JSON. Args: `target`, the path below /v1/models/. Raises: `HTTPException`."""
        metadata, verb = self._find(target)
        if verb is not None:
            raise HTTPException(405, f":{verb} takes POST")
        return self._metadata() if metadata else self._status()

    def check_predict(self, target):
        """Raises `HTTPException` if a POST is no request for a prediction of the model. Args: as of `describe`."""
        _, verb = self._find(target)
        if verb != "predict":
            raise HTTPException(400, f"Malformed request: POST /v1/models/{target}")

    def read_request(self, body):
        """What is to be predicted.

        Args:
            body: bytes of the request.

        Returns:
            Tuple of the files, a list of bytes, and a function from their results, a list of bytes-like objects, to the
            answer, of JSON.

        Raises:
            HTTPException: It is no request of the API, or for another signature.
        """
        try:
            request = parse(body)
        except (ValueError, RecursionError):
            raise HTTPException(400, "the request is no JSON") from None
        if not isinstance(request, dict) or ("inputs" in request) == ("instances" in request):
            raise HTTPException(400, "the request is no object with either `inputs` or `instances`")
        signature = request.get("signature_name", "serving_default")
        if signature != self._signature:
            named = printable(signature)[:_MAX_TOLD]
            raise HTTPException(
                400, f'Serving signature name: "{named}" not found in signature def; there is {self._signature}'
            )
        if "inputs" in request:
            columns = request["inputs"]
            values = columns.get(IMAGES, columns) if isinstance(columns, dict) else columns
            return _files(values), lambda results: {"outputs": _encoded(results)}
        rows = request["instances"]
        values = [row.get(IMAGES, row) if isinstance(row, dict) else row for row in rows] if _is_list(rows) else None
        return _files(values), lambda results: {"predictions": _encoded(results)}

    def _find(self, target):
        """What is asked of the model: whether for its metadata, and which verb, or `None`."""
        match = _PATH.fullmatch(target)
        if not match:
            raise HTTPException(400, f"Malformed request: /v1/models/{target}")
        name, version, metadata, verb = match.groups()
        if name != self._name or int(version or VERSION) != VERSION:
            request = f"Specific({name}, {version})" if version else f"Latest({name})"
            raise HTTPException(404, f"Servable not found for request: {request}; there is {self._name}, {VERSION}")
        return metadata is not None, verb

    def _status(self):
        state = {"state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
        return {"model_version_status": [{"version": str(VERSION)} | state]}

    def _metadata(self):
        shape = {"dim": [{"size": "-1", "name": ""}], "unknown_rank": False}
        files = {IMAGES: {"dtype": "DT_STRING", "tensor_shape": shape, "name": IMAGES}}
        signature = {"inputs": files, "outputs": files, "method_name": "tensorflow/serving/predict"}
        return {
            "model_spec": {"name": self._name, "signature_name": "", "version": str(VERSION)},
            "metadata": {"signature_def": {"signature_def": {self._signature: signature}}},
        }


def _is_list(value):
    return isinstance(value, list)


def _files(values):
    """Bytes of a list of objects of JSON, each `{"b64": "..."}`, in which spaces and newlines are of no account."""
    if not _is_list(values) or not values:
        raise HTTPException(400, f"Missing named input: a list of {IMAGES}")
    try:
        return [base64.b64decode("".join(value["b64"].split()), validate=True) for value in values]
    except (TypeError, KeyError, ValueError, AttributeError):
        raise HTTPException(400, f'{IMAGES}: expected {{"b64": "..."}} with a file in base64') from None


def _encoded(results):
    return [{"b64": base64.b64encode(result).decode("ascii")} for result in results]
