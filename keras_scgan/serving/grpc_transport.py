"""TensorFlow Serving's gRPC API, which needs the package tensorflow-serving-api."""

from keras_scgan.serving.status import DEADLINE_EXCEEDED, IMAGES, RESOURCE_EXHAUSTED, TOO_LARGE, StatusError, expecting

_RECONNECT_MS = 500
_METADATA = "signature_def"


class GrpcTransport:
    """Requests over one channel, which threads may share.

    Args:
        target: string. HOST:PORT.
        model_name: string.
        version: int, or `None` for the latest.
        max_message_mb: int. Largest request and answer, in 2^20 bytes.

    Raises:
        ImportError: tensorflow-serving-api is not installed.
    """

    def __init__(self, target, model_name, version, max_message_mb):
        # An optional package, and its messages import TensorFlow.
        import grpc
        from google.protobuf.message import DecodeError
        from tensorflow_serving.apis import get_model_metadata_pb2, predict_pb2, prediction_service_pb2_grpc

        self._rpc_error = grpc.RpcError
        self._decode_error = DecodeError
        self._metadata_messages = get_model_metadata_pb2
        self._predict_messages = predict_pb2
        self._model_name = model_name
        self._version = version
        self._channel = grpc.insecure_channel(
            target,
            options=[
                ("grpc.max_send_message_length", max_message_mb * 2**20),
                ("grpc.max_receive_message_length", max_message_mb * 2**20),
                ("grpc.initial_reconnect_backoff_ms", _RECONNECT_MS),  # else a second attempt may only repeat the first
                ("grpc.min_reconnect_backoff_ms", _RECONNECT_MS),
            ],
        )
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)

    def signatures(self, deadline):
        """Names of the model's signatures, a list. Args: `deadline`, a `Deadline`. Raises: `StatusError`."""
        request = self._addressed(self._metadata_messages.GetModelMetadataRequest(metadata_field=[_METADATA]))
        answer = self._call(self._stub.GetModelMetadata, request, deadline)
        signatures = self._metadata_messages.SignatureDefMap()
        with expecting(self._decode_error):
            answer.metadata[_METADATA].Unpack(signatures)
        return list(signatures.signature_def)

    def predict(self, signature, images, deadline):
        """Calls a signature on a list of bytes by a `Deadline`; returns a list of bytes. Raises: `StatusError`."""
        import tensorflow as tf

        request = self._addressed(self._predict_messages.PredictRequest(output_filter=[IMAGES]))
        request.model_spec.signature_name = signature
        tensor = request.inputs[IMAGES]
        tensor.dtype = tf.string.as_datatype_enum
        tensor.tensor_shape.dim.add(size=len(images))
        tensor.string_val.extend(images)
        return list(self._call(self._stub.Predict, request, deadline).outputs[IMAGES].string_val)

    def close(self):
        """Closes the channel."""
        self._channel.close()

    def _addressed(self, request):
        request.model_spec.name = self._model_name
        if self._version is not None:
            request.model_spec.version.value = self._version
        return request

    def _call(self, method, request, deadline):
        try:
            return method(request, timeout=deadline.left())
        except TimeoutError as error:
            raise StatusError(DEADLINE_EXCEEDED, str(error)) from error
        except self._rpc_error as error:
            code, text = error.code().name, error.details() or ""
            if code == RESOURCE_EXHAUSTED and "larger than max" in text:
                code = TOO_LARGE
            raise StatusError(code, text) from error
