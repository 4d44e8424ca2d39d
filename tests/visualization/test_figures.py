"""Pictures of photos, of maps and of cells, as figures show them."""

import numpy as np
from sample_photos import random_photo

from keras_scgan.visualization import figures


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
