"""Raw cells of one column, sorted by what they are, the whole Series at a time."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import IntEnum
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from dataio.columns.edges import are_plain, may_have_nul

Places = NDArray[np.intp]
"""Positions of cells within their Series."""
Mask = NDArray[np.bool_]
Arrow = Any
"""An Arrow array."""
pc: Any = pyarrow.compute
"""Compute functions, whose stubs know neither all of them nor plain arguments."""


class Kind(IntEnum):
    """What a raw cell is."""

    BLANK = 0
    TEXT = 1
    BOOL = 2
    INT = 3
    FLOAT = 4
    DECIMAL = 5
    DATETIME = 6
    DATE = 7
    TIME = 8
    DURATION = 9
    OTHER = 10
    ERROR = 11
    """The text that Excel shows when a formula failed."""
    BROKEN = 12
    """Text with NUL or half a character, which no database keeps."""
    ENDLESS = 13
    """A float that is infinite."""


NUMBERS = (Kind.INT, Kind.FLOAT, Kind.DECIMAL)

EXCEL_ERRORS = pa.array(
    [
        "#NULL!",
        "#DIV/0!",
        "#VALUE!",
        "#REF!",
        "#NAME?",
        "#NUM!",
        "#N/A",
        "#GETTING_DATA",
        "#SPILL!",
        "#CALC!",
        "#FIELD!",
        "#BLOCKED!",
        "#CONNECT!",
        "#UNKNOWN!",
        "#BUSY!",
    ]
)


class _KindOfType(dict[type, Kind]):
    """Kind by exact type; a type not met before is placed by what it derives from.

    Types are looked up, never values: 1, True and 1.0 are equal and would share a place.
    """

    ORDER = (
        (str, Kind.TEXT),
        ((bool, np.bool_), Kind.BOOL),
        ((int, np.integer), Kind.INT),
        ((float, np.floating), Kind.FLOAT),
        (Decimal, Kind.DECIMAL),
        (datetime, Kind.DATETIME),  # before date, from which it derives
        (date, Kind.DATE),
        (time, Kind.TIME),
        (timedelta, Kind.DURATION),
        ((type(None), type(pd.NA)), Kind.BLANK),
    )

    def __missing__(self, key: type) -> Kind:
        # NaT is of a type of its own, which derives from datetime.
        found = Kind.BLANK if key is type(pd.NaT) else Kind.OTHER
        if found is Kind.OTHER:
            found = next(
                (kind for base, kind in self.ORDER if issubclass(key, base)), found
            )
        self[key] = found
        return found


_KIND_OF_TYPE = _KindOfType()


class Cells:
    """Raw cells of one column, objects or texts of Arrow's: `kinds[i]` says what cell i is.

    Blank are None, NaN, NaT, NA, "" and text of whitespace only.
    `texts` are the cells of Kind.TEXT as an Arrow string array, as typed; `stripped` are the
    same without whitespace around them.
    """

    def __init__(self, series: pd.Series) -> None:
        self.index = series.index
        self._typed: Arrow | None = _texts_of(series)
        self._series = series
        self.kinds: NDArray[np.int8]
        if self._typed is None:
            self._know(_kinds_of(self._raw))
            self._sort_floats()
        else:
            there = np.asarray(self._typed.is_valid())
            self._know(np.where(there, Kind.TEXT, Kind.BLANK).astype(np.int8))
        self.texts: Arrow = nothing(pa.string())
        self.stripped: Arrow = self.texts
        if self._counts[Kind.TEXT]:
            self._sort_texts()

    def __len__(self) -> int:
        return len(self.kinds)

    def at(self, *kinds: Kind) -> Places:
        """Return the positions of all cells of these kinds, in order."""
        there = [kind for kind in kinds if self._counts[kind]]
        count = sum(self._counts[kind] for kind in there)
        if count in (0, len(self)):
            return np.arange(count)
        if len(there) == 1:
            return np.flatnonzero(self.kinds == there[0])
        return np.flatnonzero(np.isin(self.kinds, there))

    def take(self, places: Places) -> NDArray[np.object_]:
        """Return the raw cells at these positions."""
        if not len(places):
            return np.empty(0, dtype=object)
        return self._raw if len(places) == len(self) else self._raw[places]

    def series(self, places: Places) -> pd.Series:
        """Return the raw cells at these positions with their row numbers."""
        return pd.Series(self._raw[places], index=self.index[places], dtype=object)

    @cached_property
    def _raw(self) -> NDArray[np.object_]:
        if self._typed is None:
            return self._series.to_numpy(dtype=object)
        return np.asarray(self._typed.to_numpy(zero_copy_only=False), dtype=object)

    def _know(self, kinds: NDArray[np.int8]) -> None:
        self.kinds = kinds
        self._counts = np.bincount(kinds, minlength=len(Kind)).tolist()

    def _sort_floats(self) -> None:
        places = self.at(Kind.FLOAT)
        floats = self.take(places).astype(np.float64)
        if not np.isfinite(floats).all():
            self.kinds[places[np.isnan(floats)]] = Kind.BLANK
            self.kinds[places[np.isinf(floats)]] = Kind.ENDLESS
            self._know(self.kinds)

    def _sort_texts(self) -> None:
        places = self.at(Kind.TEXT)
        self.texts = self._encoded(places)
        if are_plain(self.texts):
            self.stripped = self.texts
            return
        self.stripped = pc.utf8_trim_whitespace(self.texts)
        kinds = np.full(len(places), Kind.TEXT, np.int8)
        kinds[as_mask(pc.equal(pc.binary_length(self.stripped), 0))] = Kind.BLANK
        if pc.any(pc.starts_with(self.stripped, "#")).as_py():
            upper = pc.utf8_upper(self.stripped)
            kinds[as_mask(pc.is_in(upper, EXCEL_ERRORS))] = Kind.ERROR
        if may_have_nul(self.texts):
            kinds[as_mask(pc.match_substring(self.texts, "\0"))] = Kind.BROKEN
        kinds[as_mask(pc.is_null(self.texts))] = Kind.BROKEN
        good = kinds == Kind.TEXT
        if not good.all():
            self.kinds[places] = kinds
            self._know(self.kinds)
            self.texts = self.texts.filter(pa.array(good))
            self.stripped = self.stripped.filter(pa.array(good))

    def _encoded(self, places: Places) -> Arrow:
        """Return text cells as Arrow strings, null where a text cannot be encoded."""
        if self._typed is not None:
            return self._typed.drop_null()
        cells = self.take(places)
        try:
            return pa.array(cells, pa.string())
        except UnicodeEncodeError:
            return pa.array(
                [text if is_whole(text) else None for text in cells], pa.string()
            )


def _texts_of(series: pd.Series) -> Arrow | None:
    """Return a column of Arrow's texts as one array; None for all others."""
    if not isinstance(series.dtype, pd.ArrowDtype):
        return None
    if series.dtype.pyarrow_dtype != pa.string():
        return None
    texts: Any = pa.array(series)
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts


def _kinds_of(raw: NDArray[np.object_]) -> NDArray[np.int8]:
    """Return the kind of each cell by its type; most columns have one type."""
    cells = raw.tolist()
    kinds = {one: _KIND_OF_TYPE[one] for one in set(map(type, cells))}
    if len(kinds) == 1:
        return np.full(len(cells), kinds.popitem()[1], np.int8)
    return np.fromiter(map(kinds.__getitem__, map(type, cells)), np.int8, len(cells))


def is_whole(text: str) -> bool:
    """Return whether no character of the text is cut in half (a lone surrogate)."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def as_mask(array: Arrow) -> Mask:
    """Return an Arrow array of truth values as numpy has it; null is false."""
    filled = pc.coalesce(array, pa.scalar(value=False)) if array.null_count else array
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=np.bool_)


def matches(texts: Arrow, pattern: str) -> Mask:
    """Return which texts match a regular expression (RE2, so in linear time)."""
    return as_mask(pc.match_substring_regex(texts, pattern))


def nothing(arrow_type: pa.DataType) -> Arrow:
    """Return an Arrow array without elements."""
    return pa.array([], arrow_type)
