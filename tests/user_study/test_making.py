"""What a study consists of, and what is said where it cannot be made."""

import json

import cv2
import numpy as np
import pytest
from studies import METHODS, PHOTOS, make_study

from keras_scgan import user_study
from keras_scgan.program.errors import UserError


def key_of(study):
    return json.loads((study / "key.json").read_text())


def test_each_group_has_every_method_under_names_that_the_key_alone_tells(tmp_path):
    study = make_study(tmp_path, groups=3)
    key = key_of(study)
    assert {picture["photo"] for picture in key["pictures"].values()} == set(PHOTOS)
    for group in key["groups"]:
        assert {key["pictures"][name]["method"] for name in group} == set(METHODS)
        assert len({key["pictures"][name]["photo"] for name in group}) == 1
        assert group == sorted(group)
    pictures = {path.stem for path in (study / "page" / "pictures").iterdir()}
    assert pictures == key["pictures"].keys()
    assert sorted(path.name for path in study.iterdir()) == ["key.json", "page"]


def test_pictures_are_what_their_methods_made(tmp_path):
    study = make_study(tmp_path, groups=1)
    chroma = {}
    for name, about in key_of(study)["pictures"].items():
        picture = cv2.imread(str(study / "page" / "pictures" / f"{name}.jpg"))
        assert picture.shape == (64, 64, 3)
        chroma[about["method"]] = np.ptp(picture.astype(int), axis=-1).mean()
    assert sorted(chroma, key=chroma.get) == ["greyscale", "muted", "truth", "vivid"]


def test_a_study_is_the_same_each_time_and_another_with_another_seed(tmp_path):
    keys = []
    for number, seed in enumerate((0, 0, 1)):
        (tmp_path / str(number)).mkdir()
        keys.append(key_of(make_study(tmp_path / str(number), groups=2, seed=seed)))
    assert keys[0] == keys[1]
    assert keys[0]["id"] != keys[2]["id"]
    assert not keys[0]["pictures"].keys() & keys[2]["pictures"].keys()


def test_the_page_needs_nothing_from_elsewhere(tmp_path):
    page = (make_study(tmp_path, groups=1) / "page" / "index.html").read_text()
    assert "http" not in page
    assert "/*STUDY*/" not in page


def test_too_few_photos_with_all_results_are_an_error_that_says_why(tmp_path):
    make_study(tmp_path, groups=1)
    (tmp_path / "muted" / "car.png").unlink()
    with pytest.raises(UserError, match=r"`groups=3`: 2 of the 3 photos .*car: no result"):
        user_study.make(
            user_study.Settings(data_dir=str(tmp_path / "photos"), pred_dir=(str(tmp_path / "muted"),), groups=3),
            tmp_path / "other",
        )
    assert not (tmp_path / "other" / "key.json").exists()


def test_a_study_is_replaced_only_if_that_is_wanted(tmp_path):
    study = make_study(tmp_path, groups=2)
    settings = user_study.Settings(
        data_dir=tmp_path / "photos", pred_dir=(str(tmp_path / "vivid"),), groups=1, max_side=64
    )
    with pytest.raises(UserError, match=r"There is a study .*key\.json"):
        user_study.make(settings, study)
    user_study.make(settings, study, overwrite=True)
    key = key_of(study)
    assert len(key["pictures"]) == 3
    assert {path.stem for path in (study / "page" / "pictures").iterdir()} == key["pictures"].keys()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"questions": 3}, "`questions=3` is for `answers=pairs`"),
        ({"answers": "ranks"}, "expected one of scores, pairs"),
        ({"groups": 0}, "expected at least 1"),
    ],
)
def test_settings_that_cannot_be_are_named(settings, message):
    with pytest.raises(UserError, match=message):
        user_study.Settings(data_dir="DIR", pred_dir=("A",), **settings)
