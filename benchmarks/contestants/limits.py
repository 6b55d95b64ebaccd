"""What bounds every importer and exporter: the same work without anything around it.

- parse: the streaming parser pulls every row of the workbook, and drops it.
- write: PostgreSQL takes the rows by COPY into a temporary table and merges them by one INSERT
  ... ON CONFLICT, a transaction for each 25,000 rows; SQLite by `executemany` of the same
  statement. The rows lie ready; making them ready is not counted.
- together: both at the same moment, as two processes on two cores, until the slower has ended.
  That is the limit: an import that overlaps perfectly and adds nothing. SQLite's rows are made
  meanwhile, since Python has to make them.

For an export: reading all rows from the database, and packing the bytes of a finished
workbook's sheet, together.
"""

from __future__ import annotations

import multiprocessing
import time
import zipfile
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from benchmarks.contestants.sql import Writer, read_all, writer
from benchmarks.workbooks import ROWS_AT_ONCE

if TYPE_CHECKING:
    from benchmarks.contestants import Work
    from benchmarks.contestants.task import Task

BLOCK = 2**20
PACKING = 1
"""zlib's fastest, as dataio packs."""


def parse(task: Task) -> Work:
    """Pull every row through the bare parser."""
    from python_calamine_plus import CalamineWorkbook

    path = task.workbook

    def work() -> None:
        for _row in CalamineWorkbook.from_path(path).stream_sheet_by_index(0):
            pass

    return work


def write(task: Task) -> Work:
    """Load every row that lies ready; count the database's part only."""
    target = writer(task)
    chunks = _chunks(task, target)

    def work() -> float:
        seconds = 0.0
        for chunk in chunks:
            started = time.perf_counter()
            target.load(chunk)
            seconds += time.perf_counter() - started
        return seconds

    return work


def together(task: Task) -> Work:
    """Both sides of an import or an export, at the same moment."""
    if task.operation == "export":
        return _beside(_pack(task), read_all(task))
    target = writer(task)
    ready = list(_chunks(task, target)) if target.keeps_ready else None

    def load() -> None:
        for chunk in ready or _chunks(task, target):
            target.load(chunk)

    return _beside(parse(task), load)


def _chunks(task: Task, target: Writer) -> Iterator[Any]:
    for batch in pq.ParquetFile(task.data).iter_batches(ROWS_AT_ONCE):
        yield target.prepared(batch)


def _beside(other: Any, own: Any) -> Work:
    """Return work that does both at once, the other in a process of its own."""
    context = multiprocessing.get_context("fork")
    go = context.Event()

    def wait_and_work() -> None:
        go.wait()
        other()

    process = context.Process(target=wait_and_work)
    process.start()

    def work() -> None:
        go.set()
        own()
        process.join()
        assert process.exitcode == 0, "the other side failed"

    return work


def _pack(task: Task) -> Work:
    """Pack the sheet of a workbook that holds these rows; unpacking it is not counted."""
    book = zipfile.ZipFile(task.workbook)
    name = next(one for one in book.namelist() if "worksheets/sheet" in one)
    packer = zlib.compressobj(PACKING, zlib.DEFLATED, -15)

    def work() -> None:
        with book.open(name) as sheet:
            while block := sheet.read(BLOCK):
                packer.compress(block)
        packer.flush()

    return work
