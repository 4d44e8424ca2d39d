"""The filter of the chroma is the joint bilateral one, written out in NumPy."""

import keras
import numpy as np
import pytest

from keras_scgan.models.joint_bilateral import JointBilateralFilter


def filtered(chroma, luma, radius, luma_scale):
    """One pass, pixel by pixel."""
    height, width, _ = chroma.shape
    result = np.empty_like(chroma)
    for row in range(height):
        for column in range(width):
            window = np.s_[max(0, row - radius) : row + radius + 1, max(0, column - radius) : column + radius + 1]
            differences = (luma[window] - luma[row, column]) / luma_scale
            weights = np.maximum(0, 1 - differences**2) ** 2
            result[row, column] = (weights * chroma[window]).sum((0, 1)) / weights.sum()
    return result


@pytest.fixture
def chroma(rng):
    return rng.uniform(-1, 1, (2, 9, 12, 2)).astype("float32")


@pytest.mark.parametrize(("radius", "luma_scale", "passes"), [(1, 0.5, 1), (2, 0.15, 2), (3, 1.0, 1)])
def test_chroma_is_the_mean_over_like_luma(rng, chroma, radius, luma_scale, passes):
    luma = rng.uniform(-1, 1, (2, 9, 12, 1)).astype("float32")
    expected = chroma
    for _ in range(passes):
        pairs = zip(expected, luma, strict=True)
        expected = np.stack([filtered(one, gray, radius, luma_scale) for one, gray in pairs])

    layer = JointBilateralFilter(radius, luma_scale, passes)
    found = keras.ops.convert_to_numpy(layer([chroma, luma]))

    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_nothing_comes_over_an_edge_of_the_luma():
    luma = np.full((1, 8, 8, 1), -0.5, "float32")
    luma[:, :, 4:] = 0.5
    chroma = np.where(luma > 0, 0.6, -0.2).repeat(2, -1).astype("float32")
    found = keras.ops.convert_to_numpy(JointBilateralFilter()([chroma, luma]))
    np.testing.assert_allclose(found, chroma, atol=1e-6)


def test_noise_on_even_luma_is_averaged(chroma):
    found = keras.ops.convert_to_numpy(JointBilateralFilter()([chroma, np.zeros((2, 9, 12, 1), "float32")]))
    assert found.std() < 0.3 * chroma.std()


def test_saved_filters_are_as_they_were(chroma, tmp_path):
    inputs = [keras.Input((None, None, 2)), keras.Input((None, None, 1))]
    model = keras.Model(inputs, JointBilateralFilter(radius=3, luma_scale=0.4, passes=1)(inputs))
    model.save(tmp_path / "filter.keras")
    luma = chroma[..., :1]
    again = keras.models.load_model(tmp_path / "filter.keras")
    np.testing.assert_array_equal(again.predict([chroma, luma], verbose=0), model.predict([chroma, luma], verbose=0))
