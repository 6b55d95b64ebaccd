"""Changes: what comparing found, as one Parquet file per chunk, and pages over all of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataio.imports.compare import (
    CHANGED,
    CONFLICT,
    KIND,
    KINDS,
    PROBLEM,
    ROW,
    Findings,
)
from dataio.imports.stage import read_chunk

Arrow = Any
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparedChunk:
    """Where the changes of one chunk are, and how many."""

    changes: Path
    clean: Path
    """The staged chunk, with the new values."""
    findings: Findings


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """Some changes of one chunk."""

    changes: pa.Table
    """See `dataio.imports.compare.Compared`."""
    clean: pd.DataFrame
    """The new values of the same rows, in the same order."""


def write(changes: pa.Table, path: Path) -> Path:
    """Write the changes of a chunk beside their place; return where, to be renamed to it.

    Two workers may compare the same chunk, so each file has a name of its own.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{uuid.uuid4().hex}.part")
    pq.write_table(changes, draft, compression="lz4")
    return draft


def rows_left_out(path: Path) -> Places:
    """Return the rows of a chunk that are not to be loaded."""
    table = pq.read_table(path, columns=[ROW, KIND])
    out: Arrow = pc.is_in(table[KIND], pa.array([CONFLICT, PROBLEM]))
    rows: Places = table.filter(out)[ROW].to_numpy()
    return rows


def page(
    chunks: Sequence[ComparedChunk],
    kind: str = "",
    column: str = "",
    start: int = 0,
    count: int = 100,
) -> list[Piece]:
    """Return the changes from number `start` on, in the order of the chunks.

    `kind`: only these; "" is all of KINDS. `column`: only updates in which it differs.
    Opens the files only of chunks that the counts say are needed.
    """
    pieces = []
    for chunk in chunks:
        here = chunk.findings.count(kind, column)
        if start < here and count > 0:
            piece = _piece(chunk, kind, column, start, count)
            pieces.append(piece)
            count -= len(piece.changes)
        start = max(0, start - here)
    return pieces


def each(
    chunks: Sequence[ComparedChunk], kind: str = "", column: str = ""
) -> Iterator[Piece]:
    """Yield the changes of each chunk that has any."""
    for chunk in chunks:
        if here := chunk.findings.count(kind, column):
            yield _piece(chunk, kind, column, 0, here)


def _piece(
    chunk: ComparedChunk, kind: str, column: str, start: int, count: int
) -> Piece:
    asked: list[str] = [ROW, CHANGED + column] if column else [ROW, KIND]
    marks = pq.read_table(chunk.changes, columns=asked)
    if column:
        wanted: Arrow = marks[CHANGED + column]
    else:
        wanted = pc.is_in(marks[KIND], pa.array([kind] if kind else list(KINDS)))
    places = np.flatnonzero(wanted.to_numpy())[start : start + count]
    taken: Arrow = pa.array(places)
    changes = pq.read_table(chunk.changes).take(taken)
    clean = read_chunk(chunk.clean)
    # The staged chunk has the same rows in the same order.
    return Piece(changes=changes, clean=clean.iloc[places])
