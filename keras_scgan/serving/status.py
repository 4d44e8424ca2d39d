"""What the two protocols have in common: the signatures that are called, and how a request fails."""

import contextlib

from keras_scgan.colorizing.descriptions import LUMA, THERMAL

SIGNATURES = {LUMA: "colorize_bytes", THERMAL: "colorize_thermal_bytes"}
"""Signature of the exported SavedModel that takes and returns picture files, by what its network colorizes.

They have names of their own, so that no client sends photos to a network of thermal images.
"""

IMAGES = "image_bytes"
"""Name of the signature's input, and of its output."""

UNAVAILABLE = "UNAVAILABLE"
UNAUTHENTICATED = "UNAUTHENTICATED"
RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"
NOT_FOUND = "NOT_FOUND"
DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
TOO_LARGE = "TOO_LARGE"


class StatusError(Exception):
    """A request that failed.

    Args:
        code: string. Name of a gRPC status, or `TOO_LARGE` for a message that is larger than a limit.
        text: string. What the server, or what is between, says of it.
        retry_after: float. Seconds after which the server asks to be sent it again, or `None`.

    Attributes:
        tries: int. How often the request was sent.
    """

    def __init__(self, code, text, retry_after=None):
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.retry_after = retry_after
        self.tries = 1


@contextlib.contextmanager
def expecting(*errors):
    """Context in which an answer that has not the form of TensorFlow Serving's is a `StatusError`.

    Args:
        *errors: classes of exceptions, which such an answer raises.
    """
    try:
        yield
    except errors as error:
        raise StatusError("UNKNOWN", "its answer is not that of TensorFlow Serving") from error
