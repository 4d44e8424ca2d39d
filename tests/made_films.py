"""Films of every kind, which tests make themselves, and what is in the files that come of them."""

import fractions

import av
import cv2
import numpy as np

RATE = 25
SOUND_RATE = 48000
MILLISECONDS = fractions.Fraction(1, 1000)


def moving_scene(count=20, width=96, height=64, step=2):
    """Grey frames, `[H, W]` uint8: a texture of soft blobs that moves down, so that fields of a frame differ."""
    noise = np.random.default_rng(0).normal(size=(height * 4, width))
    texture = cv2.GaussianBlur(noise, (0, 0), 4)
    texture = np.uint8(126 + 100 * texture / np.abs(texture).max())
    return [np.roll(texture, step * index, axis=0)[:height] for index in range(count)]


def write_film(
    path,
    frames=None,
    codec="libx264",
    *,
    pix_fmt="yuv420p",
    options=None,
    rate=RATE,
    times=None,
    time_base=None,
    settings=None,
    sound=None,
    sound_start=0.0,
    rotation=None,
    field_order=None,
    container_options=None,
    **open_options,
):
    """Writes a film.

    Args:
        path: path.
        frames: list of `[H, W]` uint8 luma in the numbers of the film, or `[H, W, 3]` RGB; by default `moving_scene()`.
        codec: string.
        pix_fmt: string.
        options: dict of the codec's options.
        rate: frames a second.
        times: when frames are shown, in the time base; defaults to one after the other.
        time_base: Fraction. Defaults to that of the rate.
        settings: dict of attributes of the codec's context.
        sound: string, a codec, or `None`.
        sound_start: float, seconds.
        rotation: quarter turn of the picture, in degrees.
        field_order: string, "tff" or "bff": the frames are two fields, of which the top or the bottom one is the first.
        container_options: dict.
    """
    frames = moving_scene() if frames is None else frames
    time_base = time_base or fractions.Fraction(1, rate)
    with av.open(str(path), "w", container_options=container_options or {}, **open_options) as output:
        picture = output.add_stream(codec, rate=rate, options=options or {})
        picture.height, picture.width = frames[0].shape[:2]
        picture.pix_fmt = pix_fmt
        picture.codec_context.time_base = time_base
        for name, value in (settings or {}).items():
            setattr(picture.codec_context, name, value)
        if field_order is not None:
            picture.codec_context.field_order = {"tff": 2, "bff": 3}[field_order]
        if rotation is not None:
            picture.set_display_rotation(rotation)
        track = output.add_stream(sound, rate=SOUND_RATE, layout="stereo") if sound else None
        length = len(frames) / rate if times is None else float((times[-1] - times[0]) * time_base)
        packets = [] if track is None else list(tone(track, sound_start, length))
        for index, frame in enumerate(frames):
            made = _frame(frame, pix_fmt)
            made = made if field_order is None else _of_fields(made, field_order)
            made.pts, made.time_base = (index if times is None else times[index]), time_base
            output.mux(picture.encode(made))
        output.mux(picture.encode(None))
        output.mux(packets)
    return path


def _frame(pixels, pix_fmt):
    if pixels.ndim == 3:
        return av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format=pix_fmt)
    height, width = pixels.shape
    neutral = np.full((height // 2, width), 128, np.uint8)
    made = av.VideoFrame.from_ndarray(np.vstack([pixels, neutral]), "yuv420p")
    return made if pix_fmt == "yuv420p" else made.reformat(format=pix_fmt, src_color_range=1, dst_color_range=1)


def _of_fields(frame, field_order):
    """A frame that says that it is interlaced."""
    frame.pts, frame.time_base = 0, MILLISECONDS
    graph = av.filter.Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)
    graph.link_nodes(source, graph.add("setfield", field_order), graph.add("buffersink")).configure()
    graph.push(frame)
    return graph.pull()


def tone(track, start, seconds):
    """Yields the packets of a tone. Args: `track`, an output stream; `start` and `seconds`, floats."""
    context = track.codec_context
    context.open(strict=False)
    resampler = av.AudioResampler(context.format, context.layout, SOUND_RATE, context.frame_size or 1024)
    wave = np.sin(2 * np.pi * 440 * np.arange(int(seconds * SOUND_RATE)) / SOUND_RATE)
    samples = np.int16(8000 * np.repeat(wave[:, np.newaxis], 2, axis=1)).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(samples, "s16", "stereo")
    frame.sample_rate, frame.pts, frame.time_base = (
        SOUND_RATE,
        int(start * SOUND_RATE),
        fractions.Fraction(1, SOUND_RATE),
    )
    for part in (frame, None):
        for resampled in resampler.resample(part):
            yield from track.encode(resampled)
    yield from track.encode(None)


def lumas(path):
    """The luma of the frames of a film, `[N, H, W]` uint8, as it is coded."""
    with av.open(str(path)) as film:
        return np.stack([_luma(frame) for frame in film.decode(video=0)])


def _luma(frame):
    plane = frame.planes[0]
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]


def times(path):
    """When the frames of a film are shown, in seconds."""
    with av.open(str(path)) as film:
        return [frame.time for frame in film.decode(video=0)]


def packets(path, kind="audio"):
    """The bytes of the packets of the first track of a kind."""
    with av.open(str(path)) as film:
        return [bytes(packet) for packet in film.demux(**{kind: 0}) if packet.size]
