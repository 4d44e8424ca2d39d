"""A server that speaks TensorFlow Serving's protocols, loads SavedModels and runs their signatures.

Paths, bodies, status codes and texts are those of tensorflow_model_server: `http_rest_api_handler.cc`,
`http_server.cc`, `json_tensor.cc`, `predict_util.cc` and `get_model_metadata_impl.cc` of tensorflow/serving.
"""

import base64
import concurrent.futures
import contextlib
import http.server
import json
import pathlib
import re
import threading
import types
import urllib.parse

import pytest
import tensorflow as tf
from google.protobuf import json_format
from tensorflow.core.protobuf import saved_model_pb2

_HTTP_STATUS = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
_CODES = {3: "INVALID_ARGUMENT", 8: "RESOURCE_EXHAUSTED", 9: "FAILED_PRECONDITION", 13: "INTERNAL"}
_ADDED_BY_PYTHON = re.compile(r"^Graph execution error:.*<stack traces unavailable>\n| \[Op:\w+\]$", re.DOTALL)
_PATH = re.compile(r"/v1/models/([^/:]+)(?:/versions/(\d+))?(?::(predict)|/(metadata))?")


class ServingError(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code, self.message = code, message


class Models:
    """SavedModels in folders NAME/VERSION, as `--model_base_path` has them, and what happens to requests for them."""

    def __init__(self, folders):
        self.versions = {pathlib.Path(folder).name: _load_versions(pathlib.Path(folder)) for folder in folders}
        self._running = 0
        self._lock = threading.Lock()
        self.reset()

    def reset(self):
        self.failures = []  # (code, message) of the next predictions
        self.may_answer = threading.Event()  # while it is cleared, predictions wait
        self.may_answer.set()
        self.requests = 0  # predictions that were asked for
        self.most_at_once = 0

    def find(self, name, version):
        versions = self.versions.get(name, {})
        wanted = version or max(versions, default=None)
        if wanted not in versions:
            request = f"Specific({name}, {version})" if version else f"Latest({name})"
            raise ServingError("NOT_FOUND", f"Servable not found for request: {request}")
        return wanted, versions[wanted]

    def predict(self, model, signature, inputs):
        """Runs a signature on a dict of lists; returns a dict of arrays."""
        with self._lock:
            self.requests += 1
            failure = self.failures.pop(0) if self.failures else None
            self._running += 1
            self.most_at_once = max(self.most_at_once, self._running)
        try:
            self.may_answer.wait()
            if failure:
                raise ServingError(*failure)
            outputs = model.function.signatures[signature](**{k: tf.constant(v) for k, v in inputs.items()})
            return {name: value.numpy() for name, value in outputs.items()}
        except tf.errors.OpError as error:
            raise ServingError(_CODES[error.error_code], _ADDED_BY_PYTHON.sub("", error.message)) from error
        finally:
            with self._lock:
                self._running -= 1


def _load_versions(folder):
    return {int(path.name): _load(path) for path in folder.iterdir() if path.name.isdecimal()}


def _load(path):
    definition = saved_model_pb2.SavedModel.FromString((path / "saved_model.pb").read_bytes())
    return types.SimpleNamespace(
        function=tf.saved_model.load(str(path)), signatures=definition.meta_graphs[0].signature_def
    )


# === REST ===


class _RestHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self._answer(self._get)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(lambda: self._post(body))

    def log_message(self, *_):
        pass

    def _answer(self, function):
        try:
            status, answer = 200, function()
        except ServingError as error:
            status, answer = _HTTP_STATUS[error.code], {"error": error.message}
        data = json.dumps(answer, indent=4).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _target(self, action):
        match = _PATH.fullmatch(self.path)
        if not match or match[3] != (action if action == "predict" else None):
            raise ServingError("INVALID_ARGUMENT", f"Malformed request: {self.command} {self.path}")
        return urllib.parse.unquote(match[1]), int(match[2] or 0), match[4]

    def _get(self):
        name, version, subresource = self._target("get")
        models = self.server.models
        if subresource:
            found, model = models.find(name, version)
            signatures = {
                key: json_format.MessageToDict(
                    value, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
                )
                for key, value in model.signatures.items()
            }
            specification = {"name": name, "signature_name": "", "version": str(found)}
            return {"model_spec": specification, "metadata": {"signature_def": {"signature_def": signatures}}}
        if name not in models.versions:
            raise ServingError("NOT_FOUND", f"Could not find any versions of model {name}")
        state = {"state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
        return {"model_version_status": [{"version": str(key)} | state for key in models.versions[name]]}

    def _post(self, body):
        name, version, _ = self._target("predict")
        request = json.loads(body)
        _, model = self.server.models.find(name, version)
        signature = request.get("signature_name", "serving_default")
        if signature not in model.signatures:
            message = f'Serving signature name: "{signature}" not found in signature def'
            raise ServingError("INVALID_ARGUMENT", message)
        names = list(model.signatures[signature].inputs)
        if "instances" in request:
            rows = request["instances"]
            inputs = {name: [row[name] if "b64" not in row else row for row in rows] for name in names}
        else:
            inputs = request["inputs"]
            inputs = inputs if isinstance(inputs, dict) and "b64" not in inputs else {names[0]: inputs}
        for name in names:
            if name not in inputs:
                raise ServingError("INVALID_ARGUMENT", f"Missing named input: {name} in 'inputs' object.")
        inputs = {name: [_from_json(value) for value in inputs[name]] for name in names}
        outputs = self.server.models.predict(model, signature, inputs)
        columns = {name: [_to_json(name, value) for value in values] for name, values in outputs.items()}
        if "inputs" in request:
            return {"outputs": columns if len(columns) > 1 else next(iter(columns.values()))}
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        return {"predictions": rows if len(columns) > 1 else next(iter(columns.values()))}


def _from_json(value):
    return base64.b64decode(value["b64"]) if isinstance(value, dict) else value


def _to_json(name, value):
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode()} if name.endswith("_bytes") else value.decode()
    return value.tolist()


class _RestServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


# === gRPC ===


def _grpc_server(models):
    import grpc
    from tensorflow_serving.apis import get_model_metadata_pb2, predict_pb2, prediction_service_pb2_grpc

    @contextlib.contextmanager
    def aborting(context):
        try:
            yield
        except ServingError as error:
            context.abort(grpc.StatusCode[error.code], error.message)

    class Service(prediction_service_pb2_grpc.PredictionServiceServicer):
        def GetModelMetadata(self, request, context):  # noqa: N802
            answer = get_model_metadata_pb2.GetModelMetadataResponse()
            with aborting(context):
                if list(request.metadata_field) != ["signature_def"]:
                    raise ServingError("INVALID_ARGUMENT", "Metadata field %s is not supported")
                version, model = models.find(request.model_spec.name, request.model_spec.version.value)
                answer.model_spec.name = request.model_spec.name
                answer.model_spec.version.value = version
                signatures = get_model_metadata_pb2.SignatureDefMap()
                for name, signature in model.signatures.items():
                    signatures.signature_def[name].CopyFrom(signature)
                answer.metadata["signature_def"].Pack(signatures)
            return answer

        def Predict(self, request, context):  # noqa: N802
            answer = predict_pb2.PredictResponse()
            with aborting(context):
                _, model = models.find(request.model_spec.name, request.model_spec.version.value)
                signature = request.model_spec.signature_name or "serving_default"
                if signature not in model.signatures:
                    raise ServingError("FAILED_PRECONDITION", f'Serving signature key "{signature}" not found.')
                expected, sent = (set(names) for names in (model.signatures[signature].inputs, request.inputs))
                if expected != sent:
                    raise ServingError("INVALID_ARGUMENT", f"input size does not match signature: {sent} {expected}")
                inputs = {name: tf.make_ndarray(tensor) for name, tensor in request.inputs.items()}
                outputs = models.predict(model, signature, inputs)
                for name in request.output_filter or outputs:
                    if name not in outputs:
                        raise ServingError("INVALID_ARGUMENT", f"output tensor alias not found in signature: {name}")
                    answer.outputs[name].CopyFrom(tf.make_tensor_proto(outputs[name]))
            return answer

    limits = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(16), options=limits)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(Service(), server)
    return server


PROTOCOLS = ("rest", "grpc")


@contextlib.contextmanager
def serve(models, protocol):
    """Context in which models are served; they get an `address` and their `protocol`, and are given.

    The test is skipped where the protocol's package is not installed.
    """
    if protocol == "grpc":
        pytest.importorskip("tensorflow_serving.apis")
    models.protocol = protocol
    with _grpc(models) if protocol == "grpc" else _rest(models) as port:
        models.address = f"localhost:{port}"
        yield models


@contextlib.contextmanager
def _grpc(models):
    server = _grpc_server(models)
    port = server.add_insecure_port("localhost:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(None).wait()


@contextlib.contextmanager
def _rest(models):
    with _RestServer(("localhost", 0), _RestHandler) as server:
        server.models = models
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
