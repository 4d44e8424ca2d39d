"""scgan make_saliency, run as a user does."""

import functools
import pathlib

import keras
import numpy as np
import photos_of_kinds
import pytest
from PIL import Image

from keras_scgan import data
from keras_scgan.photos.files import read_photo

GOOD = photos_of_kinds.SIZES
"""Width and height of the maps by the names of the photos."""


@pytest.fixture(scope="module")
def photo():
    return photos_of_kinds.demo_photo()


@pytest.fixture
def folder(tmp_path, photo, monkeypatch):
    """The current folder, with good photos of every kind in in/."""
    photos_of_kinds.write(tmp_path / "in", photo)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def make_saliency(call_tool):
    return functools.partial(call_tool, "make_saliency.py", "--detector=spectral_residual")


@pytest.fixture(scope="module")
def red_detector(tmp_path_factory):
    """A Keras model that finds what is red, of 64x64 pixels."""
    image = keras.Input((64, 64, 3))
    path = tmp_path_factory.mktemp("model") / "red.keras"
    keras.Model(image, keras.layers.Rescaling(1 / 255)(image)[..., 0]).save(path)
    return path


def map_of(name):
    return pathlib.Path("out", name).with_suffix(".png")


def changed(times):
    return [path for path, time in times.items() if path.stat().st_mtime_ns != time]


def times_of_maps():
    return {path: path.stat().st_mtime_ns for path in map(map_of, GOOD)}


def test_every_kind_of_photo_gets_a_grey_map_of_its_upright_size(folder, make_saliency):
    result = make_saliency("--images=in", "--output=out")
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"{len(GOOD)} saliency maps made, 0 failed\n"
    written = {path for path in pathlib.Path("out").rglob("*") if path.is_file()}
    assert written == {map_of(name) for name in GOOD}
    for name, size in GOOD.items():
        with Image.open(map_of(name)) as saliency_map:
            assert (saliency_map.mode, saliency_map.size) == ("L", size), name
    upright = np.rot90(read_photo("in/sub/Schloß 城.webp").pixels.mean(axis=-1), -1)
    assert np.abs(upright - read_photo("in/rotated.jpg").pixels.mean(axis=-1)).mean() < 10  # what the map is of


def test_bad_photos_are_named_and_the_others_done(folder, make_saliency):
    pathlib.Path("in/zero.jpg").touch()
    pathlib.Path("in/text.png").write_text("no picture")
    pathlib.Path("out/one.png/in the way").mkdir(parents=True)
    result = make_saliency("--images=in", "--output=out", "--overwrite")
    assert result.returncode == 1
    assert result.stdout == f"{len(GOOD) - 1} saliency maps made, 3 failed\n"
    for line in ("in/zero.jpg: empty file", "in/text.png: no readable picture", "in/one.png: "):
        assert line in result.stderr
    assert "Traceback" not in result.stderr
    files = {path for path in pathlib.Path("out").rglob("*") if path.is_file()}
    assert files == {map_of(name) for name in GOOD} - {pathlib.Path("out/one.png")}  # nothing half done


def test_run_again_it_makes_what_is_missing(folder, make_saliency):
    make_saliency("--images=in", "--output=out")
    times = times_of_maps()
    map_of("gray.jpg").unlink()
    result = make_saliency("--images=in", "--output=out")
    assert f"1 saliency maps made, {len(GOOD) - 1} skipped as done already" in result.stdout
    assert changed(times) == [map_of("gray.jpg")]
    result = make_saliency("--images=in", "--output=out", "--overwrite")
    assert result.stdout.startswith(f"{len(GOOD)} saliency maps made, 0 failed")
    assert changed(times) == list(times)


def test_a_folder_of_maps_among_the_photos_is_not_searched(folder, make_saliency):
    assert make_saliency("--images=in", "--output=in/maps").returncode == 0
    result = make_saliency("--images=in", "--output=in/maps")
    assert result.stdout.startswith(f"0 saliency maps made, {len(GOOD)} skipped")


def test_photos_and_maps_are_a_data_set(folder, make_saliency):
    pathlib.Path("set").mkdir()
    pathlib.Path("in").rename("set/images")
    pathlib.Path("set/images/sub/Schloß 城.webp").unlink()
    for output_format in ("png", "jpg"):
        pathlib.Path("set/saliency").mkdir()
        make_saliency("--images=set/images", "--output=set/saliency", f"--format={output_format}")
        assert {path.suffix for path in pathlib.Path("set/saliency").iterdir()} == {f".{output_format}"}
        assert len(data.PhotoFolder("set")) == len(GOOD) - 1
        pathlib.Path("set/saliency").rename(f"set/{output_format}")


def test_batches_change_nothing(folder, make_saliency, red_detector):
    arguments = ("--images=in", f"--detector=keras:{red_detector}")
    assert make_saliency(*arguments, "--output=out").returncode == 0
    assert make_saliency(*arguments, "--output=batches", "--batch_size=3").returncode == 0
    for name in GOOD:
        in_batch = pathlib.Path("batches") / map_of(name).relative_to("out")
        np.testing.assert_array_equal(read_photo(in_batch).pixels, read_photo(map_of(name)).pixels)
    assert read_photo(map_of("cmyk.jpg")).pixels.std() > 10


def test_files_and_patterns_are_taken_as_well_as_folders(folder, make_saliency):
    result = make_saliency("--images=in/gray.jpg,in/**/*.webp", "--output=out")
    assert "2 saliency maps made, 0 failed" in result.stdout
    assert sorted(path.name for path in pathlib.Path("out").iterdir()) == ["Schloß 城.png", "gray.png"]


def test_two_photos_with_one_map_are_told(folder, make_saliency, photo):
    photo.save("in/gray.png")
    result = make_saliency("--images=in", "--output=out")
    assert result.returncode == 1
    assert "in/gray.png: its result out/gray.png would take the place of that of in/gray.jpg" in result.stderr
    assert read_photo("out/gray.png").pixels.shape == (60, 80)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--output=out"], "Give the photos, a folder for example: --images=DIR/images"),
        (["--images=in"], "Give a folder for the maps: --output=DIR/saliency"),
        (["--images=missing", "--output=out"], "There is no such file or folder: missing"),
        (["--images=in", "--output=in"], "--output=in is the folder of the photos: choose another"),
        (["--images=in/one.png", "--output=in"], "would take the place of an original"),
        (["--images=in", "--output=out", "--detector=pfan"], "There is no detector 'pfan': choose one of scgan"),
        (["--images=in", "--output=out", "--model=x.keras"], "A generator is for the detector scgan alone"),
        (["--images=in", "--output=out", "--detector=keras:x.keras"], "--detector=x.keras: there is no such file"),
        (["--images=in", "--output=out", "--batch_size=0"], "batch_size"),
        (["in", "--output=out"], "unexpected argument 'in'"),
    ],
)
def test_a_mistake_in_the_call_is_one_line(folder, make_saliency, error_of, arguments, message):
    result = make_saliency(*arguments)
    assert message in error_of(result)
    assert len(result.stderr.splitlines()) == 1
    assert not pathlib.Path("out").exists()
