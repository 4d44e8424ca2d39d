"""Files that are written whole or not at all."""

import contextlib
import os
import pathlib
import threading


@contextlib.contextmanager
def atomic_path(path):
    """Gives a temporary path beside `path`, which takes its place when the context ends without an exception.

    The temporary name keeps the suffix, for writers that choose a format by it.

    Args:
        path: string or path. A file there is replaced.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The stem is cut off lest the name becomes too long; a thread writes one file at a time.
    temporary = path.with_name(f".{path.stem[:50]}.{os.getpid()}.{threading.get_native_id()}.tmp{path.suffix}")
    try:
        yield temporary
        with open(temporary, "r+b") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        # None when the disk is full. Errors without a number are a message alone.
        if error.filename in (None, str(temporary)) and error.errno is not None:
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)
