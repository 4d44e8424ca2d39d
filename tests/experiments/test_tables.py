"""The table of an experiment says what was measured, of how many seeds, beside what was published."""

import json

import pytest

from keras_scgan.experiments import tables
from keras_scgan.experiments.plan import Plan, Setting
from keras_scgan.experiments.run import Result

PUBLISHED = {"a": 23.8, "b_c": 23.5}
SETTINGS = {name: Setting(name=name, title=f"{name} & 5 %", published={"psnr": p}) for name, p in PUBLISHED.items()}
PLAN = Plan(title="A plan", settings=tuple(SETTINGS.values()), baseline="a", metrics=("psnr", "top1"))
TRAINED = {"parameters": 12345, "gmac": 1.5, "seconds": 1800.0}


def result(name, *seeds):
    """Of a run a seed, with the PSNR of the photos p0, p1, ..."""
    photos = [{"psnr": {f"p{i}": value for i, value in enumerate(values)}, "top1": {}} for values in seeds]
    return Result(SETTINGS[name], photos, [TRAINED] * len(seeds))


@pytest.fixture
def write(tmp_path):
    """Function from results to the table in Markdown, in LaTeX, and its rows by name."""

    def written(*results, **options):
        markdown = tables.write(tmp_path, PLAN, list(results), **options)
        assert (tmp_path / "table.md").read_text(encoding="utf-8") == markdown
        rows = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
        return markdown, (tmp_path / "table.tex").read_text(encoding="utf-8"), {row["setting"]: row for row in rows}

    return written


def test_differences_beyond_photos_and_seeds_are_bold(write):
    markdown, latex, rows = write(result("a", [20, 24], [20, 24]), result("b_c", [21, 25.4], [21, 25.6]))
    found = rows["b_c"]["psnr"]
    assert found["mean"] == pytest.approx(23.25)
    assert found["difference"]["mean"] == pytest.approx(1.25)
    assert found["difference"]["over_photos"] == [pytest.approx(1.0), pytest.approx(1.5)]
    assert found["difference"]["beyond_chance"]
    assert found["published_difference"] == pytest.approx(-0.3)
    assert "difference" not in rows["a"]["psnr"]
    line = next(line for line in markdown.splitlines() if line.startswith("| b_c"))
    assert line == "| b_c & 5 % | 23.25 ± 0.07 | **+1.25** [+1.00, +1.50] | 23.50 | -0.30 | 0.50 | 1.50 | 12,345 |"
    assert r"b\_c \& 5 \% & 23.25 $\pm$ 0.07 & \textbf{+1.25} [+1.00, +1.50] & 23.50 & -0.30 & 0.50" in latex
    assert latex.startswith("\\begin{tabular}{lrrrrrrr}\n")


def test_of_one_seed_nothing_is_claimed(write):
    markdown, _, rows = write(result("a", [20, 24]), result("b_c", [21, 25.5]))
    assert rows["b_c"]["psnr"]["spread"] is None
    assert not rows["b_c"]["psnr"]["difference"]["beyond_chance"]
    assert "**+" not in markdown


def test_only_photos_of_all_runs_are_compared(write):
    *_, rows = write(result("a", [20, 24, 90]), result("b_c", [21, 26]))
    assert rows["b_c"]["psnr"]["difference"]["mean"] == pytest.approx(1.5)


def test_a_note_stands_wherever_the_numbers_do(write):
    markdown, latex, rows = write(result("a", [20]), note="Nothing is real.")
    assert "**Nothing is real.**" in markdown
    assert latex.startswith("% Nothing is real.\n\\begin")
    assert rows["a"]["note"] == "Nothing is real."


def test_settings_without_results_have_their_published_numbers_and_greyscale_comes_first(write):
    greyscale = {"psnr": {"p0": 19.0}, "top1": {"p0": 100.0, "p1": 0.0}}
    markdown, _, rows = write(
        result("a", [20]),
        inputs={"greyscale": greyscale, "thermal": {"psnr": {}, "top1": {}}},
        lacking=[SETTINGS["b_c"]],
    )
    assert list(rows) == ["greyscale", "a", "b_c"]
    assert rows["greyscale"]["top1"]["mean"] == 50
    assert rows["b_c"] == {"setting": "b_c", "title": "b_c & 5 %", "psnr": {"published": 23.5}}
    assert "| b_c & 5 % |  | 23.50 |" in markdown
