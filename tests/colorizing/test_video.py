"""Videos: every frame in colour, as large, as fast and as many as before, whatever becomes of the run."""

import gc
import sys
import threading
import time
import weakref

import numpy as np
import pytest
from clips import FRAMES, RATE, FakeColorizer, names, read, scene, write

from keras_scgan.colorizing import chroma_smoothing
from keras_scgan.colorizing.video import colorize_video
from keras_scgan.films import WRITABLE_SUFFIXES, reading
from keras_scgan.photos import color
from keras_scgan.program.errors import BadFileError, UserError

# === Frames ===


@pytest.mark.parametrize("suffix", WRITABLE_SUFFIXES)
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


# === Colours over time ===


def test_smoothing_takes_flicker_from_the_file(clip, output):
    colorize_video(FakeColorizer(), clip, output / "each.mkv", smoothing=0.0)
    colorize_video(FakeColorizer(), clip, output / "smooth.mkv", smoothing=0.8)
    each, smooth = (chroma_smoothing.flicker(read(output / name)[0]) for name in ("each.mkv", "smooth.mkv"))
    assert each > 4
    assert smooth < 0.4 * each


def test_no_colour_bleeds_over_a_cut(tmp_path, output):
    source = write(tmp_path / "two.avi", [*scene(0, brightness=80), *scene(1, brightness=180)])
    colorizer = FakeColorizer()
    assert colorize_video(colorizer, source, output / "two.mkv").cuts == 1
    blue, red = np.moveaxis(np.stack(colorizer.finished), -1, 0).mean(axis=(2, 3))
    assert (red[:FRAMES] > 0.05).all()
    assert (blue[:FRAMES] < 0).all()
    assert (red[FRAMES:] < 0).all()
    assert (blue[FRAMES:] > 0.05).all()


# === Memory and threads ===


def test_only_so_many_frames_are_in_memory(tmp_path, output, monkeypatch):
    source = write(tmp_path / "long.avi", scene(0, frames=80))
    counts, alive = [], set()
    pictures_of = reading.PictureReader.pictures

    def counted(self):
        for number, picture in enumerate(pictures_of(self)):
            alive.add(number)
            weakref.finalize(picture, alive.discard, number)
            counts.append(len(alive))
            yield picture
            del picture

    class Slow(FakeColorizer):
        def finish(self, photo, predicted, order="RGB"):
            time.sleep(0.005)  # so that all that may run ahead does
            return super().finish(photo, predicted, order)

    monkeypatch.setattr(reading.PictureReader, "pictures", counted)
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


@pytest.mark.parametrize("data", [b"", b"ftyp", b"no video at all" * 100])
def test_what_is_no_video_is_named(tmp_path, output, data):
    path = tmp_path / "broken.mp4"
    path.write_bytes(data)
    with pytest.raises(BadFileError, match=r"broken.mp4: no film that can be read \((end of file|invalid data)"):
        colorize_video(FakeColorizer(), path, output / "broken.mp4")
    assert not output.exists()


def test_a_missing_video_is_named(tmp_path, output):
    with pytest.raises(BadFileError, match=r"missing.mp4: No such file or directory"):
        colorize_video(FakeColorizer(), tmp_path / "missing.mp4", output / "missing.mp4")


def test_a_video_without_frames_is_named(clip, tmp_path, output):
    data = clip.read_bytes()
    headless = tmp_path / "headless.avi"
    headless.write_bytes(data[: data.index(b"movi") + 4])
    with pytest.raises(BadFileError, match=r"headless.avi: no picture of the film can be decoded"):
        colorize_video(FakeColorizer(), headless, output / "headless.mp4")
    assert not output.exists() or names(output) == []


def test_a_suffix_that_cannot_be_written_is_named(clip, output):
    with pytest.raises(UserError, match=r"clip.gif: a film can be written as .mp4, .m4v"):
        colorize_video(FakeColorizer(), clip, output / "clip.gif")
    assert not output.exists()


@pytest.mark.parametrize("suffix", WRITABLE_SUFFIXES)
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


def test_without_pyav_a_film_is_told_what_to_install(clip, output, monkeypatch):
    for name in [name for name in sys.modules if name == "av" or name.startswith(("av.", "keras_scgan.films."))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(BadFileError, match=r'clip.avi: films need PyAV.*pip install "keras-scgan\[video\]"'):
        colorize_video(FakeColorizer(), clip, output / "clip.mp4")
