"""Files that are written whole or not at all."""

import contextlib
import os
import pathlib


@contextlib.contextmanager
def atomic_path(path):
    """Gives a temporary path beside `path`, which takes its place when the context ends without an exception.

    The temporary name keeps the suffix, for writers that choose a format by it.

    Args:
        path: string or path. A file there is replaced.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        yield temporary
        with open(temporary, "r+b") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        if error.filename is None and error.errno is not None:  # as when the disk is full; others are a message alone
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)
