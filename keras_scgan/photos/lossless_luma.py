"""The colour version of a greyscale JPEG file with the luma that the file has, not encoded again."""

import dataclasses

import cv2
import numpy as np

from keras_scgan.photos import exif, jpeg_luma
from keras_scgan.photos import metadata as photo_metadata
from keras_scgan.photos.files import add_to_jpeg


def encode(path, data, photo, colors, quality=95, order="RGB"):
    """Puts the chroma of a colour version into a greyscale JPEG; see `jpeg_luma.add_chroma`.

    The result lies as the file does, with the same orientation in its EXIF, as its luma cannot be turned.

    Args:
        path: str or path of the result, for warnings.
        data: bytes. The file.
        photo: `files.Photo`, decoded from it.
        colors: `[H, W, 3]` uint8, its colour version, upright.
        quality: int in [1, 100], of the chroma.
        order: string. Order of the channels of `colors`, `"RGB"` or `"BGR"`.

    Returns:
        bytes.

    Raises:
        NotKeptError: `data` is no greyscale JPEG, its greys are not those of sRGB, or its EXIF, which would have to say
            that it lies on its side, is too long.
    """
    grey = jpeg_luma.parse(data)
    if photo.has_new_colors:
        raise jpeg_luma.NotKeptError("a colour profile of other greys than those of sRGB")
    if photo.orientation != 1 and len(photo.metadata.exif) > photo_metadata.MAX_EXIF:
        raise jpeg_luma.NotKeptError("an orientation in EXIF of several segments")
    ycc = cv2.cvtColor(colors, cv2.COLOR_RGB2YCrCb if order == "RGB" else cv2.COLOR_BGR2YCrCb)
    cb, cr = (np.ascontiguousarray(exif.lay_back(ycc[..., channel], photo.orientation)) for channel in (2, 1))
    metadata = dataclasses.replace(
        photo.metadata,
        exif=exif.set_orientation(photo.metadata.exif, photo.orientation),
        xmp=photo_metadata.set_orientation_of_xmp(photo.metadata.xmp, photo.orientation),
    )
    return add_to_jpeg(path, jpeg_luma.add_chroma(grey, cb, cr, quality), metadata)
