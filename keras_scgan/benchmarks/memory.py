"""Peak memory of a piece of work."""

import pathlib
import re

_PROC = pathlib.Path("/proc/self")


class PeakMemory:
    """Context that measures by how much the memory of the process rises above what it is at the beginning.

    Attributes:
        mib: float, or `None` where the system does not say (any but Linux).
    """

    mib = None

    def __enter__(self):
        if _PROC.exists():
            self._before = _memory_mib("VmRSS")
            (_PROC / "clear_refs").write_text("5")  # sets the peak to what there is
        return self

    def __exit__(self, *_):
        if _PROC.exists():
            self.mib = _memory_mib("VmHWM") - self._before


def _memory_mib(field):
    return int(re.search(rf"{field}:\s+(\d+) kB", (_PROC / "status").read_text())[1]) / 2**10
