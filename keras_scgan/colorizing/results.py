"""Colour versions as the bytes of files."""

from absl import logging

from keras_scgan.photos import lossless_luma
from keras_scgan.photos.decoding import MAX_PIXELS
from keras_scgan.photos.files import decode_photo, encode_photo, is_jpeg_name, suffix_of_contents
from keras_scgan.photos.jpeg_luma import NotKeptError
from keras_scgan.photos.resizing import shrink


def encode_result(path, photo, colorized, quality=95, order="RGB", original=None):
    """Encodes the colour version of a photo.

    Args:
        path: str or path, whose suffix chooses the format.
        photo: `files.Photo`. It gives the metadata.
        colorized: `[H, W, 3]` or `[H, W, 4]` array, as of `Colorizer.colorize`.
        quality: int in [1, 100], of formats that lose something.
        order: string. Order of the channels of `colorized`, `"RGB"` or `"BGR"`.
        original: bytes of the photo's file. If it is a greyscale JPEG and the result is one of colours, its luma is not
            encoded again: see `lossless_luma`. A warning tells of a luma that cannot be kept. Defaults to `None`: a
            JPEG is encoded from the pixels.

    Returns:
        bytes-like.

    Raises:
        BadFileError: The format cannot hold the picture.
        UserError: No format has this suffix.
    """
    if original is not None and is_jpeg_name(path):
        try:
            return lossless_luma.encode(path, original, photo, colorized, quality, order)
        except NotKeptError as error:
            logging.warning(
                "%s: its luma is encoded again, as the original is no greyscale JPEG that keeps it: %s.", path, error
            )
    return encode_photo(path, colorized, photo.metadata, quality, order)


def colorize_bytes(
    colorizer, data, *, name, suffix=None, quality=95, lossless_luma=False, max_pixels=MAX_PIXELS, max_side=None
):
    """Colorizes a photo that is given as the bytes of its file.

    Args:
        colorizer: `Colorizer`.
        data: bytes.
        name: string. What the photo is called in errors.
        suffix: string with its dot, which chooses the format of the result. Defaults to that of the photo itself.
        quality: int in [1, 100], of formats that lose something.
        lossless_luma: bool. Whether the luma of a greyscale JPEG is not encoded again: see `encode_result`.
        max_pixels: int. Pixels of the largest photo that is read.
        max_side: int. Pixels of the longer side of the result: a larger photo is colorized at this size. Defaults to
            the photo's own.

    Returns:
        Tuple of the colour version, bytes-like, and of its suffix.

    Raises:
        BadFileError: It is no photo, is damaged or too large, or the format cannot hold it.
    """
    suffix = suffix or suffix_of_contents(data)
    photo = decode_photo(name, data, luma_only=True, max_pixels=max_pixels)
    pixels, longer = photo.pixels, max(photo.pixels.shape[:2])
    if max_side is not None and max_side < longer:
        pixels = shrink(pixels, [max(1, round(side * max_side / longer)) for side in pixels.shape[:2]])
    colorized = colorizer.colorize(pixels)
    original = data if lossless_luma and pixels is photo.pixels else None
    return encode_result(f"{name}{suffix}", photo, colorized, quality, original=original), suffix
