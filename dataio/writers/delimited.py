"""Comma-separated text: exact values, and no cell that a spreadsheet takes for a formula.

| value                                | in the file                                        |
|--------------------------------------|----------------------------------------------------|
| text beginning with = + - @ tab CR   | an apostrophe before it; '=x becomes ''=x, so that |
|                                      | taking one away always gives the text back;        |
|                                      | switched off by `guard_formulas=False`             |
| numbers, also negative ones          | as they are; decimals exact, with all their places |
| missing, NaN, infinity               | nothing between the delimiters                     |
| "" (an empty text)                   | two quotes                                         |
| true, false                          | TRUE, FALSE                                        |
| dates, datetimes, times              | ISO 8601; datetimes with their offset              |
| durations                            | hours:minutes:seconds                              |
"""

from __future__ import annotations

import codecs
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from dataio.writers.atomic import atomic_target
from dataio.writers.base import Outline, WriteOptions
from dataio.writers.frames import arrow_cells, unique_headers
from dataio.writers.single import OneTable
from dataio.writers.texts import Arrow, as_text, datetime_text, duration_text, time_text

FORMULA = r"^('*[=+\-@\t\r])"


class DelimitedWriter(OneTable):
    """Writes frames to a text file (UTF-8); see the table above for odd values."""

    def __init__(self, path: Path, options: WriteOptions) -> None:
        self.rows = 0
        self.notes: list[str] = []
        self._options = options
        self._path = path
        self._stack = ExitStack()
        headers = unique_headers([column.header for column in options.columns])
        if options.guard_formulas:
            headers = _guarded(pa.array(headers, pa.string())).to_pylist()
        self._headers = headers

    def __enter__(self) -> Self:
        with ExitStack() as stack:  # what is open is closed when a later step fails
            target = stack.enter_context(atomic_target(self._path))
            self._file = stack.enter_context(target.open("wb"))
            if self._options.byte_order_mark:
                self._file.write(codecs.BOM_UTF8)
            self._write_table(
                [pa.array([], pa.string())] * len(self._headers), header=True
            )
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            with self._stack:
                self._options.progress.packing()
        else:
            self._stack.__exit__(kind, error, traceback)

    def write(self, frame: pd.DataFrame, outline: Outline | None = None) -> None:
        """Append a frame; its columns are the output columns' names, Arrow dtypes."""
        self.refuse(outline)
        found = [arrow_cells(frame[column.name]) for column in self._options.columns]
        self._write_table(
            [_csv_cells(cells, self._options) for cells in found], header=False
        )
        self.rows += len(frame)
        self._options.progress.writing(len(frame))

    def _write_table(self, cells: list[Arrow], *, header: bool) -> None:
        options = csv.WriteOptions(
            include_header=header, delimiter=self._options.delimiter
        )
        csv.write_csv(
            pa.Table.from_arrays(cells, names=self._headers), self._file, options
        )


def _csv_cells(cells: Arrow, options: WriteOptions) -> Arrow:
    kind = cells.type
    types = pa.types
    if types.is_integer(kind) or types.is_decimal(kind):
        return cells
    if types.is_floating(kind):
        return pc.if_else(pc.is_finite(cells), cells, pa.scalar(None, kind))
    if types.is_boolean(kind):
        return pc.if_else(cells, "TRUE", "FALSE")
    if types.is_timestamp(kind):
        return datetime_text(
            cells.cast(pa.timestamp(kind.unit, options.timezone.key))
            if kind.tz
            else cells
        )
    if types.is_duration(kind):
        return duration_text(cells)
    if types.is_time(kind):
        return time_text(cells)
    text = as_text(cells)
    guard = options.guard_formulas and not types.is_date(kind)
    return _guarded(text) if guard else text


def _guarded(texts: Arrow) -> Arrow:
    return pc.replace_substring_regex(texts, FORMULA, r"'\1")
