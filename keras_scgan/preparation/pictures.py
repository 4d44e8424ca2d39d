"""Reading and cropping the pictures that samples are made of."""

import os

from keras_scgan.data import decoding
from keras_scgan.program.errors import BadFileError


def read_companion(folder, path):
    """Read what belongs to a photo: its saliency map, or its thermal image.

    Args:
        folder: path.
        path: str. The file, from the folder.

    Returns:
        `[h, w]` uint8.

    Raises:
        BadFileError: It cannot be read. The reason names the file, as it is told of the photo.
    """
    try:
        return decoding.read_gray(os.path.join(folder, path))
    except BadFileError as error:
        raise BadFileError(error.path, f"{path}: {error.reason}") from None


def central_square(image, aspect):
    """Cuts out what is seen in the centre of a photo.

    Args:
        image: `[H, W]` or `[H, W, 3]` uint8. The photo, or another picture of what it shows.
        aspect: float. Width of the photo by its height: of the longer side, the part that makes it a square is kept.

    Returns:
        `[h, w]` or `[h, w, 3]` uint8, a view: a square of an image of this aspect, and of one that is squeezed what
        shows the same.
    """
    height, width = image.shape[:2]
    kept_height, kept_width = max(1, round(height * min(1, aspect))), max(1, round(width * min(1, 1 / aspect)))
    top, left = (height - kept_height) // 2, (width - kept_width) // 2
    return image[top : top + kept_height, left : left + kept_width]
