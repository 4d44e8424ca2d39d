"""Files that are written whole or not at all, and what tells them apart."""

import contextlib
import errno
import hashlib
import os
import pathlib
import re
import secrets
import stat
import tempfile
import threading
import unicodedata

_HAS_LOCKS = os.name != "nt"  # on Windows, a file that is open can be neither renamed nor deleted
_TEMPORARY_NAME = re.compile(r"\..*\.([0-9a-f]{16}|\d+\.\d+)\.tmp(\.[^.]*)?")
"""Names of temporary files, those too that an earlier version made of the process and the thread."""
_SCHEME = re.compile(r"[A-Za-z][\w+.-]*://")
_NO_WAITING = getattr(os, "O_NONBLOCK", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)

_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}

_cleaned, _cleaning = set(), threading.Lock()
"""Folders in which this process has looked for what others left."""


def is_remote(path):
    """Whether a path names its file system, as in `gs://bucket/photo.jpg`. Args: `path`, string or path."""
    return bool(_SCHEME.match(os.fspath(path)))


def open_regular(path, buffering=-1):
    """Opens a file to be read. Named pipes and devices, which could keep the reader waiting for ever, are refused.

    Args:
        path: string or path.
        buffering: int, as of `open`.

    Returns:
        Binary file.

    Raises:
        OSError: It cannot be opened, or is no regular file.
    """
    _check_regular(os.stat(path).st_mode, path)  # before it is opened, at which a device may do something
    file = open(path, "rb", buffering, opener=lambda name, flags: os.open(name, flags | _NO_WAITING))  # noqa: SIM115
    try:
        _check_regular(os.fstat(file.fileno()).st_mode, path)
    except OSError:
        file.close()
        raise
    return file


def _check_regular(mode, path):
    if stat.S_ISDIR(mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise OSError(errno.EINVAL, f"{kind} where a file is expected", os.fspath(path))


@contextlib.contextmanager
def atomic_path(path):
    """Gives the path of a new, empty file beside `path`, whose place it takes if the context ends without exception.

    The temporary name keeps the suffix, for writers that choose a format by it. What processes that were killed have
    left in the folder is deleted first: see `remove_temporaries`.

    Args:
        path: string or path. A file there is replaced; if it is a link, the link.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _clean_once(path.parent)
    temporary = path.with_name(temporary_name(path.name))
    try:
        with _new_file(temporary):
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


def temporary_name(name):
    """A new name for what is to be a file of this name, which keeps the suffix. See `is_temporary`."""
    path = pathlib.PurePosixPath(name)
    return f".{path.stem[:50]}.{secrets.token_hex(8)}.tmp{path.suffix}"  # cut off, as it may be too long otherwise


def is_temporary(name):
    """Whether a file has a name as of `temporary_name`."""
    return bool(_TEMPORARY_NAME.fullmatch(name))


def write_text(path, text):
    """Writes a text file in UTF-8, whole or not at all. Args and errors of `path`: as of `atomic_path`."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_bytes(path, data):
    """Writes a file of bytes, whole or not at all. Args and errors of `path`: as of `atomic_path`."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


@contextlib.contextmanager
def _new_file(path):
    """Context of a new file, where nothing may be, not even a link. It is locked, which tells that it is in use."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
    if not _HAS_LOCKS:
        os.close(descriptor)
        yield
        return
    try:
        with contextlib.suppress(OSError):  # some network file systems have none
            lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def fold_name(path):
    """What a path is to file systems that take names for one which differ by case alone, or by how accents are written.

    Args:
        path: string or path.

    Returns:
        string, the same for all such names.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", str(path)).casefold())


def folds_names(folder):
    """Whether a folder, which is made if it is missing, takes names for one that `fold_name` does."""
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=folder) as probe:
        pathlib.Path(probe, "a").touch()
        return os.path.exists(os.path.join(probe, "A"))


def is_same_file(path, other):
    """Whether two paths lead to one file that is there; places that are not of this machine lead to none."""
    with contextlib.suppress(OSError):
        return os.path.samefile(path, other)
    return False


def is_file_name(text):
    """Whether a text is the name of a file, on every system, and no path that leads out of a folder."""
    return text.isprintable() and not set(text) & set("/\\:") and text.strip(".") != ""


def remove_temporaries(folder):
    """Deletes what `atomic_path` leaves in a folder if the process is killed within it, but nothing that is in use."""
    for path in pathlib.Path(folder).glob(".*.tmp*"):
        if is_temporary(path.name) and _is_abandoned(path):
            path.unlink(missing_ok=True)


def _is_abandoned(path):
    try:
        descriptor = os.open(path, os.O_RDWR | _NO_LINK | _NO_WAITING)
    except OSError:
        return False
    try:
        if _HAS_LOCKS:
            lock(descriptor)
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)


def lock(descriptor, wait=False):
    """Locks an open file until it is closed, but not on Windows.

    Args:
        descriptor: int. Its number.
        wait: bool. Whether to wait while another has it locked.

    Raises:
        OSError: Another has it locked.
    """
    import fcntl  # which Windows lacks

    fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def _clean_once(folder):
    with _cleaning:
        if (real := os.path.realpath(folder)) in _cleaned:
            return
        _cleaned.add(real)
    remove_temporaries(folder)


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
