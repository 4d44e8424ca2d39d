"""Videos in colour: frames stream from a file through the network into a new file, in constant memory."""

import collections
import concurrent.futures
import contextlib
import dataclasses
import fractions
import itertools
import os
import shutil
import subprocess

import cv2
import numpy as np
from absl import logging

from keras_scgan.colorizing.chroma_smoothing import ChromaSmoother
from keras_scgan.colorizing.runners import chroma_of
from keras_scgan.program.errors import BadFileError
from keras_scgan.program.files import atomic_path

_CODECS = {
    ".mp4": "mp4v",
    ".m4v": "mp4v",
    ".mov": "mp4v",
    ".mkv": "mp4v",
    ".avi": "XVID",
    ".wmv": "WMV2",
    ".webm": "VP80",
}
"""Codec by suffix: what OpenCV's wheels can write on every system, which H.264 is not. Browsers play `.webm` alone."""

VIDEO_SUFFIXES = tuple(_CODECS)
"""Suffixes of the files that `colorize_video` writes, and by which videos in a folder are known, in lower case."""

FINISHED_AHEAD = 2
"""Colour frames that may wait for the encoder."""

TIMING_TOLERANCE = 0.1
"""Seconds by which frames may come earlier or later than at a constant rate."""


@dataclasses.dataclass(frozen=True)
class ColorizedVideo:
    """What `colorize_video` did.

    Args:
        frames: int. Frames written: all that could be read.
        announced: int. Frames that the source says it has; some containers only give an estimate.
        cuts: int. Scene cuts found, at which the smoothing began anew.
        sound: bool. Whether `ffmpeg` copied the sound streams, as many as there are.
    """

    frames: int
    announced: int
    cuts: int
    sound: bool


def colorize_video(colorizer, source, target, *, smoothing=0.8, batch_size=8, on_frames=None):
    """Colorizes a video file.

    Decoding, network, finish and encoding overlap, each in a thread of its own. About `3 * batch_size` greyscale and 4
    colour frames are in memory, however long the video is. The chroma is smoothed over time by `ChromaSmoother`.

    The result has the source's frames, all of them, upright (phones store how they were held) and at its mean frame
    rate: where the rate varies by more than `TIMING_TOLERANCE`, a warning says so. A last row or column that makes the
    height or width odd is left out, as the codecs halve the resolution of colour. Sound is copied, and a shape of
    pixels that are not square kept, by `ffmpeg` if that is on the PATH; a warning says when it is not, or fails. Of a
    damaged source what can be read is colorized, with a warning.

    Args:
        colorizer: `Colorizer`.
        source: path of a video that OpenCV can read.
        target: path of the video to be written, whole or not at all. Its suffix is one of `VIDEO_SUFFIXES` and
            chooses the codec: MPEG-4 Visual, in `.wmv` Windows Media 8, in `.webm` VP8. OpenCV sets their quality.
        smoothing: float from 0 to below 1. Share of the colours of the frames before; 0 turns smoothing off.
        batch_size: int. Frames that the network takes at a time.
        on_frames: function of the frames done and the frames announced, called after each frame that was written.

    Returns:
        `ColorizedVideo`.

    Raises:
        BadFileError: The source cannot be opened, is no video, or has no frame; or the target has another suffix, or
            cannot be written.
    """
    smoother = ChromaSmoother(smoothing)
    video = _Source(source)
    try:
        with atomic_path(target) as temporary, contextlib.ExitStack() as stack:
            stages = _ahead(video.frames(), batch_size)
            stages = _ahead(_predicted(colorizer, stages, batch_size), batch_size)
            stages = _ahead(_finished(colorizer, smoother, stages), FINISHED_AHEAD)
            frames = _write(stack.enter_context(contextlib.closing(stages)), temporary, target, video, on_frames)
            video.warn()
            sound = _copy_sound(temporary, video)
    finally:
        video.close()
    return ColorizedVideo(frames, video.announced, smoother.cuts, sound)


def _predicted(colorizer, frames, batch_size):
    """Yields each frame, `[H, W]` uint8, with what the network saw of it and the chroma that it predicts."""
    with contextlib.closing(frames):  # if this fails, whose traceback would keep it reading a video that is closed
        while batch := list(itertools.islice(frames, batch_size)):
            grays = np.stack([colorizer.prepare(frame) for frame in batch])
            chromas = chroma_of(colorizer.predict(grays, saliency=False))
            batch.reverse()
            for gray, chroma in zip(grays, chromas, strict=True):
                yield batch.pop(), gray, chroma  # so that no frame is held here that has gone on


def _finished(colorizer, smoother, predicted):
    """Yields each frame in colour, `[H, W, 3]` uint8 BGR."""
    with contextlib.closing(predicted):
        for frame, gray, chroma in predicted:
            yield colorizer.finish(frame, {"chroma": smoother(gray, chroma)}, order="BGR")


def _ahead(items, count):
    """Yields the items of a generator, which runs in a thread of its own and at most `count` items ahead."""
    end = object()
    with contextlib.closing(items), concurrent.futures.ThreadPoolExecutor(1) as thread:
        try:
            waiting = collections.deque(thread.submit(next, items, end) for _ in range(count))
            while (item := waiting.popleft().result()) is not end:
                waiting.append(thread.submit(next, items, end))
                yield item
        finally:
            thread.shutdown(cancel_futures=True)


class _Source:
    """A video file that is read frame by frame."""

    def __init__(self, path):
        self.path = path
        try:
            with open(path, "rb"):
                pass
        except OSError as error:
            raise BadFileError(path, error.strerror) from None
        self._capture = _open(path)
        if not self._capture.isOpened():
            raise BadFileError(path, "no video that OpenCV can read")
        self.rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.announced = max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        if not self.rate > 0:
            raise BadFileError(path, "a video without a frame rate")
        self._count = 0
        self._drift = 0.0
        self._shape = None

    def frames(self):
        """Yields the luma of each frame, `[H, W]` uint8, of even height and width."""
        while True:
            found, frame = self._capture.read()
            if not found:
                break
            seconds = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            self._drift = max(self._drift, abs(seconds - self._count / self.rate))
            self._shape = frame.shape[:2]
            self._count += 1
            height, width = (side - side % 2 for side in self._shape)
            yield cv2.cvtColor(frame[:height, :width], cv2.COLOR_BGR2GRAY)
        if not self._count:
            raise BadFileError(self.path, "no frame of the video can be decoded")

    def warn(self):
        """Says, when all frames are read, what the result has not of this video."""
        if self._count < 0.98 * self.announced - 1:
            logging.warning(
                "%s: damaged: %d of %d frames can be read, and are colorized.", self.path, self._count, self.announced
            )
        if self._drift > TIMING_TOLERANCE:
            logging.warning(
                "%s: the frame rate varies. The result has the mean of %.3f a second, so that its frames are up to "
                "%.1f s out of step with the sound.",
                self.path,
                self.rate,
                self._drift,
            )
        if any(side % 2 for side in self._shape):
            logging.warning("%s: %d x %d is made even.", self.path, *self._shape[::-1])

    @property
    def aspect(self):
        """Width by height of the picture as it is shown, a fraction, or `None` where pixels are square."""
        pixel = [int(self._capture.get(key)) for key in (cv2.CAP_PROP_SAR_NUM, cv2.CAP_PROP_SAR_DEN)]
        if min(pixel) <= 0 or pixel[0] == pixel[1]:
            return None
        height, width = (side - side % 2 for side in self._shape)
        return fractions.Fraction(width * pixel[0], height * pixel[1])

    def close(self):
        self._capture.release()


def _open(path):
    return cv2.VideoCapture(os.path.abspath(path), cv2.CAP_FFMPEG)  # of a relative path, "a:" would be a protocol


def _write(frames, path, target, video, on_frames):
    """Encodes frames into a new file, and returns how many."""
    suffix = path.suffix.lower()
    if suffix not in _CODECS:
        raise BadFileError(target, f"a video can be written as {', '.join(VIDEO_SUFFIXES)}")
    first = next(frames)
    codec = cv2.VideoWriter.fourcc(*_CODECS[suffix])
    writer = cv2.VideoWriter(os.path.abspath(path), cv2.CAP_FFMPEG, codec, video.rate, first.shape[1::-1])
    done = 0
    try:
        if not writer.isOpened():
            raise BadFileError(target, f"OpenCV cannot write a video of {first.shape[1]} x {first.shape[0]} there")
        for frame in itertools.chain([first], frames):
            writer.write(frame)
            done += 1
            if on_frames is not None:
                on_frames(done, video.announced)
    finally:
        writer.release()
    _check(path, target, done)
    return done


def _check(path, target, frames):
    """Raises `BadFileError` if the last frame is not in the file: OpenCV says nothing of a full disk."""
    capture = _open(path)
    capture.set(cv2.CAP_PROP_POS_FRAMES, frames - 1)
    found, _ = capture.read()
    position = capture.get(cv2.CAP_PROP_POS_FRAMES)
    capture.release()
    if not found or position < frames - 1:
        raise BadFileError(target, "could not be written whole: is the disk full?")


def _copy_sound(path, video):
    """Copies the sound streams of the source into a file of its colorized frames, and returns whether it did."""
    aspect = video.aspect
    lost = "the sound, if there is any," if aspect is None else f"the sound, if there is any, and the aspect {aspect}"
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        logging.warning("%s: there is no ffmpeg on the PATH: %s could not be copied.", video.path, lost)
        return False
    both = path.with_name(f"{path.stem}.sound{path.suffix}")
    command = [ffmpeg, "-nostdin", "-v", "error", "-y", "-i", os.path.abspath(path), "-i", os.path.abspath(video.path)]
    command += ["-map", "0:v", "-map", "1:a?", "-c", "copy"]
    command += [] if aspect is None else ["-aspect", f"{aspect.numerator}:{aspect.denominator}"]
    try:
        result = subprocess.run([*command, os.path.abspath(both)], capture_output=True, text=True, errors="replace")
        if result.returncode:
            reason = (result.stderr.strip().splitlines() or [f"exit status {result.returncode}"])[0]
            logging.warning("%s: ffmpeg failed, so that %s could not be copied: %s", video.path, lost, reason)
            return False
        os.replace(both, path)
    finally:
        both.unlink(missing_ok=True)
    return True
