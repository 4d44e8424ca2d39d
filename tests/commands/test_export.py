"""scgan export, run as a user does."""

import functools
import json

import keras
import numpy as np
import pytest

from keras_scgan import build_generator


@pytest.fixture(scope="module")
def export(call_tool, model):
    return functools.partial(call_tool, "export.py", f"--model={model}", "--image_size=64")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    keras.utils.set_random_seed(1)
    path = tmp_path_factory.mktemp("model") / "generator.keras"
    build_generator("testing", depth=6, global_features=False).save(path)
    return path


def test_an_export_is_described_and_runs_where_the_generator_does(export, model, tmp_path, capfd):
    output = tmp_path / "scgan"
    capfd.readouterr()
    result = export(f"--output_dir={output}", "--formats=litert_float32,litert_dynamic", "--saliency")
    assert result.returncode == 0, result.stderr
    assert capfd.readouterr().err == ""  # of what TensorFlow and LiteRT write there themselves
    assert "scgan_float32.tflite, 0.6 MB" in result.stderr
    assert sorted(path.name for path in output.iterdir()) == [
        "export.json", "scgan_dynamic.tflite", "scgan_float32.tflite",
    ]  # fmt: skip
    entries = json.loads((output / "export.json").read_text())
    assert entries["litert_float32"]["options"] == {"saliency": True, "reflect_padding": "slices"}

    from keras_scgan.colorizing.colorizer import Colorizer

    photo = np.random.default_rng(0).integers(0, 256, (50, 70)).astype("uint8")
    results = [
        Colorizer(path, image_size=64).colorize(photo).astype(int) for path in (model, output / "scgan_float32.tflite")
    ]
    assert np.abs(results[0] - results[1]).max() <= 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--formats=onnx"], "--formats=onnx: expected some of saved_model, litert_float32"),
        (["--model=missing.keras"], "The model missing.keras does not exist: give the path"),
        (["--image_size=100"], "multiples of 64. Received: image_size=100"),
        (["--formats=litert_int8", "--calibration_dir=missing"], "missing"),
        (["--verification_dir=missing"], "There is no such file or folder: missing"),
    ],
)
def test_a_mistake_in_the_call_is_one_line(export, error_of, tmp_path, arguments, message):
    assert message in error_of(export(f"--output_dir={tmp_path}", *arguments))
    assert not list(tmp_path.iterdir())


def test_what_is_no_model_is_named(export, error_of, tmp_path):
    (tmp_path / "broken.keras").write_text("no model")
    assert "broken.keras is no model that Keras can load" in error_of(
        export(f"--output_dir={tmp_path / 'out'}", f"--model={tmp_path / 'broken.keras'}")
    )
