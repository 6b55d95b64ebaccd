"""One sheet of an OpenDocument spreadsheet as XML, a batch of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.utils.translation import gettext as _

from dataio.writers.book import BookWriter
from dataio.writers.letters import letters
from dataio.writers.links import Links
from dataio.writers.markup import content, joined
from dataio.writers.ods_cells import OdsCells, ods_cells
from dataio.writers.ods_styles import Styles
from dataio.writers.rows_xml import SUM, SUM_OF_GROUP, Groups, subtotal_ranges
from dataio.writers.sheet import LEVEL, STRONG, Page
from dataio.writers.texts import Arrow

QUOTES = {'"': "&quot;"}
GROUP = "table:table-row-group"
DEEPEST = 7
UTC = ZoneInfo("UTC")


class OdsSheet:
    """Writes one page: columns, header, rows, totals."""

    def __init__(self, writer: BookWriter, page: Page, styles: Styles) -> None:
        self._writer = writer
        self._page = page
        self._styles = styles
        self._links = Links(most=page.rows * max(len(page.sheet.links), 1))
        self._sums = dict.fromkeys(page.sheet.summed, 0.0)
        self._groups = Groups(header=1)
        self._level = 0

    def parts(self) -> Iterator[bytes | memoryview]:
        """Yield the XML of the sheet."""
        yield self._start().encode()
        row = 2
        for batch in self._writer.batches(self._page):
            yield content(self._rows(batch, row))
            row += batch.num_rows
        yield (f"</{GROUP}>" * self._level).encode()
        if self._writer.options.totals:
            yield self._totals().encode()
        yield b"</table:table>"

    def _start(self) -> str:
        sheet = self._page.sheet
        seen = len(sheet.headers) - sheet.hidden
        columns = [
            f'<table:table-column table:style-name="{self._styles.column(width)}"'
            f' table:default-cell-style-name="{self._styles.cell(shown)}"'
            + ("/>" if place < seen else ' table:visibility="collapse"/>')
            for place, (width, shown) in enumerate(
                zip(sheet.widths, sheet.formats, strict=True)
            )
        ]
        name = escape(self._page.name, QUOTES)
        header = "".join(
            text_cell(text, "number" if place in sheet.numbers else "header")
            for place, text in enumerate(sheet.headers)
        )
        return (
            f'<table:table table:name="{name}" table:style-name="shown">'
            f"{''.join(columns)}<table:table-header-rows><table:table-row>{header}"
            "</table:table-row></table:table-header-rows>"
        )

    def _rows(self, batch: pa.RecordBatch, row: int) -> Arrow:
        starts = pa.array(["<table:table-row>"] * batch.num_rows)
        strong = ranges = None
        if self._page.sheet.outline is not None:
            levels, strong = batch.column(LEVEL).to_numpy(), batch.column(STRONG)
            if self._page.sheet.outline.folded:
                hidden = '<table:table-row table:visibility="collapse">'
                starts = pc.if_else(pa.array(levels > 0), hidden, starts)
            starts = joined(self._folds(levels), starts)
            ranges = subtotal_ranges(self._groups.starts(levels, row), row, strong)
        cells = [
            self._cell(batch, place, strong, ranges)
            for place in range(len(self._page.sheet.headers))
        ]
        return joined(starts, *cells, "</table:table-row>")

    def _folds(self, levels: np.ndarray[tuple[int], np.dtype[np.int8]]) -> Arrow:
        """Return what opens and closes groups before each row."""
        before = np.concatenate([[self._level], levels[:-1]]).astype(np.int64)
        self._level = int(levels[-1]) if len(levels) else self._level
        closing = [f"</{GROUP}>" * count for count in range(DEEPEST, 0, -1)]
        outline = self._page.sheet.outline
        shut = ' table:display="false"' if outline and outline.folded else ""
        opening = [f"<{GROUP}{shut}>" * count for count in range(DEEPEST + 1)]
        return pa.array([*closing, *opening]).take(
            pa.array(levels.astype(np.int64) - before + DEEPEST)
        )

    def _cell(
        self,
        batch: pa.RecordBatch,
        place: int,
        strong: Arrow | None,
        ranges: tuple[Arrow, Arrow] | None,
    ) -> Arrow:
        sheet, cells = self._page.sheet, batch.column(place)
        links = self._links.take(cells) if place in sheet.links else None
        ready = ods_cells(cells, self._writer.options.timezone, links)
        self._count(place, ready)
        attributes, formulas = ready.attributes, None
        if ranges is not None and sheet.sums_groups(place):
            formulas = _formulas(letters(place), ranges)
            numbers = joined(formulas, attributes)
            attributes = pc.coalesce(numbers, attributes)
        if place in self._sums:
            self._add_up(place, ready, formulas)
        start: Arrow | str = "<table:table-cell"
        if strong is not None:
            style = self._styles.cell(sheet.formats[place], "strong")
            start = pc.if_else(strong, f'{start} table:style-name="{style}"', start)
        inside = pc.fill_null(ready.content, "") if ready.content is not None else ""
        full = joined(start, attributes, ">", inside, "</table:table-cell>")
        return pc.coalesce(full, joined(start, pa.array(["/>"] * len(cells))))

    def _count(self, place: int, ready: OdsCells) -> None:
        header = self._page.sheet.headers[place]
        self._writer.has_cut(header, ready.cut)
        self._writer.has_replaced(header, ready.replaced)
        if place in self._sums and self._writer.options.totals:
            self._writer.has_left_out(header, ready.as_text)

    def _add_up(self, place: int, ready: OdsCells, formulas: Arrow | None) -> None:
        values = ready.numbers
        if formulas is not None and values is not None:
            values = values.filter(formulas.is_null())
        self._sums[place] += pc.sum(values).as_py() or 0.0

    def _totals(self) -> str:
        page, label = self._page, self._page.label_place
        # As in Excel: rows that are folded away still count.
        number = SUM if page.sheet.outline is None else SUM_OF_GROUP
        cells: list[str] = []
        for place, shown in enumerate(page.sheet.formats):
            style = self._styles.cell(shown, "total")
            if place in self._sums:
                letter = letters(place)
                area = f"[.{letter}2:.{letter}{max(page.rows, 1) + 1}]"
                cells.append(
                    f'<table:table-cell table:style-name="{style}"'
                    f' table:formula="of:=SUBTOTAL({number};{area})"'
                    f' office:value-type="float" office:value="{self._sums[place]:.15g}"/>'
                )
            else:
                cells.append(text_cell(_("Total") if place == label else "", style))
        empty = "<table:table-row><table:table-cell/></table:table-row>"
        space = "" if page.rows else empty
        return f"{space}<table:table-row>{''.join(cells)}</table:table-row>"


def text_cell(text: str, style: str) -> str:
    """Return a cell with a text, or an empty one."""
    start = f'<table:table-cell table:style-name="{style}"'
    if not text:
        return f"{start}/>"
    ready = ods_cells(pa.array([text]), UTC)
    inside = ready.content[0] if ready.content is not None else ""
    return f"{start}{ready.attributes[0]}>{inside}</table:table-cell>"


def _formulas(letter: str, ranges: tuple[Arrow, Arrow]) -> Arrow:
    """Return the formulas of the subtotals of a column as attributes, null elsewhere."""
    start = f' table:formula="of:=SUBTOTAL({SUM_OF_GROUP};[.{letter}'
    return joined(start, ranges[0], f":.{letter}", ranges[1], '])"')
