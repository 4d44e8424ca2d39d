"""What is written at the largest side of a format can be read back."""

import numpy as np
import pytest

from keras_scgan.photos.files import read_photo, write_photo

LARGEST = {".jpg": 65500, ".png": 1_000_000, ".tif": 1 << 20, ".webp": 16383, ".avif": 32768, ".bmp": 1 << 20}


def panorama(width):
    return np.broadcast_to(np.linspace(0, 255, width).astype(np.uint8)[:, np.newaxis], (2, width, 3))


@pytest.mark.parametrize("suffix", LARGEST)
@pytest.mark.parametrize("upright", [False, True])
def test_the_largest_side_of_a_format_is_read_back(tmp_path, suffix, upright):
    pixels = panorama(LARGEST[suffix])
    pixels = np.ascontiguousarray(pixels.transpose(1, 0, 2) if upright else pixels)
    write_photo(tmp_path / f"photo{suffix}", pixels)
    found = read_photo(tmp_path / f"photo{suffix}").pixels
    assert found.shape == pixels.shape
    assert np.abs(found.astype(int) - pixels).mean() < 1
