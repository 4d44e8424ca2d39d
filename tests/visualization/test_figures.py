"""What figures are made of: pictures are on them pixel for pixel, in the right place."""

import cv2
import numpy as np
import pytest
from sample_photos import random_photo

from keras_scgan.visualization import figures


def test_pictures_are_on_the_figure_pixel_for_pixel(rng, tmp_path):
    left, right, low = random_photo(rng, 61, 80), random_photo(rng, 61, 80), rng.integers(0, 256, (40, 80), np.uint8)
    rows = [[figures.Panel(left), figures.Panel(right, "a caption")], [None, figures.Panel(low)]]
    scales = {(1, 1): figures.Scale("a scale", 0.0, 1.0)}
    figures.save(figures.draw_grid(["one", "two"], rows, names=["a" * 99, "$b$"], scales=scales), tmp_path / "grid.png")
    page = cv2.imread(str(tmp_path / "grid.png"))[..., ::-1]
    for picture in (left, right, np.repeat(low[..., np.newaxis], 3, axis=-1)):
        difference = cv2.matchTemplate(page, picture, cv2.TM_SQDIFF)
        assert difference.min() < 1e-2 * picture.size
        _, _, (x, y), _ = cv2.minMaxLoc(difference)
        assert (page[y : y + len(picture), x : x + 80] == picture).all()
    assert [path.name for path in tmp_path.iterdir()] == ["grid.png"]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((20, 30, 3), (40, 60, 3)), ((300, 100), (120, 40)), ((200, 150, 4), (80, 60, 4)), ((1, 500), (1, 60))],
)
def test_panels_keep_the_aspect_ratio_and_are_at_most_twice_as_tall_as_wide(shape, expected):
    assert figures.fit(np.zeros(shape, np.uint16), 60).shape == expected


def test_a_square_map_takes_the_aspect_ratio_of_its_photo():
    assert figures.fit(np.zeros((8, 8), np.float32), 60, (20, 30, 3)).shape == (40, 60)


def test_any_photo_is_shown_in_8_bits_on_white(rng):
    photo = random_photo(rng, 2, 3)
    assert figures.rgb_of(photo) is photo
    assert (figures.rgb_of(photo.astype(np.uint16) * 257) == photo).all()
    assert (figures.rgb_of(photo[..., 0]) == photo[..., :1]).all()
    alpha = np.array([[0, 255, 128]] * 2, np.uint8)[..., np.newaxis]
    shown = figures.rgb_of(np.concatenate([photo, alpha], axis=-1))
    assert (shown[:, 0] == 255).all()
    assert (shown[:, 1] == photo[:, 1]).all()
    np.testing.assert_allclose(shown[:, 2], 255 + (photo[:, 2].astype(float) - 255) * 128 / 255, atol=0.5)


def test_weighted_image_is_mid_grey_where_nothing_is_salient(rng):
    photo = random_photo(rng, 1, 3)
    weighted = figures.weighted(photo, np.array([[0, 255, 51]], np.uint8)).astype(float)
    assert (weighted[0, 0] == 128).all()
    assert (weighted[0, 1] == photo[0, 1]).all()
    np.testing.assert_allclose(weighted[0, 2], 127.5 + 0.2 * (photo[0, 2] - 127.5), atol=0.5)


def test_cells_are_upsampled_about_their_centres():
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    large = figures.upsample(values, 40, first=3, step=8)
    assert (large[3:20:8, 3:28:8] == values).all()
    assert large[3, 7] == 0.5
    assert large[0, 0] == 0
    assert large[39, 39] == 11
