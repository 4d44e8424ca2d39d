"""Imports TensorFlow without the notes that it writes to stderr on start-up. Every tool imports this first."""

import importlib
import os
import tempfile


def _import_quietly():
    """Sends stderr elsewhere meanwhile, as no setting stops all of the notes; shows them if the import fails."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            tensorflow = importlib.import_module("tensorflow")
            tensorflow.config.list_physical_devices()
            tensorflow.get_logger().setLevel("WARNING")
        except BaseException:
            notes.seek(0)
            os.write(stderr, notes.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


_import_quietly()
