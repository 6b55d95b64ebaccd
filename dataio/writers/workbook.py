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

import pyarrow as pa
from rustpy_xlsxwriter import Format, write_worksheets

HEADER_TINT = "#E8EDF5"
EVERY_SHEET = "general"  # the library's word for it
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


def write_workbook(
    target: Path, layout: Layout, sheets: Iterable[tuple[str, Iterator[Cells] | None]]
) -> None:
    """Write sheets, given as name and cells; None: a header only.

    An error raised by an iterator comes through.
    """
    headers = layout.headers
    texts = [
        name
        for name, shown in zip(headers, layout.formats, strict=True)
        if shown == "@"
    ]
    write_worksheets(
        [(name, _rows(headers, parts)) for name, parts in sheets],
        str(target),
        freeze_panes={EVERY_SHEET: {"row": 1, "col": 0}},
        autofilter={EVERY_SHEET: True},
        header_format={
            EVERY_SHEET: Format().set_bold().set_background_color(HEADER_TINT)
        },
        column_formats={
            EVERY_SHEET: dict(zip(headers, map(_format, layout.formats), strict=True))
        },
        column_widths={
            EVERY_SHEET: dict(zip(headers, map(float, layout.widths), strict=True))
        },
        # No green triangles beside article numbers: they are texts on purpose.
        ignore_errors={EVERY_SHEET: texts} if texts else None,
    )


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
