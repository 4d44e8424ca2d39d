"""scgan user_study: a study is made of folders and scored from files."""

import json
import shutil

import pytest

from keras_scgan.data import demo_dir


@pytest.fixture
def photos(tmp_path):
    (tmp_path / "photos").mkdir()
    for name in ("balloon", "car"):
        shutil.copy(demo_dir() / "images" / f"{name}.jpg", tmp_path / "photos")
    return tmp_path / "photos"


def test_a_study_is_made_and_scored(call_tool, photos, tmp_path):
    study = tmp_path / "study"
    flags = [f"--data_dir={photos}", f"--pred_dir=copy={photos}", "--groups=2", "--image_size=32"]
    result = call_tool("user_study.py", "make", *flags, f"--output_dir={study}")
    assert result.returncode == 0, result.stderr
    assert f"Wrote {study / 'page' / 'index.html'}" in result.stderr
    key = json.loads((study / "key.json").read_text())
    scales = {"naturalness": 1, "bleeding_removal": 2, "colorfulness": 3}
    answers = [{"picture": name, **scales} for name in key["pictures"]]
    paths = [tmp_path / f"{rater}.json" for rater in "ab"]
    for path in paths:
        path.write_text(json.dumps({"study": key["id"], "rater": path.stem, "answers": answers}))
    (tmp_path / "torn.json").write_text("{")
    result = call_tool(
        "user_study.py", "score", study / "key.json", *paths, tmp_path / "torn.json", f"--output_dir={study}"
    )
    assert result.returncode == 1
    assert f"Could not be used: {tmp_path / 'torn.json'}: damaged" in result.stderr
    assert "| copy | 1.00 [1.00, 1.00] | 2.00 [2.00, 2.00] | 3.00 [3.00, 3.00] |" in result.stdout
    assert result.stdout.strip() == (study / "scores.md").read_text().strip()
    lines = [json.loads(line) for line in (study / "scores.jsonl").read_text().splitlines()]
    assert len(lines) == 3 * 3


def test_wrong_calls_are_told_of_in_a_line(call_tool, error_of, photos, tmp_path):
    flags = [f"--data_dir={photos}", f"--pred_dir={photos}", f"--output_dir={tmp_path / 'study'}"]
    assert "--groups=30: 2 of the 2 photos" in error_of(call_tool("user_study.py", "make", *flags))
    assert "give the key and the raters' files" in error_of(call_tool("user_study.py", "score", "key.json"))
    assert "missing.json: No such file" in error_of(call_tool("user_study.py", "score", "missing.json", "a.json"))
    assert "name one task: make, score" in error_of(call_tool("user_study.py"))
