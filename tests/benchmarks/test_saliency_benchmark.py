"""Saliency detectors are measured as their benchmark says."""

import shutil

import numpy as np
import pytest

from keras_scgan.benchmarks.saliency import benchmark_saliency, find_mapped
from keras_scgan.photos.files import write_photo
from keras_scgan.program.errors import UserError


class Fixed:
    """A detector of one known map."""

    def __init__(self, name, found):
        self.name, self.found = name, found

    def detect(self, photos):
        return [self.found for _ in photos]


@pytest.fixture
def data_dir(tmp_path):
    truth = np.zeros((8, 10), np.uint8)
    truth[:, :5] = 255
    for i in range(4):
        write_photo(tmp_path / "images" / f"{i}.png", np.full((8, 10, 3), 40 * i, np.uint8))
        write_photo(tmp_path / "saliency" / f"{i}.png", truth)
    return tmp_path


def test_detectors_are_measured_against_true_maps(data_dir):
    references = find_mapped(data_dir, 3)
    assert [reference.key for reference in references] == ["0", "1", "3"]
    truth = np.repeat(np.array([[255, 0]], np.uint8), 5, axis=1).repeat(8, axis=0)
    half = np.where(truth > 0, 255, 51).astype(np.uint8)
    perfect, other = benchmark_saliency([Fixed("perfect", truth), Fixed("other", half)], references)
    assert (perfect["detector"], perfect["photos"], perfect["mae"], perfect["max_f"]) == ("perfect", 3, 0, 1)
    assert other["mae"] == pytest.approx(0.1)
    assert other["max_f"] == pytest.approx(1)
    assert 0 < perfect["p10"] <= perfect["images_per_second"] <= perfect["p90"]


def test_a_map_of_another_size_is_brought_to_the_true_one(data_dir):
    large = np.repeat(np.array([[255, 0]], np.uint8), 50, axis=1).repeat(80, axis=0)
    (result,) = benchmark_saliency([Fixed("large", large)], find_mapped(data_dir, 1))
    assert (result["mae"], result["max_f"]) == (0, 1)


def test_true_maps_without_a_salient_pixel_have_no_f(data_dir):
    for path in (data_dir / "saliency").iterdir():
        write_photo(path, np.zeros((8, 10), np.uint8))
    (result,) = benchmark_saliency([Fixed("black", np.zeros((8, 10), np.uint8))], find_mapped(data_dir, 9))
    assert (result["photos"], result["mae"], result["max_f"]) == (4, 0, None)


def test_a_set_without_maps_is_refused(data_dir):
    shutil.rmtree(data_dir / "saliency")
    with pytest.raises(UserError, match="no photo in images/ with a map of its name"):
        find_mapped(data_dir, 3)
