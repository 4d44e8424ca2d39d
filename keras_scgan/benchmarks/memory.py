"""Memory of a piece of work, and of a process."""

import pathlib
import re


class PeakMemory:
    """Context that measures by how much the memory of the process rises above what it is at the beginning.

    Attributes:
        mib: float, or `None` where the system does not say (any but Linux).
    """

    mib = None

    def __enter__(self):
        self._before = resident_mib()
        if self._before is not None:
            (_folder() / "clear_refs").write_text("5")  # sets the peak to what there is
        return self

    def __exit__(self, *_):
        if self._before is not None:
            self.mib = _memory_mib("VmHWM") - self._before


def resident_mib(pid="self"):
    """Memory that a process has now, in 2^20 bytes, or `None` where the system does not say.

    Args:
        pid: int. Its number. Defaults to this process.
    """
    return _memory_mib("VmRSS", pid) if _folder(pid).exists() else None


def _folder(pid="self"):
    return pathlib.Path("/proc", str(pid))


def _memory_mib(field, pid="self"):
    return int(re.search(rf"{field}:\s+(\d+) kB", (_folder(pid) / "status").read_text())[1]) / 2**10
