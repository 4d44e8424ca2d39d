"""Colorizing many photo files on a server into a folder."""

import struct

import cv2

from keras_scgan.photos import color, decoding, formats
from keras_scgan.photos.files import decode_photo, read_bytes, write_photo
from keras_scgan.program import file_jobs
from keras_scgan.program.errors import BadFileError
from keras_scgan.serving.client import RequestError, ServerError

_PNG_SIZE = struct.Struct(">16xII")  # of a PNG file, behind its signature and the head of its first chunk


def colorize_photos(client, jobs, report, *, quality=95, concurrency=1, max_pixels=decoding.MAX_PIXELS):
    """Colorizes photo files; several requests are under way at once, while others are read and written.

    Results are what `colorize_files.colorize_photos` writes: they have the format of their targets, and the metadata,
    the depth and the alpha channel of their originals.

    Args:
        client: `ServingClient`.
        jobs: list of `planning.Job`; extras are not written.
        report: `file_jobs.Report`, told what became of each.
        quality: int in [1, 100], of formats that lose something.
        concurrency: int. Requests at once.
        max_pixels: int. Pixels of the largest photo that is read.

    Yields:
        Each job that is done or has failed.
    """

    def load(job):
        data = read_bytes(job.path)
        photo = decode_photo(job.path, data, max_pixels=max_pixels)
        try:
            result = client.colorize(_request_bytes(data, photo))
        except (RequestError, ServerError) as error:
            raise BadFileError(job.path, str(error)) from error
        return photo.metadata, photo.pixels.shape[:2], result

    def compute(loaded):
        return [result for *_, result in loaded]

    def save(job, loaded, png):
        metadata, shape, _ = loaded
        write_photo(job.target, _decode(job.path, png, shape), metadata, quality)

    yield from file_jobs.overlap(jobs, load, compute, save, report, workers=concurrency)


def _request_bytes(data, photo):
    """What is sent for a photo: a JPEG as it is, for others a PNG of their luma and alpha, upright.

    TensorFlow does not decode some of the others, nor convert colours, and the server uses nothing else of their
    pixels.
    """
    if formats.kind_of(data) == "JPEG" and not photo.has_new_colors:
        return data
    pixels = photo.pixels
    gray = color.to_gray(pixels)
    has_alpha = pixels.shape[2:] == (4,)
    return cv2.imencode(".png", cv2.merge([gray, gray, gray, pixels[..., 3]]) if has_alpha else gray)[1].tobytes()


def _decode(path, png, shape):
    """`[H, W, 3]` RGB or `[H, W, 4]` RGBA of the server's answer, of which nothing but the photo's own size is read."""
    if formats.kind_of(png) != "PNG" or len(png) < _PNG_SIZE.size:
        raise BadFileError(path, "the server's answer is no picture in colour")
    width, height = _PNG_SIZE.unpack_from(png)
    if (height, width) != shape:
        got, expected = (f"{width}x{height}" for height, width in ((height, width), shape))
        raise BadFileError(path, f"the server's answer has {got} pixels, but the photo {expected}")
    try:
        pixels, _ = decoding.decode(path, png, max_pixels=width * height)
    except BadFileError as error:
        raise BadFileError(path, f"the server's answer: {error.reason}") from error
    if pixels.shape[2:] not in ((3,), (4,)):
        raise BadFileError(path, "the server's answer is no picture in colour")
    return pixels
