"""A video, a place for the result, and no ffmpeg."""

import pytest
from clips import scene, write


@pytest.fixture
def clip(tmp_path):
    return write(tmp_path / "clip.avi", scene(0))


@pytest.fixture
def output(tmp_path):
    return tmp_path / "output"


@pytest.fixture
def no_ffmpeg(monkeypatch, tmp_path):
    """An empty folder, the only one on the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder
