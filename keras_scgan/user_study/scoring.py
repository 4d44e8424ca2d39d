"""What raters have found: means or strengths with their intervals, and how far they agree."""

import functools
import json
import pathlib
import warnings

import choix
import krippendorff
import numpy as np

from keras_scgan.program import markdown
from keras_scgan.program.errors import BadFileError, UserError
from keras_scgan.program.files import write_text
from keras_scgan.user_study.answers import Answers
from keras_scgan.user_study.settings import SCALES, SCORES

RESAMPLES = 1000
"""How often raters and photos are drawn anew."""

PERCENTILES = (2.5, 97.5)
"""Ends of the intervals: 95 % of the resamples lie within."""

PRIOR_WINS = 0.1
"""Added to how often each method won over each other one, so that one that always wins has a finite strength."""

_SEED = 0


def score(key_path, answer_paths):
    """Scores the answers of a study.

    Args:
        key_path: path of the study's `key.json`.
        answer_paths: list of paths of the raters' files.

    Returns:
        Tuple of a list of dicts, one a method (and scale), and a list of `BadFileError`s.

        Of scores: `method`, `scale`, `mean` of all raters and photos, `low` and `high` of its interval, `alpha`. Of
        pairs: `method`, `strength` (of Bradley and Terry, natural logarithm, of mean 0: a method that is better by s is
        chosen with the probability 1 / (1 + exp(-s))), `low`, `high`, `wins` and `pairs`, `alpha`.

        Intervals are of a bootstrap over raters and, of scores, photos; `None` with one rater. `alpha` is
        Krippendorff's for the scale, or for all pairs: 1 where raters agree, 0 where they do by chance alone; `None`
        where it is undefined, as with one rater.

    Raises:
        UserError: The key or all the files cannot be used.
    """
    answers, failures = Answers(key_path), []
    for path in answer_paths:
        try:
            answers.read(path)
        except BadFileError as error:
            failures.append(error)
    if not answers.raters:
        raise UserError(f"None of the {len(answer_paths)} files can be used. The first: {failures[0]}.")
    counted = {"raters": len(answers.raters), "photos": len(answers.photos)}
    rows = _score_scales(answers) if answers.kind == SCORES else _score_pairs(answers)
    return [{**row, **counted} for row in rows], failures


def _score_scales(answers):
    rows = []
    for scale in SCALES:
        scores = answers.scores(scale)
        lows, highs = _interval(functools.partial(_weighted_means, scores), scores.shape[:2])
        alpha = agreement(scores.reshape(len(scores), -1), "interval")
        means = _weighted_means(scores, *map(np.ones, scores.shape[:2]))
        for method, *numbers in zip(answers.methods, means, lows, highs, strict=True):
            mean, low, high = map(_number, numbers)
            rows.append({"method": method, "scale": scale, "mean": mean, "low": low, "high": high, "alpha": alpha})
    return rows


def _weighted_means(scores, rater_weights, photo_weights):
    """Means of each method over the raters and photos, each as often as it was drawn; NaN for a method without any."""
    weights = rater_weights[:, np.newaxis] * photo_weights
    sums = np.einsum("rp,rpm->m", weights, np.nan_to_num(scores))
    counts = np.einsum("rp,rpm->m", weights, ~np.isnan(scores))
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)


def _score_pairs(answers):
    wins = answers.wins()
    total = wins.sum(axis=0)
    lows, highs = _interval(lambda weights: strengths(np.tensordot(weights, wins, 1)), wins.shape[:1])
    alpha = agreement(answers.choices(), "nominal")
    rows = []
    for index, numbers in enumerate(zip(strengths(total), lows, highs, strict=True)):
        strength, low, high = map(_number, numbers)
        counts = {"wins": int(total[index].sum()), "pairs": int(total[index].sum() + total[:, index].sum())}
        row = {"method": answers.methods[index], "strength": strength, "low": low, "high": high}
        rows.append({**row, **counts, "alpha": alpha})
    return sorted(rows, key=lambda row: -row["strength"])


def strengths(wins):
    """Strengths of the model of Bradley and Terry, by maximum likelihood with `PRIOR_WINS`.

    Args:
        wins: `[methods, methods]`. How often each method was chosen over each other one.

    Returns:
        `[methods]` float64, natural logarithms, of mean 0.

    Reference: Bradley and Terry, "Rank analysis of incomplete block designs", 1952; Maystre and Grossglauser, "Fast and
    accurate inference of Plackett-Luce models", 2015.
    """
    return choix.ilsr_pairwise_dense(wins + PRIOR_WINS * (1 - np.eye(len(wins))), max_iter=1000)


def agreement(values, level):
    """Krippendorff's alpha, or `None` where it is undefined: with one rater, or where all values are the same.

    Args:
        values: `[raters, units]`, NaN where there is none.
        level: `"interval"` for scores, `"nominal"` for choices.

    Reference: Krippendorff, "Computing Krippendorff's alpha-reliability", 2011.
    """
    shared = values[:, np.count_nonzero(~np.isnan(values), axis=0) > 1]
    if not shared.size or len(np.unique(shared[~np.isnan(shared)])) < 2:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return float(krippendorff.alpha(reliability_data=shared, level_of_measurement=level))


def _interval(statistic, counts):
    """Percentiles of a statistic of what is drawn with replacement from so many of each kind, `[2, methods]`."""
    if counts[0] < 2:
        return np.full((2, len(statistic(*map(np.ones, counts)))), np.nan)
    rng = np.random.default_rng(_SEED)
    draws = [rng.multinomial(count, np.full(count, 1 / count), size=RESAMPLES) for count in counts]
    return np.nanpercentile([statistic(*drawn) for drawn in zip(*draws, strict=True)], PERCENTILES, axis=0)


def _number(value):
    return None if np.isnan(value) else float(value)


# === Report ===


def format_table(rows):
    """Markdown of the results of `score`."""
    if "scale" in rows[0]:
        by_method = {}
        for row in rows:
            by_method.setdefault(row["method"], {})[row["scale"]] = _with_interval(row, "mean", "{:.2f}")
        lines = [[method, *cells.values()] for method, cells in by_method.items()]
        lines.append(
            ["Krippendorff's alpha", *(_alpha(next(r for r in rows if r["scale"] == name)) for name in SCALES)]
        )
        heads = ["method", *(scale["title"] for scale in SCALES.values())]
    else:
        lines = [[r["method"], _with_interval(r, "strength", "{:+.2f}"), f"{r['wins']} of {r['pairs']}"] for r in rows]
        lines.append(["Krippendorff's alpha", _alpha(rows[0]), ""])
        heads = ["method", "strength (Bradley-Terry)", "chosen"]
    about = f"{rows[0]['raters']} raters, {rows[0]['photos']} photos; 95 % intervals of a bootstrap over the raters"
    about += " and photos." if "scale" in rows[0] else "."
    return f"{markdown.table(heads, lines)}\n\n{about}\n"


def _with_interval(row, name, form):
    if row[name] is None:
        return ""
    interval = "" if row["low"] is None else f" [{form.format(row['low'])}, {form.format(row['high'])}]"
    return form.format(row[name]) + interval


def _alpha(row):
    return "undefined" if row["alpha"] is None else f"{row['alpha']:.2f}"


def write(output_dir, rows):
    """Writes the results of `score` as `scores.md` and `scores.jsonl`, each whole or not at all."""
    output_dir = pathlib.Path(output_dir)
    write_text(output_dir / "scores.md", format_table(rows))
    write_text(output_dir / "scores.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
