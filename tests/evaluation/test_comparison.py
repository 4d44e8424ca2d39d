"""Every method is measured on every photo that can be used, and its row is the mean."""

import math
import pathlib

import cv2
import numpy as np
import pytest
import scipy.spatial

from keras_scgan.evaluation import Comparison, Greyscale, find_references, metrics
from keras_scgan.evaluation.methods import Result, true_images
from keras_scgan.evaluation.scaling import scale_colorfulness
from keras_scgan.photos import color
from keras_scgan.photos.resizing import to_square
from keras_scgan.program.errors import BadFileError, UserError

SIZE = 16
SHARED_PHOTOS = pathlib.Path(__file__).parents[2].parent / "shared" / "data" / "photos" / "val"


class Halved:
    """A method that darkens the truth, and fails on photos whose names it is given."""

    name = "halved"

    def __init__(self, *failing):
        self.failing = failing

    def run(self, samples):
        for sample in samples:
            if sample.key in self.failing:
                yield BadFileError(sample.key, "failed")
            else:
                saliency = None if sample.saliency is None else sample.saliency // 2
                images = {output: truth // 2 for output, truth in true_images(sample).items()}
                yield Result(images, saliency)


class RedOrBlue:
    """A classifier of two classes."""

    def scores(self, images):
        return np.array([image.mean(axis=(0, 1))[[0, 2]] for image in images])


def save(path, rgb):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", rgb[..., ::-1] if rgb.ndim == 3 else rgb)[1])


@pytest.fixture
def photos(tmp_path, rng):
    """Three colour photos, of which the last has no map, a greyscale one and a broken one."""
    photos = {}
    for name in "abc":
        photos[name] = rng.integers(0, 256, (20, 24, 3), dtype=np.uint8)
        photos[name][..., 0 if name == "a" else 2] //= 3  # "a" is bluish
        save(tmp_path / "images" / f"{name}.png", photos[name])
        if name != "c":
            save(tmp_path / "saliency" / f"{name}.png", rng.integers(0, 256, (20, 24), dtype=np.uint8))
    save(tmp_path / "images" / "gray.png", photos["a"][..., 1])
    (tmp_path / "images" / "torn.png").write_bytes(b"\x89PNG")
    return photos


def compare(tmp_path, *methods, batch_size=2, **options):
    comparison = Comparison(find_references(tmp_path), [Greyscale(), *methods], SIZE, **options)
    done = []
    comparison.run(batch_size, done.append)
    assert sum(done) == len(comparison.references)
    return comparison, {(row["method"], row["output"]): row for row in comparison.rows()}


def test_rows_are_means_over_the_photos_at_both_sizes(tmp_path, photos):
    comparison, rows = compare(tmp_path, Halved())
    assert list(rows) == [
        (method, output) for output in ("network", "pipeline") for method in ("truth", "greyscale", "halved")
    ]
    truths = photos.values()
    row = rows["halved", "pipeline"]
    for name in ("psnr", "ssim", "ssim_data_range_2", "chroma_psnr"):
        expected = np.mean([getattr(metrics, name)(truth // 2, truth) for truth in truths])
        assert row[name] == pytest.approx(expected)
    ccis = [metrics.cci(truth) for truth in truths]
    assert rows["truth", "pipeline"]["cci"] == pytest.approx(np.mean(ccis))
    assert rows["truth", "pipeline"]["cci_difference"] == 0
    assert row["cci_difference"] == pytest.approx(
        np.mean([metrics.cci(truth // 2) for truth in truths]) - np.mean(ccis)
    )
    assert row["cci_absolute_difference"] == pytest.approx(
        np.mean([metrics.cci_absolute(truth // 2) - metrics.cci_absolute(truth) for truth in truths])
    )
    assert rows["greyscale", "pipeline"]["cci_difference"] == pytest.approx(-np.mean(ccis))
    assert rows["halved", "network"]["psnr"] != row["psnr"]
    assert "psnr" not in rows["truth", "network"]
    assert len(comparison.records) == 3 * 3 * 2


def test_greyscale_and_broken_references_are_left_out_and_named(tmp_path, photos):
    comparison, rows = compare(tmp_path)
    assert comparison.gray == ["gray"]
    assert [pathlib.Path(error.path).name for error in comparison.failures] == ["torn.png"]
    assert {row["images"] for row in rows.values()} == {3}


def test_method_s_failures_are_its_own_and_its_colourfulness_is_compared_on_its_photos(tmp_path, photos):
    comparison, rows = compare(tmp_path, Halved("a"))
    assert sorted(str(error.path) for error in comparison.failures)[1] == "a"
    assert rows["greyscale", "pipeline"]["images"] == 3
    row = rows["halved", "pipeline"]
    assert row["images"] == 2
    expected = np.mean([metrics.cci(photos[name] // 2) - metrics.cci(photos[name]) for name in "bc"])
    assert row["cci_difference"] == pytest.approx(expected)


class Copies(Halved):
    """A method that is right about one photo to the last bit."""

    def run(self, samples):
        for sample, result in zip(samples, super().run(samples), strict=True):
            if sample.key == "a":
                result = Result({output: image.copy() for output, image in true_images(sample).items()})
            yield result


def test_one_picture_that_is_right_to_the_last_bit_makes_no_mean_infinite(tmp_path, photos):
    _, rows = compare(tmp_path, Copies())
    expected = np.mean([metrics.psnr(photos[name] // 2, photos[name]) for name in "bc"])
    assert rows["halved", "pipeline"]["psnr"] == pytest.approx(expected)
    assert math.isfinite(rows["halved", "network"]["chroma_psnr"])


@pytest.mark.parametrize("batch_size", [1, 2, 5])
def test_the_first_photos_that_can_be_used_are_measured_up_to_a_limit(tmp_path, photos, batch_size):
    references = find_references(tmp_path)
    references = [references[place] for place in (3, 1, 4, 0, 2)]  # the greyscale and the torn one among them
    comparison = Comparison(references, [Greyscale()], SIZE, limit=2)
    done = []
    comparison.run(batch_size, done.append)
    assert comparison.photos == ["b", "a"]
    assert (sum(done), comparison.gray, len(comparison.failures)) == (2, ["gray"], 1)


def test_the_square_in_the_middle_is_measured_where_that_is_wanted(tmp_path, photos):
    comparison = Comparison(find_references(tmp_path), [Halved()], SIZE, reading={"crop": True})
    comparison.run(2, lambda count: None)
    row = next(row for row in comparison.rows() if (row["method"], row["output"]) == ("truth", "network"))
    squares = [to_square(photo[:, 2:22], SIZE) for photo in photos.values()]
    assert row["cci"] == pytest.approx(np.mean([metrics.cci(square) for square in squares]))


@pytest.mark.parametrize("batch_size", [1, 5])
def test_batches_change_nothing(tmp_path, photos, batch_size):
    assert compare(tmp_path, Halved(), batch_size=batch_size)[1] == compare(tmp_path, Halved())[1]


def test_one_picture_for_both_kinds_of_output_counts_in_both(tmp_path, rng):
    save(tmp_path / "x.png", rng.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8))
    _, rows = compare(tmp_path)
    network, pipeline = (rows["greyscale", output] for output in ("network", "pipeline"))
    assert {**network, "output": "pipeline"} == pipeline


def test_accuracy_is_over_the_labelled_photos(tmp_path, photos):
    _, rows = compare(tmp_path, Halved(), classifier=RedOrBlue(), labels={"a": 1, "b": 1, "absent": 0})
    assert rows["truth", "network"]["top1"] == rows["halved", "pipeline"]["top1"] == 0.5
    assert rows["greyscale", "network"]["top1"] == 0  # red and blue are equal in grey
    assert rows["halved", "pipeline"]["labelled_images"] == 2
    assert "top1" not in compare(tmp_path, classifier=RedOrBlue())[1]["truth", "network"]


def test_saliency_is_measured_where_there_are_maps(tmp_path, photos):
    comparison, rows = compare(tmp_path, Halved())
    row = rows["halved", "network"]
    assert row["saliency_images"] == 2
    assert 0.2 < row["saliency_mae"] < 0.3  # half of maps whose mean is a half
    assert row["saliency_max_f"] == pytest.approx(1)  # the best threshold finds all that is salient
    assert sum("saliency_mae" in record for record in comparison.records) == 2
    assert not any("saliency_mae" in rows[other] for other in rows if other != ("halved", "network"))


def test_fid_is_the_frechet_distance_to_the_truth_of_the_same_kind(tmp_path, photos):
    def mean_colors(images):
        return np.array([image.mean(axis=(0, 1)) for image in images])

    _, rows = compare(tmp_path, Halved(), features=mean_colors)
    truths = mean_colors(photos.values())
    halved = mean_colors([truth // 2 for truth in photos.values()])
    assert rows["halved", "pipeline"]["fid"] == pytest.approx(metrics.frechet_distance(halved, truths))
    assert "fid" not in rows["truth", "pipeline"]
    scaled = [scale_colorfulness(truth // 2, metrics.cci(truth)) for truth in photos.values()]
    expected = metrics.frechet_distance(mean_colors(scaled), truths)
    assert rows["halved", "pipeline"]["fid_equal_cci"] == pytest.approx(expected)
    assert expected < rows["halved", "pipeline"]["fid"]


class MeanColors:
    """A judge by the mean colour, which takes for the class the channel that is the greatest in it."""

    def __init__(self):
        self.seen = 0

    def __call__(self, images):
        self.seen += len(images)
        means = [image.mean(axis=(0, 1)) for image in images]
        return [(mean, mean) for mean in means]


def test_judge_compares_what_it_sees_in_a_photo_with_what_it_sees_in_the_truth(tmp_path, photos):
    judge = MeanColors()
    labels = {"a": 2, "b": 0, "c": 1}
    _, rows = compare(tmp_path, Halved(), judge=judge, classifier=judge, labels=labels)
    assert judge.seen == 3 * 3 * 2  # once each, for the classes too
    pictures = list(photos.values())
    truths, halved, grays = (
        np.array([image.mean(axis=(0, 1)) for image in images])
        for images in (pictures, [image // 2 for image in pictures], [gray_of(image) for image in pictures])
    )
    for method, features in (("halved", halved), ("greyscale", grays)):
        row = rows[method, "pipeline"]
        cosines = [scipy.spatial.distance.cosine(*pair) for pair in zip(features, truths, strict=True)]
        assert row["cosine_distance"] == pytest.approx(np.mean(cosines))
        assert row["kid_x1000"] == pytest.approx(1000 * metrics.kernel_distance(features, truths))
        assert row["frechet_distance"] == pytest.approx(metrics.frechet_distance(features, truths))
    assert rows["halved", "pipeline"]["agreement"] == 1
    assert rows["greyscale", "pipeline"]["agreement"] == 0  # no channel is the greatest
    assert rows["halved", "pipeline"]["top1"] == pytest.approx(np.mean(truths.argmax(axis=1) == [2, 0, 1]))
    assert not {"agreement", "cosine_distance", "kid_x1000"} & rows["truth", "pipeline"].keys()


def gray_of(image):
    return np.repeat(color.to_gray(image)[..., None], 3, axis=2)


def test_cci_distance_is_of_each_photo(tmp_path, photos):
    _, rows = compare(tmp_path, Halved())
    expected = np.mean([abs(metrics.cci(truth // 2) - metrics.cci(truth)) for truth in photos.values()])
    assert rows["halved", "pipeline"]["cci_distance"] == pytest.approx(expected)
    assert "cci_distance" not in rows["truth", "pipeline"]


@pytest.mark.parametrize(("baseline", "other"), [("greyscale", "halved"), ("halved", "greyscale")])
def test_differences_are_from_the_baseline(tmp_path, photos, baseline, other):
    _, rows = compare(tmp_path, Halved("a"), judge=MeanColors(), baseline=baseline)
    assert [names for names, row in rows.items() if "differences" in row] == [(other, "network"), (other, "pipeline")]
    found = rows[other, "pipeline"]["differences"]
    assert found["images"] == 2
    halved = np.mean([metrics.chroma_psnr(photos[name] // 2, photos[name]) for name in "bc"])
    grays = np.mean([metrics.chroma_psnr(gray_of(photos[name]), photos[name]) for name in "bc"])
    expected = halved - grays if other == "halved" else grays - halved
    assert found["chroma_psnr"]["difference"] == pytest.approx(expected)
    assert set(found) == {"images", "chroma_psnr", "cci_distance", "cosine_distance", "kid_x1000"}


def test_protocol_without_a_size_has_the_full_pipeline_alone(tmp_path, photos):
    _, expected = compare(tmp_path, Halved())
    comparison = Comparison(find_references(tmp_path), [Greyscale(), Halved()], None)
    comparison.run(2, lambda count: None)
    rows = {(row["method"], row["output"]): row for row in comparison.rows()}
    assert rows == {names: row for names, row in expected.items() if names[1] == "pipeline"}


def test_nothing_to_measure_is_an_error(tmp_path):
    save(tmp_path / "gray.png", np.full((9, 9), 7, np.uint8))
    (tmp_path / "torn.png").write_bytes(b"torn")
    with pytest.raises(
        UserError, match=r"None of the 2 photos .* 1 are greyscale, 1 files .* the first is .*torn\.png"
    ):
        compare(tmp_path)


@pytest.mark.skipif(not SHARED_PHOTOS.is_dir(), reason="no real photos")
def test_greyscale_row_of_real_photos_is_near_the_one_known():
    references = find_references(SHARED_PHOTOS)[::10]
    comparison = Comparison(references, [Greyscale()], 256)
    comparison.run(8, lambda count: None)
    row = next(row for row in comparison.rows() if row["method"] == "greyscale")
    assert row["images"] == 50
    assert math.isclose(row["psnr"], 23.3, abs_tol=1.5)
    assert math.isclose(row["ssim"], 0.932, abs_tol=0.015)
    assert row["ssim"] < row["ssim_data_range_2"]
