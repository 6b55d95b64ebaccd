"""The only module that knows rustpy-xlsxwriter, and its traps.

It takes three kinds of cells: text, double and bool. What else Arrow has (decimals,
durations, dictionaries, unions) it would leave out without a word, so nothing else may
come here. It reads values by position, and streams its input in constant memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from rustpy_xlsxwriter import Format, write_worksheets

HEADER_TINT = "#E8EDF5"
EVERY_SHEET = "general"  # the library's word for it
Sheets = Sequence[tuple[str, Iterable[pa.RecordBatch]]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """What the sheets look like, column by column."""

    headers: Sequence[str]
    """Unique."""
    formats: Sequence[str]
    """Excel number formats."""
    widths: Sequence[int]


def write_plain(
    target: Path, layout: Layout, schema: pa.Schema, sheets: Sheets
) -> None:
    """Write batches whose columns are each of one kind: the fast way.

    `schema` has one field for each header. An error raised by a batch iterator comes out
    as it was raised.
    """
    raised: list[BaseException] = []
    named = pa.schema(
        [(name, kind) for name, kind in zip(layout.headers, schema.types, strict=True)]
    )

    def renamed(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        # Arrow's stream interface turns errors into texts, so they are kept here.
        try:
            for batch in batches:
                yield pa.RecordBatch.from_arrays(batch.columns, schema=named)
        except BaseException as error:
            raised.append(error)
            raise

    data = [
        (name, pa.RecordBatchReader.from_batches(named, renamed(batches)))
        for name, batches in sheets
    ]
    try:
        _write(target, layout, data)
    except RuntimeError as error:
        raise (raised[0] if raised else error) from None


def write_mixed(
    target: Path,
    layout: Layout,
    sheets: Sheets,
    columns_of: Callable[[pa.RecordBatch], list[list[object]]],
) -> None:
    """Write batches with texts among the numbers; `columns_of` returns a batch's cells."""

    def rows(batches: Iterable[pa.RecordBatch]) -> Iterator[dict[str, object]]:
        for batch in batches:
            for row in zip(*columns_of(batch), strict=True):
                yield dict(zip(layout.headers, row, strict=True))

    _write(target, layout, [(name, rows(batches)) for name, batches in sheets])


def _write(target: Path, layout: Layout, data: Sequence[tuple[str, Any]]) -> None:
    headers = layout.headers
    texts = [
        name for name, text in zip(headers, layout.formats, strict=True) if text == "@"
    ]
    write_worksheets(
        data,
        str(target),
        freeze_panes={EVERY_SHEET: {"row": 1, "col": 0}},
        autofilter={EVERY_SHEET: True},
        header_format={EVERY_SHEET: _header_format()},
        column_formats={
            EVERY_SHEET: dict(zip(headers, map(_format, layout.formats), strict=True))
        },
        column_widths={
            EVERY_SHEET: dict(zip(headers, map(float, layout.widths), strict=True))
        },
        # No green triangles beside article numbers: they are texts on purpose.
        ignore_errors={EVERY_SHEET: texts} if texts else None,
    )


def _header_format() -> Format:
    return Format().set_bold().set_background_color(HEADER_TINT)


def _format(number_format: str) -> Format:
    return Format().set_num_format(number_format)
