"""The workbook around the rows: looks, filters, tables, links, made by XlsxWriter.

A sheet of it holds few rows, which say which cell format is which:

| row | holds                                                       |
|-----|-------------------------------------------------------------|
| 1   | the header                                                  |
| 2   | a cell of each column                                       |
| 3   | the formulas of the totals                                  |
| 4   | a cell of each column in bold                               |
| 5   | a cell of each column as a link                             |
| 6   | a cell of each column as a total                            |

`dataio.writers.excel` puts the real rows in their place. XlsxWriter's own rows would take
six times as long, and its tables would hold each of their cells in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dataio.writers.frames import unique_headers
from dataio.writers.letters import letters
from dataio.writers.links import has_links
from dataio.writers.rows_xml import SUM, SUM_OF_GROUP
from dataio.writers.sheet import Page
from dataio.writers.sheets import HEADER_TINT

HEADER_ROW, CELL_ROW, FORMULA_ROW, STRONG_ROW, LINK_ROW, TOTAL_ROW = range(1, 7)
TABLE_STYLE = "Table Style Light 1"
HEADER = {"bold": True, "bg_color": HEADER_TINT, "bottom": 1, "bottom_color": "#C3CEDD"}
LOOKS: dict[int, dict[str, Any]] = {
    CELL_ROW: {},
    STRONG_ROW: {"bold": True},
    LINK_ROW: {"font_color": "#0563C1", "underline": 1},
    TOTAL_ROW: {"bold": True, "top": 1},
}
LONGEST_HEADER = 255  # of a table


@dataclass(frozen=True, kw_only=True, slots=True)
class Dress:
    """How the sheets of a file look."""

    table: bool
    totals: bool
    total_label: str

    def headers(self, page: Page) -> list[str]:
        """Return the headers of a page; those of a table differ in more than their case."""
        headers = page.sheet.headers
        if not self.table:
            return headers
        bare = [" ".join(text.split())[: LONGEST_HEADER - 5] for text in headers]
        return unique_headers(
            [text or f"Column{place}" for place, text in enumerate(bare, 1)],
            key=str.lower,
        )


def add_page(book: Any, page: Page, dress: Dress, number: int) -> None:
    """Add the sheet of a page; `number` names its table."""
    sheet = book.add_worksheet(page.name)
    sheet.freeze_panes(1, 0)
    # Printed as wide as the paper, with the header on each page.
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    _set_columns(sheet, page)
    if has_links(page):  # one stands for all
        sheet.write_url(LINK_ROW - 1, 0, "https://example.com", None, "x")
    for row, look in LOOKS.items():
        for place, shown in enumerate(page.sheet.formats):
            aligned = _aligned(page, place)
            style = book.add_format({"num_format": shown} | aligned | look)
            sheet.write_blank(row - 1, place, None, style)
    if page.sheet.deepest:
        sheet.set_row(CELL_ROW - 1, None, None, {"level": page.sheet.deepest})
    headers = [
        book.add_format(HEADER | _aligned(page, place))
        for place in range(len(page.sheet.headers))
    ]
    if dress.table:
        _add_table(sheet, page, dress, number, headers)
    else:
        for place, style in enumerate(headers):
            sheet.write_string(0, place, "x", style)
        sheet.autofilter(0, 0, max(page.rows, 1), len(page.sheet.headers) - 1)
        if dress.totals:
            _write_totals(sheet, page)


def _aligned(page: Page, place: int) -> dict[str, Any]:
    """Return how the cells and the header of a column stand."""
    numbers = page.sheet.numbers
    if place in numbers:
        return {"align": "right"}
    # A number would touch the text beside it.
    return {"align": "left", "indent": int(place - 1 in numbers)}


def print_landscape(sheet: Any) -> None:
    """Let a sheet be printed on A4, all its columns on one page, the pages counted."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&A&R&P / &N")


def _set_columns(sheet: Any, page: Page) -> None:
    widths: Sequence[int] = page.sheet.widths
    seen = len(widths) - page.sheet.hidden
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width, None, {"hidden": place >= seen})
    texts = [
        _below(page, place)
        for place, shown in enumerate(page.sheet.formats)
        if shown == "@"
    ]
    if texts:  # no green triangles beside article numbers
        sheet.ignore_errors({"number_stored_as_text": " ".join(texts)})


def _below(page: Page, place: int) -> str:
    """Return the range of the data cells of a column."""
    letter = letters(place)
    return f"{letter}2:{letter}{max(page.rows, 1) + 1}"


def _write_totals(sheet: Any, page: Page) -> None:
    # Rows that are folded away still count; in a plain sheet those a person hid do not.
    number = SUM if page.sheet.outline is None else SUM_OF_GROUP
    for place in page.sheet.summed:
        formula = f"=SUBTOTAL({number},{_below(page, place)})"
        sheet.write_formula(FORMULA_ROW - 1, place, formula)


def _add_table(
    sheet: Any, page: Page, dress: Dress, number: int, styles: Sequence[Any]
) -> None:
    """Add a table of the first rows; its range is set right with the rows."""
    columns: list[dict[str, Any]] = [
        {"header": text, "header_format": style}
        for text, style in zip(dress.headers(page), styles, strict=True)
    ]
    if dress.totals:
        for place in page.sheet.summed:
            columns[place]["total_function"] = "sum"
        label = page.label_place
        if label is not None:
            columns[label]["total_string"] = dress.total_label
    options = {
        "name": f"Table{number}",
        "columns": columns,
        "style": TABLE_STYLE,
        "total_row": dress.totals,
    }
    sheet.add_table(0, 0, 1 + int(dress.totals), len(columns) - 1, options)
