"""What TensorFlow logs when it saves and converts, left out."""

import contextlib

from absl import logging


@contextlib.contextmanager
def quiet():
    """Context in which only warnings and errors are logged."""
    before = logging.get_verbosity()
    logging.set_verbosity(min(before, logging.WARNING))
    try:
        yield
    finally:
        logging.set_verbosity(before)
