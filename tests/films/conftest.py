"""What films are colorized with, and where to."""

import pytest
from clips import FakeColorizer

from keras_scgan.colorizing.video import colorize_video


@pytest.fixture
def colorize(tmp_path):
    """Function that colorizes a film, and returns the path of the result and what is told of it."""

    def colorize(source, name="result.mp4"):
        target = tmp_path / "results" / name
        return target, colorize_video(FakeColorizer(), source, target)

    return colorize
