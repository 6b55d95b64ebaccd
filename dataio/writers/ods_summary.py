"""A summary sheet of an OpenDocument spreadsheet: the table without its chart."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from dataio.writers.ods_cells import ods_cells
from dataio.writers.ods_sheet import QUOTES, text_cell
from dataio.writers.ods_styles import Styles
from dataio.writers.sheets import column_width
from dataio.writers.summaries import Summary
from dataio.writers.summary_sheet import shown_format

ROW, CELL = "table:table-row", "table:table-cell"


def header_rows(summary: Summary) -> int:
    """Return how many rows stand above the body."""
    return len(_titles(summary)) + len(summary.header())


def summary_formats(summary: Summary) -> tuple[list[str], list[int]]:
    """Return number formats and widths of the columns."""
    cells, headers = summary.cells(), summary.header()[-1]
    formats = [shown_format(column.type) for column in cells]
    widths = [
        column_width(header, column, shown) + 2
        for header, column, shown in zip(headers, cells, formats, strict=True)
    ]
    return formats, widths


def summary_xml(name: str, summary: Summary, styles: Styles, zone: ZoneInfo) -> str:
    """Return the sheet."""
    formats, widths = summary_formats(summary)
    columns = [
        f'<table:table-column table:style-name="{styles.column(width)}"/>'
        for width in widths
    ]
    labels = summary.table.index.nlevels
    header = [
        [
            text_cell(text, "number" if place >= labels else "header")
            for place, text in enumerate(texts)
        ]
        for texts in summary.header()
    ]
    return "".join(
        [
            f'<table:table table:name="{escape(name, QUOTES)}" table:style-name="shown">',
            *columns,
            *(_row([text_cell(*title)]) for title in _titles(summary)),
            *map(_row, header),
            *map(_row, _body(summary, formats, styles, zone)),
            "</table:table>",
        ]
    )


def _titles(summary: Summary) -> list[tuple[str, str]]:
    """Return texts above the table, and their styles."""
    titles = [(summary.title, "title"), (summary.subtitle, "plain")]
    found = [(text, style) for text, style in titles if text]
    return [*found, ("", "plain")] if found else []


def _body(
    summary: Summary, formats: Sequence[str], styles: Styles, zone: ZoneInfo
) -> list[list[str]]:
    rows: list[list[str]] = [[] for _row in range(len(summary.table))]
    for place, column in enumerate(summary.cells()):
        ready = ods_cells(column, zone)
        bold = summary.total_column and place == len(formats) - 1
        for number, row in enumerate(rows):
            last = summary.total_row and number == len(rows) - 1
            look = "total" if last else "strong" if bold else ""
            start = f'<{CELL} table:style-name="{styles.cell(formats[place], look)}"'
            value = ready.attributes[number].as_py()
            text = ready.content[number].as_py() if ready.content is not None else ""
            row.append(
                f"{start}/>" if value is None else f"{start}{value}>{text}</{CELL}>"
            )
    return rows


def _row(cells: Sequence[str]) -> str:
    return f"<{ROW}>{''.join(cells)}</{ROW}>"
