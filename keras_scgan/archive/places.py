"""Files wherever Beam reaches them: on this machine written as all of the project's, elsewhere by Beam's means."""

import contextlib
import glob
import hashlib
import os
import pathlib
import posixpath
import re

from apache_beam.io.filesystem import BeamIOError, CompressionTypes
from apache_beam.io.filesystems import FileSystems

from keras_scgan.photos.files import read_bytes
from keras_scgan.program.errors import BadFileError, UserError, first_line
from keras_scgan.program.files import is_remote, is_temporary, temporary_name, write_bytes
from keras_scgan.program.printable import is_utf8


def check(argument, place):
    """Raises `UserError` where Beam cannot reach a place. Args: name of the `argument`; `place`, string."""
    if not is_utf8(place):
        raise UserError(f"`{argument}={place}`: the name is not UTF-8.")
    if not is_remote(place):
        return
    try:
        FileSystems.get_filesystem(place)
    except (ValueError, ImportError) as error:
        raise UserError(f"`{argument}={place}`: {first_line(error)}") from None


def join(folder, relative):
    """The path of a file in a folder. Args: `folder`, string; `relative`, string with slashes."""
    return (posixpath if is_remote(folder) else os.path).join(folder, relative)


def base_of(place):
    """The folder that a folder or a pattern is about: itself, or what it begins with, before its first wildcard."""
    wildcard = re.search(r"[*?\[]", place)
    return place[: wildcard.start()].rpartition("/")[0] or "." if wildcard else place


def is_within(path, folder):
    """Whether a path lies in a folder, by their names."""
    if is_remote(path) != is_remote(folder):
        return False
    if not is_remote(path):
        path, folder = os.path.abspath(path), os.path.abspath(folder)
    return path.startswith(f"{folder.rstrip('/')}/")


def contains(folder, place):
    """Whether a folder is a place, or has it in it, by whatever links. Args: two strings."""
    if not is_remote(folder) and not is_remote(place):
        folder, place = os.path.realpath(folder), os.path.realpath(place)
    return place.rstrip("/") == folder.rstrip("/") or is_within(place, folder)


def relative_to(path, base):
    """The path of a file from a folder on, with slashes; `None` if it does not lie in it. Args: two strings."""
    if not is_within(path, base):
        return None
    if is_remote(path):
        return path[len(base.rstrip("/")) + 1 :]
    return pathlib.Path(os.path.relpath(path, base)).as_posix()


def read(path):
    """Reads a file, as bytes. Args: `path`, string. Raises: `BadFileError`."""
    if not is_remote(path):
        return read_bytes(path)
    try:
        with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
            return file.read()
    except Exception as error:  # the clients of object stores have errors of their own
        raise BadFileError(path, f"cannot be read ({first_line(error)})") from error


def write(path, data):
    """Writes a file whole or not at all, however often it is tried and wherever the process is killed.

    Args:
        path: string. A file there is replaced.
        data: bytes-like object.

    Raises:
        OSError: It cannot be written.
    """
    if not is_remote(path):
        write_bytes(path, data)
        return
    folder, name = posixpath.split(path)
    temporary = posixpath.join(folder, temporary_name(name))
    try:
        with FileSystems.create(temporary, compression_type=CompressionTypes.UNCOMPRESSED) as file:
            file.write(data)
        _rename(temporary, path)
    except Exception as error:
        with contextlib.suppress(Exception):
            FileSystems.delete([temporary])
        raise OSError(f"{path} cannot be written ({first_line(error)})") from error


def _rename(path, target):
    try:
        FileSystems.rename([path], [target])
    except BeamIOError:
        if not FileSystems.exists(target):
            raise
        FileSystems.delete([target])  # some file systems give no name that is taken
        FileSystems.rename([path], [target])


def files_in(place, clean=False):
    """Finds files, in a folder with all its subfolders, but for temporary ones and those whose names are not UTF-8.

    Args:
        place: string. A folder; elsewhere than on this machine also a file, or a pattern, in which `**` stands for any
            folders.
        clean: bool. Whether to delete temporary files of a remote file system, which killed processes have left:
            nothing else may be written there meanwhile.

    Yields:
        Tuples of the path, a string; the size in bytes; and the time of the last change in seconds, 0 if the file
        system tells none.
    """
    abandoned = []
    for path, size, time in (_remote_files if is_remote(place) else _local_files)(place):
        if not is_temporary(posixpath.basename(path)):
            if is_utf8(path):
                yield path, size, time
        elif clean and is_remote(place):  # of this machine's, `atomic_path` takes care
            abandoned.append(path)
    delete(abandoned)


def exists(place):
    """Whether there is a file, a folder with files, or a file that matches a pattern. Args: `place`, string."""
    if is_remote(place):
        patterns = _patterns(place)
        return any(match.metadata_list for match in FileSystems.match(patterns, limits=[1] * len(patterns)))
    return os.path.exists(place) or next(glob.iglob(place, recursive=True), None) is not None


def version(size, time):
    """What a file is known by until it changes, a string. Args: as of `files_in`."""
    return f"{size}-{time}"


def version_here(path):
    """As of `version`, of a file of this machine; `None` elsewhere, as asking takes long, or if there is none."""
    with contextlib.suppress(OSError):
        status = os.stat(path)
        return version(status.st_size, status.st_mtime)
    return None


def _local_files(folder):
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            with contextlib.suppress(OSError):  # a link that leads nowhere
                status = os.stat(path)
                yield path, status.st_size, status.st_mtime


def _remote_files(place):
    for match in FileSystems.match(_patterns(place)):
        for file in match.metadata_list:
            yield file.path, file.size_in_bytes, file.last_updated_in_seconds


def _patterns(place):
    return [place] if glob.has_magic(place) else [place, posixpath.join(place, "**")]


def sha256(path):
    """SHA-256 of a file, in hexadecimal. Args and Raises: as of `read`."""
    return hashlib.sha256(read(path)).hexdigest()


def folders_of(pattern):
    """Folders whose path matches a pattern; on a remote file system, which need not have any, the files in them."""
    return [path for path, *_ in _remote_files(f"{pattern}/**")] if is_remote(pattern) else glob.glob(pattern)


def delete(paths):
    """Deletes files and folders. Args: `paths`, list of strings. Raises: `OSError`."""
    if paths:
        FileSystems.delete(paths)
