"""Films in colour: pictures stream from a file through the network into a new file, in constant memory."""

import collections
import concurrent.futures
import contextlib
import dataclasses
import itertools
import threading

import numpy as np
from absl import logging

from keras_scgan.colorizing.chroma_smoothing import ChromaSmoother
from keras_scgan.program.errors import BadFileError
from keras_scgan.program.extras import install_command
from keras_scgan.program.files import atomic_path

FINISHED_AHEAD = 2
"""Colour pictures that may wait for the encoder."""


@dataclasses.dataclass(frozen=True)
class ColorizedVideo:
    """What `colorize_video` did.

    Args:
        frames: int. Pictures written: all that could be read.
        announced: int. Pictures that the source has, judging by what it says of itself; some only give an estimate.
        cuts: int. Scene cuts found, at which the smoothing began anew.
        sound: bool. Whether there is sound.
        fault: string. What of the source is damaged or missing; `""` if nothing is.
    """

    frames: int
    announced: int
    cuts: int
    sound: bool
    fault: str


def colorize_video(colorizer, source, target, *, smoothing=0.8, batch_size=8, on_frames=None):
    """Colorizes a film.

    Decoding, network, finish and encoding overlap, each in a thread of its own. About `3 * batch_size` greyscale and 4
    colour pictures are in memory, however long the film is. The chroma is smoothed over time by `ChromaSmoother`.

    The result has the source's pictures, all of them, each at its own time and with its own luma, upright (phones store
    how they were held) and with pixels of the same shape; thermal pictures get the luma that the network predicts.
    Interlaced pictures are deinterlaced. A last row or column that makes the height or width odd is left out, as the
    codecs halve the resolution of colour. Sound and subtitles are copied, at their times; sound that the target's kind
    of file cannot hold is encoded anew. Of a damaged source what can be read is colorized, with a warning.

    Args:
        colorizer: `Colorizer`.
        source: path of a film of any kind: see `films.FILM_SUFFIXES`.
        target: path of the film to be written, whole or not at all. Its suffix is one of `films.WRITABLE_SUFFIXES` and
            chooses the kind of file. The picture is H.264 of 8 bits, in `.webm` VP9.
        smoothing: float from 0 to below 1. Share of the colours of the pictures before; 0 turns smoothing off.
        batch_size: int. Pictures that the network takes at a time.
        on_frames: function of the pictures done and those announced, called after each picture that was written.

    Returns:
        `ColorizedVideo`.

    Raises:
        BadFileError: The source cannot be opened, is no film, or has no picture that can be decoded; the target has
            another suffix, or cannot be written; or PyAV is not installed.
    """
    smoother = ChromaSmoother(smoothing)
    try:
        from keras_scgan.films import reading, writing
        from keras_scgan.films.source import FilmFile
    except ModuleNotFoundError as error:
        if error.name != "av":
            raise
        raise BadFileError(source, f"films need PyAV, which is not installed: {install_command('video')}") from None
    writing.check_suffix(target)
    with FilmFile(source) as film, FilmFile(source) as rest, atomic_path(target) as temporary:
        reader = reading.PictureReader(film)
        stages = _ahead(reader.pictures(), batch_size)
        stages = _ahead(_predicted(colorizer, stages, batch_size), batch_size)
        with contextlib.closing(_ahead(_finished(colorizer, smoother, stages), FINISHED_AHEAD)) as pictures:
            first = next(pictures, None)
            if first is None:
                raise BadFileError(source, "no picture of the film can be decoded")
            with writing.FilmWriter(temporary, target, rest, reader) as writer:
                for done, (picture, rgb) in enumerate(itertools.chain([first], pictures), 1):
                    if colorizer.is_thermal:
                        picture = dataclasses.replace(picture, luma=reader.colors.luma(rgb))
                    writer.write(picture, rgb)
                    if on_frames is not None:
                        on_frames(done, film.announced_frames)
                writer.finish()
        reader.warn()
        fault = "; ".join(filter(None, (reader.fault(), writer.tracks.fault())))
        if fault:
            logging.warning("%s: damaged: %s. What can be read, %d pictures, is colorized.", source, fault, done)
        return ColorizedVideo(done, film.announced_frames, smoother.cuts, writer.tracks.has_sound, fault)


def _predicted(colorizer, pictures, batch_size):
    """Yields each `reading.Picture`, with what the network saw of it and what of its outputs makes its colours."""
    with contextlib.closing(pictures):  # if this fails, whose traceback would keep it reading a film that is closed
        while batch := list(itertools.islice(pictures, batch_size)):
            grays = np.stack([colorizer.prepare(picture.gray) for picture in batch])
            name, paints = colorizer.paint_of(colorizer.predict(grays, saliency=False))
            batch.reverse()
            for gray, paint in zip(grays, paints, strict=True):
                yield batch.pop(), gray, {name: paint}  # so that no picture is held here that has gone on


def _finished(colorizer, smoother, predicted):
    """Yields each `reading.Picture`, and it in colour, `[H, W, 3]` uint8 RGB."""
    with contextlib.closing(predicted):
        for picture, gray, paints in predicted:
            smoothed = {name: smoother(gray, paint) for name, paint in paints.items()}
            yield picture, colorizer.finish(picture.gray, smoothed)


def _ahead(items, count):
    """Yields the items of a generator, which runs in a thread of its own and at most `count` items ahead."""
    end, running = object(), threading.Lock()

    def step():
        with running:
            return next(items, end)

    try:
        with concurrent.futures.ThreadPoolExecutor(1) as thread:
            try:
                waiting = collections.deque(thread.submit(step) for _ in range(count))
                while (item := waiting.popleft().result()) is not end:
                    waiting.append(thread.submit(step))
                    yield item
            finally:
                thread.shutdown(cancel_futures=True)
    finally:
        with running:  # a signal may come while the thread starts, which the executor then does not wait for
            items.close()
