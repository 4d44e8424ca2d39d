"""What is written: files that browsers play, with the sound where it was."""

import contextlib
import errno

import av
import made_films
import numpy as np
import pytest
from made_films import moving_scene, write_film

from keras_scgan.films import WRITABLE_SUFFIXES, writing
from keras_scgan.program.errors import BadFileError


@pytest.mark.parametrize("suffix", [".mp4", ".m4v", ".mov"])
def test_a_browser_plays_the_result_while_it_loads(tmp_path, colorize, suffix):
    target, _ = colorize(write_film(tmp_path / "film.avi", codec="mpeg4"), f"film{suffix}")
    data = target.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(target)) as film:
        picture = film.streams.video[0]
        assert (picture.codec_context.name, picture.codec_context.pix_fmt) == ("h264", "yuv420p")


def starts(path):
    """Seconds at which picture and sound begin, and how long each lasts."""
    with av.open(str(path)) as film:
        first = {}
        for packet in film.demux():
            if packet.size and not packet.is_discard:
                first.setdefault(packet.stream.type, []).append(packet.pts * packet.time_base)
        return {kind: (float(min(times)), float(max(times))) for kind, times in first.items()}


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize(("picture", "sound"), [(0, 0.3), (10, 0.0), (0, 0.0)])
def test_picture_and_sound_keep_their_times(tmp_path, colorize, suffix, picture, sound):
    times = [picture + index for index in range(20)]
    source = write_film(tmp_path / f"film{suffix}", times=times, sound="aac", sound_start=sound)
    target, result = colorize(source, f"film{suffix}")
    assert result.sound
    assert starts(target)["video"] == pytest.approx(starts(source)["video"], abs=1e-3)
    assert starts(target)["audio"] == pytest.approx(starts(source)["audio"], abs=1e-3)


def test_the_clock_of_a_broadcast_begins_anew_and_sound_stays_in_step(tmp_path, colorize):
    source = write_film(tmp_path / "film.ts", times=[90 + index for index in range(20)], sound="mp2", sound_start=3.5)
    target, _ = colorize(source)
    before, after = starts(source), starts(target)
    assert min(after["video"][0], after["audio"][0]) == pytest.approx(0, abs=1e-3)
    assert after["video"][0] - after["audio"][0] == pytest.approx(before["video"][0] - before["audio"][0], abs=2e-3)


@pytest.mark.parametrize("codec", ["mp2", "aac"])
def test_a_clock_that_jumps_runs_on(tmp_path, colorize, codec):
    parts = [
        write_film(tmp_path / f"{start}.ts", times=[start + i for i in range(20)], sound=codec, sound_start=start / 25)
        for start in (25_000, 50)
    ]
    source = tmp_path / "joined.ts"
    source.write_bytes(b"".join(part.read_bytes() for part in parts))
    target, result = colorize(source)
    assert result.frames == 40
    found = starts(target)
    assert found["video"][1] == pytest.approx(1.56, abs=0.15)
    assert found["audio"][1] == pytest.approx(1.56, abs=0.15)


@pytest.mark.parametrize(
    ("source", "codec", "target"),
    [
        ("film.mpg", "mp2", "film.mp4"),
        ("film.vob", "ac3", "film.mp4"),
        ("film.avi", "libmp3lame", "film.mp4"),
        ("film.mkv", "libopus", "film.webm"),
        ("film.mov", "pcm_s16le", "film.mov"),
        ("film.mkv", "flac", "film.mkv"),
    ],
)
def test_sound_is_copied_where_the_file_can_hold_it(tmp_path, colorize, source, codec, target):
    picture = "mpeg2video" if source.endswith(("mpg", "vob")) else "mpeg4"
    source = write_film(tmp_path / source, codec=picture, sound=codec)
    target, result = colorize(source, target)
    assert result.sound
    before, after = (b"".join(made_films.packets(path)) for path in (source, target))
    assert before == after


@pytest.mark.parametrize(
    ("source", "codec", "target", "expected"),
    [("film.avi", "pcm_u8", "film.mp4", "aac"), ("film.mov", "pcm_s16le", "film.webm", "opus")],
)
def test_other_sound_is_encoded_anew(tmp_path, colorize, source, codec, target, expected):
    target, result = colorize(write_film(tmp_path / source, codec="mpeg4", sound=codec), target)
    assert result.sound
    with av.open(str(target)) as film:
        (track,) = film.streams.audio
        assert track.codec_context.name == expected
        sound = np.concatenate([frame.to_ndarray()[0] for frame in film.decode(audio=0)])
    spectrum = np.abs(np.fft.rfft(sound))
    assert np.argmax(spectrum) / len(sound) * made_films.SOUND_RATE == pytest.approx(440, abs=5)
    assert starts(target)["audio"][0] == pytest.approx(0, abs=0.03)


def test_texts_languages_and_subtitles_are_kept_or_named(tmp_path, colorize, caplog):
    source = tmp_path / "film.mkv"
    (tmp_path / "lines.srt").write_text("1\n00:00:00,100 --> 00:00:00,400\nBonjour\n")
    parts = [av.open(str(path)) for path in (write_film(tmp_path / "picture.mkv"), tmp_path / "lines.srt")]
    with contextlib.ExitStack() as opened, av.open(str(source), "w") as film:
        film.metadata["title"] = "A film"
        streams = [opened.enter_context(part).streams[0] for part in parts]
        copies = [film.add_stream_from_template(stream, opaque=True) for stream in streams]
        copies[1].metadata["language"] = "fra"
        for part, copy in zip(parts, copies, strict=True):
            for packet in part.demux():
                if packet.size:
                    packet.stream = copy
                    film.mux(packet)
    target, _ = colorize(source, "film.mkv")
    with av.open(str(target)) as film:
        assert film.metadata["title"] == "A film"
        assert film.streams.subtitles[0].metadata["language"] == "fra"
    assert made_films.packets(target, "subtitles") == [b"Bonjour"]
    assert not caplog.records
    colorize(source, "film.mp4")
    assert "film.mkv: left out: subtitles srt fra" in caplog.text


@pytest.mark.parametrize("suffix", WRITABLE_SUFFIXES)
def test_an_error_of_the_disk_names_the_result_and_leaves_nothing(tmp_path, colorize, monkeypatch, suffix):
    def fail(self, picture, rgb):
        with self._naming_errors():
            raise av.error.OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(writing.FilmWriter, "write", fail)
    source = write_film(tmp_path / "film.avi", codec="mpeg4")
    with pytest.raises(BadFileError, match=rf"result{suffix}: could not be written whole: is the disk full\?"):
        colorize(source, f"result{suffix}")
    assert not list((tmp_path / "results").iterdir())


def test_a_film_larger_than_the_codec_writes_is_named(tmp_path, colorize):
    source = write_film(tmp_path / "wide.nut", moving_scene(2, 16900, 16), "rawvideo")
    with pytest.raises(BadFileError, match=r"result.mp4: a film of 16900 x 16 cannot be written there"):
        colorize(source)
