"""Scores are means over raters and photos, pairs are scored by Bradley and Terry, and raters' agreement is told."""

import itertools
import json

import numpy as np
import pytest
import scipy.optimize
from studies import METHODS, make_study

from keras_scgan.program.errors import UserError
from keras_scgan.user_study import scoring

SCALES = ("naturalness", "bleeding_removal", "colorfulness")


def key_of(study):
    return json.loads((study / "key.json").read_text())


def write(study, rater, answers, study_id=None):
    path = study / f"answers-{rater}.json"
    path.write_text(json.dumps({"study": study_id or key_of(study)["id"], "rater": rater, "answers": answers}))
    return path


def score_all(study, rater, score_of):
    """A rater's file: each picture has the score, on each scale, that a function of its photo and method gives."""
    pictures = key_of(study)["pictures"].items()
    answers = [
        {"picture": name, **dict.fromkeys(SCALES, score_of(about["photo"], about["method"]))}
        for name, about in pictures
    ]
    return write(study, rater, answers)


def choose_all(study, rater, is_better):
    """A rater's file: of every pair the one whose method is better by a function of two methods."""
    key, answers = key_of(study), []
    for group in key["groups"]:
        for left, right in itertools.combinations(group, 2):
            better = is_better(*(key["pictures"][name]["method"] for name in (left, right)))
            answers.append({"left": left, "right": right, "chosen": left if better else right})
    return write(study, rater, answers)


def rank(_, method):
    return 2 * METHODS.index(method) + 1


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("scores"), groups=3)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("pairs"), groups=3, answers="pairs")


def test_means_are_over_raters_and_photos(scores):
    paths = [score_all(scores, "a", rank), score_all(scores, "b", lambda photo, method: rank(photo, method) + 1)]
    rows, failures = scoring.score(scores / "key.json", paths)
    assert failures == []
    assert {(row["method"], row["scale"]) for row in rows} == set(itertools.product(METHODS, SCALES))
    for row in rows:
        assert row["mean"] == pytest.approx(rank(None, row["method"]) + 0.5)
        assert (row["low"], row["high"]) == (rank(None, row["method"]), rank(None, row["method"]) + 1)
        assert (row["raters"], row["photos"]) == (2, 3)


def test_a_rater_who_always_answers_5_changes_no_ranking(scores):
    def noisy(rater):
        rng = np.random.default_rng(rater)
        return lambda photo, method: int(np.clip(rank(photo, method) + rng.integers(-2, 3), 0, 10))

    paths = [score_all(scores, str(number), noisy(number)) for number in range(4)]
    orders = []
    for files in (paths, [*paths, score_all(scores, "five", lambda photo, method: 5)]):
        rows, _ = scoring.score(scores / "key.json", files)
        orders.append([sorted(METHODS, key=lambda method: mean_of(rows, method, scale)) for scale in SCALES])
    assert orders[0] == orders[1] == [list(METHODS)] * 3


def mean_of(rows, method, scale):
    return next(row["mean"] for row in rows if (row["method"], row["scale"]) == (method, scale))


def test_intervals_cover_the_mean_and_shrink_with_raters(scores):
    rng = np.random.default_rng(0)

    def anything(photo, method):
        return int(rng.integers(0, 11))

    widths = []
    for count in (3, 12):
        paths = [score_all(scores, f"r{number}", anything) for number in range(count)]
        rows, _ = scoring.score(scores / "key.json", paths)
        assert all(row["low"] <= row["mean"] <= row["high"] for row in rows)
        widths.append(np.mean([row["high"] - row["low"] for row in rows]))
    assert widths[1] < widths[0]


def test_one_rater_has_no_interval_and_no_agreement(scores):
    rows, _ = scoring.score(scores / "key.json", [score_all(scores, "a", rank)])
    assert {(row["low"], row["high"], row["alpha"]) for row in rows} == {(None, None, None)}
    assert "| truth | 7.00 | 7.00 | 7.00 |" in scoring.format_table(rows)


def test_agreement_is_krippendorff_s_alpha():
    """The example of Krippendorff, "Computing Krippendorff's alpha-reliability", 2011, part C: interval 0.849."""
    nan = np.nan
    values = np.array([
        [1, 2, 3, 3, 2, 1, 4, 1, 2, nan, nan, nan],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nan, 3],
        [nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nan],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nan],
    ])  # fmt: skip
    assert scoring.agreement(values, "interval") == pytest.approx(0.849, abs=5e-4)
    assert scoring.agreement(values, "nominal") == pytest.approx(0.743, abs=5e-4)
    assert scoring.agreement(values[:1], "interval") is None
    assert scoring.agreement(np.full((2, 3), 5.0), "interval") is None


def test_strengths_are_the_likeliest():
    wins = np.random.default_rng(0).integers(0, 20, (4, 4)) * (1 - np.eye(4))
    found = scoring.strengths(wins)
    counts = wins + scoring.PRIOR_WINS * (1 - np.eye(4))

    def loss(strengths):
        return np.sum(counts * np.logaddexp(0, strengths[None, :] - strengths[:, None])) + np.sum(strengths) ** 2

    expected = scipy.optimize.minimize(loss, np.zeros(4), tol=1e-10).x
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert found.mean() == pytest.approx(0, abs=1e-9)


def test_pairs_give_the_order_of_methods_even_if_it_is_never_broken(pairs):
    def is_better(left, right):
        return METHODS.index(left) > METHODS.index(right)

    rows, _ = scoring.score(pairs / "key.json", [choose_all(pairs, rater, is_better) for rater in "ab"])
    assert [row["method"] for row in rows] == list(METHODS[::-1])
    assert [(row["wins"], row["pairs"]) for row in rows] == [(18, 18), (12, 18), (6, 18), (0, 18)]
    assert {row["alpha"] for row in rows} == {1}
    table = scoring.format_table(rows)
    assert "| truth | +" in table
    assert "18 of 18" in table


def test_raters_who_contradict_each_other_leave_no_difference(pairs):
    paths = [
        choose_all(pairs, "a", lambda left, right: left > right),
        choose_all(pairs, "b", lambda left, right: left < right),
    ]
    rows, _ = scoring.score(pairs / "key.json", paths)
    assert all(row["strength"] == pytest.approx(0, abs=1e-6) for row in rows)
    assert all(row["low"] <= 0 <= row["high"] for row in rows)
    assert rows[0]["alpha"] < 0


def test_files_that_cannot_be_used_are_named_and_the_others_count(scores):
    good = score_all(scores, "good", rank)
    answer = json.loads(good.read_text())["answers"][0]
    bad = {
        "answers of another study": write(scores, "other", [answer], study_id="x"),
        "no answers": write(scores, "none", []),
        "damaged, or no file of answers": write(scores, "eleven", [answer | {"naturalness": 11}]),
        "No such file or directory": scores / "missing.json",
    }
    deep = scores / "deep.json"
    deep.write_text("[" * 100_000)
    for name, path in {"list": "[]", "text": '{"study": 1, "rater": [], "answers": "all"}'}.items():
        (scores / f"{name}.json").write_text(path)
        with pytest.raises(UserError, match="None of the 1 files"):
            scoring.score(scores / "key.json", [scores / f"{name}.json"])
    with pytest.raises(UserError, match="damaged, or no file of answers"):
        scoring.score(scores / "key.json", [deep])
    rows, failures = scoring.score(scores / "key.json", [*bad.values(), good])
    assert [error.reason for error in failures] == list(bad)
    assert {row["raters"] for row in rows} == {1}
    with pytest.raises(UserError, match="None of the 1 files can be used"):
        scoring.score(scores / "key.json", [bad["no answers"]])
    with pytest.raises(UserError, match="is no key of a study"):
        scoring.score(good, [good])


def test_of_two_files_of_a_rater_the_longer_counts(scores):
    good = score_all(scores, "a", rank)
    part = scores / "part.json"
    file = json.loads(good.read_text())
    part.write_text(json.dumps(file | {"answers": file["answers"][:4]}))
    for paths in ([part, good], [good, part]):
        rows, _ = scoring.score(scores / "key.json", paths)
        assert mean_of(rows, "truth", "naturalness") == 7
