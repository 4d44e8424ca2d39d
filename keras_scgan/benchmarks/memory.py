"""Memory of a piece of work, and of a process."""

import contextlib
import pathlib
import re
import threading

_SAMPLE_SECONDS = 0.5


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


class ProcessMemory:
    """Context that measures the memory of a process and all that it starts, where pages that several share count once.

    Attributes:
        mib: float. The peak, or `None` where the system does not say (any but Linux).
        growth_mib: float. The peak of the second half of the context's time above that of the first; `None` likewise.

    Args:
        pid: int. Number of the process.
    """

    mib = growth_mib = None

    def __init__(self, pid):
        self._pid = pid
        self._samples, self._ended = [], threading.Event()

    def __enter__(self):
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()
        if self._samples and max(self._samples):
            half = (len(self._samples) + 1) // 2
            first, second = self._samples[:half], self._samples[half:] or self._samples
            self.mib, self.growth_mib = max(self._samples), max(second) - max(first)

    def _sample(self):
        while not self._ended.wait(_SAMPLE_SECONDS):
            self._samples.append(sum(map(_shared_mib, [self._pid, *_descendants(self._pid)])))


def _descendants(pid):
    """Numbers of the processes that a process has started, and those that these have."""
    parents = {}
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    found = [pid]
    for parent in found:
        found += [child for child, of in parents.items() if of == parent]
    return found[1:]


def _shared_mib(pid):
    with contextlib.suppress(OSError):
        return int(re.search(r"Pss:\s+(\d+) kB", (_folder(pid) / "smaps_rollup").read_text())[1]) / 2**10
    return 0.0
