"""The rows of one sheet of a laid-out workbook as XML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from dataio.writers.book import BookWriter
from dataio.writers.cells import ExcelCells, excel_cells
from dataio.writers.letters import letters
from dataio.writers.links import Links
from dataio.writers.markup import content, joined
from dataio.writers.rows_xml import (
    SUM_OF_GROUP,
    Groups,
    XmlCells,
    rows_xml,
    subtotal_ranges,
    text_row,
)
from dataio.writers.sheet import LEVEL, STRONG, Page
from dataio.writers.skeleton import (
    CELL_ROW,
    FORMULA_ROW,
    HEADER_ROW,
    LINK_ROW,
    STRONG_ROW,
    TOTAL_ROW,
    Dress,
)
from dataio.writers.texts import Arrow

SAMPLE = re.compile(
    r'<c r="([A-Z]+)(\d+)"(?: s="(\d+)")?[^>]*?(?:/>|>(?:<f>(.*?)</f>)?)'
)


@dataclass(frozen=True, slots=True)
class Samples:
    """What the skeleton of a sheet says of its cells."""

    styles: dict[tuple[str, int], str]
    """Number of the cell format, by letter and row."""
    formulas: dict[str, str]
    """Of the totals, by letter."""

    @classmethod
    def found_in(cls, xml: str) -> Self:
        """Return the samples in the rows of a sheet."""
        cells = SAMPLE.findall(xml)
        return cls(
            {(letter, int(row)): style or "0" for letter, row, style, _f in cells},
            {
                letter: formula
                for letter, row, _style, formula in cells
                if formula and int(row) == FORMULA_ROW
            },
        )

    def style(self, letter: str, row: int) -> str:
        """Return the number of the format of a sample cell."""
        return self.styles.get((letter, row), "0")


class Filling:
    """Writes the rows of one page, the header first and the totals last."""

    def __init__(
        self, writer: BookWriter, page: Page, dress: Dress, samples: Samples
    ) -> None:
        self.links = Links()
        self._writer = writer
        self._page = page
        self._dress = dress
        self._samples = samples
        self._letters = [letters(place) for place in range(len(page.sheet.headers))]
        self._sums = dict.fromkeys(page.sheet.summed, 0.0)
        self._groups = Groups(header=1)

    @property
    def last_row(self) -> int:
        """Number of the last row, the totals included."""
        return self._page.rows + 1 + int(self._dress.totals)

    def parts(self) -> Iterator[bytes | memoryview]:
        """Yield the XML of the rows."""
        styles = [self._samples.style(one, HEADER_ROW) for one in self._letters]
        yield text_row(self._dress.headers(self._page), styles, HEADER_ROW).encode()
        row = HEADER_ROW + 1
        for batch in self._writer.batches(self._page):
            yield content(self._rows(batch, row))
            row += batch.num_rows
        if self._dress.totals:
            yield self._totals(row + int(not self._page.rows)).encode()

    def _rows(self, batch: pa.RecordBatch, row: int) -> Arrow:
        if self._page.sheet.outline is None:
            return rows_xml([self._column(batch, n) for n in self._places()], row)
        levels, strong = batch.column(LEVEL), batch.column(STRONG)
        starts = self._groups.starts(levels.to_numpy(), row)
        ranges = subtotal_ranges(starts, row, strong)
        columns: list[XmlCells] = []
        for place in self._places():
            formulas = None
            if self._page.sheet.sums_groups(place):
                formulas = _subtotals(self._letters[place], ranges)
            columns.append(self._column(batch, place, strong, formulas))
        folded = strong if self._page.sheet.outline.folded else None
        return rows_xml(columns, row, levels, folded=folded)

    def _places(self) -> range:
        return range(len(self._letters))

    def _column(
        self,
        batch: pa.RecordBatch,
        place: int,
        strong: Arrow | None = None,
        formulas: Arrow | None = None,
    ) -> XmlCells:
        letter = self._letters[place]
        cells = excel_cells(batch.column(place), self._writer.options.timezone)
        self._writer.has_cut(self._page.sheet.headers[place], cells.cut)
        if place in self._sums:
            self._add_up(place, cells, formulas)
        style: Arrow | str = self._samples.style(letter, CELL_ROW)
        if strong is not None:
            style = pc.if_else(strong, self._samples.style(letter, STRONG_ROW), style)
        if place in self._page.sheet.links:
            mask = self.links.take(batch.column(place))
            style = pc.if_else(mask, self._samples.style(letter, LINK_ROW), style)
        return XmlCells(letter=letter, cells=cells, style=style, formulas=formulas)

    def _add_up(self, place: int, cells: ExcelCells, formulas: Arrow | None) -> None:
        values = cells.values
        if formulas is not None:  # SUBTOTAL leaves other subtotals out
            values = values.filter(formulas.is_null())
        self._sums[place] += pc.sum(values).as_py() or 0.0
        if cells.texts is not None and self._dress.totals:
            header = self._page.sheet.headers[place]
            count = len(cells.texts) - cells.texts.null_count
            self._writer.has_left_out(header, count)

    def _totals(self, row: int) -> str:
        label = self._page.label_place
        cells = [f'<row r="{row}">']
        for place, letter in enumerate(self._letters):
            style = self._samples.style(letter, TOTAL_ROW)
            formula = self._samples.formulas.get(letter)
            if place == label:
                cell = text_row([self._dress.total_label], [style], row)
                cells.append(cell[len(cells[0]) : -len("</row>")])
            elif formula:
                value = f"<f>{formula}</f><v>{self._sums[place]:.15g}</v>"
                cells.append(f'<c r="{letter}{row}" s="{style}">{value}</c>')
            else:
                cells.append(f'<c r="{letter}{row}" s="{style}"/>')
        return "".join([*cells, "</row>"])


def _subtotals(letter: str, ranges: tuple[Arrow, Arrow]) -> Arrow:
    """Return the formulas of the subtotals of a column, null elsewhere."""
    start = f"SUBTOTAL({SUM_OF_GROUP},{letter}"
    return joined(start, ranges[0], f":{letter}", ranges[1], ")")
