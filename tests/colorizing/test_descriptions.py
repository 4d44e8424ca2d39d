"""What exported models say of themselves."""

import json
import zipfile

import pytest

from keras_scgan.colorizing import descriptions
from keras_scgan.colorizing.descriptions import Description
from keras_scgan.export import description_files
from keras_scgan.program.errors import UserError

MODEL = b"\x1c\x00\x00\x00TFL3" + bytes(range(256)) * 40
TRAINED = Description("pretrained", {"encoder": "small"}, 32, 96, "thermal", True)


@pytest.fixture(params=["tflite", "saved_model"])
def model(request, tmp_path):
    """Path of a model that is described, and path of what holds its description."""
    if request.param == "tflite":
        path = tmp_path / "model.tflite"
        path.write_bytes(description_files.append_to_tflite(MODEL, TRAINED))
        return path, path
    path = tmp_path / "1"
    path.mkdir()
    description_files.write_to_saved_model(path, TRAINED)
    return path, path / "assets.extra" / "keras_scgan.json"


def test_description_comes_back(model):
    assert descriptions.read(model[0]) == TRAINED


def test_tflite_file_is_the_model_with_an_archive_behind_it(tmp_path):
    described = description_files.append_to_tflite(MODEL, TRAINED)
    assert described.startswith(MODEL)
    assert described == description_files.append_to_tflite(MODEL, TRAINED)
    path = tmp_path / "model.tflite"
    path.write_bytes(described)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["keras_scgan.json"]
        assert json.loads(archive.read("keras_scgan.json"))["image_size"] == 96


def test_model_without_a_description_says_nothing(tmp_path):
    (tmp_path / "model.tflite").write_bytes(MODEL)
    with zipfile.ZipFile(tmp_path / "other.tflite", "w") as archive:
        archive.writestr("labels.txt", "cat")
    (tmp_path / "1").mkdir()
    for name in ("model.tflite", "other.tflite", "1"):
        assert descriptions.read(tmp_path / name) == descriptions.UNKNOWN


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b'"image_size": 96', b'"image_size": 90', "`image_size` must be a multiple of 32. Received: image_size=90"),
        (b'"thermal"', b'"sonagra"', "`network_input` must be one of"),
        (b'"stretch_luma"', b'"stretch_LUMA"', "of a newer version, with stretch_LUMA: update keras-scgan"),
        (b'"architecture"', b"'architecture'", "its description is damaged"),
    ],
)
def test_description_that_cannot_be_used_is_named(model, old, new, reason):
    path, holder = model
    text = holder.read_bytes()
    assert old in text
    text = text.replace(old, new)
    if path == holder:  # the archive anew, whose checksum is then right
        with zipfile.ZipFile(path) as archive:
            fields = archive.read("keras_scgan.json").replace(old, new)
        path.write_bytes(MODEL)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("keras_scgan.json", fields)
    else:
        holder.write_bytes(text)
    with pytest.raises(UserError, match=reason) as error:
        descriptions.read(path)
    assert str(path) in str(error.value)


def test_field_that_is_missing_is_named(tmp_path):
    (tmp_path / "assets.extra").mkdir()
    (tmp_path / "assets.extra" / "keras_scgan.json").write_text('{"architecture": "paper", "built_from": {}}')
    with pytest.raises(UserError, match="no size_multiple: it is damaged"):
        descriptions.read(tmp_path)


@pytest.mark.parametrize("damage", [lambda data: data[:-5], lambda data: data.replace(b"pretrained", b"pretraimed")])
def test_damaged_file_is_named(tmp_path, damage):
    path = tmp_path / "model.tflite"
    path.write_bytes(damage(description_files.append_to_tflite(MODEL, TRAINED)))
    with pytest.raises(UserError, match=r"model\.tflite cannot be used"):
        descriptions.read(path)


@pytest.mark.parametrize("text", [b"[" * 100_000, b" " * (1 << 24), b"[]", b"\xff"])
def test_a_description_that_is_made_to_harm_is_named(tmp_path, text):
    path = tmp_path / "model.tflite"
    path.write_bytes(MODEL)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("keras_scgan.json", text)
    with pytest.raises(UserError, match=r"model\.tflite cannot be used: its description is damaged") as error:
        descriptions.read(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "fields",
    [
        {"size_multiple": 0},
        {"size_multiple": True},
        {"image_size": "96"},
        {"image_size": 97},
        {"network_input": "colour"},
        {"stretch_luma": 1},
    ],
)
def test_fields_have_their_values(fields):
    with pytest.raises(ValueError, match=rf"`{next(iter(fields))}` must be"):
        Description(**{"architecture": "pretrained", "built_from": {}, "size_multiple": 32, **fields})


def test_own_size_is_that_of_training_or_that_at_which_the_papers_encoder_ends_in_one_pixel():
    assert Description("pretrained", {}, 32, 96).own_size == 96
    assert Description("paper", {}, 128, 256).own_size == 256
    assert Description("paper", {}, 128).own_size == 128
    assert Description("pretrained", {}, 32).own_size == descriptions.UNKNOWN.own_size == 224
