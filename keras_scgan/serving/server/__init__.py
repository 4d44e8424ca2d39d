"""An HTTP server that colorizes photos on one machine: bytes in, bytes out, and TensorFlow Serving's REST API."""
