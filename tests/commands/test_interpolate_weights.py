"""scgan interpolate_weights: what it writes, and what it refuses."""

import keras
import numpy as np
import pytest

from keras_scgan.data import demo_dir
from keras_scgan.models import build_generator


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """Files of two generators, and of one of another structure."""
    folder = tmp_path_factory.mktemp("generators")
    paths = {name: folder / f"{name}.keras" for name in ("first", "second", "other")}
    for name, path in paths.items():
        generator = build_generator("testing", depth=6, global_features=False, saliency=name != "other")
        generator.save(path)
    for name, fields in (("stretching", {"stretch_luma": True}), ("larger", {"image_size": 128})):
        generator = build_generator("testing", depth=6, global_features=False)
        generator.describe(**fields)
        paths[name] = folder / f"{name}.keras"
        generator.save(paths[name])
    return paths


@pytest.fixture
def interpolate(call_tool, paths, tmp_path):
    def run(*arguments, models=("first", "second")):
        files = ",".join(str(paths.get(name, name)) for name in models)
        places = [f"--data_dir={demo_dir()}", f"--output={tmp_path / 'result.keras'}", "--batch_size=4"]
        return call_tool("interpolate_weights.py", f"--models={files}", *places, *arguments)

    return run


def test_weights_are_interpolated_and_batch_statistics_are_those_of_the_photos(interpolate, paths, tmp_path):
    result = interpolate("--share=0.25")
    assert result.returncode == 0, result.stderr
    first, second, found = (
        {weight.path: weight.numpy() for weight in keras.models.load_model(path).weights}
        for path in (paths["first"], paths["second"], tmp_path / "result.keras")
    )
    for path, value in found.items():
        expected = 0.75 * first[path] + 0.25 * second[path]
        if "moving" in path:
            assert np.abs(value - expected).max() > 1e-5, path
        else:
            np.testing.assert_allclose(value, expected, atol=1e-7, err_msg=path)


def test_what_exists_is_replaced_only_when_asked(interpolate, error_of, tmp_path):
    (tmp_path / "result.keras").write_text("mine")
    assert "result.keras exists" in error_of(interpolate())
    assert (tmp_path / "result.keras").read_text() == "mine"
    assert interpolate("--overwrite").returncode == 0
    assert keras.models.load_model(tmp_path / "result.keras").output.keys() == {"color", "saliency"}


def test_mistakes_are_named(interpolate, error_of, tmp_path):
    for models, arguments, message in (
        (["first"], [], "expected two files"),
        (["first", "missing.keras"], [], "missing.keras does not exist"),
        (["missing.keras", "second"], [], "missing.keras"),
        (["first", "other"], [], "Only networks of one structure"),
        (["first", "stretching"], [], "what one takes for its input the other does not"),
        (["first", "larger"], [], "run at different sizes, 64 and 128 pixels"),
        (["first", "second"], ["--output=result.h5"], "result.h5: expected a .keras file"),
        (["first", "second"], ["--share=2"], "--share"),
        (["first", "second"], ["--data_dir=missing"], "missing"),
    ):
        assert message in error_of(interpolate(*arguments, models=models)), message
    assert not list(tmp_path.iterdir())
