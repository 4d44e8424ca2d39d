"""The table of an experiment, beside the published numbers: Markdown, LaTeX, and JSON lines; and its curves."""

import json
import pathlib

import numpy as np

from keras_scgan.experiments import plots, statistics
from keras_scgan.experiments.plan import METRICS
from keras_scgan.program import markdown
from keras_scgan.program.files import write_text

NAMES = ("table.md", "table.tex", "results.jsonl")

_ABOUT = """\
Each metric is a mean over the photos, ± its standard deviation between the seeds, with the difference from the row
"{baseline}" and its 95 % interval over the photos (paired bootstrap, {resamples} resamples). **Bold**: a difference
beyond chance, 0 being neither in this interval nor in the one over the seeds (Welch's t-test). Of one seed nothing is
claimed. Published numbers are of other photos and of their authors' training: compare differences, not numbers."""


def write(folder, plan, results, inputs=None, lacking=(), note=""):
    """Writes the tables of an experiment.

    Args:
        folder: path.
        plan: `Plan`.
        results: list of `Result`s.
        inputs: dict from the names of what networks see as it is to its metrics, as of a `Result`'s seed; the first
            rows. One without metrics has none.
        lacking: list of `Setting`s of which there are published numbers alone.
        note: str. A sentence that stands wherever the numbers do.

    Returns:
        The table in Markdown.
    """
    rows = [_row(plan, result, _baseline(plan, results)) for result in results]
    seen = {name: _of_photos(plan, [photos]) for name, photos in (inputs or {}).items()}
    rows = [{"setting": name, "title": name, **found} for name, found in seen.items() if found] + rows
    rows += [
        {"setting": setting.name, "title": setting.title or setting.name, **_published(setting)} for setting in lacking
    ]
    table, latex = format_markdown(plan, rows), format_latex(plan, rows)
    if note:
        table, latex = f"{table}\n**{note}**\n", f"% {note}\n{latex}"
        rows = [{**row, "note": note} for row in rows]
    texts = (table, latex, "".join(f"{json.dumps(row, allow_nan=False)}\n" for row in rows))
    for name, text in zip(NAMES, texts, strict=True):
        write_text(pathlib.Path(folder) / name, text)
    plots.write(folder, plan, rows)
    return table


def _baseline(plan, results):
    return next((result for result in results if result.setting.name == plan.baseline), None)


def _row(plan, result, baseline):
    """A setting's results, a dict that JSON takes."""
    setting = result.setting
    row = {"setting": setting.name, "title": setting.title or setting.name, "seeds": len(result.photos)}
    row |= _of_photos(plan, result.photos)
    for name, value in _published(setting).items():
        row.setdefault(name, {}).update(value)
    if result.trained:
        row |= {name: result.trained[0][name] for name in ("parameters", "gmac")}
        row["hours"] = float(np.mean([about["seconds"] for about in result.trained]) / 3600)
    if baseline is not None and baseline is not result:
        for metric in plan.metrics:
            difference = _difference(metric, result, baseline)
            if difference:
                row[metric]["difference"] = difference
                published = [r.setting.published.get(metric) for r in (result, baseline)]
                if None not in published:
                    row[metric]["published_difference"] = round(published[0] - published[1], 6)
    return row


def _of_photos(plan, seeds):
    found = {}
    for metric in plan.metrics:
        means = _means(metric, seeds)
        if means:
            found[metric] = {"mean": float(np.mean(means)), "spread": statistics.spread(means)}
    return found


def _published(setting):
    return {metric: {"published": value} for metric, value in setting.published.items()}


def _means(metric, seeds):
    return [float(np.mean(list(photos[metric].values()))) for photos in seeds if photos[metric]]


def _difference(metric, result, baseline):
    """The difference from the baseline over the photos that all runs have, with its intervals, or `None`."""
    runs = [*result.photos, *baseline.photos]
    photos = [photo for photo in runs[0][metric] if all(photo in run[metric] for run in runs)]
    if not photos:
        return None
    values, base_values = (
        [[run[metric][photo] for photo in photos] for run in one.photos] for one in (result, baseline)
    )
    mean, *interval = statistics.over_photos(np.mean(values, axis=0), np.mean(base_values, axis=0))
    seeds = statistics.over_seeds(np.mean(values, axis=1).tolist(), np.mean(base_values, axis=1).tolist())
    return {
        "mean": mean,
        "over_photos": interval,
        "over_seeds": seeds and list(seeds),
        "beyond_chance": statistics.is_beyond_chance(interval, seeds),
    }


# === Formats ===


def format_markdown(plan, rows):
    """The table in Markdown. Args: `plan`, and rows as `results.jsonl` has them."""
    header, *body = _cells(plan, rows, bold="**{}**", plus_minus=" ± ")
    title = next((row["title"] for row in rows if row["setting"] == plan.baseline), plan.baseline)
    about = _ABOUT.format(baseline=title, resamples=statistics.RESAMPLES)
    return f"# {plan.title}\n\n{markdown.table(header, body)}\n\n{about}\n"


def format_latex(plan, rows):
    """The table in LaTeX. Args: as of `format_markdown`."""
    header, *body = _cells(plan, rows, bold=r"\textbf{{{}}}", plus_minus=r" $\pm$ ", escape=_escape_latex)
    lines = [" & ".join(cells) + r" \\" for cells in (header, *body)]
    lines.insert(1, r"\hline")
    return "\n".join([rf"\begin{{tabular}}{{l{'r' * (len(header) - 1)}}}", *lines, r"\end{tabular}", ""])


def _cells(plan, rows, *, bold, plus_minus, escape=str):
    """Header and rows as texts; columns that no row has anything in are left out."""
    columns = {"setting": [row["title"] for row in rows]}
    for metric in plan.metrics:
        title, form = METRICS[metric]
        cells = [row.get(metric, {}) for row in rows]
        columns[title] = [_measured(cell, form, plus_minus) for cell in cells]
        columns["difference of " + title.partition(",")[0]] = [_differing(cell, form, bold) for cell in cells]
        columns["published " + title] = [_number(cell.get("published"), form) for cell in cells]
        columns["published difference of " + title.partition(",")[0]] = [
            _number(cell.get("published_difference"), _signed(form)) for cell in cells
        ]
    for title, form in (("hours", "{:.2f}"), ("GMAC", "{:.2f}"), ("parameters", "{:,}")):
        columns[title] = [_number(row.get(title.lower()), form) for row in rows]
    kept = {title: cells for title, cells in columns.items() if any(cells)}
    header = [escape(title) for title in kept]
    return [header, *([escape(cell) for cell in line] for line in zip(*kept.values(), strict=True))]


def _escape_latex(text):
    return text.replace("%", r"\%").replace("_", r"\_").replace("&", r"\&")


def _measured(cell, form, plus_minus):
    if "mean" not in cell:
        return ""
    spread = "" if cell["spread"] is None else plus_minus + form.format(cell["spread"])
    return form.format(cell["mean"]) + spread


def _differing(cell, form, bold):
    if "difference" not in cell:
        return ""
    difference, form = cell["difference"], _signed(form)
    mean = form.format(difference["mean"])
    low, high = map(form.format, difference["over_photos"])
    return f"{bold.format(mean) if difference['beyond_chance'] else mean} [{low}, {high}]"


def _signed(form):
    return form.replace("{:", "{:+")


def _number(value, form):
    return "" if value is None else form.format(value)
