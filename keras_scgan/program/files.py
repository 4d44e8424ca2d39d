"""Files that are written whole or not at all, and what tells them apart."""

import contextlib
import hashlib
import os
import pathlib
import re
import threading

_TEMPORARY_NAME = re.compile(r"\..*\.\d+\.\d+\.tmp(\.[^.]*)?")


@contextlib.contextmanager
def atomic_path(path):
    """Gives a temporary path beside `path`, which takes its place when the context ends without an exception.

    The temporary name keeps the suffix, for writers that choose a format by it.

    Args:
        path: string or path. A file there is replaced.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The stem is cut off, as the name may be too long otherwise; a thread writes one file at a time.
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


def remove_temporaries(folder):
    """Deletes what `atomic_path` leaves in a folder when the process is killed within it."""
    for path in pathlib.Path(folder).glob(".*.tmp*"):
        if _TEMPORARY_NAME.fullmatch(path.name):
            path.unlink(missing_ok=True)


def sha256(path):
    """SHA-256 of a file, or of the files of a folder, their names with them, in hexadecimal.

    Raises:
        OSError: It cannot be read, or there is no such file or folder.
    """
    path = pathlib.Path(path)
    if not path.is_dir():
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    digest = hashlib.sha256()
    for child in sorted(child for child in path.rglob("*") if child.is_file()):
        digest.update(f"{child.relative_to(path).as_posix()} {sha256(child)}\n".encode())
    return digest.hexdigest()
