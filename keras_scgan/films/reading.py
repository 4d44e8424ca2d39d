"""The pictures of a film: decoded, deinterlaced and upright, each with its time."""

import dataclasses
import fractions

import av
import numpy as np
from absl import logging
from av.sidedata.sidedata import Type

from keras_scgan.films.colors import FULL_RANGE, Colors, has_luma
from keras_scgan.films.source import reason_of
from keras_scgan.program.errors import BadFileError

_SWS_MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
"""Number of a matrix in swscale by that of ITU-T H.273."""

_DEINTERLACER, _ITS_OPTIONS = "bwdif", "mode=send_frame:deint=interlaced"
_FIELD_ORDERS = {2: "tff", 3: "bff", 4: "bff", 5: "tff"}
"""What is shown first, the top or the bottom field, by FFmpeg's number of an order of fields."""

_WITHOUT_FIELDS = ("huffyuv", "ffvhuff", "jpeg2000", "libopenjpeg", "magicyuv", "mjpeg", "png", "utvideo")
_SMALLEST = 4  # pixels of a side that the filter takes
_MISSING_FRAMES, _MISSING_SECONDS, _MISSING_SHARE = 2, 1.0, 0.1


@dataclasses.dataclass(frozen=True, eq=False)
class Picture:
    """A frame of a film.

    Args:
        luma: `[H, W]` uint8, upright, of even height and width, in the numbers of the film's `Colors`.
        gray: `[H, W]` uint8, the same from 0, black, to 255, white.
        time: int. When it is shown, in the film's time base.
        duration: int. How long, in the same.
    """

    luma: np.ndarray
    gray: np.ndarray
    time: int
    duration: int


class PictureReader:
    """Reads the pictures of a film one by one.

    Args:
        film: `source.FilmFile`.

    Attributes:
        colors: `Colors` of the pictures, `None` before the first is read, as are `size` and `aspect`.
        size: tuple of the height and width of the pictures.
        aspect: `fractions.Fraction`, the width of a pixel by its height.
        time_base: `fractions.Fraction`, seconds that times and durations count.
        count: int. Pictures read.
    """

    def __init__(self, film):
        self._film = film
        self._context = film.picture.codec_context
        self._context.thread_count = 1  # a decoder that works on by itself cannot be closed while it logs something
        self.time_base = film.picture.time_base
        self.colors = self.size = self.aspect = None
        self.count = 0
        self._shape = self._turn = None
        self._has_changed = False
        self._damaged = 0
        self._next = None

    def pictures(self):
        """Yields each `Picture`, the first to be shown first. Raises `BadFileError` if they are of an unknown kind."""
        try:
            for frame in _deinterlaced(self.frames(), self._field_order()):
                if self.colors is None:
                    self._begin(frame)
                yield self._picture(frame)
                self.count += 1
        except (av.FFmpegError, ValueError) as error:
            if isinstance(error, MemoryError):
                raise
            raise BadFileError(self._film.path, f"its pictures cannot be read ({reason_of(error)})") from None

    def _field_order(self):
        """What `setfield` is told of a film whose file alone says that it is interlaced; `None` of any other.

        Decoders of single pictures, such as JPEG, know nothing of fields. What others say of each frame is true.
        """
        return _FIELD_ORDERS.get(self._context.field_order) if self._context.name in _WITHOUT_FIELDS else None

    def fault(self):
        """What of the film could not be read, a string, when all its pictures are; `""` if nothing is known of."""
        film, faults = self._film, []
        if film.fault:
            faults.append(film.fault)
        if self._damaged:
            faults.append(f"pictures that cannot be decoded, or not wholly: {self._damaged}")
        missing = (film.announced_end or 0) - film.end
        allowed = max(_MISSING_FRAMES / float(self._film.rate), min(_MISSING_SECONDS, _MISSING_SHARE * film.end))
        if film.is_short:
            faults.append(f"{film.picture_frames} of {film.picture.frames} pictures are there")
        elif missing > allowed:
            faults.append(f"it ends after {film.end:.2f} s of {film.announced_end:.2f} s")
        return "; ".join(faults)

    def warn(self):
        """Says, when all pictures are read, how they differ from those of the film."""
        if len(self._film.pictures) > 1:
            logging.warning("%s: of its %d pictures one is colorized.", self._film.path, len(self._film.pictures))
        if self._has_changed:
            logging.warning("%s: the size of the picture changes: all of it is made %d x %d.", *self._name_and_size())
        if any(side % 2 for side in self._shape):
            height, width = self._shape
            logging.warning("%s: %d x %d is made even.", self._film.path, width, height)

    def _name_and_size(self):
        return self._film.path, *self.size[::-1]

    def frames(self):
        """Yields each `av.VideoFrame` that the decoder gives; what it cannot decode is counted."""
        for packet in self._film.packets():
            if packet.stream_index == self._film.picture.index:
                self._damaged += packet.is_corrupt
                yield from self._decode(packet)
        yield from self._decode(None)

    def _decode(self, packet):
        try:
            frames = self._context.decode(packet)
        except MemoryError:
            raise
        except av.FFmpegError:
            self._damaged += 1
            return
        for frame in frames:
            frame.time_base = self.time_base
            self._damaged += frame.is_corrupt
            yield frame

    def _begin(self, frame):
        if self._film.clock_may_jump:  # of a recording, the first pictures may build on what came before it
            self._damaged = 0
        self.colors = Colors.of(frame)
        self._shape = self._decoded_shape = (frame.height, frame.width)
        self._turn = _turn_of(frame)
        self.aspect = fractions.Fraction(self._film.picture.sample_aspect_ratio or 1)
        if self._turn[0]:
            self._shape = self._shape[::-1]
            self.aspect = 1 / self.aspect
        self.size = tuple(side - side % 2 for side in self._shape)
        if 0 in self.size:
            raise BadFileError(self._film.path, f"a film of {frame.width} x {frame.height} pixels, which is too small")

    def _picture(self, frame):
        luma = _turned(self._luma(frame), *self._turn)
        height, width = self.size
        luma = np.ascontiguousarray(luma[:height, :width])
        duration = round((frame.duration or 0) * frame.time_base / self.time_base)
        duration = max(1, duration or round(1 / (self._film.rate * self.time_base)))
        time = self._next
        if frame.pts is not None:
            time = round(frame.pts * frame.time_base / self.time_base)
        time = time or 0 if self._next is None else max(time, self._last + 1)
        self._last, self._next = time, time + duration
        return Picture(luma, self.colors.gray(luma), time, duration)

    def _luma(self, frame):
        """The luma of a frame as it is coded, `[H, W]` uint8."""
        shape = (frame.height, frame.width)
        component, plane = frame.format.components[0], frame.planes[0]
        is_plain = component.bits == 8 and frame.format.is_planar and plane.line_size > 0
        if not (has_luma(frame) and is_plain and shape == self._decoded_shape):
            self._has_changed |= shape != self._decoded_shape
            colors = self.colors
            frame = frame.reformat(
                *self._decoded_shape[::-1],
                "yuv444p",
                src_colorspace=_SWS_MATRICES[colors.matrix],
                dst_colorspace=_SWS_MATRICES[colors.matrix],
                src_color_range=colors.range if has_luma(frame) else FULL_RANGE,
                dst_color_range=colors.range,
            )
            plane = frame.planes[0]
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
        return rows[: frame.height, : frame.width].copy()


def _deinterlaced(frames, field_order):
    """Yields frames, of which from the first interlaced one on each interlaced one is made whole from its fields.

    Args:
        frames: iterable of `av.VideoFrame`.
        field_order: string. That of frames that do not say that they are interlaced; `None` if they are not then.
    """
    graph, shape = None, None
    for frame in frames:
        now = (frame.format.name, frame.width, frame.height)
        if graph is not None and now != shape:
            yield from _pulled(graph, None)
            graph = None
        is_interlaced = frame.interlaced_frame or field_order
        if graph is None and is_interlaced and min(frame.width, frame.height) >= _SMALLEST:
            graph, shape = _deinterlacer(frame, None if frame.interlaced_frame else field_order), now
        if graph is None:
            yield frame
        else:
            yield from _pulled(graph, frame)
    if graph is not None:
        yield from _pulled(graph, None)


def _deinterlacer(frame, field_order):
    graph = av.filter.Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)
    marking = [graph.add("setfield", field_order)] if field_order else []
    filters = [*marking, graph.add(_DEINTERLACER, _ITS_OPTIONS), graph.add("buffersink")]
    graph.link_nodes(source, *filters).configure()
    return graph


def _pulled(graph, frame):
    """Yields the frames that a filter has ready when it is given one more; all that are left for `None`."""
    graph.push(frame)
    while True:
        try:
            yield graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return


def _turn_of(frame):
    """How a frame is to be turned upright: whether to swap its axes, then whether to mirror it in x, and in y."""
    if Type.DISPLAYMATRIX not in frame.side_data:
        return False, False, False
    a, b, _, c, d = np.frombuffer(frame.side_data[Type.DISPLAYMATRIX], np.int32)[:5]  # x' = ax + cy, y' = bx + dy
    if abs(int(b)) > abs(int(a)):
        return True, c < 0, b < 0
    return False, a < 0, d < 0


def _turned(pixels, swap, mirror_x, mirror_y):
    pixels = pixels.T if swap else pixels
    pixels = pixels[:, ::-1] if mirror_x else pixels
    return pixels[::-1] if mirror_y else pixels
