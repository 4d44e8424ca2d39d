"""An evaluation from Python: settings in, tables and a comparison out."""

import pathlib

import cv2
import pytest

from keras_scgan.data import demo_dir
from keras_scgan.evaluation import Settings, evaluate
from keras_scgan.program.errors import UserError


@pytest.fixture
def settings(tmp_path):
    """Two photos, and a folder of results that are the photos themselves."""
    for path in sorted((demo_dir() / "images").iterdir())[:2]:
        for folder in ("photos", "copies"):
            (tmp_path / folder).mkdir(exist_ok=True)
            small = cv2.resize(cv2.imread(str(path)), (64, 48), interpolation=cv2.INTER_AREA)
            cv2.imwrite(str(tmp_path / folder / f"{path.stem}.png"), small)
    copies = f"copies={tmp_path / 'copies'}"
    return Settings(data_dir=str(tmp_path / "photos"), pred_dir=(copies,), image_size=32, classifier="none")


def test_results_are_measured_and_reported(settings, tmp_path):
    tables, comparison = evaluate(settings, tmp_path / "results")
    assert (tmp_path / "results" / "table.md").read_text().count(tables) == 1
    rows = {(row["method"], row["output"]): row for row in comparison.rows()}
    assert rows["copies", "network"]["psnr"] == rows["copies", "pipeline"]["psnr"] == float("inf")
    assert rows["greyscale", "network"]["psnr"] < 50
    assert {path.name for path in pathlib.Path(tmp_path / "results").iterdir()} >= {"metrics.jsonl", "cci.png"}


def test_a_report_is_replaced_only_where_that_is_wanted(settings, tmp_path):
    evaluate(settings, tmp_path / "results")
    with pytest.raises(UserError, match="choose another `output_dir`, or replace them: `overwrite=True`"):
        evaluate(settings, tmp_path / "results")
    evaluate(settings, tmp_path / "results", overwrite=True)


def test_a_folder_of_other_results_is_one_error(settings, tmp_path):
    for path in sorted((tmp_path / "copies").iterdir()):
        path.rename(path.with_stem(f"{path.stem}_colorized"))
    with pytest.raises(UserError, match=r"`pred_dir=.*copies`: none of its 2 files has the name of a photo of"):
        evaluate(settings, tmp_path / "results")


def test_without_models_photos_are_measured_at_256_pixels(settings, tmp_path):
    settings = Settings(data_dir=settings.data_dir, pred_dir=settings.pred_dir, classifier="none")
    _, comparison = evaluate(settings, tmp_path / "results")
    assert comparison.image_size == 256
