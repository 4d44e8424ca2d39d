"""Curves are of the settings that have a place, and of what was measured."""

from keras_scgan.experiments import plots
from keras_scgan.experiments.plan import Plan, Setting

SETTINGS = (
    *(Setting(name=f"a{at}", at=at, line="with") for at in (10, 100)),
    Setting(name="b10", at=10, line="without"),
    Setting(name="other"),
)
PLAN = Plan(title="A plan", settings=SETTINGS, baseline="a10", metrics=("psnr", "cci"), at="photos")


def row(name, psnr, spread=None):
    return {"setting": name, "psnr": {"mean": psnr, "spread": spread}, "cci": {"mean": 20.0, "spread": spread}}


def test_each_metric_has_a_panel_and_each_line_a_curve(tmp_path):
    rows = [row("greyscale", 19.0), row("a10", 20.0, 0.1), row("a100", 21.0, 0.2), row("b10", 19.5), row("other", 3.0)]
    plots.write(tmp_path, PLAN, rows)
    text = (tmp_path / "curves.svg").read_text()
    plots.write(tmp_path / "again", PLAN, rows)
    assert (tmp_path / "again" / "curves.svg").read_text() == text
    for shown in ("PSNR, dB", "CCI", "photos", "with", "without"):
        assert f">{shown}</text>" in text
    assert ">other</text>" not in text


def test_without_places_or_results_there_is_no_file(tmp_path):
    plots.write(tmp_path, PLAN, [row("other", 3.0)])
    assert not (tmp_path / "curves.svg").exists()
