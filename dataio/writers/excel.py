"""Excel workbooks in constant memory; what becomes of odd values: `dataio.writers.cells`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow.compute as pc

from dataio.writers.book import BookWriter
from dataio.writers.cells import excel_cells
from dataio.writers.laid_out import write_laid_out
from dataio.writers.sheet import Page
from dataio.writers.summaries import Summary
from dataio.writers.texts import Arrow
from dataio.writers.workbook import Cells, PlainSheet, write_workbook


class ExcelWriter(BookWriter):
    """Writes frames to an .xlsx file.

    Plain sheets go the fastest way there is (`dataio.writers.workbook`); a file with tables,
    totals, outlines or summaries goes another (`dataio.writers.laid_out`).
    """

    def render(
        self, target: Path, pages: Sequence[Page], summaries: Mapping[str, Summary]
    ) -> None:
        """Write the file."""
        if self._is_laid_out(pages, summaries):
            write_laid_out(target, self, pages, summaries)
            return
        sheets = [self._plain(page) for page in pages]
        write_workbook(target, sheets, self.options.hidden_sheet)

    def _is_laid_out(
        self, pages: Sequence[Page], summaries: Mapping[str, Summary]
    ) -> bool:
        return bool(
            self.options.table
            or self.options.totals
            or summaries
            or any(page.sheet.outline or page.sheet.links for page in pages)
        )

    def _plain(self, page: Page) -> PlainSheet:
        sheet = page.sheet
        return PlainSheet(
            name=page.name,
            headers=sheet.headers,
            formats=sheet.formats,
            widths=sheet.widths,
            parts=self._cells(page) if page.rows else None,
            hidden=sheet.hidden,
        )

    def _cells(self, page: Page) -> Iterator[Cells]:
        """Yield the cells of a page part by part."""
        headers = page.sheet.headers
        for batch in self.batches(page):
            cells: list[list[object]] = []
            for place, header in enumerate(headers):
                ready = excel_cells(batch.column(place), self.options.timezone)
                self.has_cut(header, ready.cut)
                cells.append(_merged(ready.values, ready.texts))
            yield cells


def _merged(values: Arrow, texts: Arrow | None) -> list[object]:
    """Return the cells of a column, texts in place of the numbers they stand for."""
    cells: list[object] = values.to_pylist()
    if texts is not None and texts.null_count < len(texts):
        places: Arrow = pc.indices_nonzero(texts.is_valid())
        for place in places.to_pylist():
            cells[place] = texts[place].as_py()
    return cells
