"""Excel workbooks in constant memory; what becomes of odd values: `dataio.writers.cells`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataio.errors import DataioError
from dataio.writers.atomic import atomic_target, beside
from dataio.writers.base import OutputColumn, WriteOptions
from dataio.writers.cells import LONGEST_TEXT, excel_cells, number_format
from dataio.writers.frames import arrow_cells, unique_headers
from dataio.writers.sheets import column_width, legal_sheet_name
from dataio.writers.spool import Spool
from dataio.writers.texts import Arrow
from dataio.writers.workbook import Cells, Layout, write_workbook

MOST_COLUMNS = 16_384


class ExcelWriter:
    """Writes frames to an .xlsx file.

    1. Each frame is turned into the cells of a workbook and spooled beside the target.
    2. On a clean exit the sheets are written from the spool and packed.
    3. The file gets its name. On an error on the way nothing is left.
    """

    def __init__(self, path: Path, options: WriteOptions) -> None:
        self._columns = [*options.columns, *options.hidden]
        if len(self._columns) > MOST_COLUMNS:
            raise DataioError(
                _("A sheet holds 16,384 columns at most. Choose fewer columns.")
            )
        self.notes: list[str] = []
        self._path = path
        self._options = options
        self._headers = unique_headers([column.header for column in self._columns])
        self._spool = Spool(beside(path, "spool"))
        self._stack = ExitStack()
        self._kinds: list[pa.DataType] = []
        self._widths: list[int] = []
        self._cut = [0] * len(self._columns)

    @property
    def rows(self) -> int:
        """Data rows written so far."""
        return self._spool.rows

    def __enter__(self) -> Self:
        self._stack.callback(self._spool.remove)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._stack:
            if error is None:
                self._finish()

    def write(self, frame: pd.DataFrame) -> None:
        """Append a frame; its columns are the output columns' names, Arrow dtypes."""
        found = [arrow_cells(frame[column.name]) for column in self._columns]
        if not self._kinds:
            self._begin(found)
        # One type per column: later frames follow the first.
        arrays: list[Arrow] = []
        for number, (cells, kind) in enumerate(zip(found, self._kinds, strict=True)):
            arrays += self._prepared(number, cells.cast(kind))
        names = [str(number) for number in range(len(arrays))]
        self._spool.write(pa.RecordBatch.from_arrays(arrays, names=names))

    def _begin(self, found: list[Arrow]) -> None:
        self._kinds = [cells.type for cells in found]
        self._widths = [
            column_width(header, cells, number_format(cells.type))
            for header, cells in zip(self._headers, found, strict=True)
        ]

    def _prepared(self, number: int, cells: Arrow) -> list[Arrow]:
        """Return the values of a column, and the texts that stand instead of some of them."""
        ready = excel_cells(cells, self._options.timezone)
        self._cut[number] += ready.cut
        texts = (
            ready.texts
            if ready.texts is not None
            else pa.nulls(len(cells), pa.string())
        )
        return [ready.values, texts]

    def _finish(self) -> None:
        self._spool.finish()
        if not self._kinds:
            self._begin([pa.array([], pa.string()) for _header in self._headers])
        with atomic_target(self._path) as target:
            write_workbook(target, self._layout(), self._sheets())
        self.notes = [
            _cut_note(column, count)
            for column, count in zip(self._columns, self._cut, strict=True)
            if count
        ]

    def _layout(self) -> Layout:
        formats = [number_format(kind) for kind in self._kinds]
        return Layout(
            headers=self._headers,
            formats=formats,
            widths=self._widths,
            hidden=len(self._options.hidden),
            hidden_sheet=self._options.hidden_sheet,
        )

    def _sheets(self) -> list[tuple[str, Iterator[Cells] | None]]:
        """Return names and cells of the sheets: one, or as many as the rows need."""
        names: list[str] = []
        sheets: list[tuple[str, Iterator[Cells] | None]] = []
        size = self._options.sheet_rows
        for first in range(0, max(self.rows, 1), size):
            names.append(legal_sheet_name(self._options.sheet_name, names))
            last = min(first + size, self.rows)
            cells = self._cells(first, last) if self.rows else None
            sheets.append((names[-1], cells))
        return sheets

    def _cells(self, first: int, last: int) -> Iterator[Cells]:
        """Yield the cells of these rows part by part, telling the progress after each."""
        progress = self._options.progress
        columns = range(0, 2 * len(self._kinds), 2)
        for batch in self._spool.batches(first, last):
            yield [_merged(batch.column(n), batch.column(n + 1)) for n in columns]
            progress.writing(batch.num_rows)
        if last == self.rows:
            progress.packing()


def _merged(values: Arrow, texts: Arrow) -> list[object]:
    """Return the cells of a column, texts in place of the numbers they stand for."""
    cells: list[object] = values.to_pylist()
    if texts.null_count < len(texts):
        places: Arrow = pc.indices_nonzero(texts.is_valid())
        for place in places.to_pylist():
            cells[place] = texts[place].as_py()
    return cells


def _cut_note(column: OutputColumn, count: int) -> str:
    sentence = ngettext(
        '%(count)s text in "%(column)s" is longer than an Excel cell holds '
        "(%(limit)s characters) and was cut.",
        '%(count)s texts in "%(column)s" are longer than an Excel cell holds '
        "(%(limit)s characters) and were cut.",
        count,
    )
    return sentence % {"count": count, "column": column.header, "limit": LONGEST_TEXT}
