"""What can be read of a damaged film is never passed off as the whole."""

import av
import made_films
import pytest
from made_films import moving_scene, write_film

KINDS = {
    "film.mp4": {"sound": "aac", "container_options": {"movflags": "+faststart"}},
    "film.mkv": {"sound": "aac"},
    "film.avi": {"codec": "mpeg4", "sound": "libmp3lame"},
    "film.flv": {"sound": "aac"},
    "film.webm": {"codec": "libvpx", "sound": "libopus"},
}


def make(path):
    return write_film(path, moving_scene(60), options={"g": "12"}, **KINDS[path.name])


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("part", [0.3, 0.8])
def test_a_film_that_breaks_off_is_told(tmp_path, colorize, caplog, name, part):
    source = make(tmp_path / name)
    data = source.read_bytes()
    source.write_bytes(data[: int(len(data) * part)])
    target, result = colorize(source)
    assert 0 < result.frames < 60
    assert len(made_films.lumas(target)) == result.frames
    assert result.fault
    assert f"{name}: damaged: {result.fault}. What can be read, {result.frames} pictures, is colorized." in caplog.text


@pytest.mark.parametrize("name", KINDS)
def test_a_hole_in_the_middle_is_told(tmp_path, colorize, name):
    source = make(tmp_path / name)
    data = bytearray(source.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 2000] = bytes(2000)
    source.write_bytes(data)
    assert colorize(source)[1].fault


def test_a_hole_in_a_broadcast_is_told(tmp_path, colorize):
    source = write_film(tmp_path / "film.ts", moving_scene(60), options={"g": "12"})
    data = bytearray(source.read_bytes())
    middle = len(data) // 2 // 188 * 188
    data[middle : middle + 40 * 188] = bytes(40 * 188)
    source.write_bytes(data)
    assert colorize(source)[1].fault


def test_a_film_whose_index_is_lost_is_named(tmp_path, colorize):
    source = write_film(tmp_path / "film.mov")  # which has it at its end
    source.write_bytes(source.read_bytes()[:-3000])
    with pytest.raises(ValueError, match=r"film.mov: no film that can be read"):
        colorize(source)


@pytest.mark.parametrize("name", KINDS)
def test_a_whole_film_is_not_called_damaged(tmp_path, colorize, caplog, name):
    _, result = colorize(make(tmp_path / name))
    assert result.frames == 60
    assert result.fault == ""
    assert not caplog.records


@pytest.mark.parametrize("name", KINDS)
def test_a_film_that_begins_late_is_not_called_damaged(tmp_path, colorize, name):
    times = [75 + index for index in range(60)]
    source = write_film(tmp_path / name, moving_scene(60), times=times, sound_start=4.0, **KINDS[name])
    assert colorize(source)[1].fault == ""


@pytest.mark.parametrize("times", [[*range(10), *range(30, 40)], range(0, 40, 2)])
def test_an_avi_that_leaves_out_frames_is_not_called_damaged(tmp_path, colorize, times):
    _, result = colorize(write_film(tmp_path / "film.avi", codec="mpeg4", times=list(times)))
    assert (result.frames, result.fault) == (20, "")


def test_a_recording_may_begin_before_its_first_whole_picture(tmp_path, colorize):
    source = write_film(tmp_path / "film.ts", moving_scene(60), "mpeg2video", options={"g": "12"})
    with av.open(str(source)) as film:
        second = [packet.pos for packet in film.demux(video=0) if packet.size][2]
    data = source.read_bytes()
    source.write_bytes(data[: 3 * 188] + data[second:])
    _, result = colorize(source)
    assert result.fault == ""
    assert 45 <= result.frames < 60
