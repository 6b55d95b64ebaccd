"""Comma-separated text: exact values, and no cell that a spreadsheet takes for a formula.

| value                                | in the file                                        |
|--------------------------------------|----------------------------------------------------|
| text beginning with = + - @, also    | an apostrophe before it; '=x becomes ''=x, so that |
| full-width, tab, CR or LF            | taking one away always gives the text back;        |
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
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from dataio.writers.base import WriteOptions
from dataio.writers.frames import unique_headers
from dataio.writers.single import OneTableWriter
from dataio.writers.texts import Arrow, as_text, datetime_text, duration_text, time_text

# As OWASP lists them; the full-width forms run where Excel speaks Chinese or Japanese.
FORMULA = r"^('*[=+\-@\t\r\n\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}])"


class DelimitedWriter(OneTableWriter):
    """Writes frames to a text file (UTF-8); see the table above for odd values."""

    def begin(self, file: IO[bytes]) -> None:
        """Begin to write to a file: the mark and the header."""
        self._file = file
        headers = unique_headers([column.header for column in self.options.columns])
        if self.options.guard_formulas:
            headers = _guarded(pa.array(headers, pa.string())).to_pylist()
        self._headers = headers
        if self.options.byte_order_mark:
            file.write(codecs.BOM_UTF8)
        nothing = [pa.array([], pa.string())] * len(headers)
        self._write_table(nothing, header=True)

    def append(self, cells: list[Arrow]) -> None:
        """Write rows."""
        found = [_csv_cells(column, self.options) for column in cells]
        self._write_table(found, header=False)

    def _write_table(self, cells: list[Arrow], *, header: bool) -> None:
        options = csv.WriteOptions(
            include_header=header, delimiter=self.options.delimiter
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
