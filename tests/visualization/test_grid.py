"""Pictures are on a grid pixel for pixel, in the right place."""

import itertools

import cv2
import numpy as np
import pytest
from sample_photos import random_photo

from keras_scgan.visualization import grid


def test_pictures_are_on_the_figure_pixel_for_pixel(rng, tmp_path):
    left, right, low = random_photo(rng, 61, 80), random_photo(rng, 61, 80), rng.integers(0, 256, (40, 80), np.uint8)
    rows = [[grid.Panel(left), grid.Panel(right, "a caption")], [None, grid.Panel(low)]]
    scales = {(1, 1): grid.Scale("a scale", 0.0, 1.0)}
    grid.save(grid.draw_grid(["one", "two"], rows, names=["a" * 99, "$b$"], scales=scales), tmp_path / "grid.png")
    page = cv2.imread(str(tmp_path / "grid.png"))[..., ::-1]
    for picture in (left, right, np.repeat(low[..., np.newaxis], 3, axis=-1)):
        difference = cv2.matchTemplate(page, picture, cv2.TM_SQDIFF)
        assert difference.min() < 1e-2 * picture.size
        _, _, (x, y), _ = cv2.minMaxLoc(difference)
        assert (page[y : y + len(picture), x : x + 80] == picture).all()
    assert [path.name for path in tmp_path.iterdir()] == ["grid.png"]


def test_the_numbers_of_a_scale_do_not_overlap():
    panel = grid.Panel(np.zeros((40, 320, 3), np.uint8))
    figure = grid.draw_grid(["one"], [[panel]], scales={(0, 0): grid.Scale("a scale", -0.07, 0.07)})
    grid.pixels(figure)
    (axes,) = figure.axes
    boxes = [label.get_window_extent() for label in axes.get_xticklabels()]
    assert len(boxes) > 1
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


def test_pixels_of_a_figure_are_those_of_its_file(rng, tmp_path):
    figure = grid.draw_grid(["photo"], [[grid.Panel(random_photo(rng, 20, 30), "a caption")]])
    pixels = grid.pixels(figure)
    grid.save(figure, tmp_path / "grid.png")
    assert (pixels == cv2.imread(str(tmp_path / "grid.png"))[..., ::-1]).all()


def test_a_long_text_is_cut_with_an_ellipsis():
    assert [grid.shortened(text, 5) for text in ("12345", "123456")] == ["12345", "1234…"]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((20, 30, 3), (40, 60, 3)), ((300, 100), (120, 40)), ((200, 150, 4), (80, 60, 4)), ((1, 500), (1, 60))],
)
def test_panels_keep_the_aspect_ratio_and_are_at_most_twice_as_tall_as_wide(shape, expected):
    assert grid.fit(np.zeros(shape, np.uint16), 60).shape == expected


def test_a_square_map_takes_the_aspect_ratio_of_its_photo():
    assert grid.fit(np.zeros((8, 8), np.float32), 60, (20, 30, 3)).shape == (40, 60)
