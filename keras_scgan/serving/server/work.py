"""The work of a request: from the bytes of photos to those of their colour versions."""

import contextlib

from starlette.exceptions import HTTPException

from keras_scgan.colorizing.results import colorize_bytes
from keras_scgan.photos.decoding import TooManyPixelsError
from keras_scgan.program.errors import BadFileError
from keras_scgan.serving.server.line import TOO_LATE

_UNREADABLE, _INVALID = 422, 400
_PNG = ".png"


class Work:
    """What workers do; threads may share it.

    Args:
        colorizer: `Colorizer`.
        max_pixels: int. Pixels of the largest photo.
    """

    def __init__(self, colorizer, max_pixels):
        self._colorizer = colorizer
        self._max_pixels = max_pixels

    def colorize(self, data, options):
        """Colorizes a photo.

        Args:
            data: bytes of its file.
            options: `options.Options`.

        Returns:
            Tuple of the bytes of the result and its suffix.

        Raises:
            HTTPException: 413 if it has too many pixels, 422 if it is no photo or is damaged.
        """
        colorizer = self._colorizer.variant(**options.of_colorizer)
        with _refusing("", _UNREADABLE, self._max_pixels):
            return colorize_bytes(colorizer, data, name="photo", max_pixels=self._max_pixels, **options.of_result)

    def predict(self, images, is_over):
        """Colorizes photos one after the other, as TensorFlow Serving does: to PNG files.

        Args:
            images: list of bytes.
            is_over: function that says whether nobody waits for the answer any more.

        Returns:
            List of the bytes of the results.

        Raises:
            HTTPException: 413 if one has too many pixels, 400 if one is no photo or is damaged, 504 once it is over.
        """
        results = []
        for i, data in enumerate(images):
            if is_over():
                raise HTTPException(504, TOO_LATE)
            with _refusing(f"image {i}: ", _INVALID, self._max_pixels):
                result, _ = colorize_bytes(
                    self._colorizer, data, name="photo", suffix=_PNG, max_pixels=self._max_pixels
                )
            results.append(result)
        return results


@contextlib.contextmanager
def _refusing(which, status, max_pixels):
    """Context that makes an answer of the error of a photo."""
    try:
        yield
    except TooManyPixelsError as error:
        width, height = error.size
        raise HTTPException(413, f"{which}{width}x{height} pixels, but {max_pixels} at most are taken") from error
    except BadFileError as error:
        raise HTTPException(status, f"{which}{error.reason}") from error
