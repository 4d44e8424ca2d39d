"""Stand-ins for thermal images: what is red is warm, and details are lost."""

import numpy as np
import pytest

from keras_scgan.preparation.synthetic_thermal import synthetic_thermal


def blank(*rgb):
    return np.full((64, 96, 3), rgb, np.uint8)


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        ((0, 0, 0), 95.6),
        ((255, 255, 255), 159.4),
        ((200, 100, 0), 225.3),
        ((0, 100, 200), 16.1),
        ((128, 128, 128), 127.6),
    ],
)
def test_warmth_is_that_of_the_formula(rgb, expected):
    thermal = synthetic_thermal(blank(*rgb))
    assert thermal.shape == (64, 96)
    assert np.unique(thermal).tolist() == [round(expected)]


def test_details_are_lost_and_large_things_stay():
    photo = blank(40, 90, 200)
    photo[20:44, 30:60] = (220, 80, 30)
    photo[::2, ::2] = 255 - photo[::2, ::2]
    thermal = synthetic_thermal(photo).astype(int)
    assert thermal[28:36, 40:50].mean() > thermal[:12, :20].mean() + 40
    assert np.abs(np.diff(thermal[:12, :20], axis=0)).max() < 12


def test_colours_of_one_luma_are_told_apart():
    red, blue = (synthetic_thermal(blank(*rgb)).mean() for rgb in ((180, 60, 60), (60, 89, 249)))
    assert red > blue + 60
