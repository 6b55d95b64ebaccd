"""Builds columns out of rows; what every reader shares.

A column that holds nothing but texts becomes an Arrow array while its cells are still in the
processor's cache; Python's own strings are let go at once. Every other column stays objects.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

Cells = npt.NDArray[np.object_]
Arrow = Any
"""An array of texts, null where blank."""
Column = Cells | Arrow
Row = Sequence[object]
Batches = Generator[list[Row], None, None]
SLICE_ROWS = 1_000
# numpy compares with None cell by cell, which its stubs do not know.
NOTHING: Any = None
NO_TEXT = pa.scalar(None, pa.string())
pc: Any = pyarrow.compute

Types = set[type]
MendCells = Callable[[Cells, Types], Cells]
"""Mends cells of these types, given without those that are blank."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mend:
    """How cells are mended that come out of a file otherwise than they were meant."""

    cells: MendCells
    odd: Callable[[Arrow], bool]
    """Tells whether any of these texts may have to be mended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """Some rows as columns."""

    columns: list[Column]
    rows: int


def chunks_of(
    batches: Iterable[Sequence[Row]], chunk_rows: int, mend: Mend
) -> Iterator[tuple[int, Block]]:
    """Yield (rows before, block) of at most `chunk_rows` rows each."""
    slices = _slices(batches, chunk_rows)
    before = 0
    while (block := _next_block(slices, chunk_rows, mend)).rows:
        yield before, block
        before += block.rows


def _next_block(slices: Iterator[list[Row]], chunk_rows: int, mend: Mend) -> Block:
    parts: list[Block] = []
    count = 0
    with _without_collecting():
        for rows in slices:
            parts.append(_narrowed(_typed(rows, mend)))
            count += len(rows)
            if count == chunk_rows:
                break
    return _joined(parts, count)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Keep Python from looking for cycles among the rows, of which there are none.

    It would look through all that is held after each 700 rows, in vain.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


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


def _narrowed(block: Block) -> Block:
    """Return the columns up to the last that holds anything."""
    return Block(columns=block.columns[: used_width(block, 0)], rows=block.rows)


def _typed(rows: Sequence[Row], mend: Mend) -> Block:
    columns = [_column(cells, mend) for cells in zip_longest(*rows, fillvalue="")]
    return Block(columns=columns, rows=len(rows))


def _column(cells: tuple[object, ...], mend: Mend) -> Column:
    """Return the cells of one column, as Arrow's texts where they are nothing else."""
    texts = _texts(cells) if isinstance(cells[0], str | None) else None
    if texts is None or mend.odd(texts):
        return _mended(cells, set(map(type, cells)), mend.cells)
    lengths = np.diff(np.frombuffer(texts.buffers()[1], np.int32))
    if texts.null_count == 0 and lengths.all():
        return texts
    return pc.if_else(pc.equal(texts, ""), NO_TEXT, texts)


def _texts(cells: tuple[object, ...]) -> Arrow | None:
    """Return texts and blank cells as Arrow; None where there is anything else among them."""
    try:
        return pa.array(cells, pa.string())
    except (TypeError, UnicodeEncodeError):  # the latter: half a character
        return None


def _joined(parts: list[Block], count: int) -> Block:
    width = max((len(part.columns) for part in parts), default=0)
    columns = [_joined_column(parts, place, count) for place in range(width)]
    return Block(columns=columns, rows=count)


def _joined_column(parts: list[Block], place: int, count: int) -> Column:
    pieces: list[Any] = [
        part.columns[place]
        if place < len(part.columns)
        else pa.nulls(part.rows, pa.string())
        for part in parts
    ]
    if not any(isinstance(piece, np.ndarray) for piece in pieces):
        return pa.concat_arrays(pieces)
    joined = np.empty(count, dtype=object)
    np.concatenate([as_cells(piece) for piece in pieces], out=joined)
    return joined


def as_cells(column: Column) -> Cells:
    """Return a column as objects, blank cells as None."""
    if isinstance(column, np.ndarray):
        return column
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=object)


def block_of(rows: Sequence[Row], mend: MendCells) -> Cells:
    """Return cells as an array of columns of objects, blank cells as None."""
    width = max(map(len, rows), default=0)
    block = np.empty((width, len(rows)), dtype=object)
    for number, column in enumerate(zip_longest(*rows, fillvalue="")):
        block[number] = _mended(column, set(map(type, column)), mend)
    return block


def _mended(column: tuple[object, ...], types: Types, mend: MendCells) -> Cells:
    cells = np.fromiter(column, dtype=object, count=len(column))
    blank = _blank(column, types, cells)
    if blank is None:
        return mend(cells, types)
    if not blank.all():
        cells[~blank] = mend(cells[~blank], types - {type(None)})
    cells[blank] = None
    return cells


def _blank(
    column: tuple[object, ...], types: Types, cells: Cells
) -> npt.NDArray[np.bool_] | None:
    texts, nothing = str in types and "" in column, type(None) in types
    if not (texts or nothing):
        return None
    blank = np.zeros(len(cells), dtype=np.bool_)
    if texts:
        blank |= np.equal(cells, "").astype(np.bool_)
    if nothing:
        blank |= np.equal(cells, NOTHING).astype(np.bool_)
    return blank


def there(column: Column) -> npt.NDArray[np.bool_]:
    """Tell which cells of a column hold a value."""
    if isinstance(column, np.ndarray):
        filled: npt.NDArray[np.bool_] = np.not_equal(column, NOTHING).astype(np.bool_)
        return filled
    return np.asarray(column.is_valid(), dtype=np.bool_)


def used_width(block: Block, least: int) -> int:
    """Return the number of columns up to the last that holds anything, at least `least`."""
    width = len(block.columns)
    while width > least and not there(block.columns[width - 1]).any():
        width -= 1
    return width
