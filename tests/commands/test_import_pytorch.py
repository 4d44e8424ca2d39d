"""scgan import_pytorch, run as a user does."""

import functools
import os
import sys

import keras
import pytest

from keras_scgan.models import build_generator, pytorch


@pytest.fixture(scope="module")
def import_pytorch(call_tool):
    return functools.partial(call_tool, "import_pytorch.py")


@pytest.fixture(scope="module")
def generator():
    return build_generator("testing", depth=6, global_features=False)


@pytest.fixture
def checkpoint(generator, tmp_path):
    torch = pytest.importorskip("torch")
    tensors = {}
    for name, weight in pytorch._pytorch_names(generator).items():
        tensor = torch.from_numpy(weight.numpy())
        tensors[name] = tensor.permute(3, 2, 0, 1) if tensor.ndim == 4 else tensor
    torch.save(tensors, tmp_path / "generator.pth")
    return tmp_path / "generator.pth"


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras reading weights from HDF5
def test_checkpoint_becomes_a_keras_model_and_is_never_overwritten_unasked(
    import_pytorch, error_of, generator, checkpoint
):
    output = checkpoint.parent / "new" / "generator.keras"
    arguments = (f"--checkpoint={checkpoint}", f"--output={output}")
    result = import_pytorch(*arguments)
    assert result.returncode == 0, result.stderr
    assert os.listdir(output.parent) == ["generator.keras"]
    for weight, expected in zip(keras.models.load_model(output).weights, generator.weights, strict=True):
        assert weight.path == expected.path
        assert (weight.numpy() == expected.numpy()).all()

    assert "exists: choose another name, or replace it with --overwrite" in error_of(import_pytorch(*arguments))
    output.write_bytes(b"an old model")
    assert import_pytorch(*arguments, "--overwrite").returncode == 0
    assert output.stat().st_size > 1000


def test_checkpoint_that_does_not_fit_leaves_no_output(import_pytorch, error_of, checkpoint):
    torch = pytest.importorskip("torch")
    tensors = torch.load(checkpoint, weights_only=True)
    del tensors["up9.conv2d.weight"]
    torch.save(tensors, checkpoint)
    output = checkpoint.parent / "generator.keras"
    error = error_of(import_pytorch(f"--checkpoint={checkpoint}", f"--output={output}"))
    assert str(checkpoint) in error
    assert "missing: up9.conv2d.weight" in error
    assert os.listdir(checkpoint.parent) == ["generator.pth"]


def test_absence_of_torch_says_what_to_install(import_pytorch, error_of, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    result = import_pytorch("--checkpoint=x.pth", f"--output={tmp_path}/x.keras")
    assert 'pip install "keras-scgan[torch]"' in error_of(result)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--output=x.keras"], "Give --checkpoint: --help explains it."),
        (["--checkpoint=x.pth", "--output=x.h5"], "--output=x.h5 is no Keras model: end its name in .keras"),
        (
            ["--checkpoint=none.pth", "--output=x.keras"],
            "none.pth: No such file or directory",
        ),
    ],
)
def test_wrong_flags_are_named_in_one_line(import_pytorch, error_of, arguments, message):
    if "none.pth" in message:
        pytest.importorskip("torch")
    assert message in error_of(import_pytorch(*arguments))
