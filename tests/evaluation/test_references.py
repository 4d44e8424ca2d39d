"""Photos are found in any layout, read as 8-bit RGB, and left out where they are greyscale."""

import cv2
import numpy as np
import pytest
from shard_sets import colorful_samples, write_shards

from keras_scgan.evaluation import references
from keras_scgan.program.errors import BadFileError, UserError

COLOR = np.full((10, 12, 3), (10, 90, 200), np.uint8)


def write(path, pixels=COLOR):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, pixels)[1])
    return path


def test_photos_are_found_in_class_folders_and_known_by_their_path(tmp_path):
    for name in ("b/x.png", "a/x.jpg", "top.JPEG"):
        write(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no photo")
    (tmp_path / ".hidden.png").write_text("no photo")
    found = references.find_references(tmp_path)
    assert [(reference.key, reference.path.name) for reference in found] == [
        ("a/x", "x.jpg"),
        ("b/x", "x.png"),
        ("top", "top.JPEG"),
    ]


def test_photos_of_a_data_set_come_with_the_maps_that_there_are(tmp_path):
    photos = [write(tmp_path / "images" / name) for name in ("a.jpg", "b.jpg")]
    saliency = write(tmp_path / "saliency" / "b.png", COLOR[..., 2])
    found = references.find_references(tmp_path)
    assert [(reference.path, reference.map_path) for reference in found] == [(photos[0], None), (photos[1], saliency)]
    samples = [references.read_sample(reference, 8) for reference in found]
    assert references.read_saliency(found[0], samples[0]) is None
    np.testing.assert_array_equal(references.read_saliency(found[1], samples[1]), np.full((8, 8), 200))


def test_folders_without_photos_are_refused(tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        references.find_references(tmp_path / "missing")
    with pytest.raises(UserError, match="holds no file with one of the suffixes"):
        references.find_references(tmp_path)
    write(tmp_path / "x.png")
    write(tmp_path / "x.jpg")
    with pytest.raises(UserError, match="have one name"):
        references.find_references(tmp_path)


def test_sample_is_squeezed_to_the_protocol_s_square(tmp_path):
    sample = references.read_sample(references.Reference("x", write(tmp_path / "x.png")), 8)
    assert (sample.photo.shape, sample.small.shape) == ((10, 12, 3), (8, 8, 3))
    assert (sample.gray.shape, sample.small_gray.shape) == ((10, 12), (8, 8))
    square = references.read_sample(references.Reference("x", write(tmp_path / "y.png", COLOR[:, :10])), 10)
    assert square.small is square.photo


def test_greyscale_photo_is_no_sample_and_a_tiny_one_an_error(tmp_path):
    gray = references.Reference("g", write(tmp_path / "g.jpg", COLOR[..., 0]))
    assert references.read_sample(gray, 8) is None
    with pytest.raises(BadFileError, match="under 7 pixels a side"):
        references.read_sample(references.Reference("t", write(tmp_path / "t.png", COLOR[:6])), 8)


def test_photos_that_are_no_greyscale_ones_by_the_rule_are_samples(tmp_path):
    gray = references.Reference("g", write(tmp_path / "g.png", COLOR[..., 0]))
    gray_in_color = references.Reference("c", write(tmp_path / "c.png", np.full((10, 12, 3), 90, np.uint8)))
    for rule, kept in (("content", []), ("channels", ["c"]), ("keep", ["g", "c"])):
        samples = [references.read_sample(reference, 8, gray=rule) for reference in (gray, gray_in_color)]
        assert [sample.key for sample in samples if sample] == kept


def test_thermal_images_are_read_at_the_size_of_the_photo_where_they_are_wanted(tmp_path):
    write(tmp_path / "images" / "a.png")
    write(tmp_path / "images" / "b.png")
    write(tmp_path / "thermal" / "a.png", np.full((5, 6), 77, np.uint8))
    first, second = references.find_references(tmp_path)
    assert references.read_sample(first, 8).thermal is None
    sample = references.read_sample(first, 8, thermal=True)
    np.testing.assert_array_equal(sample.thermal, np.full((10, 12), 77))
    np.testing.assert_array_equal(sample.small_thermal, np.full((8, 8), 77))
    assert [first.has_thermal, second.has_thermal] == [True, False]
    with pytest.raises(BadFileError, match="no thermal image of its name"):
        references.read_sample(second, 8, thermal=True)


def test_shards_are_photos_by_the_keys_of_their_records(tmp_path):
    samples = colorful_samples(3)
    write_shards(tmp_path, validation=samples, train=samples[:1])
    found = references.find_references(tmp_path)
    assert [(reference.key, reference.has_map) for reference in found] == [(f"photo {i}", True) for i in range(3)]
    for reference, expected in zip(found, samples, strict=True):
        sample = references.read_sample(reference, 16)
        np.testing.assert_allclose(sample.photo, expected["color"], atol=24)
        assert references.read_saliency(reference, sample).shape == (16, 16)
        assert references.read_sample(reference, 16, gray="channels") is not None
    assert len(references.find_references(tmp_path, "train")) == 1


def test_a_damaged_record_is_named_when_it_is_read(tmp_path):
    write_shards(tmp_path, shards=1, validation=colorful_samples(2))
    (path,) = tmp_path.glob("*.tfrecord-*")
    content = bytearray(path.read_bytes())
    content[-200] ^= 255
    path.write_bytes(content)
    good, bad = references.find_references(tmp_path)
    assert (good.key, bad.key) == ("photo 0", "record 1")
    assert references.read_sample(good, 8)
    with pytest.raises(BadFileError, match="record 1"):
        references.read_sample(bad, 8)


def test_shards_without_maps_have_none(tmp_path):
    (reference,) = references.find_references(
        write_shards(tmp_path, fields=("color",), shards=1, validation=colorful_samples(1))
    )
    assert references.read_saliency(reference, references.read_sample(reference, 8)) is None


# === Which ones ===


@pytest.fixture
def some():
    return [references.Reference(f"{name}/x", None) for name in "abcdef"]


def keys_of(chosen):
    return "".join(reference.key[0] for reference in chosen)


def test_a_list_names_photos_with_or_without_suffix_in_its_order(some, tmp_path):
    names = tmp_path / "photos.txt"
    names.write_text("c/x.JPEG\n\na/x\nb\\x.png\nc/x\n")
    assert keys_of(references.choose(some, file_list=names)) == "cab"
    for text, message in (("z/x\n", "z/x is no photo of `data_dir`"), ("\n", "names no photo")):
        names.write_text(text)
        with pytest.raises(UserError, match=message):
            references.choose(some, file_list=names)


def test_a_sample_is_of_the_seed(some):
    orders = [keys_of(references.choose(some, sample=4, seed=seed)) for seed in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == list("abcdef")  # the last ones take the places of those that are excluded
    assert sorted(keys_of(references.choose(some, first=3, sample=2))) == list("abc")


@pytest.mark.parametrize("name", ["first", "sample"])
def test_more_photos_than_there_are_cannot_be_chosen(some, name):
    with pytest.raises(UserError, match=f"`{name}=7`: there are 6 photos"):
        references.choose(some, **{name: 7})
    with pytest.raises(UserError, match="`sample=4`: there are 3 photos"):
        references.choose(some, first=3, sample=4)
