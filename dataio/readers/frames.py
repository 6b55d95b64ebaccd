"""Raw frames: rows of a file under their headers, whole columns of texts as Arrow arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from dataio.readers.base import column_letters
from dataio.readers.blocks import Arrow, Block, Column, as_cells, there, used_width


def frame_of(block: Block, first_row: int, headers: list[str]) -> pd.DataFrame:
    """Return the rows that hold any value as a raw frame.

    `first_row`: the number of the first row as Excel shows it. `headers` gets a name for
    each column further right that holds a value, so that nothing is lost.
    """
    used = used_width(block, len(headers))
    headers += _free_names(headers, used)
    columns = block.columns[:used]
    empty: Arrow = pa.nulls(block.rows, pa.string())
    columns += [empty] * (len(headers) - len(columns))
    index = np.arange(first_row, first_row + block.rows, dtype=np.int64)
    keep = _filled(columns, block.rows)
    if not keep.all():
        mask, index = pa.array(keep), index[keep]
        columns = [
            one[keep] if isinstance(one, np.ndarray) else one.filter(mask)
            for one in columns
        ]
    return _frame(columns, pd.Index(index), headers)


def _frame(columns: list[Column], index: pd.Index, headers: list[str]) -> pd.DataFrame:
    series = {
        # dtype=object: pandas would turn columns of texts into its own, and None into NaN.
        place: pd.Series(column, index, dtype=object, copy=False)
        if isinstance(column, np.ndarray)
        else pd.Series(pd.arrays.ArrowExtensionArray(column), index, copy=False)
        for place, column in enumerate(columns)
    }
    return pd.DataFrame(series, index=index, copy=False).set_axis(headers, axis=1)


def _filled(columns: Sequence[Column], rows: int) -> npt.NDArray[np.bool_]:
    """Say for each row whether any cell holds a value; mostly the first column will do."""
    filled = np.zeros(rows, dtype=np.bool_)
    for column in columns:
        filled |= there(column)
        if filled.all():
            break
    return filled


def as_objects(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a raw frame, or some of its columns, with all cells as objects, blank ones None."""
    columns = {name: _as_objects(cells) for name, cells in frame.items()}
    return pd.DataFrame(columns, index=frame.index, columns=frame.columns)


def _as_objects(cells: pd.Series) -> pd.Series:
    if cells.dtype == np.dtype(object):
        return cells
    return pd.Series(as_cells(pa.array(cells)), cells.index, dtype=object)


def _free_names(headers: list[str], width: int) -> list[str]:
    names: list[str] = []
    for number in range(len(headers) + 1, width + 1):
        name = f"Column {column_letters(number)}"
        while name in headers or name in names:
            name += " (2)"
        names.append(name)
    return names
