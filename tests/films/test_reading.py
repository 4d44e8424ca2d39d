"""Films of every kind: each picture with its luma, upright, at its time."""

import fractions

import av
import made_films
import numpy as np
import pytest
from made_films import moving_scene, write_film

PAL = {"frames": moving_scene(8, 720, 576)}
KINDS = {
    "mpeg2.mpg": {"codec": "mpeg2video", "sound": "mp2"},
    "mpeg2.vob": {"codec": "mpeg2video", "sound": "ac3"},
    "h264.ts": {"sound": "aac"},
    "h264.m2ts": {"sound": "ac3", "format": "mpegts"},
    "h264.flv": {"sound": "aac"},
    "flv1.flv": {"codec": "flv1", "sound": "libmp3lame"},
    "h263.3gp": {"codec": "h263", "frames": moving_scene(8, 176, 144)},
    "xvid.avi": {"codec": "mpeg4", "options": {"bf": "2"}, "sound": "libmp3lame"},
    "mjpeg.avi": {"codec": "mjpeg", "pix_fmt": "yuvj422p"},
    "dv.avi": {"codec": "dvvideo", **PAL},
    "dv.dv": {"codec": "dvvideo", **PAL},
    "xdcam.mxf": {"codec": "mpeg2video", "sound": "pcm_s16le", **PAL},
    "wmv.wmv": {"codec": "wmv2"},
    "vp8.webm": {"codec": "libvpx", "sound": "libopus"},
    "hevc.mov": {"codec": "libx265", "options": {"x265-params": "log-level=none"}},
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_keeps_its_pictures_their_times_and_their_luma(tmp_path, colorize, name):
    source = write_film(tmp_path / name, **KINDS[name])
    target, result = colorize(source)
    before = made_films.lumas(source)
    assert result.frames == len(before)
    assert result.fault == ""
    after = made_films.lumas(target)
    assert after.shape == before.shape
    assert np.abs(after.astype(int) - before).mean() < 2
    steps = np.diff(made_films.times(target))
    np.testing.assert_allclose(steps, np.diff(made_films.times(source)), atol=1e-3)


BY_FIELDS = {"flags": "+ildct+ilme"}
INTERLACED = {
    "h264.mkv": {"options": BY_FIELDS},
    "h264.mts": {"options": BY_FIELDS, "format": "mpegts"},
    "mpeg2.mpg": {"codec": "mpeg2video", "options": BY_FIELDS | {"b": "9M"}},
    "dv.avi": {"codec": "dvvideo", "frames": moving_scene(8, 720, 576)},
    "jpeg2000.mov": {"codec": "jpeg2000"},  # whose file alone says it, and not its frames
}


@pytest.mark.parametrize("field_order", ["tff", "bff"])
@pytest.mark.parametrize("name", INTERLACED)
def test_interlaced_pictures_become_those_of_their_first_field(tmp_path, colorize, name, field_order):
    progressive = INTERLACED[name].get("frames") or moving_scene(8)
    order = "bff" if name == "dv.avi" else field_order  # which knows no other
    interlaced = [frame.copy() for frame in progressive[:-1]]
    for frame, later in zip(interlaced, progressive[1:], strict=True):
        second = 1 if order == "tff" else 0
        frame[second::2] = later[second::2]
    source = write_film(tmp_path / name, **{**INTERLACED[name], "frames": interlaced, "field_order": order})
    target, result = colorize(source)
    assert result.frames == len(interlaced)
    assert not any(frame.interlaced_frame for frame in av.open(str(target)).decode(video=0))
    found = made_films.lumas(target).astype(int)
    first, second = (np.abs(found - frames).mean() for frames in (progressive[:-1], progressive[1:]))
    assert first < second / 2


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_varying_frame_rate_is_kept(tmp_path, colorize, suffix):
    times = [0, 40, 80, 500, 520, 540, 1000, 1033, 2000]
    source = write_film(
        tmp_path / f"varying{suffix}", moving_scene(9), times=times, time_base=made_films.MILLISECONDS, sound="aac"
    )
    target, result = colorize(source, f"varying{suffix}")
    assert result.frames == 9
    np.testing.assert_allclose(made_films.times(target), np.array(times) / 1000, atol=1e-3)


@pytest.mark.parametrize(("rotation", "turns"), [(90, 1), (-90, -1), (180, 2)])
def test_a_film_of_a_phone_is_turned_upright(tmp_path, colorize, rotation, turns):
    aspect = fractions.Fraction(4, 3)
    source = write_film(tmp_path / "phone.mp4", rotation=rotation, settings={"sample_aspect_ratio": aspect})
    target, _ = colorize(source)
    expected = np.rot90(made_films.lumas(source), turns, axes=(1, 2)).astype(int)
    found = made_films.lumas(target)
    assert found.shape == expected.shape
    assert np.abs(found - expected).mean() < 2
    with av.open(str(target)) as film:
        assert film.streams.video[0].sample_aspect_ratio == (aspect if turns == 2 else 1 / aspect)


@pytest.mark.parametrize(("color_range", "matrix"), [(1, 1), (2, 1), (1, 6), (2, 5), (1, 9)])
def test_range_and_matrix_are_kept(tmp_path, colorize, color_range, matrix):
    source = write_film(tmp_path / "film.mp4", settings={"color_range": color_range, "colorspace": matrix})
    target, _ = colorize(source)
    with av.open(str(target)) as film:
        frame = next(film.decode(video=0))
    assert (frame.color_range, frame.colorspace) == (color_range, matrix)
    assert np.abs(made_films.lumas(target).astype(int) - made_films.lumas(source)).mean() < 2


@pytest.mark.parametrize(
    ("codec", "pix_fmt"),
    [("ffv1", "bgr0"), ("rawvideo", "bgr24"), ("ffv1", "gray"), ("ffv1", "gray16le"), ("ffv1", "yuv422p10le")],
)
def test_pictures_that_are_not_of_8_bit_luma_look_as_light_as_before(tmp_path, colorize, codec, pix_fmt):
    frames = [np.repeat(frame[..., np.newaxis], 3, axis=-1) for frame in moving_scene(4)]
    source = write_film(tmp_path / "film.nut", frames, codec, pix_fmt=pix_fmt)
    target, _ = colorize(source)
    with av.open(str(target)) as film:
        found = np.stack([frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)])
    assert np.abs(found @ [0.299, 0.587, 0.114] - np.stack(frames)[..., 0]).mean() < 2.5


def test_odd_sides_lose_a_row_or_a_column(tmp_path, colorize, caplog):
    frames = [np.repeat(frame[..., np.newaxis], 3, axis=-1) for frame in moving_scene(4, 97, 65)]
    target, _ = colorize(write_film(tmp_path / "odd.mkv", frames, "ffv1", pix_fmt="bgr0"))
    assert made_films.lumas(target).shape == (4, 64, 96)
    assert "odd.mkv: 97 x 65 is made even" in caplog.text


@pytest.mark.parametrize(("width", "height"), [(1, 64), (64, 1)])
def test_a_film_of_one_row_or_column_is_named(tmp_path, colorize, width, height):
    frames = [np.full((height, width, 3), 99, np.uint8)]
    source = write_film(tmp_path / "line.nut", frames, "rawvideo", pix_fmt="bgr24")
    with pytest.raises(ValueError, match=rf"line.nut: a film of {width} x {height} pixels, which is too small"):
        colorize(source)


def test_a_cover_is_no_film(tmp_path, colorize):
    source = tmp_path / "song.mkv"
    with av.open(str(source), "w") as song:
        track = song.add_stream("flac", rate=made_films.SOUND_RATE, layout="stereo")
        song.mux(list(made_films.tone(track, 0, 1)))
    with pytest.raises(ValueError, match=r"song.mkv: a file without a film's picture"):
        colorize(source)


def test_a_playlist_is_no_film_and_what_it_names_is_not_opened(tmp_path, colorize):
    secret = write_film(tmp_path / "secret.ts")
    playlist = tmp_path / "film.mp4"
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n")
    with pytest.raises(ValueError, match=r"film.mp4: no film that can be read"):
        colorize(playlist)
