"""A picture as colourful as another keeps its luma and its hues."""

import cv2
import numpy as np
import pytest

from keras_scgan.data import demo_dir
from keras_scgan.evaluation import metrics
from keras_scgan.evaluation.scaling import scale_colorfulness
from keras_scgan.photos import color
from keras_scgan.photos.files import read_rgb


@pytest.fixture
def photo():
    return read_rgb(demo_dir() / "images" / "cat.jpg")


def test_a_picture_can_be_given_the_colourfulness_of_another_with_its_own_luma(photo):
    for factor in (0.3, 0.8):
        scaled = scale_colorfulness(photo, factor * metrics.cci(photo))
        assert metrics.cci(scaled) == pytest.approx(factor * metrics.cci(photo), rel=0.02)
        np.testing.assert_allclose(color.to_gray(scaled), color.to_gray(photo), atol=1)
    np.testing.assert_allclose(scale_colorfulness(photo, metrics.cci(photo)), photo, atol=1)
    gray = cv2.cvtColor(color.to_gray(photo), cv2.COLOR_GRAY2RGB)
    assert scale_colorfulness(gray, 30.0) is gray
