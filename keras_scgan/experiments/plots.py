"""Curves of an experiment whose settings differ by a number, such as that of the photos."""

import pathlib

import matplotlib
from matplotlib.figure import Figure

from keras_scgan.experiments.plan import METRICS
from keras_scgan.program.files import atomic_path

NAME = "curves.svg"

_PANEL_INCHES = (3.2, 2.6)
_SVG = {"svg.fonttype": "none", "svg.hashsalt": "keras-scgan"}  # text as text, and the same file each time


def write(folder, plan, rows):
    """Writes `curves.svg`: a panel for each metric, a line for each `line` of the settings, over their `at`.

    Each point is the mean over the seeds, with one standard deviation of them as a bar. Without a setting that has `at`
    and results there is no file.

    Args:
        folder: path.
        plan: `Plan`.
        rows: as `results.jsonl` has them.
    """
    found = {row["setting"]: row for row in rows}
    placed = [setting for setting in plan.settings if setting.at is not None and setting.name in found]
    if not placed:
        return
    width, height = _PANEL_INCHES
    figure = Figure(figsize=(width * len(plan.metrics), height), layout="constrained")
    panels = figure.subplots(1, len(plan.metrics), squeeze=False)[0]
    for panel, metric in zip(panels, plan.metrics, strict=True):
        for line in dict.fromkeys(setting.line for setting in placed):
            settings = [s for s in placed if s.line == line and "mean" in found[s.name].get(metric, {})]
            cells = [found[setting.name][metric] for setting in settings]
            bars = [cell["spread"] or 0.0 for cell in cells]
            places = [setting.at for setting in settings]
            panel.errorbar(places, [cell["mean"] for cell in cells], bars, marker="o", capsize=3, label=line)
        panel.set(xscale="log", xlabel=plan.at, title=METRICS[metric][0])
    panels[0].legend(fontsize="small")
    with atomic_path(pathlib.Path(folder) / NAME) as path, matplotlib.rc_context(_SVG):
        figure.savefig(path, metadata={"Date": None})
