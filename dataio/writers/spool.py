"""Spool: record batches on disk, written once and read back as often as needed.

A workbook can only be begun when its number of sheets is known, which is after the last
frame. Keeping the frames meanwhile costs 0.1 seconds per million rows, and the database
is let go before the slow part, the packing, begins.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

BATCH_ROWS = 2_500  # rows between two looks at progress and cancel
OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")


class Spool:
    """A temporary file of record batches of one schema."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self._sizes: list[int] = []
        self._file: pa.NativeFile | None = None
        self._writer: pa.ipc.RecordBatchFileWriter | None = None

    def write(self, batch: pa.RecordBatch) -> None:
        """Append a batch."""
        if self._writer is None:
            self._file = pa.OSFile(str(self.path), "wb")
            self._writer = pa.ipc.new_file(self._file, batch.schema, options=OPTIONS)
        for start in range(0, batch.num_rows, BATCH_ROWS):
            part = batch.slice(start, BATCH_ROWS)
            self._writer.write_batch(part)
            self._sizes.append(part.num_rows)
        self.rows += batch.num_rows

    def finish(self) -> None:
        """Close the file for writing."""
        if self._writer is not None and self._file is not None:
            self._writer.close()
            self._file.close()

    def batches(self, first: int, last: int) -> Iterator[pa.RecordBatch]:
        """Yield the rows from `first` up to, not including, `last` (counted from 0)."""
        if not self._sizes:
            return
        with pa.OSFile(str(self.path), "rb") as file:
            reader = pa.ipc.open_file(file)
            start = 0
            for number, size in enumerate(self._sizes):
                skip, end = max(first - start, 0), min(last - start, size)
                if skip < end:
                    yield reader.get_batch(number).slice(skip, end - skip)
                start += size

    def remove(self) -> None:
        """Close and delete the file."""
        if self._file is not None:
            self._file.close()
        self.path.unlink(missing_ok=True)
