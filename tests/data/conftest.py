"""Data sets that several tests are of."""

import pytest
from pair_folders import write_textured

from keras_scgan.data import PhotoFolder


@pytest.fixture
def textured(tmp_path):
    """Ten pairs of 40x30 random pixels, with the red channel as the saliency map."""
    write_textured(tmp_path)
    return PhotoFolder(tmp_path)
