"""Watch: how far a library is that reads or writes a whole file and tells nothing itself."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from dataio.progress.meter import Meter


class Watch:
    """Tells a meter rows, by the bytes that went through a file."""

    def __init__(self, meter: Meter, *, rows: int, size: int) -> None:
        """`rows` and `size`: of the file that is read."""
        self.meter = meter
        self._rows = rows
        self._size = max(size, 1)

    def reading(self, path: Path) -> io.FileIO:
        """Open a file that is about to be read."""
        self.meter.begin("reading", self._rows)
        return _Watched(path, "rb", self)

    def packing(self, path: Path) -> io.FileIO:
        """Open a file that is about to be written, about as large as the one that was read."""
        self.meter.begin("packing", self._rows)
        return _Watched(path, "wb", self)

    def frames(self, frames: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        """Yield frames, and tell their rows as read."""
        self.meter.begin("reading", self._rows)
        for frame in frames:
            yield frame
            self.meter.advance(len(frame))

    def rows_at(self, position: int) -> int:
        """Return how many rows so many bytes are."""
        return self._rows * min(position, self._size) // self._size


class _Watched(io.FileIO):
    def __init__(self, path: Path, mode: str, watch: Watch) -> None:
        super().__init__(path, mode)
        self._watch = watch
        self._bytes = self._told = 0

    def read(self, size: int | None = -1, /) -> Any:
        piece = super().read(-1 if size is None else size)
        self._tell(len(piece or b""))
        return piece

    def write(self, data: Any, /) -> int:
        written = super().write(data)
        self._tell(written)
        return written

    def _tell(self, count: int) -> None:
        self._bytes += count
        rows = self._watch.rows_at(self._bytes)
        if rows > self._told:
            self._watch.meter.advance(rows - self._told)
            self._told = rows
