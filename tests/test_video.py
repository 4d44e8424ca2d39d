"""Videos: every frame in colour, as large, as fast and as many as before, whatever becomes of the run."""

import gc
import os
import pathlib
import shutil
import stat
import struct
import subprocess
import sys
import threading
import time
import weakref

import cv2
import numpy as np
import pytest

from keras_scgan import color, temporal, video
from keras_scgan.errors import BadFileError, UserError
from keras_scgan.video import VIDEO_SUFFIXES, colorize_video

SIZE = 64
FRAMES = 20
RATE = 24.0


class FakeColorizer:
    """Tints each frame, red where it is dark on average and blue where it is bright, and by chance stronger or less."""

    def __init__(self):
        self.rng = np.random.default_rng(0)
        self.batches = []
        self.finished = []

    def prepare(self, photo):
        small = cv2.resize(photo, (SIZE, SIZE), interpolation=cv2.INTER_AREA).astype(np.float32)
        return color.normalize(small)[..., np.newaxis]

    def predict(self, grays, saliency=True):
        self.batches.append(len(grays))
        return {"color": np.stack([gray + self._tint(gray) for gray in grays]).astype(np.float32)}

    def finish(self, photo, predicted):
        self.finished.append(predicted - color.luma(predicted))
        chroma = cv2.resize(self.finished[-1], photo.shape[::-1]) * 127.5
        return np.clip(np.rint(photo[..., np.newaxis] + chroma), 0, 255).astype(np.uint8)

    def _tint(self, gray):
        rgb = np.float32([0, 0, 1] if gray.mean() > 0 else [1, 0, 0]) * self.rng.uniform(0.1, 0.4)
        return rgb - color.luma(rgb)


class Capture:
    """A `cv2.VideoCapture`, which stands no subclasses."""

    def __init__(self, path):
        self.capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)

    def __getattr__(self, name):
        return getattr(self.capture, name)


def scene(seed, brightness=100, frames=FRAMES, width=96, height=64):
    """A still texture of grey, over which a small bright square moves."""
    texture = cv2.GaussianBlur(np.random.default_rng(seed).normal(size=(height, width)), (0, 0), 2)
    for index in range(frames):
        frame = np.clip(brightness + 40 * texture / np.abs(texture).max(), 0, 255).astype(np.uint8)
        frame[:8, 2 * index : 2 * index + 8] = 240
        yield cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR)


def write(path, frames, codec="MJPG", rate=RATE):
    frames = list(frames)
    size = frames[0].shape[1::-1]
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), rate, size)
    assert writer.isOpened()
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path


def read(path):
    """Frames as `[N, H, W, 3]` RGB, and the frame rate."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    frames = []
    while (result := capture.read())[0]:
        frames.append(cv2.cvtColor(result[1], cv2.COLOR_BGR2RGB))
    rate = capture.get(cv2.CAP_PROP_FPS)
    capture.release()
    return np.stack(frames), rate


def names(folder):
    return sorted(file.name for file in folder.iterdir())


@pytest.fixture
def clip(tmp_path):
    return write(tmp_path / "clip.avi", scene(0))


@pytest.fixture
def output(tmp_path):
    return tmp_path / "output"


@pytest.fixture(autouse=True)
def no_ffmpeg(monkeypatch, tmp_path):
    """An empty folder, the only one on the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def put_on_path(folder, body):
    """Makes a program `ffmpeg` of Python code, which has its arguments as `args`."""
    program = folder / "ffmpeg"
    program.write_text(f"#!{sys.executable}\nimport json, shutil, sys\nargs = sys.argv[1:]\n{body}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


# === Frames ===


@pytest.mark.parametrize("suffix", VIDEO_SUFFIXES)
def test_frames_keep_their_number_size_rate_and_luma(clip, output, suffix):
    target = output / f"clip{suffix}"
    result = colorize_video(FakeColorizer(), clip, target)
    assert (result.frames, result.announced, result.sound) == (FRAMES, FRAMES, False)
    frames, rate = read(target)
    assert rate == pytest.approx(RATE, abs=1e-3)
    before, _ = read(clip)
    assert frames.shape == before.shape
    np.testing.assert_allclose(color.luma(frames * 1.0), color.luma(before * 1.0), atol=40)  # encoded twice
    assert np.abs(color.luma(frames * 1.0) - color.luma(before * 1.0)).mean() < 3
    assert (frames[..., 0] > frames[..., 2] + 10).mean() > 0.9
    assert names(output) == [target.name]


def test_progress_is_told_after_each_frame(clip, output):
    told = []
    colorize_video(FakeColorizer(), clip, output / "clip.mp4", on_frames=lambda *counts: told.append(counts))
    assert told == [(count + 1, FRAMES) for count in range(FRAMES)]


def test_the_network_takes_frames_in_batches(clip, output):
    colorizer = FakeColorizer()
    colorize_video(colorizer, clip, output / "clip.mp4", batch_size=8)
    assert colorizer.batches == [8, 8, 4]


def test_odd_sides_lose_a_row_or_a_column(clip, output, monkeypatch, caplog):
    class Odd(Capture):
        def read(self):
            found, frame = self.capture.read()
            return found, np.pad(frame, ((0, 1), (0, 1), (0, 0))) if found else None

    monkeypatch.setattr(video, "_open", Odd)
    colorize_video(FakeColorizer(), clip, output / "clip.mp4")
    assert read(output / "clip.mp4")[0].shape == (FRAMES, 64, 96, 3)
    assert "clip.avi: 97 x 65 is made even" in caplog.text


def test_a_video_of_a_phone_is_turned_upright(tmp_path, output):
    source = write(tmp_path / "phone.mp4", scene(0), codec="mp4v")
    data = bytearray(source.read_bytes())
    matrix = data.index(b"tkhd") + 44
    struct.pack_into(">9i", data, matrix, 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)  # a quarter turn clockwise
    turned = tmp_path / "turned.mp4"
    turned.write_bytes(data)
    colorize_video(FakeColorizer(), turned, output / "turned.mp4")
    frames, _ = read(output / "turned.mp4")
    expected = np.rot90(read(source)[0], -1, axes=(1, 2))
    assert frames.shape == (FRAMES, 96, 64, 3)
    assert np.abs(color.luma(frames * 1.0) - color.luma(expected * 1.0)).mean() < 3


def test_a_varying_frame_rate_is_told(clip, output, monkeypatch, caplog):
    class Late(Capture):
        def get(self, key):
            return self.capture.get(key) + (700 if key == cv2.CAP_PROP_POS_MSEC else 0)

    monkeypatch.setattr(video, "_open", Late)
    assert colorize_video(FakeColorizer(), clip, output / "clip.mp4").frames == FRAMES
    assert "clip.avi: the frame rate varies. The result has the mean of 24.000" in caplog.text
    assert "0.7 s out of step" in caplog.text


def test_a_steady_whole_video_is_not_warned_of(clip, output, caplog, no_ffmpeg):
    put_on_path(no_ffmpeg, "shutil.copy(args[args.index('-i') + 1], args[-1])")
    assert colorize_video(FakeColorizer(), clip, output / "clip.mp4").sound
    assert not caplog.records


# === Colours over time ===


def test_smoothing_takes_flicker_from_the_file(clip, output):
    colorize_video(FakeColorizer(), clip, output / "each.avi", smoothing=0.0)
    colorize_video(FakeColorizer(), clip, output / "smooth.avi", smoothing=0.8)
    each, smooth = (temporal.flicker(read(output / name)[0]) for name in ("each.avi", "smooth.avi"))
    assert each > 4
    assert smooth < 0.4 * each


def test_no_colour_bleeds_over_a_cut(tmp_path, output):
    source = write(tmp_path / "two.avi", [*scene(0, brightness=80), *scene(1, brightness=180)])
    colorizer = FakeColorizer()
    assert colorize_video(colorizer, source, output / "two.avi").cuts == 1
    red, _, blue = np.moveaxis(np.stack(colorizer.finished), -1, 0).mean(axis=(2, 3))
    assert (red[:FRAMES] > 0.05).all()
    assert (blue[:FRAMES] < 0).all()
    assert (red[FRAMES:] < 0).all()
    assert (blue[FRAMES:] > 0.05).all()


# === Memory and threads ===


def test_only_so_many_frames_are_in_memory(tmp_path, output, monkeypatch):
    source = write(tmp_path / "long.avi", scene(0, frames=80))
    counts, alive = [], set()
    frames_of = video._Source.frames

    def counted(self):
        for number, frame in enumerate(frames_of(self)):
            alive.add(number)
            weakref.finalize(frame, alive.discard, number)
            counts.append(len(alive))
            yield frame
            del frame

    class Slow(FakeColorizer):
        def finish(self, photo, predicted):
            time.sleep(0.005)  # so that all that may run ahead does
            return super().finish(photo, predicted)

    monkeypatch.setattr(video._Source, "frames", counted)
    colorize_video(Slow(), source, output / "long.mp4", batch_size=4)
    gc.collect()
    assert len(counts) == 80
    assert 4 < max(counts) <= 3 * 4 + 4
    assert not alive


@pytest.mark.parametrize("step", ["prepare", "predict", "finish"])
def test_a_failure_leaves_no_file_and_no_thread(clip, output, monkeypatch, step):
    class Failing(FakeColorizer):
        calls = 0

    def fail_late(self, *args, **options):
        self.calls += 1
        if self.calls == 3:
            raise MemoryError(step)
        return getattr(FakeColorizer, step)(self, *args, **options)

    setattr(Failing, step, fail_late)
    threads = threading.active_count()
    with pytest.raises(MemoryError, match=step):
        colorize_video(Failing(), clip, output / "clip.mp4", batch_size=2)
    assert names(output) == []
    assert threading.active_count() == threads


def test_an_interrupted_run_leaves_what_was_there(clip, output):
    def interrupt(done, announced):
        if done == 5:
            raise KeyboardInterrupt

    output.mkdir()
    (output / "clip.mp4").write_text("before")
    threads = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        colorize_video(FakeColorizer(), clip, output / "clip.mp4", on_frames=interrupt)
    assert [file.read_text() for file in output.iterdir()] == ["before"]
    assert threading.active_count() == threads


# === Files that cannot be read or written ===


@pytest.mark.parametrize("data", [b"", b"no video at all" * 100])
def test_what_is_no_video_is_named(tmp_path, output, data, capfd):
    path = tmp_path / "broken.mp4"
    path.write_bytes(data)
    with pytest.raises(BadFileError, match=r"broken.mp4: no video that OpenCV can read"):
        colorize_video(FakeColorizer(), path, output / "broken.mp4")
    assert not output.exists()
    assert capfd.readouterr().err == ""


def test_a_missing_video_is_named(tmp_path, output):
    with pytest.raises(BadFileError, match=r"missing.mp4: No such file or directory"):
        colorize_video(FakeColorizer(), tmp_path / "missing.mp4", output / "missing.mp4")


def test_a_video_without_frames_is_named(clip, tmp_path, output):
    data = clip.read_bytes()
    headless = tmp_path / "headless.avi"
    headless.write_bytes(data[: data.index(b"movi") + 4])
    with pytest.raises(BadFileError, match=r"headless.avi: no .*video"):
        colorize_video(FakeColorizer(), headless, output / "headless.mp4")
    assert not output.exists() or names(output) == []


def test_of_a_video_that_breaks_off_what_there_is_is_colorized(clip, tmp_path, output, caplog):
    data = clip.read_bytes()
    half = tmp_path / "half.avi"
    half.write_bytes(data[: len(data) // 2])
    result = colorize_video(FakeColorizer(), half, output / "half.mp4")
    assert result.announced == FRAMES
    assert 5 <= result.frames <= 15
    assert len(read(output / "half.mp4")[0]) == result.frames
    assert f"half.avi: damaged: {result.frames} of {FRAMES} frames can be read" in caplog.text


def test_a_suffix_that_cannot_be_written_is_named(clip, output):
    with pytest.raises(UserError, match=r"clip.gif: a video can be written as .mp4, .m4v"):
        colorize_video(FakeColorizer(), clip, output / "clip.gif")
    assert names(output) == []


@pytest.mark.parametrize("suffix", VIDEO_SUFFIXES)
def test_a_full_disk_is_told(tmp_path, output, rng, suffix):
    resource = pytest.importorskip("resource")
    source = write(tmp_path / "clip.avi", rng.integers(0, 255, (FRAMES, 64, 96, 3), dtype=np.uint8))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20000, limits[1]))
    try:
        with pytest.raises(UserError, match=rf"clip{suffix}: could not be written whole: is the disk full\?"):
            colorize_video(FakeColorizer(), source, output / f"clip{suffix}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert names(output) == []


# === Sound ===


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
