"""A video, and a place for the result."""

import pytest
from clips import scene, write


@pytest.fixture
def clip(tmp_path):
    return write(tmp_path / "clip.avi", scene(0))


@pytest.fixture
def output(tmp_path):
    return tmp_path / "output"
