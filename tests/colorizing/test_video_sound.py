"""The sound of videos, which ffmpeg copies where it is on the PATH."""

import os
import pathlib
import shutil
import subprocess

import pytest
from clips import FRAMES, FakeColorizer, names, put_on_path, read

from keras_scgan.colorizing.video import colorize_video

pytestmark = pytest.mark.usefixtures("no_ffmpeg")


def test_without_ffmpeg_the_lack_of_sound_is_told(clip, output, caplog):
    assert not colorize_video(FakeColorizer(), clip, output / "clip.mp4").sound
    assert "clip.avi: there is no ffmpeg on the PATH: the sound, if there is any, could not be copied" in caplog.text


def test_ffmpeg_copies_the_sound_of_the_source(clip, output, no_ffmpeg):
    body = "json.dump(args, open(__file__ + '.json', 'w')); shutil.copy(args[args.index('-i') + 1], args[-1])"
    program = put_on_path(no_ffmpeg, body)
    assert colorize_video(FakeColorizer(), clip, output / "clip.mp4").sound
    arguments = " ".join(pathlib.Path(f"{program}.json").read_text().strip('[]"').split('", "'))
    colorized, both = (arguments.split()[index] for index in (5, -1))
    assert arguments == (f"-nostdin -v error -y -i {colorized} -i {clip} -map 0:v -map 1:a? -c copy {both}")
    assert {os.path.dirname(colorized), os.path.dirname(both)} == {str(output)}
    assert colorized != both
    assert both.endswith(".mp4")
    assert names(output) == ["clip.mp4"]
    assert len(read(output / "clip.mp4")[0]) == FRAMES


def test_an_ffmpeg_that_fails_costs_the_sound_alone(clip, output, no_ffmpeg, caplog):
    put_on_path(no_ffmpeg, "open(args[-1], 'w').write('half'); sys.exit('no such codec')")
    assert not colorize_video(FakeColorizer(), clip, output / "clip.mp4").sound
    assert "ffmpeg failed, so that the sound, if there is any, could not be copied: no such codec" in caplog.text
    assert names(output) == ["clip.mp4"]
    assert len(read(output / "clip.mp4")[0]) == FRAMES


FFMPEG = shutil.which("ffmpeg")


@pytest.mark.skipif(FFMPEG is None, reason="no ffmpeg on the PATH")
def test_a_real_ffmpeg_copies_sound_and_the_shape_of_pixels(clip, tmp_path, output, no_ffmpeg):
    source = tmp_path / "sound.mp4"
    tone = ["-f", "lavfi", "-i", "sine=duration=0.8", "-map", "0:v", "-map", "1:a", "-vf", "setsar=4/3"]
    subprocess.run([FFMPEG, "-v", "error", "-i", clip, *tone, "-c:v", "mpeg4", "-c:a", "aac", source], check=True)
    (no_ffmpeg / "ffmpeg").symlink_to(FFMPEG)
    assert colorize_video(FakeColorizer(), source, output / "sound.mp4").sound
    streams = subprocess.run([FFMPEG, "-i", output / "sound.mp4"], capture_output=True, text=True).stderr
    assert "Audio: aac" in streams
    assert "DAR 2:1" in streams  # 96 x 64 pixels, each 4:3
    assert len(read(output / "sound.mp4")[0]) == FRAMES
