"""Shards: what a sample is made of, and how the photos are shared out."""

import numpy as np
import pytest
from photo_folders import picture, write

from keras_scgan.data import records
from keras_scgan.photos.resizing import to_square
from keras_scgan.preparation import shards
from keras_scgan.preparation.pictures import central_square
from keras_scgan.preparation.scan import Finding
from keras_scgan.preparation.settings import Settings
from keras_scgan.preparation.shards import Recipe, plan_shards
from keras_scgan.preparation.sources import Source


def plan(count, settings=None, **options):
    sources = [Source(f"{number}.jpg") for number in range(count)]
    findings = {source.path: Finding(digest=source.path) for source in sources}
    return plan_shards({"train": sources}, findings, settings or Settings(**options), ())


def test_shards_have_about_a_hundred_megabytes_and_all_photos_in_their_order():
    planned = plan(10_001, image_size=256, detector="u2netp")
    assert [shard.file for shard in planned] == [f"photos-train.tfrecord-{index:05d}-of-00004" for index in range(4)]
    members = [[source.path for part in shard.parts for source in part.sources] for shard in planned]
    assert [path for of_shard in members for path in of_shard] == [f"{number}.jpg" for number in range(10_001)]
    assert {len(of_shard) for of_shard in members} == {2500, 2501}  # a sample has some 39 KiB


def test_what_a_shard_is_made_of_is_in_its_digest():
    source, other = Source("a.jpg"), Source("b.jpg")
    known = {"a.jpg": Finding(digest="1"), "b.jpg": Finding(digest="1")}
    changed = known | {"a.jpg": Finding(digest="2")}

    def digest(source, findings, classes=()):
        (shard,) = plan_shards({"train": [source]}, findings, Settings(), classes)
        return shard.digest

    digests = [digest(source, known), digest(other, known), digest(source, changed), digest(source, known, ("a",))]
    assert len(set(digests)) == 4
    assert digest(source, known) == digests[0]


@pytest.mark.parametrize("shape", [(40, 80), (80, 40), (40, 40)])
def test_a_crop_is_the_central_square(shape):
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    top, left = (shape[0] - 40) // 2, (shape[1] - 40) // 2
    expected = to_square(image[top : top + 40, left : left + 40], 16)
    assert np.array_equal(to_square(central_square(image, shape[1] / shape[0]), 16), expected)


def test_a_square_map_of_a_wide_photo_is_cropped_to_the_same_part():
    wide = np.tile(np.repeat(np.array([0, 255, 0], np.uint8), [20, 40, 20]), (40, 1))
    squeezed = to_square(wide, 40)
    assert central_square(squeezed, 2.0).min() > 250
    assert central_square(wide, 2.0).min() == 255


def test_without_crop_all_of_the_photo_is_squeezed():
    image = picture(0, (80, 40))
    assert np.array_equal(central_square(image, 1), image)


def test_a_sample_has_the_photo_its_map_its_thermal_image_and_its_label(tmp_path):
    write(tmp_path / "in" / "b" / "color.png", picture(0, (64, 64)))
    write(tmp_path / "in" / "b" / "thermal.jpg", np.dstack([np.full((64, 64), 90, np.uint8)] * 3))
    write(tmp_path / "maps" / "map.png", np.full((20, 20), 200, np.uint8))
    source = Source("b/color.png", "b/thermal.jpg", "map.png", "b")
    recipe = Recipe(tmp_path / "in", tmp_path / "maps", None, None, Settings(image_size=64), ("a", "b"))
    sample = shards._read(recipe, source)
    assert np.array_equal(sample.pop("color"), picture(0, (64, 64)))
    assert [np.unique(sample[name]).tolist() for name in ("saliency", "thermal")] == [[200], [90]]
    assert sample["label"] == 1


def test_detected_maps_belong_to_their_photos_and_bad_photos_are_noted(tmp_path, monkeypatch):
    class Detector:
        def detect(self, photos):
            return [np.full(photo.shape[:2], photo[0, 0, 0]) for photo in photos]

    monkeypatch.setattr(shards, "_load_detector", lambda recipe: Detector())
    for number in range(20):
        write(tmp_path / f"{number}.png", np.full((32, 32, 3), (10 * number, 0, 90), np.uint8))
    (tmp_path / "4.png").unlink()
    recipe = Recipe(tmp_path, None, "any", None, Settings(image_size=32, detector="any"), ())
    part = shards.Part("part", [Source(f"{number}.png") for number in range(20)], "digest")
    (entry,) = shards._build(recipe, tmp_path, part)
    assert entry == {
        "digest": "digest",
        "file": "part",
        "samples": 19,
        "bytes": (tmp_path / "part").stat().st_size,
        "failures": [("4.png", "No such file or directory")],
    }
    data = (tmp_path / "part").read_bytes()
    samples = [
        records.decode(data[start : start + length], ("color", "saliency"))
        for start, length in records.find_records(tmp_path / "part").tolist()
    ]
    assert len(samples) == 19
    assert max(abs(int(sample["saliency"].mean()) - int(sample["color"][..., 0].mean())) for sample in samples) <= 2
