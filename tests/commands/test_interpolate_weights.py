"""scgan interpolate_weights: what it writes, and what it refuses."""

import keras
import numpy as np
import pytest
from small_encoder import small_pretrained_generator

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


def test_without_photos_batch_statistics_are_interpolated_too(call_tool, paths, tmp_path):
    output = tmp_path / "result.keras"
    models = f"--models={paths['first']},{paths['second']}"
    result = call_tool("interpolate_weights.py", models, "--share=0.25", f"--output={output}")
    assert result.returncode == 0, result.stderr
    first, second, found = (keras.models.load_model(path) for path in (paths["first"], paths["second"], output))
    for a, b, value in zip(first.get_weights(), second.get_weights(), found.get_weights(), strict=True):
        np.testing.assert_allclose(value, 0.75 * a + 0.25 * b, atol=1e-6)


def test_saturation_changes_the_chroma_of_generators_on_encoders_alone(call_tool, error_of, paths, tmp_path):
    path, output = tmp_path / "pretrained.keras", tmp_path / "result.keras"
    small_pretrained_generator().save(path)
    arguments = [f"--models={path},{path}", "--saturation=0.5", f"--output={output}"]
    assert call_tool("interpolate_weights.py", *arguments).returncode == 0
    gray = np.linspace(-1, 1, 64 * 64, dtype="float32").reshape(1, 64, 64, 1)
    before, after = (np.asarray(keras.models.load_model(file)(gray)["chroma"]) for file in (path, output))
    weak = np.abs(before) < 0.1
    assert weak.any()
    np.testing.assert_allclose(after[weak], 0.5 * before[weak], atol=0.02)
    assert np.abs(after).mean() < 0.8 * np.abs(before).mean()

    arguments[0] = f"--models={paths['first']},{paths['second']}"
    assert "pre-trained encoder" in error_of(call_tool("interpolate_weights.py", *arguments, "--overwrite"))


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
        (["first", "stretching"], [], "the first takes luma, the second stretched luma"),
        (["first", "larger"], [], "run at different sizes, 64 and 128 pixels"),
        (["first", "second"], ["--output=result.h5"], "result.h5: expected a .keras file"),
        (["first", "second"], ["--share=2"], "--share"),
        (["first", "second"], ["--data_dir=missing"], "missing"),
    ):
        assert message in error_of(interpolate(*arguments, models=models)), message
    assert not list(tmp_path.iterdir())
