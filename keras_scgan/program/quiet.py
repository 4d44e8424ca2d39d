"""What libraries have to say, of which a command shows what its user can do something about."""

import contextlib
import os
import tempfile

import cv2

from keras_scgan.program.errors import UserError


def set_log_levels():
    """Sets the log levels of OpenCV and TensorFlow, unless the environment sets them.

    For a process of its own. What they say of a bad file, `BadFileError` says.
    """
    if "OPENCV_LOG_LEVEL" not in os.environ:
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


@contextlib.contextmanager
def notes_held_back():
    """Context in which nothing reaches stderr, as no setting stops all notes; if it fails for no user's error, they do.

    It holds for the whole process, its other threads too, and for processes that are started in it.

    Yields:
        Text file that does reach it.
    """
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            with open(stderr, "w", closefd=False) as shown:
                yield shown
        except Exception as error:
            if not isinstance(error, UserError):
                notes.seek(0)
                os.write(stderr, notes.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
