"""A file system of Beam's in the memory of this process, `ram://`, as object stores are: it has no folders."""

import contextlib
import io
import re

from apache_beam.io.filesystem import BeamIOError, CompressionTypes, FileMetadata, FileSystem

FILES = {}
"""What there is, bytes by path."""

FAULTS = {}
"""Exceptions that are raised by the name of a method, in place of what it does; each once."""


class _Writer(io.BytesIO):
    def __init__(self, path):
        super().__init__()
        self._path = path

    def close(self):
        if not self.closed:
            FILES[self._path] = self.getvalue()
        super().close()


def _fail(name):
    if name in FAULTS:
        raise FAULTS.pop(name)


class RamFileSystem(FileSystem):
    """See the module."""

    @classmethod
    def scheme(cls):
        return "ram"

    def join(self, basepath, *paths):
        return "/".join([basepath.rstrip("/"), *(path.strip("/") for path in paths)])

    def split(self, path):
        folder, _, name = path.rpartition("/")
        return folder, name

    def mkdirs(self, path):
        pass

    def has_dirs(self):
        return False

    def _list(self, dir_or_prefix):
        for path, data in sorted(FILES.items()):
            if path.startswith(dir_or_prefix):
                yield FileMetadata(path, len(data))

    def create(self, path, mime_type="", compression_type=CompressionTypes.AUTO):
        _fail("create")
        return _Writer(path)

    def open(self, path, mime_type="", compression_type=CompressionTypes.AUTO):
        _fail("open")
        if path not in FILES:
            raise BeamIOError(f"there is no {path}")
        return io.BytesIO(FILES[path])

    def copy(self, source_file_names, destination_file_names):
        for source, target in zip(source_file_names, destination_file_names, strict=True):
            FILES[target] = FILES[source]

    def rename(self, source_file_names, destination_file_names):
        _fail("rename")
        self.copy(source_file_names, destination_file_names)
        self.delete(source_file_names)

    def exists(self, path):
        return path in FILES

    def size(self, path):
        return len(FILES[path])

    def last_updated(self, path):
        raise NotImplementedError

    def checksum(self, path):
        return str(hash(FILES[path]))

    def metadata(self, path):
        return FileMetadata(path, self.size(path))

    def delete(self, paths):
        for path in paths:
            with contextlib.suppress(KeyError):
                del FILES[path]


def names(prefix):
    """Paths of the files that begin with a prefix, without it, a sorted list."""
    return sorted(re.sub(f"^{re.escape(prefix)}", "", path) for path in FILES if path.startswith(prefix))
