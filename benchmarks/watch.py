"""What processes cost: the greatest memory of each, and the seconds that they worked."""

from __future__ import annotations

import platform
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

EVERY = 0.1
"""Seconds between two looks. A process's own greatest memory is asked for, so that nothing
between two looks is missed; only of one that ends, its last moments are."""
GONE = (psutil.Error, OSError, ValueError)


class Peaks:
    """The greatest memory of one process in each family, in MB, by the family's name."""

    def __init__(self) -> None:
        self._found: dict[str, int] = {}

    def look(self, families: Mapping[str, int]) -> None:
        """Look at the families of these first processes once."""
        for name, pid in families.items():
            peaks = [_peak(one) for one in family(pid)]
            self._found[name] = max([*peaks, self._found.get(name, 0)])

    @property
    def megabytes(self) -> dict[str, float]:
        return {name: round(peak / 2**20, 1) for name, peak in self._found.items()}


@contextmanager
def watched(families: Mapping[str, int]) -> Iterator[Peaks]:
    """Watch the memory of these processes and of all that they start, by the first one's id."""
    peaks, stop = Peaks(), threading.Event()
    for pid in families.values():
        for one in family(pid):
            _forget_peak(one)

    def look() -> None:
        while not stop.wait(EVERY):
            peaks.look(families)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        stop.set()
        thread.join()
        peaks.look(families)


def worked(pids: Iterable[int]) -> float:
    """Return how many seconds these processes and all that they started have worked so far."""
    seconds = 0.0
    for pid in pids:
        for one in family(pid):
            with suppress(*GONE):
                # Of those that have ended, their parents know.
                seconds += sum(one.cpu_times()[:4])
    return seconds


def family(pid: int) -> list[psutil.Process]:
    """Return a process and all that it started and that still run."""
    with suppress(*GONE):
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    return []


def machine() -> dict[str, str | int]:
    """Return what was measured on, without its name; in the order in which it is told."""
    return {
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "processor": _processor(),
        "cores": psutil.cpu_count() or 0,
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "python": platform.python_version(),
    }


def _processor() -> str:
    with suppress(*GONE):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _peak(process: psutil.Process) -> int:
    """Return the greatest memory of a process so far in bytes; 0 when it has ended."""
    with suppress(*GONE):
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    with suppress(*GONE):
        return int(process.memory_info().rss)
    return 0


def _forget_peak(process: psutil.Process) -> None:
    """Let the greatest memory count from now on, where the system can."""
    with suppress(*GONE):
        Path(f"/proc/{process.pid}/clear_refs").write_text("5")
