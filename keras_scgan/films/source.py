"""A film file, as packets whose times run on."""

import fractions
import logging

import av

from keras_scgan.program.errors import BadFileError, first_line
from keras_scgan.program.files import open_regular
from keras_scgan.program.printable import printable

FORMATS = (
    "asf,avi,dv,flv,gxf,h264,hevc,ivf,live_flv,m4v,matroska,mjpeg,mov,mpeg,mpegts,mpegvideo,mxf,nsv,nut,ogg,rm,vc1,"
    "webm,wtv,yuv4mpegpipe"
)
"""FFmpeg's names of what is read. Others, such as playlists, may name files and servers that are then read too."""

JUMP = 10
"""Seconds by which the times of a stream may jump forward before that is taken for a new beginning of its clock."""

JUMP_BACK = 1
"""Seconds by which they may jump back."""

_HARMLESS = ("referenced qt chapter track not found",)
"""What FFmpeg logs as an error and is none, in lower case."""

_MAX_RATE, _USUAL_RATE = 1000, 25
_BUFFER = 1 << 18

av.logging.set_level(av.logging.ERROR)  # what is only logged tells of damage, and is collected where it matters
av.logging.set_skip_repeated(False)
logging.getLogger("libav").propagate = False
logging.getLogger("libav").addHandler(logging.NullHandler())

_NO_PICTURE = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails
_MICROSECONDS = av.time_base


class FilmFile:
    """A film that is read packet by packet, and closed at the end of the context that it is.

    Args:
        path: path of a regular file.

    Attributes:
        container: `av.container.InputContainer`.
        picture: `av.VideoStream` that is the film's picture: the best one, and no picture of a cover.
        end: float. Seconds, from the beginning, that the packets read so far reach to.
        pictures: list of the streams that could be it.
        clock_may_jump: bool. Whether files of this kind are cut out of broadcasts, whose clock may begin anywhere.
        picture_frames: int. Frames of the picture that the packets read so far reach to, at its constant rate.
        fault: string. What is wrong with the packets read so far, or `""`.

    Raises:
        BadFileError: It cannot be opened, is no film, or has no picture.
    """

    def __init__(self, path):
        self.path = path
        self.end = 0.0
        self.picture_frames = 0
        self.fault = ""
        try:
            self._file = open_regular(path)
        except OSError as error:
            raise BadFileError(path, error.strerror) from None
        try:
            self._open()
        except BaseException:
            self._file.close()
            raise

    def _open(self):
        try:
            with av.logging.Capture() as logged:
                self.container = av.open(
                    _Input(self._file),
                    mode="r",
                    container_options={"format_whitelist": FORMATS},
                    metadata_errors="replace",
                    buffer_size=_BUFFER,
                    io_open=_refuse,
                )
        except (av.FFmpegError, OSError) as error:
            raise BadFileError(self.path, f"no film that can be read ({reason_of(error)})") from None
        self._note_faults(logged)
        self.pictures = [s for s in self.container.streams.video if s.codec_context and not s.disposition & _NO_PICTURE]
        if not self.pictures:
            self.container.close()
            raise BadFileError(self.path, "a file without a film's picture that can be decoded")
        best = self.container.streams.best("video")
        self.picture = best if best in self.pictures else self.pictures[0]
        self.clock_may_jump = bool(self.container.format.flags & av.format.Flags.ts_discont.value)
        start = self.container.start_time if self.clock_may_jump else None
        self._shift = -(start or 0) / _MICROSECONDS
        self._expected = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.container.close()
        self._file.close()

    @property
    def announced_end(self):
        """Seconds, from the beginning, that the file itself says it lasts; `None` if it says nothing certain."""
        if self.clock_may_jump or self.container.duration is None:  # which is then estimated
            return None
        if self._is_avi:  # of which the sound may be said to last longer, by as much as it begins later
            return float((self.picture.duration or 0) * self.picture.time_base)
        from_zero = self.container.format.name == "matroska,webm"  # others count from their first packet
        return (self.container.duration + (0 if from_zero else self.container.start_time or 0)) / _MICROSECONDS

    @property
    def is_short(self):
        """Whether, when all is read, the picture ends before the frames that the file says it has."""
        return self._is_avi and self.picture_frames < self.picture.frames - 1  # others count what is not shown too

    @property
    def _is_avi(self):
        return self.container.format.name == "avi"

    @property
    def rate(self):
        """Pictures a second in the mean, a `fractions.Fraction`."""
        stream = self.picture
        rates = (stream.average_rate, stream.guessed_rate, stream.base_rate)
        return next((rate for rate in rates if rate and rate <= _MAX_RATE), fractions.Fraction(_USUAL_RATE))

    @property
    def announced_frames(self):
        """Pictures that the film has, judging by what the file says of its length and rate; 0 if it says nothing."""
        stream = self.picture
        seconds = (self.container.duration or 0) / _MICROSECONDS
        if stream.duration:
            seconds = stream.duration * stream.time_base
        return round(seconds * self.rate) or stream.frames

    def packets(self):
        """Yields the packets of all streams that hold something.

        Times begin at 0 where the file's clock begins anywhere, and go on where it jumps, alike for all streams.
        Reading ends at the first error that is raised. The first of those that are only logged, after which FFmpeg
        goes on elsewhere in the file, is what `fault` tells.
        """
        packets = self.container.demux()
        while True:
            with av.logging.Capture() as logged:
                try:
                    packet = next(packets, None)
                except (av.FFmpegError, OSError) as error:
                    self.fault = f"it cannot be read beyond {self.end:.2f} s ({reason_of(error)})"
                    return
            self._note_faults(logged)
            if packet is None:
                return
            if packet.stream_index == self.picture.index and packet.dts is not None:
                self.picture_frames = round((packet.dts * packet.time_base) * self.rate) + 1
            if packet.size:
                self._set_time(packet)
                yield packet

    def _note_faults(self, logged):
        """Keeps the first error that the reader of this kind of file logged: tuples of level, name and message."""
        for _, name, message in logged:
            text = printable(message.strip().strip(".").lower())
            if name == self.container.format.name and text not in _HARMLESS and not self.fault:
                self.fault = text

    def _set_time(self, packet):
        time_base, times = packet.time_base, [time for time in (packet.dts, packet.pts) if time is not None]
        if not times:
            return
        length = float((packet.duration or 0) * time_base)
        if self.clock_may_jump and packet.stream.type in ("video", "audio"):
            seconds = float(times[0] * time_base)
            expected = self._expected.get(packet.stream_index)
            if expected is not None and not -JUMP_BACK < seconds + self._shift - expected < JUMP:
                self._shift = expected - seconds
            self._expected[packet.stream_index] = seconds + self._shift + length
        if self._shift:
            ticks = round(self._shift / time_base)
            packet.dts = None if packet.dts is None else packet.dts + ticks
            packet.pts = None if packet.pts is None else packet.pts + ticks
        self.end = max(self.end, float(max(times) * time_base) + self._shift + length)


class _Input:
    """A file for FFmpeg, which may seek to anywhere if what it reads is damaged."""

    def __init__(self, file):
        self.name = str(file.name)
        self.read = file.read
        self.tell = file.tell
        self._seek = file.seek

    def seek(self, offset, whence):
        try:
            return self._seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return -1


def _refuse(url, flags, options):
    raise PermissionError("a film of several files")


def reason_of(error):
    """What an error of FFmpeg or of the system says, in lower case."""
    return (getattr(error, "strerror", None) or first_line(error)).lower()
