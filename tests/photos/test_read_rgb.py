"""Photos of any kind are read as what they look like on a screen."""

import cv2
import numpy as np
import pytest

from keras_scgan.photos.files import read_rgb

COLOR = np.full((10, 12, 3), (10, 90, 200), np.uint8)  # BGR


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (COLOR, (200, 90, 10)),
        (COLOR[..., 0], (10, 10, 10)),
        (cv2.cvtColor(COLOR, cv2.COLOR_BGR2BGRA), (200, 90, 10)),
        (COLOR.astype(np.uint16) * 257 + 100, (200, 90, 10)),
    ],
    ids=["rgb", "grey", "alpha", "16 bits"],
)
def test_pictures_of_any_kind_are_read_as_8_bit_rgb(tmp_path, pixels, expected):
    assert cv2.imwrite(str(tmp_path / "x.png"), pixels)
    picture = read_rgb(tmp_path / "x.png")
    assert (picture.dtype, picture.shape) == (np.uint8, (10, 12, 3))
    assert tuple(picture[0, 0]) == expected
