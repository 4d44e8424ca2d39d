"""Colorizing thermal images: the network's own colours are the result, and neither kind is taken for the other."""

import cv2
import numpy as np
import pytest
from colorful import chroma_generator

from keras_scgan.colorizing.colorizer import Colorizer
from keras_scgan.photos import color
from keras_scgan.program.errors import UserError

SIZE = 64


def test_thermal_images_and_photos_are_not_mistaken_for_each_other(tmp_path):
    thermal, luma = (chroma_generator(image_size=SIZE, network_input=name) for name in ("thermal", "luma"))
    thermal.save(tmp_path / "thermal.keras")
    with pytest.raises(
        UserError, match=r"thermal\.keras colorizes thermal images, not photos.*`network_input=thermal`"
    ):
        Colorizer(tmp_path / "thermal.keras")
    with pytest.raises(UserError, match="colorizes photos, not thermal images"):
        Colorizer(luma, network_input="thermal")
    image = np.zeros((5, 6), np.uint8)
    assert Colorizer(tmp_path / "thermal.keras", network_input="thermal").colorize(image).shape == (5, 6, 3)
    assert Colorizer(thermal, network_input=None).description.network_input == "thermal"


@pytest.mark.parametrize("stretch_luma", [False, True])
def test_of_a_thermal_image_the_network_s_own_colours_are_the_result(rng, stretch_luma):
    generator = chroma_generator(image_size=SIZE, network_input="thermal", stretch_luma=stretch_luma)
    colorizer = Colorizer(generator, fit="squeeze", network_input="thermal")
    image = rng.integers(60, 200, (SIZE, SIZE), dtype=np.uint8)
    gray = colorizer.prepare(image)[np.newaxis]
    own = generator.predict_on_batch(color.stretch_luma(gray) if stretch_luma else gray)["color"][0]
    expected = color.to_uint8(color.denormalize(own))
    np.testing.assert_array_equal(colorizer.colorize(image), expected)
    assert np.abs(color.to_gray(expected).astype(int) - image).mean() > 20  # which is not its luma
    wide = image.astype(np.uint16) * 257
    deep = colorizer.colorize(np.dstack([wide] * 4))
    assert np.abs(deep[..., :3] / 257 - expected).max() <= 0.51
    np.testing.assert_array_equal(deep[..., 3], wide)
    found = colorizer.finish(image, {"color": own}, order="BGR")
    np.testing.assert_array_equal(found[..., ::-1], expected)


def test_of_a_thermal_image_of_another_shape_the_network_s_colours_are_cut_and_enlarged(rng):
    generator = chroma_generator(image_size=SIZE, network_input="thermal")
    colorizer = Colorizer(generator, network_input="thermal", saturation=0.0)
    image = rng.integers(0, 256, (SIZE, 2 * SIZE), dtype=np.uint8)
    result = colorizer.colorize(image)
    assert result.shape == (*image.shape, 3)
    assert np.ptp(result.astype(int), axis=-1).max() <= 1  # as no saturation is left
    own = colorizer.predict(colorizer.prepare(image)[np.newaxis])["color"][0, : SIZE // 2]
    luma = color.luma(color.denormalize(cv2.resize(own, image.shape[::-1], interpolation=cv2.INTER_CUBIC)))
    assert np.abs(result[..., :1] - np.clip(luma, 0, 255)).max() <= 1
