"""The wheel works alone, and the sdist builds the same one."""

import os
import pathlib
import subprocess
import sys
import tarfile
import zipfile

import pytest

import keras_scgan
from keras_scgan.colorizing import shipped
from keras_scgan.photos.files import read_photo

ROOT = pathlib.Path(__file__).parents[1]
PHOTO = ROOT / "examples" / "black_canyon.jpg"
NETWORKS = {"LICENSE", "README.md", "scgan_float16.tflite", "scgan_int8.tflite"}

pytestmark = pytest.mark.slow


def build(kind, source, target):
    """Path of the wheel or sdist that is built of a folder."""
    code = f"import sys; from hatchling.build import build_{kind}; build_{kind}(sys.argv[1])"
    target.mkdir()
    subprocess.run([sys.executable, "-c", code, target], cwd=source, check=True)
    (path,) = target.iterdir()
    return path


def contents(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    return build("sdist", ROOT, tmp_path_factory.mktemp("sdist") / "dist")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel") / "dist")


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Folder that the wheel is unpacked in, with packages of Keras and TensorFlow that refuse to be imported."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    for name in ("keras", "tensorflow"):
        (folder / f"{name}.py").write_text(f"raise SystemExit('{name} was imported')")
    return folder


def test_the_wheel_has_the_package_and_the_networks_with_their_licence(wheel):
    files = contents(wheel)
    assert {name.split("/")[0] for name in files} == {"keras_scgan", f"keras_scgan-{keras_scgan.__version__}.dist-info"}
    folder = "keras_scgan/saved_models/scgan/"
    assert {name.removeprefix(folder) for name in files if name.startswith(folder)} == NETWORKS
    for name in NETWORKS:
        assert files[folder + name] == (ROOT / "saved_models" / "scgan" / name).read_bytes()
    modules = {name for name in files if name.endswith(".py")}
    assert modules == {path.relative_to(ROOT).as_posix() for path in (ROOT / "keras_scgan").rglob("*.py")}
    assert any(name.startswith("keras_scgan/data/demo/images/") for name in files)


def test_the_sdist_builds_the_same_wheel_and_has_the_rest(sdist, wheel, tmp_path):
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    for name in ("tests/test_wheel.py", "tools/train.py", "stage2.flags", "recipes/quickstart.flags", "CHANGELOG.md"):
        assert (source / name).exists(), name
    assert contents(build("wheel", source, tmp_path / "dist")) == contents(wheel)


def test_the_wheel_colorizes_elsewhere_without_tensorflow(installed, tmp_path):
    command = [sys.executable, "-m", "keras_scgan", str(PHOTO), "--saliency_map"]
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert read_photo(tmp_path / "colorized" / PHOTO.name).pixels.ndim == 3
    assert (tmp_path / "colorized" / f"{PHOTO.stem}_saliency.png").exists()


def test_the_wheel_says_which_networks_it_has(installed, tmp_path):
    command = [sys.executable, "-m", "keras_scgan", str(PHOTO), "--model=scgan_all"]
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert result.returncode == 2
    assert "The model scgan_all does not exist" in result.stderr
    assert f"({shipped.DEFAULT_NAME})" in result.stderr
