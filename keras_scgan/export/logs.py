"""What TensorFlow and LiteRT say when they save, convert and check a network, left out."""

import contextlib

from absl import logging

from keras_scgan.program.quiet import notes_held_back


@contextlib.contextmanager
def quiet():
    """Context in which only warnings and errors are logged, and what is not logged is as in `notes_held_back`."""
    before = logging.get_verbosity()
    logging.set_verbosity(min(before, logging.WARNING))
    try:
        with notes_held_back():
            yield
    finally:
        logging.set_verbosity(before)
