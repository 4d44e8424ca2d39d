"""Exports are verified before they are kept."""

import json
import os

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from colorful import chroma_generator

from keras_scgan import data
from keras_scgan.colorizing import descriptions
from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.export import exporter as exporters
from keras_scgan.export import litert
from keras_scgan.photos.files import read_photo, write_photo
from keras_scgan.program.errors import UserError
from keras_scgan.program.files import sha256

SIZE = 64


@pytest.fixture(scope="module")
def generator():
    return chroma_generator(image_size=SIZE)


@pytest.fixture
def exporter(generator, tmp_path):
    photos = sorted((data.demo_dir() / "images").iterdir())[:3]
    return exporters.Exporter(generator, tmp_path / "name", photos, source={"file": "g.keras"}, image_size=SIZE)


def entries(exporter):
    return json.loads((exporter.output_dir / "export.json").read_text())


def test_what_is_kept_is_described(exporter):
    for kind in (litert.FLOAT32, litert.FLOAT16):
        exporter.export_litert(kind)
    found = entries(exporter)
    assert list(found) == ["litert_float32", "litert_float16"]
    for kind, entry in zip((litert.FLOAT32, litert.FLOAT16), found.values(), strict=True):
        path = exporter.output_dir / f"name_{kind}.tflite"
        assert entry["path"] == path.name
        assert entry["files"] == {path.name: {"bytes": path.stat().st_size, "sha256": sha256(path)}}
        assert entry["generator"] == {"parameters": exporter.generator.count_params(), "file": "g.keras"}
        assert entry["image_size"] == SIZE
        assert entry["signatures"]["serving_default"] == {
            "inputs": {"gray": {"shape": [1, SIZE, SIZE, 1], "dtype": "float32"}},
            "outputs": {
                "color": {"shape": [1, SIZE, SIZE, 3], "dtype": "float32"},
                "chroma": {"shape": [1, SIZE // 4, SIZE // 4, 2], "dtype": "float32"},
            },
        }
        assert set(entry["versions"]) >= {"tensorflow", "keras", "ai-edge-litert"}
    assert found["litert_float32"]["largest_difference"] < 1e-4 < found["litert_float16"]["largest_difference"]
    assert found["litert_float32"]["psnr_to_float32"] > found["litert_float16"]["psnr_to_float32"] > 45


def test_litert_model_says_how_it_is_to_be_run(tmp_path):
    generator = chroma_generator(image_size=SIZE, stretch_luma=True)
    photos = sorted((data.demo_dir() / "images").iterdir())[:2]
    exporter = exporters.Exporter(generator, tmp_path / "name", photos)
    entry = exporter.export_litert(litert.FLOAT32, saliency=True)
    assert entry["largest_difference"] < 1e-4
    path = tmp_path / "name" / entry["path"]
    assert descriptions.read(path) == generator.description
    outputs = Interpreter(str(path)).get_signature_runner("serving_default").get_output_details()
    assert {name: details["shape"].tolist() for name, details in outputs.items()} == {
        "color": [1, SIZE, SIZE, 3],
        "chroma": [1, SIZE // 4, SIZE // 4, 2],
        "saliency": [1, SIZE, SIZE, 1],
    }
    photo = read_photo(photos[0]).pixels
    found, expected = (Colorizer(model).colorize(photo).astype(int) for model in (path, generator))
    assert np.abs(found - expected).max() <= 2


def test_a_thermal_network_needs_thermal_images_to_calibrate_with(tmp_path):
    generator = chroma_generator(image_size=SIZE, network_input="thermal")
    exporter = exporters.Exporter(generator, tmp_path / "name", sorted((data.demo_dir() / "images").iterdir())[:1])
    with pytest.raises(UserError, match="`calibration_dir`"):
        exporter.export_litert(litert.INT8)
    entry = exporter.export_litert(litert.FLOAT32)
    with pytest.raises(UserError, match="thermal images, not photos"):
        Colorizer(tmp_path / "name" / entry["path"])


def test_a_file_that_is_there_is_not_replaced_unasked(exporter):
    exporter.export_litert(litert.FLOAT32)
    with pytest.raises(UserError, match=r"name_float32\.tflite exists"):
        exporter.export_litert(litert.FLOAT32)
    exporter.overwrite = True
    exporter.export_litert(litert.FLOAT32)


@pytest.mark.parametrize("bound", ["MAX_DIFFERENCE", "MIN_PSNR"])
def test_an_export_out_of_bounds_is_not_kept(exporter, monkeypatch, bound):
    monkeypatch.setitem(getattr(exporters, bound), "litert_float16", {"MAX_DIFFERENCE": 1e-9, "MIN_PSNR": 119.0}[bound])
    with pytest.raises(UserError, match="litert_float16 is not kept"):
        exporter.export_litert(litert.FLOAT16)
    assert list(exporter.output_dir.iterdir()) == []


@pytest.mark.slow
def test_a_saved_model_is_verified_with_its_pipeline(exporter):
    entry = exporter.export_saved_model()
    assert entry["path"] == "1"
    assert entry["largest_difference"] < 1e-4
    assert entry["largest_pipeline_difference"] <= 2
    assert "1/saved_model.pb" in entry["files"]
    assert entry["signatures"]["colorize_bytes"] == {
        side: {"image_bytes": {"shape": [None], "dtype": "string"}} for side in ("inputs", "outputs")
    }
    assert list(entries(exporter)) == ["saved_model/1"]


@pytest.mark.slow
def test_photos_of_all_kinds_serve_to_verify_a_saved_model(generator, tmp_path):
    pixels = read_photo(data.demo_dir() / "images" / "cat.jpg").pixels[:90, :70]
    photos = [tmp_path / name for name in ("a.webp", "b.tif", "deep.png")]
    for path in photos:
        write_photo(path, pixels.astype(np.uint16) * 257 if path.stem == "deep" else pixels)
    exporter = exporters.Exporter(generator, tmp_path / "name", photos)
    assert exporter.export_saved_model()["largest_pipeline_difference"] <= 2


@pytest.mark.slow
def test_a_saved_model_with_another_pipeline_is_not_kept(exporter, monkeypatch):
    monkeypatch.setattr(exporter._colorizer, "saturation", 0.0)
    with pytest.raises(UserError, match="colorize_bytes differs from the colorizer by up to"):
        exporter.export_saved_model()
    assert not [name for name in os.listdir(exporter.output_dir) if not name.startswith(".")]


def test_a_damaged_report_is_told_of_before_anything_is_written(generator, tmp_path):
    (tmp_path / "export.json").write_text('{"litert_float32": ')
    photos = [data.demo_dir() / "images" / "cat.jpg"]
    with pytest.raises(UserError, match=r"export\.json is damaged \(it is no JSON\): delete it"):
        exporters.Exporter(generator, tmp_path, photos)
    assert os.listdir(tmp_path) == ["export.json"]


def test_photos_to_calibrate_with_are_named_in_the_report(exporter, monkeypatch):
    monkeypatch.setitem(exporters.MIN_PSNR, "litert_int8", 0.0)
    entry = exporter.export_litert(litert.INT8, calibration_dir=data.demo_dir() / "images")
    assert entry["calibration"]["photos"] == 20
    assert entry["calibration"]["folder"] == "images"
    color = entry["signatures"]["serving_default"]["outputs"]["color"]
    assert color["dtype"] == "uint8"
    assert 0 < color["scale"] <= 2 / 255 + 1e-6


def test_a_version_is_never_replaced(exporter):
    exporter.overwrite = True
    (exporter.output_dir / "3").mkdir(parents=True)
    with pytest.raises(UserError, match="a server may have loaded it"):
        exporter.export_saved_model(3)
