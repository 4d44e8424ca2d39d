"""Videos: every frame in colour, as large, as fast and as many as before, whatever becomes of the run."""

import gc
import struct
import threading
import time
import weakref

import cv2
import numpy as np
import pytest
from clips import FRAMES, RATE, Capture, FakeColorizer, names, put_on_path, read, scene, write

from keras_scgan.colorizing import chroma_smoothing, video
from keras_scgan.colorizing.video import VIDEO_SUFFIXES, colorize_video
from keras_scgan.photos import color
from keras_scgan.program.errors import BadFileError, UserError

pytestmark = pytest.mark.usefixtures("no_ffmpeg")

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
    each, smooth = (chroma_smoothing.flicker(read(output / name)[0]) for name in ("each.avi", "smooth.avi"))
    assert each > 4
    assert smooth < 0.4 * each


def test_no_colour_bleeds_over_a_cut(tmp_path, output):
    source = write(tmp_path / "two.avi", [*scene(0, brightness=80), *scene(1, brightness=180)])
    colorizer = FakeColorizer()
    assert colorize_video(colorizer, source, output / "two.avi").cuts == 1
    blue, red = np.moveaxis(np.stack(colorizer.finished), -1, 0).mean(axis=(2, 3))
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
        def finish(self, photo, predicted, order):
            time.sleep(0.005)  # so that all that may run ahead does
            return super().finish(photo, predicted, order)

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
def test_what_is_no_video_is_named(tmp_path, output, data):
    path = tmp_path / "broken.mp4"
    path.write_bytes(data)
    with pytest.raises(BadFileError, match=r"broken.mp4: no video that OpenCV can read"):
        colorize_video(FakeColorizer(), path, output / "broken.mp4")
    assert not output.exists()


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
