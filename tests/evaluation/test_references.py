"""Photos are found in any layout, read as 8-bit RGB, and left out where they are greyscale."""

import cv2
import numpy as np
import pytest

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
    assert references.read_saliency(found[0], 8) is None
    np.testing.assert_array_equal(references.read_saliency(found[1], 8), np.full((8, 8), 200))


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
