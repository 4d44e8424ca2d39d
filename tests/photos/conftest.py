"""Fixtures of the tests of photos."""

import cv2
import pytest


@pytest.fixture(autouse=True)
def _opencv_is_silent():
    """As in every command."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    yield
    cv2.utils.logging.setLogLevel(level)
