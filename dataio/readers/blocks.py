"""Builds raw frames out of rows, column by column; what every reader shares."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dataio.readers.base import column_letters

Cells = npt.NDArray[np.object_]
Row = Sequence[object]
Batches = Generator[list[Row], None, None]
SLICE_ROWS = 1_000
# numpy compares with None cell by cell, which its stubs do not know.
NOTHING: Any = None

Mend = Callable[[Cells], Cells]


def chunks_of(
    batches: Iterable[Sequence[Row]], chunk_rows: int, mend: Mend
) -> Iterator[tuple[int, Cells]]:
    """Yield (rows before, cells as an array of columns) of at most `chunk_rows` rows each.

    Rows become columns a few at a time, while they are still in the processor's cache.
    """
    before = count = 0
    parts: list[Cells] = []
    for rows in _slices(batches, chunk_rows):
        parts.append(_narrowed(block_of(rows, mend)))
        count += len(rows)
        if count == chunk_rows:
            yield before, _joined(parts, count)
            before, count, parts = before + count, 0, []
    if count:
        yield before, _joined(parts, count)


def _narrowed(block: Cells) -> Cells:
    """Return the columns up to the last that holds anything."""
    width = used_width(block, 0)
    # A copy, since a part would keep the whole.
    return block if width == len(block) else block[:width].copy()


def _slices(batches: Iterable[Sequence[Row]], chunk_rows: int) -> Iterator[list[Row]]:
    """Yield rows in lists of `SLICE_ROWS` or less, none across the end of a chunk."""
    pending: list[Row] = []
    room = chunk_rows
    for batch in batches:
        pending += batch
        while len(pending) >= (size := min(SLICE_ROWS, room)):
            yield pending[:size]
            del pending[:size]
            room = room - size or chunk_rows
    if pending:
        yield pending


def _joined(parts: list[Cells], count: int) -> Cells:
    joined = np.full((max(map(len, parts)), count), None, dtype=object)
    start = 0
    for part in parts:
        joined[: len(part), start : start + part.shape[1]] = part
        start += part.shape[1]
    return joined


def frame_of(block: Cells, first_row: int, headers: list[str]) -> pd.DataFrame:
    """Return the rows that hold any value as a raw frame.

    `first_row`: the number of the first row as Excel shows it. `headers` gets a name for
    each column further right that holds a value, so that nothing is lost.
    """
    used = used_width(block, len(headers))
    headers += _free_names(headers, used)
    frame = block[:used]
    if used < len(headers):
        missing = np.full((len(headers) - used, block.shape[1]), None, dtype=object)
        frame = np.concatenate([frame, missing])
    index = np.arange(first_row, first_row + block.shape[1], dtype=np.int64)
    keep = _filled(frame)
    if not keep.all():
        frame, index = frame[:, keep], index[keep]
    # dtype=object: pandas would turn columns of texts into its own, and None into NaN.
    return pd.DataFrame(frame.T, index=index, columns=headers, dtype=object)


def block_of(rows: Sequence[Row], mend: Mend) -> Cells:
    """Return cells as an array of columns, blank cells as None."""
    width = max(map(len, rows), default=0)
    block = np.empty((width, len(rows)), dtype=object)
    for number, column in enumerate(zip_longest(*rows, fillvalue="")):
        block[number] = _mended(column, mend)
    return block


def _mended(column: tuple[object, ...], mend: Mend) -> Cells:
    cells = np.fromiter(column, dtype=object, count=len(column))
    blank = _blank(column, cells)
    if blank is None:
        return mend(cells)
    if not blank.all():
        cells[~blank] = mend(cells[~blank])
    cells[blank] = None
    return cells


def _blank(column: tuple[object, ...], cells: Cells) -> npt.NDArray[np.bool_] | None:
    texts, nothing = "" in column, None in column
    if not (texts or nothing):
        return None
    blank = np.zeros(len(cells), dtype=np.bool_)
    if texts:
        blank |= np.equal(cells, "").astype(np.bool_)
    if nothing:
        blank |= np.equal(cells, NOTHING).astype(np.bool_)
    return blank


def _filled(block: Cells) -> npt.NDArray[np.bool_]:
    """Say for each row whether any cell holds a value; mostly the first column will do."""
    filled = np.zeros(block.shape[1], dtype=np.bool_)
    for cells in block:
        filled |= np.not_equal(cells, NOTHING).astype(np.bool_)
        if filled.all():
            break
    return filled


def used_width(block: Cells, least: int) -> int:
    width = len(block)
    while width > least and not np.not_equal(block[width - 1], NOTHING).any():
        width -= 1
    return width


def _free_names(headers: list[str], width: int) -> list[str]:
    names: list[str] = []
    for number in range(len(headers) + 1, width + 1):
        name = f"Column {column_letters(number)}"
        while name in headers or name in names:
            name += " (2)"
        names.append(name)
    return names
