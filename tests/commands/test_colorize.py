"""scgan colorize, run as a user does."""

import functools
import os
import pathlib
import time

import cv2
import keras
import numpy as np
import photos_of_kinds
import pytest
import simplejpeg
from colorful import chroma_generator
from PIL import Image

from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.photos.files import read_photo

GOOD = photos_of_kinds.SIZES | {"thin.png": (5000, 1), "animated.gif": (40, 30)}
"""Width and height of the results by the names of the originals."""
BAD = {
    "zero.jpg": "empty file",
    "text.jpg": "no readable picture",
    "truncated.jpg": "truncated",
    "dangling.jpg": "No such file",
    "unwritable.jpg": "unwritable.jpg",
}


@pytest.fixture(scope="module")
def colorize(call_tool, model):
    return functools.partial(call_tool, "colorize.py", f"--model={model}")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A network that paints everything orange."""
    gray = keras.Input((64, 64, 1), name="gray")
    color = keras.layers.Conv2D(3, 1, kernel_initializer="zeros", name="paint")
    saliency = keras.layers.Conv2D(1, 1, activation="sigmoid", name="salient")
    network = keras.Model(gray, {"color": color(gray), "saliency": saliency(gray)})
    color.bias.assign([0.6, 0.1, -0.5])
    path = tmp_path_factory.mktemp("model") / "generator.keras"
    network.save(path)
    return path


@pytest.fixture(scope="module")
def photo():
    return photos_of_kinds.demo_photo()


@pytest.fixture
def folder(tmp_path, photo, monkeypatch):
    """A folder of good photos and every bad thing."""
    inputs = tmp_path / "in"
    photos_of_kinds.write(inputs, photo)
    small = photo.resize((40, 30))
    Image.new("L", (5000, 1), "gray").save(inputs / "thin.png")
    small.save(inputs / "animated.gif", save_all=True, append_images=[small.rotate(90)])

    (inputs / "zero.jpg").touch()
    (inputs / "text.jpg").write_text("no picture")
    photo.save(inputs / "truncated.jpg")
    (inputs / "truncated.jpg").write_bytes((inputs / "truncated.jpg").read_bytes()[:1500])
    (inputs / "dangling.jpg").symlink_to("nowhere")
    (inputs / "sub" / "loop").symlink_to(inputs)
    photo.save(inputs / "unwritable.jpg")
    (tmp_path / "out" / "unwritable.jpg" / "in the way").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return inputs


def result_of(name):
    path = pathlib.Path("out", name)
    return path.with_suffix(".png") if path.suffix == ".gif" else path


def test_good_photos_are_done_and_each_bad_one_is_named(folder, colorize):
    run = colorize("in", "--output_dir=out", "--overwrite")
    assert run.returncode == 1, run.stderr
    assert run.stdout.endswith(f"{len(GOOD)} colorized, {len(BAD)} failed\n")
    lines = run.stderr.splitlines()
    for name, reason in BAD.items():
        (line,) = [line for line in lines if line.startswith(f"in/{name}: ")]
        assert reason in line
    assert "Traceback" not in run.stderr

    for name, size in GOOD.items():
        result = read_photo(result_of(name)).pixels
        assert result.shape[1::-1] == size, name
        assert (result[..., 0].astype(int) >= result[..., 2]).all(), name
        assert result[..., 0].mean() > result[..., 2].mean() + 20, name
    written = {path for path in pathlib.Path("out").rglob("*") if path.is_file()}
    assert written == {result_of(name) for name in GOOD}  # nothing half done

    assert read_photo("out/palette.png").pixels.shape[2] == 4
    assert read_photo("out/deep.png").pixels.dtype == np.uint16
    with Image.open("out/rotated.jpg") as rotated:
        exif = rotated.getexif()
    assert (exif[0x010F], exif.get(0x0112, 1)) == ("A camera", 1)


def test_run_again_it_skips_what_is_done(folder, colorize):
    colorize("in", "--output_dir=out")
    times = {path: path.stat().st_mtime_ns for path in map(result_of, GOOD)}
    result_of("gray.jpg").unlink()
    run = colorize("in", "--output_dir=out")
    assert f"1 colorized, {len(GOOD)} skipped" in run.stdout  # the directory in the way exists too
    changed = [path for path, time in times.items() if path.stat().st_mtime_ns != time]
    assert changed == [result_of("gray.jpg")]


def test_killed_half_way_and_run_again_only_the_rest_is_done(tmp_path, photo, model, start_tool, colorize, monkeypatch):
    monkeypatch.chdir(tmp_path)
    inputs, output = tmp_path / "in", tmp_path / "out"
    inputs.mkdir()
    for i in range(60):
        photo.resize((1200, 900)).save(inputs / f"{i:02}.jpg")
    arguments = ("in", f"--model={model}", "--output_dir=out")
    with start_tool("colorize.py", *arguments, cwd=tmp_path) as process:
        while len(list(output.glob("[0-9]*.jpg"))) < 3:
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    done = {path: path.stat().st_mtime_ns for path in output.glob("[0-9]*.jpg")}
    assert 3 <= len(done) < 60
    for path in done:
        assert read_photo(path).pixels.shape == (900, 1200, 3)

    run = colorize("in", "--output_dir=out")
    assert run.returncode == 0
    assert f"{60 - len(done)} colorized, {len(done)} skipped" in run.stdout
    assert len(list(output.glob("[0-9]*.jpg"))) == 60
    assert {path: path.stat().st_mtime_ns for path in done} == done


def test_comparison_and_saliency_map_lie_beside_the_photo(folder, colorize):
    run = colorize("in/gray.jpg", "--input=in/deep.png", "--output_dir=out", "--comparison", "--saliency_map")
    assert run.returncode == 0, run.stderr
    both = read_photo("out/gray_comparison.jpg").pixels.astype(int)
    assert both.shape == (60, 160, 3)
    assert np.ptp(both[:, :80], axis=-1).max() <= 4
    assert np.ptp(both[:, 80:], axis=-1).mean() > 50
    assert read_photo("out/deep_comparison.png").pixels.shape == (30, 80, 3)
    saliency_map = read_photo("out/gray_saliency.png").pixels
    assert saliency_map.shape == (60, 80)
    pathlib.Path("out/gray_saliency.png").unlink()
    run = colorize("in/gray.jpg", "in/deep.png", "--output_dir=out", "--comparison", "--saliency_map")
    assert "1 colorized, 1 skipped" in run.stdout


def test_format_is_the_one_that_is_chosen(folder, colorize):
    assert colorize("in/gray.jpg", "in/one.png", "--output_dir=out", "--format=webp").returncode == 0
    assert all(read_photo(f"out/{name}.webp").pixels.ndim == 3 for name in ("gray", "one"))
    assert pathlib.Path("out/one.webp").read_bytes()[8:12] == b"WEBP"


def test_of_two_photos_with_one_result_one_keeps_its_suffix_too(folder, colorize, photo):
    photo.save("in/gray.png")
    for done in ("2 colorized, 0 failed", "0 colorized, 2 skipped"):
        assert done in colorize("in/gray.jpg", "in/gray.png", "--output_dir=out", "--format=png").stdout
    assert sorted(path.name for path in pathlib.Path("out").glob("*.png")) == ["gray.jpg.png", "gray.png"]


def test_photos_of_one_name_are_told(folder, colorize, photo):
    pathlib.Path("other").mkdir()
    photo.save("other/gray.jpg")
    run = colorize("in/gray.jpg", "other/gray.jpg", "--output_dir=out")
    assert run.returncode == 1
    assert "other/gray.jpg: its result out/gray.jpg would take the place of that of in/gray.jpg" in run.stderr


@pytest.fixture
def clip(folder):
    """A grey film of five pictures."""
    writer = cv2.VideoWriter("in/clip.avi", cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for brightness in range(5):
        writer.write(np.full((48, 64, 3), 100 + brightness, np.uint8))
    writer.release()
    return "in/clip.avi"


def test_a_video_is_colorized_among_photos(clip, colorize):
    run = colorize("in/clip.avi", "in/gray.jpg", "--output_dir=out")
    assert "2 colorized, 0 failed" in run.stdout, run.stderr
    frames = cv2.VideoCapture("out/clip.mp4")
    assert frames.get(cv2.CAP_PROP_FRAME_COUNT) == 5
    blue, _, red = frames.read()[1].mean(axis=(0, 1))
    assert red > blue + 50
    assert "2 skipped" in colorize("in/clip.avi", "in/gray.jpg", "--output_dir=out").stdout


def test_thermal_images_are_colorized_where_they_are_called_so(folder, colorize, error_of):
    chroma_generator(image_size=64, network_input="thermal").save("thermal.keras")
    arguments = ["in/gray.jpg", "--model=thermal.keras", "--output_dir=out"]
    assert "thermal.keras colorizes thermal images, not photos" in error_of(colorize(*arguments))
    assert "--lossless_luma: of thermal" in error_of(colorize(*arguments, "--network_input=thermal", "--lossless_luma"))
    assert colorize(*arguments, "--network_input=thermal").returncode == 0
    expected = Colorizer("thermal.keras", network_input="thermal").colorize("in/gray.jpg")
    assert np.abs(read_photo("out/gray.jpg").pixels.astype(int) - expected).mean() < 3
    assert np.ptp(expected.astype(int), axis=-1).mean() > 10


def test_films_of_thermal_pictures_have_the_network_s_own_colours(clip, colorize):
    chroma_generator(image_size=64, network_input="thermal").save("thermal.keras")
    run = colorize(clip, "--model=thermal.keras", "--output_dir=out", "--network_input=thermal")
    assert "1 colorized, 0 failed" in run.stdout, run.stderr
    before, after = (cv2.VideoCapture(path).read()[1] for path in (clip, "out/clip.mp4"))
    expected = Colorizer("thermal.keras", network_input="thermal").colorize(before[..., ::-1])
    assert np.abs(after[..., ::-1].astype(int) - expected).mean() < 8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Give the photos"),
        (["missing"], "There is no such file or folder: missing"),
        (["in/gray.jpg", "--output_dir=in"], "would take the place of an original"),
        (["in/gray.jpg", "--image_size=100"], "takes images of 64 pixels only"),
        (["in/gray.jpg", "--model=missing.keras"], "missing.keras does not exist"),
        (["in/gray.jpg", "--model=in/text.jpg"], "of no known kind"),
    ],
)
def test_a_mistake_in_the_call_is_one_line(folder, colorize, error_of, arguments, message):
    assert message in error_of(colorize(*arguments))


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_photos(tmp_path, photo, model, start_tool):
    """Peak memory of 200 photos is that of 20."""
    peaks = {}
    for count in (20, 200):
        inputs = tmp_path / f"in{count}"
        inputs.mkdir()
        for i in range(count):
            photo.resize((1000, 750)).save(inputs / f"{i}.jpg")
        arguments = (inputs, f"--model={model}", f"--output_dir={tmp_path / f'out{count}'}")
        with start_tool("colorize.py", *arguments) as process:
            assert process.stdout.read().endswith(f"{count} colorized, 0 failed\n")
            peaks[count] = os.wait4(process.pid, 0)[2].ru_maxrss
    assert peaks[200] < 1.05 * peaks[20]


def test_the_luma_of_greyscale_jpegs_is_copied_and_others_are_named(tmp_path, photo, colorize):
    photo.convert("L").save(tmp_path / "gray.jpg", quality=60)
    photo.save(tmp_path / "color.jpg")
    run = colorize(tmp_path / "gray.jpg", tmp_path / "color.jpg", "--lossless_luma", f"--output_dir={tmp_path / 'out'}")
    assert (run.returncode, run.stdout) == (0, "2 colorized, 0 failed\n")
    (line,) = run.stderr.splitlines()
    assert "color.jpg: its luma is encoded again" in line
    before, after = (
        simplejpeg.decode_jpeg((tmp_path / name).read_bytes(), "GRAY") for name in ("gray.jpg", "out/gray.jpg")
    )
    np.testing.assert_array_equal(before, after)
