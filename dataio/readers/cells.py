"""Mends cells that come out of a workbook otherwise than Excel shows them."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from dataio.readers.blocks import Arrow, Cells, Mend, Types

EPOCH_SHIFT = dt.timedelta(days=1462)
# 1900's first two months are one day off, for Excel believes in 29 February 1900.
SHORT_SHIFT = dt.timedelta(days=1461)
LEAP_DAY = dt.date(1900, 3, 1)
# A control character as ECMA-376 writes it, or that text itself, which begins with _x005F_.
ESCAPE = re.compile(r"_x005[Ff]_(?=x00[01][0-9A-Fa-f]_)|_x(00[01][0-9A-Fa-f])_")


def _odd(texts: Arrow) -> bool:
    """Tell whether there is an escape in any of these texts, at next to no cost."""
    data = texts.buffers()[2]
    return data is not None and b"_x00" in data.to_pybytes()


def _mend_cells(cells: Cells, types: Types) -> Cells:
    """Decode escapes that the parser left, and show numbers that are none as text.

    A float NaN would pass for a blank cell further on; it is none.
    """
    if float in types:
        cells = _without_odd_floats(cells)
    if str in types:
        cells = _without_escapes(cells, whole=types == {str})
    return cells


def _mend_1904(cells: Cells, types: Types) -> Cells:
    """Do as `_mend_cells`, and move dates that were read with the wrong epoch."""
    cells = _mend_cells(cells, types)
    if not types & {dt.date, dt.datetime}:
        return cells
    dates = _of_type(cells, dt.date) | _of_type(cells, dt.datetime)
    return _replace(cells, dates, _moved)


def _moved(cell: object) -> object:
    if isinstance(cell, dt.datetime):
        return cell + (EPOCH_SHIFT if cell.date() >= LEAP_DAY else SHORT_SHIFT)
    if isinstance(cell, dt.date):
        return cell + (EPOCH_SHIFT if cell >= LEAP_DAY else SHORT_SHIFT)
    return cell


def _without_odd_floats(cells: Cells) -> Cells:
    try:
        finite = bool(np.isfinite(cells.astype(np.float64)).all())
    except (ValueError, TypeError, OverflowError):
        finite = False
    if finite:
        return cells
    floats = _of_type(cells, float)
    floats[floats] = ~np.isfinite(cells[floats].astype(np.float64))
    return _replace(cells, floats, _float_text) if floats.any() else cells


def _float_text(cell: object) -> object:
    if isinstance(cell, float) and not math.isfinite(cell):
        return "NaN" if math.isnan(cell) else str(cell)
    return cell


def _without_escapes(cells: Cells, *, whole: bool) -> Cells:
    texts = np.ones(len(cells), dtype=np.bool_) if whole else _of_type(cells, str)
    # One search in one long text is far cheaper than one in each cell.
    if "_x00" not in "\0".join(cells[texts]):
        return cells
    return _replace(cells, texts, _decoded)


def _decoded(cell: object) -> object:
    return ESCAPE.sub(_character, str(cell))


def _character(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else "_"


def _of_type(cells: Cells, kind: type) -> npt.NDArray[np.bool_]:
    kinds = np.fromiter(map(type, cells), dtype=object, count=len(cells))
    same: npt.NDArray[np.bool_] = (kinds == kind).astype(np.bool_)
    return same


def _replace(
    cells: Cells, mask: npt.NDArray[np.bool_], replace: Callable[[object], object]
) -> Cells:
    """Return a copy with `replace` called for the masked cells; the rare path."""
    mended = cells.copy()
    mended[mask] = np.fromiter(map(replace, cells[mask]), dtype=object)
    return mended


MEND = Mend(cells=_mend_cells, odd=_odd)
MEND_1904 = Mend(cells=_mend_1904, odd=_odd)
