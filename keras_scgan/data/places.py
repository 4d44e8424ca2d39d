"""Files of data sets, on this machine or on a file system of TensorFlow's, such as `gs://`."""

import contextlib
import os

from keras_scgan.program.files import is_remote, open_regular


@contextlib.contextmanager
def opened(path):
    """Context of a file that is opened to be read at any place, without a buffer of Python's.

    Args:
        path: string.

    Yields:
        Binary file.

    Raises:
        OSError: It cannot be opened or read, or is no regular file.
    """
    if not is_remote(path):
        with open_regular(path, buffering=0) as file:
            yield file
        return
    with _tensorflow_files(path) as files, files.GFile(path, "rb") as file:
        yield file


def stat(path):
    """Size of a file in bytes, and its time in nanoseconds. Raises: `OSError`."""
    if not is_remote(path):
        status = os.stat(path)
        return status.st_size, status.st_mtime_ns
    with _tensorflow_files(path) as files:
        status = files.stat(path)
        return status.length, status.mtime_nsec


def is_folder(path):
    """Whether there is a folder, or what stands for one in an object store, as far as can be seen."""
    return _is("isdir", path)


def exists(path):
    """Whether there is a file or a folder, as far as can be seen."""
    return _is("exists", path)


def _is(name, path):
    if not is_remote(path):
        return getattr(os.path, name)(path)
    try:
        with _tensorflow_files(path) as files:
            return getattr(files, name)(path)
    except OSError:  # no such file system, no right to see it, and so on
        return False


@contextlib.contextmanager
def _tensorflow_files(path):
    """Context of TensorFlow's functions for files, in which their errors are `OSError`s."""
    import tensorflow as tf  # here, as data sets on this machine are read without it

    try:
        yield tf.io.gfile
    except tf.errors.OpError as error:
        raise OSError(error.error_code, error.message, path) from None
