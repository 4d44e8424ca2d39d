"""Films as files: pictures that are encoded, with the sound of the film that they are of."""

import contextlib
import errno
import os
import pathlib

import av

from keras_scgan.films import WRITABLE_SUFFIXES
from keras_scgan.films.sound import Tracks, copy_labels
from keras_scgan.program.errors import BadFileError, first_line

_H264 = ("libx264", {"crf": "18", "preset": "fast"})
_VP9 = ("libvpx-vp9", {"crf": "24", "b": "0", "deadline": "good", "cpu-used": "4", "row-mt": "1"})
_MP4 = {"movflags": "+faststart", "write_tmcd": "0"}
"""Options for a file that a browser plays while it loads, and without a track of time codes."""

_CONTAINERS = {
    ".mp4": ("mp4", _H264, _MP4, "aac"),
    ".m4v": ("mp4", _H264, _MP4, "aac"),
    ".mov": ("mov", _H264, _MP4, "aac"),
    ".mkv": ("matroska", _H264, {}, "aac"),
    ".webm": ("webm", _VP9, {}, "libopus"),
}
"""FFmpeg's name of the container, codec with its options, options, and codec of sound, by suffix."""

_NO_COPY = ("pcm_", "vorbis")
"""How the names of codecs begin whose sound `.mp4` files may hold, but few players find there."""

_FULL_DISK = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
_OF_THE_FILE = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration"}


def check_suffix(path):
    """Raises `BadFileError` if no film is written with the suffix of a path."""
    if pathlib.Path(path).suffix.lower() not in _CONTAINERS:
        raise BadFileError(path, f"a film can be written as {', '.join(WRITABLE_SUFFIXES)}")


class FilmWriter:
    """Writes the pictures of a film in colour, and what else it has. It is closed at the end of the context that it is.

    Args:
        path: path to write to.
        target: path that errors name.
        film: `source.FilmFile` whose sound, subtitles, chapters and texts are copied, opened for this alone.
        reader: `reading.PictureReader` that has read the first picture. What it says of the pictures is kept.

    Attributes:
        tracks: `sound.Tracks`.

    Raises:
        BadFileError: It cannot be written.
    """

    def __init__(self, path, target, film, reader):
        self._target = target
        self._reader = reader
        self._count = 0
        self._path = os.path.abspath(path)  # of a relative one, "a:" would be a protocol
        self._container, codec, options, sound_codec = _CONTAINERS[pathlib.Path(path).suffix.lower()]
        with self._naming_errors():
            try:
                self._open(film, codec, options, sound_codec, self._holds)
            except ValueError:  # the container refuses what it should hold
                self._output.close()
                self._open(film, codec, options, sound_codec, lambda codec: False)

    def _open(self, film, codec, options, sound_codec, holds):
        self._output = av.open(self._path, "w", format=self._container, container_options=options)
        self._held = self._output.supported_codecs
        source = film.container
        self._output.metadata.update({key: source.metadata[key] for key in source.metadata.keys() - _OF_THE_FILE})
        self._output.set_chapters(source.chapters())
        self._stream = self._add_picture(film, *codec)
        self.tracks = Tracks(film, self._output, holds, sound_codec)
        self._output.start_encoding()

    def _holds(self, codec):
        return codec in self._held and not (self._container == "mp4" and codec.startswith(_NO_COPY))

    def _add_picture(self, film, codec, options):
        reader, colors = self._reader, self._reader.colors
        stream = self._output.add_stream(codec, rate=film.rate, options=dict(options))
        stream.height, stream.width = reader.size
        stream.pix_fmt = "yuv420p"
        stream.time_base = reader.time_base
        copy_labels(film.picture, stream)
        context = stream.codec_context
        context.time_base = reader.time_base
        context.sample_aspect_ratio = reader.aspect
        context.colorspace, context.color_range = colors.matrix, colors.range
        context.color_primaries, context.color_trc = colors.primaries, colors.transfer
        return stream

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            self._output.close()
        except av.FFmpegError:
            if kind is None:
                raise

    def write(self, picture, rgb):
        """Writes the next picture.

        Args:
            picture: `reading.Picture`.
            rgb: `[H, W, 3]` uint8, it in colour.
        """
        frame = av.VideoFrame.from_ndarray(self._reader.colors.yuv420(picture.luma, rgb), "yuv420p")
        frame.pts, frame.duration, frame.time_base = picture.time, picture.duration, self._reader.time_base
        with self._naming_errors():
            self._output.mux(self._stream.encode(frame))
            self.tracks.copy(until=float(picture.time * self._reader.time_base))
        self._count += 1

    def finish(self):
        """Writes what is left when all pictures are written, and checks that they are in the file."""
        with self._naming_errors():
            self._output.mux(self._stream.encode(None))
            self.tracks.copy()
            self._output.close()
            with av.open(self._path) as written:
                found = sum(packet.size > 0 for packet in written.demux(video=0))
        if found != self._count:
            raise BadFileError(self._target, "could not be written whole: is the disk full?")

    @contextlib.contextmanager
    def _naming_errors(self):
        try:
            yield
        except (av.FFmpegError, ValueError) as error:
            if isinstance(error, (MemoryError, BadFileError)):
                raise
            if getattr(error, "errno", None) in _FULL_DISK:
                reason = "could not be written whole: is the disk full?"
            else:
                height, width = self._reader.size
                reason = f"a film of {width} x {height} cannot be written there ({first_line(error)})"
            raise BadFileError(self._target, reason) from None
