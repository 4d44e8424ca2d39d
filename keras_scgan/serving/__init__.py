"""Colorizing on a TensorFlow Serving server: a client of its REST and gRPC APIs. `server` is a server of its own."""

from keras_scgan.serving.client import PROTOCOLS, RequestError, ServerError, ServingClient
from keras_scgan.serving.colorize_on_server import colorize_photos

__all__ = ["PROTOCOLS", "RequestError", "ServerError", "ServingClient", "colorize_photos"]
