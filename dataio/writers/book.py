"""What the writers of workbooks have in common: tables are spooled, then written in one go.

1. Each frame is spooled beside the target, and the database can be let go.
2. On a clean exit the sheets are written from the spool and packed.
3. The file gets its name. On an error on the way nothing is left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import pandas as pd
import pyarrow as pa
from django.utils.translation import gettext as _

from dataio.errors import DataioError
from dataio.writers.atomic import atomic_target, beside
from dataio.writers.base import Outline, OutputColumn, WriteOptions
from dataio.writers.notes import (
    cut_note,
    further_note,
    left_out_note,
    replaced_note,
)
from dataio.writers.sheet import Page, Sheet
from dataio.writers.sheets import legal_sheet_name
from dataio.writers.summaries import Summary

MOST_COLUMNS = 16_384
MOST_SHEETS = 1_000
"""Programs take minutes to open a workbook of more."""
MOST_ROWS = 1_048_576
"""Rows of a sheet, its header among them."""


class BookWriter:
    """Takes the tables of a workbook; a subclass says how they are written."""

    def __init__(self, path: Path, options: WriteOptions) -> None:
        self.notes: list[str] = []
        self.options = options
        self.sheets: list[Sheet] = []
        self.summaries: list[Summary] = []
        self._path = path
        self._stack = ExitStack()
        self._cut: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()
        self._replaced: Counter[str] = Counter()
        self._rendered = 0
        if options.columns:
            columns = [*options.columns, *options.hidden]
            self._begin(options.sheet_name, columns, hidden=len(options.hidden))

    @property
    def rows(self) -> int:
        """Data rows written so far."""
        return sum(sheet.spool.rows for sheet in self.sheets)

    def __enter__(self) -> Self:
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

    def sheet(self, name: str, columns: Sequence[OutputColumn]) -> None:
        """Begin the next sheet: the frames that follow go there.

        Raises DataioError for more columns or sheets than a workbook holds.
        """
        if self.sheets:
            self.sheets[-1].finish()
        self._begin(name, columns)

    def summary(self, summary: Summary) -> None:
        """Add a sheet with a small table, and its chart."""
        self.summaries.append(summary)

    def write(self, frame: pd.DataFrame, outline: Outline | None = None) -> None:
        """Append a frame; its columns are the output columns' names, Arrow dtypes."""
        self.sheets[-1].write(frame, outline)

    def render(
        self, target: Path, pages: Sequence[Page], summaries: Mapping[str, Summary]
    ) -> None:
        """Write the file. `summaries`: by the names of their sheets. Overridden."""
        raise NotImplementedError

    def batches(self, page: Page) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a page, telling the progress after each batch."""
        for batch in page.batches():
            yield batch
            self.options.progress.writing(batch.num_rows)
            self._rendered += batch.num_rows
            if self._rendered == self.rows:
                self.options.progress.packing()

    def has_cut(self, header: str, count: int) -> None:
        """Take note of texts that were too long."""
        if count:
            self._cut[header] += count

    def has_left_out(self, header: str, count: int) -> None:
        """Take note of numbers that are texts, and so are not in a total."""
        if count:
            self._left_out[header] += count

    def has_replaced(self, header: str, count: int) -> None:
        """Take note of texts with characters that the format does not hold."""
        if count:
            self._replaced[header] += count

    def _begin(
        self, name: str, columns: Sequence[OutputColumn], *, hidden: int = 0
    ) -> None:
        if len(columns) > MOST_COLUMNS:
            raise DataioError(
                _("A sheet holds 16,384 columns at most. Choose fewer columns.")
            )
        if len(self.sheets) == MOST_SHEETS:
            raise DataioError(
                _(
                    "A workbook of more than 1,000 sheets can hardly be opened. "
                    "Choose a column with fewer values."
                )
            )
        sheet = Sheet(name, columns, beside(self._path, "spool"), hidden=hidden)
        self._stack.callback(sheet.spool.remove)
        self.sheets.append(sheet)

    def _finish(self) -> None:
        for sheet in self.sheets[-1:]:
            sheet.finish()
        hidden = self.options.hidden_sheet
        taken = [] if hidden is None else [hidden[0]]
        pages = self._pages(taken)
        summaries: dict[str, Summary] = {}
        for summary in self.summaries:
            taken.append(legal_sheet_name(summary.name, taken))
            summaries[taken[-1]] = summary
        with atomic_target(self._path) as target:
            self.render(target, pages, summaries)
        self.notes += [cut_note(*found) for found in self._cut.items()]
        self.notes += [replaced_note(*found) for found in self._replaced.items()]
        self.notes += [left_out_note(*found) for found in self._left_out.items()]

    def _pages(self, taken: list[str]) -> list[Page]:
        """Return the sheets of the file: each table has one, or as many as its rows need."""
        room = MOST_ROWS - 1 - int(self.options.totals)
        size = min(self.options.sheet_rows, room)
        pages: list[Page] = []
        for sheet in self.sheets:
            own: list[Page] = []
            for first in range(0, max(sheet.spool.rows, 1), size):
                name = legal_sheet_name(sheet.name, taken)
                taken.append(name)
                last = min(first + size, sheet.spool.rows)
                own.append(Page(name=name, sheet=sheet, first=first, last=last))
            if len(own) > 1:
                self.notes.append(further_note(own[0].name, own[-1].name, len(own) - 1))
            pages += own
        return pages
