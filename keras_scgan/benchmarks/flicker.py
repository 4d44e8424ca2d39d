"""How much colours flicker in a video, with and without smoothing over time."""

import itertools

import cv2
import numpy as np

from keras_scgan.colorizing.chroma_smoothing import ChromaSmoother, flicker
from keras_scgan.colorizing.runners import chroma_of
from keras_scgan.photos import color
from keras_scgan.photos.files import read_photo

_GRAIN_STDDEV = 6
_BRIGHTNESS_FLICKER = 0.08


def old_film(path, frames, seed=0):
    """Yields an old film's frames, `[H, W, 3]` uint8: a photo over which the camera pans, with grain and flicker.

    Args:
        path: path of a colour photo.
        frames: int. The camera moves by a quarter of the photo in 48 of them.
        seed: int. Key of grain and of brightness.
    """
    photo, rng = read_photo(path).pixels.astype(np.float32), np.random.default_rng(seed)
    height, width = photo.shape[:2]
    for i in range(frames):
        shift = np.float32([[1, 0, -width / 4 * (i / 48 % 1)], [0, 1, 0]])
        view = cv2.warpAffine(photo, shift, (width * 3 // 4, height), borderMode=cv2.BORDER_REFLECT)
        brightness = 1 + _BRIGHTNESS_FLICKER * rng.uniform(-1, 1)
        grain = rng.normal(0, _GRAIN_STDDEV, (*view.shape[:2], 1))
        yield color.to_uint8(view * brightness + grain)


def read_frames(path, count):
    """Yields the first frames of a video, `[H, W, 3]` uint8 RGB.

    Args:
        path: path of the video.
        count: int. Frames, if there are so many.

    Raises:
        BadFileError: It cannot be read.
    """
    from keras_scgan.films import reading, source  # which not every installation can import

    with source.FilmFile(path) as film:
        for frame in itertools.islice(reading.PictureReader(film).frames(), count):
            yield frame.to_ndarray(format="rgb24")


def benchmark_flicker(colorizer, frames, smoothings):
    """Measures the flicker of colorized frames.

    Args:
        colorizer: `Colorizer`.
        frames: list of `[H, W, 3]` uint8 RGB: their luma is colorized.
        smoothings: list of the smoothing factors that are compared.

    Returns:
        List of dicts: `smoothing`; `flicker`, see `chroma_smoothing.flicker`; `chroma_error`, the mean distance of Cb
        and Cr (of 0 to 255) from the frames' own, which tells whether smoothing costs truth.
    """
    grays = [colorizer.prepare(frame) for frame in frames]
    chromas = [chroma_of(colorizer.predict(gray[np.newaxis], saliency=False))[0] for gray in grays]
    results = []
    for smoothing in smoothings:
        smoother = ChromaSmoother(smoothing)
        finished = [
            colorizer.finish(frame, {"chroma": smoother(gray, chroma)})
            for frame, gray, chroma in zip(frames, grays, chromas, strict=True)
        ]
        errors = [np.abs(_chroma(found) - _chroma(frame)).mean() for found, frame in zip(finished, frames, strict=True)]
        results.append({"smoothing": smoothing, "flicker": flicker(finished), "chroma_error": float(np.mean(errors))})
    return results


def _chroma(frame):
    return color.chroma(frame.astype(np.float32))
