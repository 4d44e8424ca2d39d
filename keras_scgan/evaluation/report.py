"""What a comparison leaves behind in a folder."""

import csv
import dataclasses
import json
import math
import pathlib

import cv2
import keras
import numpy as np
import tensorflow as tf

from keras_scgan.evaluation.columns import COLUMNS, EXPLANATION, MEANS
from keras_scgan.evaluation.differences import COMPARED
from keras_scgan.evaluation.methods import GREYSCALE, NETWORK, OUTPUTS, PIPELINE
from keras_scgan.evaluation.plots import draw_cci_boxes
from keras_scgan.evaluation.protocols import published
from keras_scgan.program import markdown
from keras_scgan.program.errors import UserError
from keras_scgan.program.files import atomic_path, write_text
from keras_scgan.visualization import grid

RESULTS = ("metrics.jsonl", "per_image.csv", "photos.txt", "table.md", "cci.png", "best_and_worst_*.png")
"""What a folder of results holds, as patterns: to overwrite is to replace these, and nothing else."""

_FILTER = "too long sides by area averaging, then too short ones by cubic interpolation"
RESIZE_FILTERS = {False: f"squeezed to the square: {_FILTER}", True: f"the square in the middle: {_FILTER}"}
"""What becomes of photos at the protocol's size, without and with `center_crop`."""


def check_output_dir(folder, overwrite):
    """Raises `UserError` where a folder has results that are not to be replaced."""
    results = sorted(path for pattern in RESULTS for path in pathlib.Path(folder).glob(pattern))
    if results and not overwrite:
        raise UserError(
            f"There are results ({results[0]}): choose another `output_dir`, or replace them: `overwrite=True`."
        )


def versions():
    """Versions of what the numbers depend on, by package."""
    packages = {"tensorflow": tf, "keras": keras, "numpy": np, "opencv": cv2}
    return {name: package.__version__ for name, package in packages.items()}


def write(folder, comparison, protocol):
    """Writes all files of a comparison, each whole or not at all, and removes those of an earlier one.

    Args:
        folder: path, made if need be.
        comparison: `Comparison` that has run.
        protocol: dict. What the reader of a number must know; `methods` maps names to dicts of their own.

    Returns:
        String: the tables.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rows = comparison.rows()
    tables = format_tables(rows, protocol["image_size"], comparison.baseline, published(protocol["protocol"]))
    sheets = {
        f"best_and_worst_{method}.png": extremes
        for method, extremes in comparison.extremes.items()
        if len(extremes) and method != GREYSCALE
    }
    for path in folder.glob("best_and_worst_*.png"):
        if path.name not in sheets:  # of an earlier comparison
            path.unlink()
    with atomic_path(folder / "per_image.csv") as path, open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ("photo", "method", "output", *MEANS))
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in record.items()} for record in comparison.records)
    with atomic_path(folder / "cci.png") as path:
        draw_cci_boxes(_cci_groups(comparison.records)).savefig(path, dpi=120)
    for name, extremes in sheets.items():
        grid.save(extremes.draw(), folder / name)
    with atomic_path(folder / "photos.txt") as path:
        path.write_text("".join(f"{key}\n" for key in comparison.photos), "utf-8", "surrogateescape")
    failures = [f"{error.path}: {error.reason}" for error in comparison.failures]
    write_text(folder / "table.md", _format_document(tables, protocol, failures))
    write_text(folder / "metrics.jsonl", "".join(_json_line(row, protocol) for row in rows))
    return tables


def format_tables(rows, size, baseline, others=()):
    """The rows as Markdown, for each kind of output a table of them and one of the differences from the baseline.

    Args:
        rows: list of dicts, of `Comparison.rows`.
        size: int. Pixels of a side of the protocol's square, or `None`.
        baseline: str. Name of the baseline.
        others: list of dicts, of `protocols.published`. They follow the networks' own outputs.
    """
    titles = {
        NETWORK: f"The network's own output, at {size}x{size}",
        PIPELINE: "The full pipeline's output, at the photos' own sizes",
    }
    columns = {name: column for name, column in COLUMNS.items() if any(name in row for row in rows)}
    tables = []
    for output in OUTPUTS:
        of_kind = {row["method"]: row for row in rows if row["output"] == output}
        if of_kind:
            known = {row["method"]: row for row in others} if output == NETWORK else {}
            tables.append(f"## {titles[output]}\n\n" + _format_table(columns, of_kind | known))
        differences = {method: row["differences"] for method, row in of_kind.items() if "differences" in row}
        if differences:
            title = f"Differences from {baseline}, with 95 % intervals:\n\n"
            tables.append(title + _format_table(_difference_columns(differences), differences))
    return "\n\n".join(tables)


def _format_table(columns, rows):
    """Markdown of a dict from methods to rows; columns are `Column`s by the names of what is in the rows."""
    lines = []
    for method, row in rows.items():
        cells = (_format_cell(row[name], column.format) if name in row else "" for name, column in columns.items())
        lines.append([method, *cells])
    return markdown.table(["method", *(column.title for column in columns.values())], lines)


def _difference_columns(differences):
    """Columns as `COLUMNS`, with a sign."""
    names = [name for name in ("images", *COMPARED) if any(name in row for row in differences.values())]
    signed = {name: COLUMNS[name].format.replace("{:.", "{:+.") for name in names}
    return {name: dataclasses.replace(COLUMNS[name], format=form) for name, form in signed.items()}


def _format_cell(value, form):
    """A number, or a difference with its interval."""
    if isinstance(value, dict):
        return f"{form.format(value['difference'])} [{form.format(value['low'])}, {form.format(value['high'])}]"
    return form.format(value)


def _format_document(tables, protocol, failures):
    shared = {name: value for name, value in protocol.items() if name not in ("methods", "versions")}
    facts = [f"{name.replace('_', ' ')}: {_listed(value)}" for name, value in shared.items() if value is not None]
    facts += [f"{name}: {_listed(about)}" for name, about in protocol["methods"].items() if about]
    facts.append(f"versions: {_listed(protocol['versions'])}")
    sections = ["# Colorizations against their originals", tables, EXPLANATION, "## Protocol\n\n" + _bullets(facts)]
    if failures:
        sections.append("## Files that could not be used\n\n" + _bullets(failures))
    return "\n\n".join(sections) + "\n"


def _listed(about):
    """A value, or a dict of some, in a line."""
    return ", ".join(f"{name} {value}" for name, value in about.items()) if isinstance(about, dict) else str(about)


def _bullets(lines):
    return "\n".join(f"- {line}" for line in lines)


def _json_line(row, protocol):
    """The row with its protocol. JSON knows no infinity, the PSNR of equal pictures: it becomes null."""
    line = {name: None if value in (math.inf, -math.inf) else value for name, value in row.items()}
    shared = {name: value for name, value in protocol.items() if name != "methods"}
    line["protocol"] = {**shared, **protocol["methods"].get(row["method"], {})}
    return json.dumps(line, allow_nan=False) + "\n"


def _cell(value):
    return int(value) if isinstance(value, bool) else value


def _cci_groups(records):
    """CCIs by kind of output and method, for the box plot; the greyscale photos' are all 0 and left out."""
    titles = {NETWORK: "The network's own output", PIPELINE: "The full pipeline's output"}
    groups = {}
    for record in records:
        if record["method"] != GREYSCALE:
            panel = groups.setdefault(titles[record["output"]], {})
            panel.setdefault(record["method"], []).append(record["cci"])
    return groups
