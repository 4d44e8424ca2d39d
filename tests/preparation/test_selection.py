"""The choice of photos: who is kept, who is sampled, who is for validation."""

import collections
import dataclasses

import numpy as np
import pytest
from photo_folders import picture

from keras_scgan.preparation.duplicates import thumbnail
from keras_scgan.preparation.scan import Finding
from keras_scgan.preparation.selection import Drop, select
from keras_scgan.preparation.settings import Settings
from keras_scgan.preparation.sources import Source

SETTINGS = Settings(min_side=32, validation_share=0.25)


def finding(number, **changes):
    found = Finding(None, 64, False, 30.0, f"digest {number}", thumbnail(picture(number)).tobytes())
    return dataclasses.replace(found, **changes)


def photos(count, label=None):
    return [Source(f"{label or 'photo'}/{number:04d}.jpg", label=label) for number in range(count)]


def select_all(sources, settings=SETTINGS, **options):
    """Choice among photos that have nothing in common."""
    blank = bytes(np.zeros(18 * 16, np.uint8))
    findings = {source.path: Finding(None, 64, False, 30.0, source.path, blank) for source in sources}
    return select(sources, findings, {}, dataclasses.replace(settings, **options))


def members(selection, *splits):
    return [source for split in splits or selection.splits for source in selection.splits[split]]


def test_unfit_photos_are_left_out_each_for_its_reason():
    sources = photos(7)
    found = [
        finding(0),
        finding(1, problem="truncated JPEG"),
        finding(2, is_gray=True),
        finding(3, side=31),
        finding(4, side=32),
        finding(9, digest="digest 4"),
        finding(0, digest="another"),
    ]
    findings = {source.path: of for source, of in zip(sources, found, strict=True)}
    selection = select(sources, findings, {"stray": "in no folder"}, SETTINGS)
    assert {source.path for source in members(selection)} == {"photo/0000.jpg", "photo/0004.jpg"}
    assert selection.drops == {
        "stray": Drop("unusable", "in no folder"),
        "photo/0001.jpg": Drop("unusable", "truncated JPEG"),
        "photo/0002.jpg": Drop("greyscale", "greyscale"),
        "photo/0003.jpg": Drop("too small", "too small: its shorter side has 31 pixels"),
        "photo/0005.jpg": Drop("duplicate", "duplicate of photo/0004.jpg"),
        "photo/0006.jpg": Drop("near duplicate", "near duplicate of photo/0000.jpg"),
    }


def test_dull_photos_are_left_out_where_colourful_ones_are_asked_for():
    sources = photos(3)
    found = [finding(0, colorfulness=12.34), finding(1, colorfulness=20.0), finding(2, colorfulness=0.0)]
    findings = {source.path: of for source, of in zip(sources, found, strict=True)}
    selection = select(sources, findings, {}, dataclasses.replace(SETTINGS, min_colorfulness=20.0))
    assert members(selection) == [sources[1]]
    assert selection.drops == {
        "photo/0000.jpg": Drop("dull", "dull: its colourfulness is 12.3"),
        "photo/0002.jpg": Drop("dull", "dull: its colourfulness is 0.0"),
    }
    assert len(members(select(sources, findings, {}, SETTINGS))) == 3


def test_a_photo_is_no_duplicate_of_one_that_is_left_out():
    sources = photos(2)
    findings = {sources[0].path: finding(0, side=1), sources[1].path: finding(0)}
    assert members(select(sources, findings, {}, SETTINGS)) == sources[1:]


def test_frames_of_videos_may_be_alike_and_grey():
    sources = photos(3)
    findings = {source.path: finding(0, is_gray=True) for source in sources}
    selection = select(sources, findings, {}, dataclasses.replace(SETTINGS, layout="kaist"))
    assert len(members(selection)) == 3


def test_a_sample_is_in_proportion_to_the_classes_by_the_largest_remainder():
    sources = photos(10, "a") + photos(25, "b") + photos(65, "c")
    counts = collections.Counter(source.label for source in members(select_all(sources, sample=17)))
    assert counts == {"a": 2, "b": 4, "c": 11}  # of 1.7, 4.25 and 11.05


def test_a_sample_of_more_than_there_are_is_all():
    assert len(members(select_all(photos(5), sample=6))) == 5


def test_a_larger_sample_holds_the_smaller_one():
    small, large = (set(members(select_all(photos(100), sample=count))) for count in (10, 30))
    assert small < large
    assert select_all(photos(100), sample=10).drops["photo/0099.jpg"] == Drop("not sampled", "not sampled")


def test_another_seed_gives_another_sample_split_and_order():
    first, second = (select_all(photos(100), sample=50, seed=seed) for seed in (0, 1))
    assert set(members(first)) != set(members(second))
    assert set(members(first, "validation")) != set(members(second, "validation"))


def test_a_photo_is_on_the_same_side_whatever_else_is_there():
    few, many = select_all(photos(100)), select_all(photos(400))
    assert set(members(few, "validation")) < set(members(many, "validation"))
    assert len(members(many, "validation")) == pytest.approx(100, abs=25)
    assert set(members(many)) == set(photos(400))


def test_the_order_mixes_what_follows_on_each_other():
    order = members(select_all(photos(100), validation_share=0))
    assert order != sorted(order, key=lambda source: source.path)
    assert order == members(select_all(photos(100)[::-1], validation_share=0))


def test_no_video_is_on_both_sides():
    sources = [Source(f"{video}/{n}.jpg", video=f"video {video}") for video in range(20) for n in range(10)]
    selection = select_all(sources, layout="kaist", validation_share=0.5)
    sides = [{source.video for source in selection.splits[name]} for name in ("train", "validation")]
    assert all(sides)
    assert not sides[0] & sides[1]


def test_a_split_without_samples_is_none():
    assert list(select_all(photos(5), validation_share=0).splits) == ["train"]
    assert list(select_all(photos(5), validation_share=1).splits) == ["validation"]


@pytest.mark.parametrize("share", [0.001, 0.999])
@pytest.mark.parametrize("count", [2, 5])
def test_of_a_small_set_each_split_has_a_photo(share, count):
    splits = select_all(photos(count), validation_share=share).splits
    assert sorted(len(members) for members in splits.values()) == [1, count - 1]
    assert len(splits["validation" if share < 0.5 else "train"]) == 1


def test_the_authors_split_takes_every_20th_frame_in_order_for_validation():
    frames = [
        Source(f"set00/V00{video}/visible/{number:02d}.jpg", video=f"set00/V00{video}")
        for video in range(3)
        for number in range(15)
    ]
    splits = select_all(frames, layout="kaist", split="authors").splits
    assert {source.path for source in splits["validation"]} == {frames[place].path for place in (0, 20, 40)}
    assert len(splits["train"]) == 42
    assert list(select_all(frames[:1], layout="kaist", split="authors").splits) == ["validation"]


def test_one_photo_is_on_one_side():
    assert list(select_all(photos(1), validation_share=0.001).splits) == ["train"]
