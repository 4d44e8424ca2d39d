"""What decides how the server serves."""

import dataclasses
import os

from keras_scgan.program import settings
from keras_scgan.program.settings import setting


@dataclasses.dataclass(frozen=True)
class ServerSettings:
    """Settings of `photo_server.PhotoServer`."""

    host: str = setting(
        "Address to listen on. Others than this machine's own reach the server without a password.", "127.0.0.1"
    )
    port: int = setting("Port to listen on; 0: one that is free.", 8501, low=0, high=65535)
    model_name: str = setting("Name that the model has for clients of TensorFlow Serving.", "scgan")
    workers: int | None = setting("Photos at once; memory grows with them. Default: as many as cores.", None, low=1)
    queue: int = setting("Requests that may wait besides those at work; others are refused with 429.", 32, low=0)
    max_request_mb: int = setting("Largest request, in 2^20 bytes.", 64, low=1, high=2047)
    max_pixels: int = setting(
        "Pixels of the largest photo that is taken, by the header of its file.", 50_000_000, low=1
    )
    timeout: float = setting(
        "Seconds that a request may take in all, from its first line to its answer.", 60.0, above=0
    )
    stop_timeout: float = setting("Seconds in which requests that are taken are ended after SIGTERM.", 30.0, low=0)

    def __post_init__(self):
        settings.check(self)
        if self.workers is None:
            object.__setattr__(self, "workers", os.cpu_count() or 1)

    @property
    def max_request_bytes(self):
        """`max_request_mb` in bytes."""
        return self.max_request_mb * 2**20
