"""Rejected rows: the cells of the rows with problems, kept exactly as the reader gave them.

A Parquet file has one type per column, raw cells have many. So each column is kept twice: every
cell as a text, and what it was.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from dataio.columns.problems import PROBLEM_COLUMNS

ROW = "row"
TEXT, KIND = "text:", "kind:"
MICROSECOND = dt.timedelta(microseconds=1)

Arrow = Any
"""An Arrow array."""
Objects = npt.NDArray[np.object_]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejected:
    """Rows of one chunk that have problems."""

    cells: pd.DataFrame
    """Raw cells (object): index = row numbers, columns = column names."""
    problems: pd.DataFrame
    """All problems of these rows, however many; see `dataio.columns.problems`."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """One type of raw cell: how it is written as text, and read back."""

    types: tuple[type, ...]
    write: Callable[[Any], bytes]
    read: Callable[[bytes], object]


# A type stands before the one from which it derives. The order is what the files keep: new
# kinds come last.
_KINDS = (
    # "surrogatepass": half a character is a problem to be shown, not a reason to fail here.
    _Kind(
        (str,),
        lambda cell: str.encode(cell, "utf-8", "surrogatepass"),
        lambda text: text.decode("utf-8", "surrogatepass"),
    ),
    _Kind((bool, np.bool_), lambda cell: b"1" if cell else b"", bool),
    _Kind(
        (int, np.integer), lambda cell: b"%x" % int(cell), lambda text: int(text, 16)
    ),
    _Kind(
        (float, np.floating),
        lambda cell: float(cell).hex().encode(),
        lambda text: float.fromhex(text.decode()),
    ),
    _Kind(
        (Decimal,), lambda cell: str(cell).encode(), lambda text: Decimal(text.decode())
    ),
    _Kind(
        (dt.datetime,),
        lambda cell: cell.isoformat().encode(),
        lambda text: dt.datetime.fromisoformat(text.decode()),
    ),
    _Kind(
        (dt.date,),
        lambda cell: cell.isoformat().encode(),
        lambda text: dt.date.fromisoformat(text.decode()),
    ),
    _Kind(
        (dt.time,),
        lambda cell: cell.isoformat().encode(),
        lambda text: dt.time.fromisoformat(text.decode()),
    ),
    _Kind(
        (dt.timedelta,),
        lambda cell: b"%d" % (cell // MICROSECOND),
        lambda text: int(text) * MICROSECOND,
    ),
)
BLANK = -1


class _NumberOfType(dict[type, int]):
    """Place in _KINDS by exact type; a type not met before is placed by what it derives from."""

    def __missing__(self, key: type) -> int:
        self[key] = self._placed(key)
        return self[key]

    def _placed(self, key: type) -> int:
        if key in (type(None), type(pd.NA), type(pd.NaT)):
            return BLANK
        for number, kind in enumerate(_KINDS):
            if issubclass(key, kind.types):
                return number
        raise TypeError(f"A reader or before_check() gave a cell of type {key}.")


_NUMBER_OF_TYPE = _NumberOfType()


def keep(rejected: Rejected, path: Path) -> None:
    """Write rejected rows to `path`, and their problems beside it; each appears whole.

    Raises TypeError for a cell of a type that readers never give.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = rejected.cells
    parts: dict[str, Arrow] = {ROW: pa.array(cells.index.to_numpy(np.int64))}
    for name in cells.columns:
        texts, kinds = _written(cells[name].to_numpy(object))
        parts |= {TEXT + str(name): texts, KIND + str(name): kinds}
    # The cells come last: where they are, the problems are too.
    problems = pa.Table.from_pandas(
        rejected.problems[PROBLEM_COLUMNS], preserve_index=False
    )
    _write(problems, problems_path(path))
    _write(pa.table(parts), path)


def read(path: Path) -> Rejected:
    """Return what `keep` wrote."""
    return Rejected(cells=read_cells(path), problems=read_problems(path))


def read_rows(path: Path) -> npt.NDArray[np.int64]:
    """Return only the numbers of the rows that `keep` wrote."""
    return np.asarray(pq.read_table(path, columns=[ROW])[ROW], dtype=np.int64)


def read_cells(path: Path) -> pd.DataFrame:
    """Return the raw cells that `keep` wrote."""
    table = pq.read_table(path)
    names = [
        name.removeprefix(TEXT) for name in table.column_names if name.startswith(TEXT)
    ]
    index = pd.Index(table.column(ROW).to_numpy(), dtype="int64")
    cells = {
        name: pd.Series(
            _read(table.column(TEXT + name), table.column(KIND + name)),
            index=index,
            dtype=object,
        )
        for name in names
    }
    return pd.DataFrame(cells, index=index, columns=names, dtype=object)


def read_problems(path: Path) -> pd.DataFrame:
    """Return the problems that `keep` wrote for the rows at `path`."""
    found: pd.DataFrame = pq.read_table(problems_path(path)).to_pandas()
    texts = [name for name in PROBLEM_COLUMNS if name != ROW]
    return found.astype(dict.fromkeys(texts, object))


def problems_path(path: Path) -> Path:
    """Return where the problems of the rows at `path` are."""
    return path.with_name(f"{path.stem}.problems.parquet")


def remove(path: Path) -> None:
    """Remove rejected rows and their problems."""
    path.unlink(missing_ok=True)
    problems_path(path).unlink(missing_ok=True)


def _written(cells: Objects) -> tuple[Arrow, Arrow]:
    kinds = np.fromiter(
        map(_NUMBER_OF_TYPE.__getitem__, map(type, cells)), np.int8, len(cells)
    )
    texts = np.full(len(cells), None, dtype=object)
    for number in np.unique(kinds[kinds != BLANK]):
        places = np.flatnonzero(kinds == number)
        texts[places] = _objects(map(_KINDS[number].write, cells[places]), len(places))
    return pa.array(texts, pa.binary()), pa.array(kinds)


def _read(texts: Arrow, kinds: Arrow) -> Objects:
    written, numbers = texts.to_numpy(), kinds.to_numpy()
    cells = np.full(len(numbers), None, dtype=object)
    for number in np.unique(numbers[numbers != BLANK]):
        places = np.flatnonzero(numbers == number)
        found = map(_KINDS[number].read, written[places])
        cells[places] = _objects(found, len(places))
    return cells


def _objects(values: map[Any], count: int) -> Objects:
    return np.fromiter(values, dtype=object, count=count)


def _write(table: pa.Table, path: Path) -> None:
    temporary = path.with_suffix(".part")
    pq.write_table(table, temporary, compression="lz4")
    temporary.replace(path)
