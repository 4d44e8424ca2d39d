"""Methods see grey alone, and folders of results are matched to the photos by name."""

import dataclasses
import hashlib
import types

import cv2
import numpy as np
import pytest

from keras_scgan.colorizing.descriptions import Description
from keras_scgan.data.aging import age_by_name
from keras_scgan.evaluation import methods
from keras_scgan.evaluation.references import Sample
from keras_scgan.photos import color
from keras_scgan.photos.resizing import to_square
from keras_scgan.program.errors import BadFileError, UserError

SIZE = 16


def make_sample(rng, key="x", shape=(20, 30)):
    photo = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    return Sample(key, photo, to_square(photo, SIZE))


def save(path, rgb):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", rgb[..., ::-1])[1])


class FakeColorizer:
    """Predicts a constant colour, and keeps what it was shown."""

    description = Description("test", {}, 1)

    def __init__(self, path, *, image_size, **options):
        self.image_size = image_size
        self.description = FakeColorizer.description
        self.is_thermal = self.description.network_input == "thermal"
        self.seen = []

    def prepare(self, photo):
        self.seen.append(photo)
        return np.zeros((self.image_size, self.image_size, 1), np.float32)

    def predict(self, grays, saliency):
        shape = (len(grays), self.image_size, self.image_size)
        outputs = {"color": np.full((*shape, 3), 2.0, np.float32)}
        return outputs | ({"saliency": np.full((*shape, 1), 0.2, np.float32)} if saliency else {})

    def finish(self, photo, predicted):
        self.seen.append(photo)
        return np.full((*photo.shape, 3), 7, np.uint8)


@pytest.fixture
def model(monkeypatch, tmp_path):
    monkeypatch.setattr(methods, "Colorizer", FakeColorizer)
    (tmp_path / "g.keras").write_bytes(b"a model")
    return methods.Model("g", tmp_path / "g.keras", SIZE, saturation=1.5)


def test_greyscale_is_the_luma_of_both_sizes(rng):
    sample = make_sample(rng)
    (result,) = methods.Greyscale().run([sample])
    for image, truth in ((result.images["pipeline"], sample.photo), (result.images["network"], sample.small)):
        np.testing.assert_allclose(image, np.broadcast_to(color.luma(truth.astype(float)), truth.shape), atol=0.51)


def test_model_sees_grey_alone_and_its_output_is_what_would_be_on_disk(model, rng):
    samples = [make_sample(rng), make_sample(rng, shape=(SIZE, SIZE))]
    results = list(model.run(samples))
    assert [{name: image.shape for name, image in result.images.items()} for result in results] == [
        {"network": (SIZE, SIZE, 3), "pipeline": (20, 30, 3)},
        {"network": (SIZE, SIZE, 3), "pipeline": (SIZE, SIZE, 3)},
    ]
    assert (results[0].images["network"] == 255).all()  # 2.0 is beyond white
    assert results[0].saliency is None
    assert len(model.colorizer.seen) == 5  # the first photo at both sizes
    assert all(photo.ndim == 2 for photo in model.colorizer.seen)


def test_model_sees_the_aged_photo_whose_colours_are_put_on_the_luma_of_the_true_one(model, rng):
    sample = dataclasses.replace(make_sample(rng), aging=1.0)
    list(model.run([sample]))
    small_seen, seen, finished = model.colorizer.seen
    np.testing.assert_array_equal(finished, sample.gray)
    np.testing.assert_array_equal(seen, age_by_name(sample.gray, sample.key, 1.0))
    np.testing.assert_array_equal(small_seen, to_square(seen, SIZE))
    assert np.abs(seen.astype(int) - sample.gray).mean() > 1


def test_all_models_see_one_aged_photo(rng):
    photo = make_sample(rng)
    first, again, other = (dataclasses.replace(photo, aging=1.0, key=key).seen for key in ("x", "x", "y"))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_model_predicts_saliency_where_there_are_maps(model, rng):
    sample = dataclasses.replace(make_sample(rng), saliency=np.zeros((SIZE, SIZE), np.uint8))
    (result,) = model.run([sample])
    assert result.saliency.shape == (SIZE, SIZE)
    assert (result.saliency == 51).all()


def test_model_is_named_by_its_sha_256_and_options(model, tmp_path):
    assert model.protocol == {
        "model": str(tmp_path / "g.keras"),
        "sha256": hashlib.sha256(b"a model").hexdigest(),
        "network_input": "luma",
        "size": SIZE,
        "saturation": 1.5,
    }


def test_methods_give_the_full_pipeline_alone_where_there_is_no_size(model, rng, tmp_path):
    samples = [dataclasses.replace(make_sample(rng, key), small=None) for key in ("own", "small")]
    save(tmp_path / "own.png", samples[0].photo)
    save(tmp_path / "small.png", samples[1].photo[:SIZE, :SIZE])
    own, small = methods.Folder("f", tmp_path).run(samples)
    assert small.reason == "has 16x16 pixels, not 30x20 as the photo"
    for result in (*methods.Greyscale().run(samples), *model.run(samples), own):
        assert list(result.images) == ["pipeline"]
        assert result.images["pipeline"].shape == (20, 30, 3)


def test_model_of_thermal_images_sees_these_alone(model, monkeypatch, rng, tmp_path):
    monkeypatch.setattr(FakeColorizer, "description", Description("test", {}, 1, network_input="thermal"))
    model = methods.Model("t", tmp_path / "g.keras", SIZE)
    sample = dataclasses.replace(make_sample(rng), thermal=rng.integers(0, 256, (20, 30), dtype=np.uint8))
    (result,), (row,) = list(model.run([sample])), methods.Thermal().run([sample])
    small, whole, _ = model.colorizer.seen
    np.testing.assert_array_equal(small, to_square(sample.thermal, SIZE))
    np.testing.assert_array_equal(whole, sample.thermal)
    assert result.images["pipeline"].shape == (20, 30, 3)
    for output, seen in (("network", small), ("pipeline", whole)):
        np.testing.assert_array_equal(row.images[output], np.dstack([seen] * 3))
    assert methods.find_baseline([methods.Greyscale(), methods.Thermal(), model]) == "thermal_input"


def test_baseline_is_the_first_of_several_and_else_greyscale(model, tmp_path):
    save(tmp_path / "x.png", np.zeros((9, 9, 3), np.uint8))
    gray, folder = methods.Greyscale(), methods.Folder("f", tmp_path)
    for compared, expected in (
        ([gray], "greyscale"),
        ([gray, model], "greyscale"),
        ([gray, folder, model], "g"),
        ([gray, folder, folder], "f"),
    ):
        assert methods.find_baseline(compared) == expected
    assert methods.find_baseline([gray, folder, model], "f") == "f"
    with pytest.raises(UserError, match=r"`baseline=truth` is none of the methods: greyscale, f, g\."):
        methods.find_baseline([gray, folder, model], "truth")


def test_result_of_the_photo_s_size_counts_at_both_sizes_and_a_small_one_at_its_own(rng, tmp_path):
    samples = [make_sample(rng, "class/own"), make_sample(rng, "class/small")]
    save(tmp_path / "class" / "own.png", samples[0].photo)
    save(tmp_path / "small.png", samples[1].small)
    own, small = methods.Folder("f", tmp_path).run(samples)
    np.testing.assert_array_equal(own.images["pipeline"], samples[0].photo)
    np.testing.assert_array_equal(own.images["network"], samples[0].small)
    assert list(small.images) == ["network"]
    np.testing.assert_array_equal(small.images["network"], samples[1].small)


def test_missing_ambiguous_broken_and_missized_results_are_errors_and_the_others_go_on(rng, tmp_path):
    keys = ("missing", "double", "broken", "missized", "good")
    samples = [make_sample(rng, key) for key in keys]
    for folder in ("a", "b"):
        save(tmp_path / folder / "double.png", samples[1].photo)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    save(tmp_path / "missized.png", samples[3].photo[:10])
    save(tmp_path / "good.png", samples[4].photo)
    *errors, good = methods.Folder("f", tmp_path).run(samples)
    assert all(isinstance(error, BadFileError) for error in errors)
    assert [error.reason for error in errors] == [
        "no result",
        "2 results of this name",
        "no readable picture",
        "has 30x10 pixels, not 30x20 as the photo nor 16x16",
    ]
    assert set(good.images) == {"network", "pipeline"}


def test_methods_are_named_or_take_their_file_s_name(tmp_path):
    (tmp_path / "a=b").mkdir()
    values = ["mine=/x/generator.keras", "/y/small.keras", str(tmp_path / "a=b")]
    with pytest.raises(UserError, match="`model="):
        methods.parse_methods(values, "model")
    assert methods.parse_methods([values[0], values[1], f"ab={values[2]}"], "model") == [
        ("mine", "/x/generator.keras"),
        ("small", "/y/small.keras"),
        ("ab", values[2]),
    ]
    for wrong in ("", "name=", "a b=/x"):
        with pytest.raises(UserError, match="expected PATH or NAME=PATH"):
            methods.parse_methods([wrong], "pred_dir")


@pytest.mark.parametrize("names", [["a", "a"], ["truth"]])
def test_two_rows_of_one_name_are_refused(names):
    with pytest.raises(UserError, match=f"'{names[0]}'"):
        methods.check_names([types.SimpleNamespace(name=name) for name in names])
