"""What the two protocols have in common: the signatures that are called, and how a request fails."""

from keras_scgan.colorizing.descriptions import LUMA, THERMAL

SIGNATURES = {LUMA: "colorize_bytes", THERMAL: "colorize_thermal_bytes"}
"""Signature of the exported SavedModel that takes and returns picture files, by what its network colorizes.

They have names of their own, so that no client sends photos to a network of thermal images.
"""

IMAGES = "image_bytes"
"""Name of the signature's input, and of its output."""

UNAVAILABLE = "UNAVAILABLE"
NOT_FOUND = "NOT_FOUND"
DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
TOO_LARGE = "TOO_LARGE"


class StatusError(Exception):
    """A request that failed.

    Args:
        code: string. Name of a gRPC status, or `TOO_LARGE` for a message that is larger than a limit.
        text: string. What the server, or what is between, says of it.
    """

    def __init__(self, code, text):
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
