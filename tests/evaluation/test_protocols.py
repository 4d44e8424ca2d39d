"""Presets set what is not given, and published numbers are in the units of the table."""

import pytest

from keras_scgan.evaluation import Settings, protocols
from keras_scgan.evaluation.columns import COLUMNS
from keras_scgan.evaluation.report import format_tables


@pytest.mark.parametrize("name", protocols.PROTOCOLS)
def test_a_preset_sets_what_is_not_given(name):
    settings = Settings(data_dir="DIR", protocol=name)
    for field, value in protocols.PROTOCOLS[name].items():
        assert getattr(settings, field) == value
    given = Settings(data_dir="DIR", protocol=name, image_size=64, center_crop=not settings.center_crop)
    assert (given.image_size, given.center_crop, given.gray) == (64, not settings.center_crop, settings.gray)


def test_without_a_protocol_photos_are_squeezed_and_which_are_greyscale_is_left_to_the_data_set():
    settings = Settings(data_dir="DIR")
    assert (settings.gray, settings.center_crop, settings.sample) == (None, False, None)


@pytest.mark.parametrize(("name", "method"), [("scgan", "SCGAN"), ("val5k", "DDColor-large")])
def test_published_numbers_are_of_columns_and_stand_in_the_table(name, method):
    rows = protocols.published(name)
    for row in rows:
        assert row.keys() - {"method"} <= COLUMNS.keys()
        assert 20 < row.get("psnr", 23) < 25
        assert 0 <= row.get("top1", 0) < 1
    assert len({row["method"] for row in rows}) == len(rows)
    measured = [{"method": "mine", "output": output, "psnr": 22.0} for output in ("network", "pipeline")]
    network, pipeline = format_tables(measured, 256, "greyscale", rows).split("\n\n## ")
    assert f"| {method} (" in network
    assert "| 23.8" in network
    assert method not in pipeline


def test_a_protocol_without_published_numbers_has_none():
    assert protocols.published("coco") == protocols.published(None) == []
