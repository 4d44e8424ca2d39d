"""The sound and the subtitles of a film, copied into another file, or encoded anew if that cannot hold them."""

import av
from absl import logging

_BIT_RATE = 192_000
_WHOLE_SOUND = ("mono", "stereo", "5.1", "7.1")


class Tracks:
    """Copies the tracks of a film that are no picture, in step with the pictures that are written.

    Args:
        film: `source.FilmFile`, opened for this alone.
        output: `av.container.OutputContainer`.
        holds: function from a codec's name to whether the output holds it.
        sound_codec: string. What sound is encoded with that it does not hold.
    """

    def __init__(self, film, output, holds, sound_codec):
        self._film = film
        self._output = output
        self._tracks = {}
        self._packets = film.packets()
        self._waiting = None
        self._damaged = 0
        for stream in film.container.streams:
            if stream.type not in ("audio", "subtitle"):
                continue
            codec = stream.codec_context and stream.codec_context.name
            if codec and holds(codec):
                self._tracks[stream.index] = _Copy(stream, output)
            elif codec and stream.type == "audio":
                self._tracks[stream.index] = _Encoded(stream, output, sound_codec)
                logging.info("%s: its sound (%s) is written as %s.", film.path, codec, sound_codec)
            else:
                logging.warning("%s: left out: %s", film.path, _describe(stream))

    @property
    def has_sound(self):
        """Whether any sound is written."""
        return any(self._film.container.streams[index].type == "audio" for index in self._tracks)

    def fault(self):
        """What of the tracks is not as it should be, a string, when all is written; `""` if nothing is known of."""
        return f"damaged parts of the sound: {self._damaged}" if self._damaged else ""

    def copy(self, until=None):
        """Writes what comes before a time. Args: `until`, a float in seconds; defaults to the end."""
        while self._tracks:
            packet = self._waiting or next(self._packets, None)
            self._waiting = None
            if packet is None:
                break
            if packet.stream_index not in self._tracks:
                continue
            time = packet.dts if packet.dts is not None else packet.pts
            if until is not None and time is not None and time * packet.time_base > until:
                self._waiting = packet
                return
            self._write(packet.stream_index, packet)
        if until is None:
            for index in list(self._tracks):
                self._write(index, None)

    def _write(self, index, packet):
        self._damaged += packet is not None and packet.is_corrupt
        try:
            for made in self._tracks[index].packets(packet):
                self._output.mux(made)
        except av.InvalidDataError:
            self._damaged += 1
        except ValueError as error:  # what the container does not take
            del self._tracks[index]
            stream = self._film.container.streams[index]
            logging.warning("%s: only a part is written of %s (%s)", self._film.path, _describe(stream), error)


class _Copy:
    """A track whose packets are written as they are."""

    def __init__(self, stream, output):
        self._track = output.add_stream_from_template(stream)
        copy_labels(stream, self._track)
        self._last = None

    def packets(self, packet):
        """Yields what is to be written for the next packet; `None` is the end."""
        if packet is None:
            return
        packet.stream = self._track
        if packet.dts is None:
            packet.dts = packet.pts
        if packet.dts is None:
            return
        if self._last is not None and packet.dts <= self._last:  # which no file may have
            packet.dts = self._last + 1
        packet.pts = packet.dts if packet.pts is None else max(packet.pts, packet.dts)
        self._last = packet.dts
        yield packet


class _Encoded:
    """A sound track that is decoded, and encoded in another way."""

    def __init__(self, stream, output, codec):
        self._source = stream.codec_context
        rates = av.Codec(codec, "w").audio_rates
        layout = stream.layout.name if stream.layout.name in _WHOLE_SOUND else "stereo"
        rate = stream.rate if not rates or stream.rate in rates else 48000
        self._track = output.add_stream(codec, rate=rate, layout=layout)
        self._track.bit_rate = _BIT_RATE
        copy_labels(stream, self._track)
        self._resampler = None

    def packets(self, packet):
        """Yields what is to be written for the next packet; `None` is the end."""
        for frame in [*self._source.decode(packet), *([None] if packet is None else [])]:
            yield from self._encoded(frame)

    def _encoded(self, frame):
        context = self._track.codec_context
        if self._resampler is None:
            context.open(strict=False)
            self._resampler = av.AudioResampler(context.format, context.layout, context.rate, context.frame_size)
        for part in self._resampler.resample(frame):
            yield from self._track.encode(part)
        if frame is None:
            yield from self._track.encode(None)


def copy_labels(stream, track):
    """Gives a track the language and the title of its original, and whether it is played unless another is chosen."""
    track.metadata.update({key: stream.metadata[key] for key in ("language", "title") if key in stream.metadata})
    track.disposition = stream.disposition


def _describe(stream):
    codec = stream.codec_context.name if stream.codec_context else "of an unknown kind"
    language = stream.metadata.get("language")
    return " ".join(
        [{"audio": "sound", "subtitle": "subtitles"}[stream.type], codec, *([language] if language else [])]
    )
