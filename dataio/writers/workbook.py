"""The only module that knows rustpy-xlsxwriter, and its traps.

It takes three kinds of cells: str, float and bool, and None for an empty cell. Whatever
else a workbook shows is a number with a format, and is made one before it comes here: the
library would drop the time of day, the zone or the last digits without a word. It takes
rows as dicts but writes them by position. It streams its input in constant memory.

Its faster way, Arrow batches, was measured too: no faster for cells of these kinds, and
what it does not know (decimals, durations, mixed columns) it leaves out in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
from rustpy_xlsxwriter import Format, write_worksheets

HEADER_TINT = "#E8EDF5"
T = TypeVar("T")
Cells = Sequence[Sequence[object]]
"""The cells of some rows: one sequence for each column."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlainSheet:
    """One sheet: what it looks like, column by column, and its cells."""

    name: str
    headers: Sequence[str]
    """Unique."""
    formats: Sequence[str]
    """Excel number formats."""
    widths: Sequence[int]
    parts: Iterator[Cells] | None
    """None: a header only."""
    hidden: int = 0
    """How many of the last columns nobody sees."""
    links: Sequence[str] = ()
    """Headers of the columns whose every text is an address."""


def write_workbook(
    target: Path,
    sheets: Sequence[PlainSheet],
    hidden_sheet: tuple[str, Sequence[str]] | None = None,
) -> None:
    """Write sheets; `hidden_sheet`: one that nobody sees, and the cells of its only column.

    An error raised by an iterator comes through.
    """
    more = _hidden_sheet(hidden_sheet)
    header = Format().set_bold().set_background_color(HEADER_TINT)

    def each(choice: Callable[[PlainSheet], T]) -> dict[str, T] | None:
        found = {sheet.name: choice(sheet) for sheet in sheets}
        return {name: one for name, one in found.items() if one} or None

    write_worksheets(
        [*[(one.name, _rows(one.headers, one.parts)) for one in sheets], *more],
        str(target),
        freeze_panes=each(lambda one: {"row": 1, "col": 0}),
        autofilter=each(lambda one: True),
        header_format=each(lambda one: header),
        column_formats=each(_formats),
        column_widths=each(
            lambda one: dict(zip(one.headers, map(float, one.widths), strict=True))
        ),
        # No green triangles beside article numbers: they are texts on purpose.
        ignore_errors=each(_texts),
        url_columns=each(lambda one: list(one.links)),
        outline=each(_folded),
        sheet_view={name: {"hidden": True} for name, _rows in more} or None,
    )


def _formats(sheet: PlainSheet) -> dict[str, Format]:
    formats = [Format().set_num_format(shown) for shown in sheet.formats]
    return dict(zip(sheet.headers, formats, strict=True))


def _texts(sheet: PlainSheet) -> list[str]:
    pairs = zip(sheet.headers, sheet.formats, strict=True)
    return [header for header, shown in pairs if shown == "@"]


def _folded(sheet: PlainSheet) -> dict[str, object]:
    """Return a group of columns that is folded: the library's one way to hide them."""
    hidden = sheet.headers[len(sheet.headers) - sheet.hidden :]
    if not hidden:
        return {}
    return {"columns": [{"from": hidden[0], "to": hidden[-1], "collapsed": True}]}


def _hidden_sheet(
    sheet: tuple[str, Sequence[str]] | None,
) -> list[tuple[str, Iterator[dict[str, object]]]]:
    if sheet is None:
        return []
    name, (header, *cells) = sheet
    return [(name, iter([{header: cell} for cell in cells]))]


def _rows(
    headers: Sequence[str], parts: Iterator[Cells] | None
) -> Iterator[dict[str, object]] | pa.RecordBatchReader:
    if (
        parts is None
    ):  # rows tell the library its headers; where there are none, a schema
        schema = pa.schema([(header, pa.string()) for header in headers])
        return pa.RecordBatchReader.from_batches(schema, [])
    return (
        dict(zip(headers, row, strict=True))
        for columns in parts
        for row in zip(*columns, strict=True)
    )
