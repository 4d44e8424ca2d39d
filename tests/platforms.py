"""What the tests need of the operating system."""

import os

import pytest

needs_posix = pytest.mark.skipif(os.name != "posix", reason="needs signals, file descriptors or terminals of POSIX")
