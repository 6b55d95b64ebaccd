"""The only module that knows rustpy-xlsxwriter, and its traps.

It takes three kinds of cells: str, float and bool, and None for an empty cell. Whatever
else a workbook shows is a number with a format, and is made one before it comes here: the
library would drop the time of day, the zone or the last digits without a word. It takes
rows as dicts but writes them by position. It streams its input in constant memory.

Its faster way, Arrow batches, was measured too: no faster for cells of these kinds, and
what it does not know (decimals, durations, mixed columns) it leaves out in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
class Layout:
    """What the sheets look like, column by column."""

    headers: Sequence[str]
    """Unique."""
    formats: Sequence[str]
    """Excel number formats."""
    widths: Sequence[int]
    hidden: int = 0
    """How many of the last columns nobody sees."""
    hidden_sheet: tuple[str, Sequence[str]] | None = None
    """Name of a sheet that nobody sees, and the cells of its only column."""


def write_workbook(
    target: Path, layout: Layout, sheets: Iterable[tuple[str, Iterator[Cells] | None]]
) -> None:
    """Write sheets, given as name and cells; None: a header only.

    An error raised by an iterator comes through.
    """
    headers, shown = layout.headers, list(sheets)
    hidden = headers[len(headers) - layout.hidden :]
    more = _hidden_sheet(layout)
    formats = dict(zip(headers, map(_format, layout.formats), strict=True))
    widths = dict(zip(headers, map(float, layout.widths), strict=True))
    texts = [
        name
        for name, shape in zip(headers, layout.formats, strict=True)
        if shape == "@"
    ]
    header = Format().set_bold().set_background_color(HEADER_TINT)
    # A group of columns that is folded is the library's one way to hide them.
    folded = (
        [{"from": hidden[0], "to": hidden[-1], "collapsed": True}] if hidden else []
    )

    def each(choice: T) -> dict[str, T] | None:
        return {name: choice for name, _parts in shown} if choice else None

    write_worksheets(
        [*[(name, _rows(headers, parts)) for name, parts in shown], *more],
        str(target),
        freeze_panes=each({"row": 1, "col": 0}),
        autofilter=each(True),  # noqa: FBT003 - the value, not a flag
        header_format=each(header),
        column_formats=each(formats),
        column_widths=each(widths),
        # No green triangles beside article numbers: they are texts on purpose.
        ignore_errors=each(texts),
        outline=each({"columns": folded} if folded else {}),
        sheet_view={name: {"hidden": True} for name, _rows in more} or None,
    )


def _hidden_sheet(layout: Layout) -> list[tuple[str, Iterator[dict[str, object]]]]:
    if layout.hidden_sheet is None:
        return []
    name, (header, *cells) = layout.hidden_sheet
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


def _format(number_format: str) -> Format:
    return Format().set_num_format(number_format)
