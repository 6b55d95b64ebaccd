"""A summary sheet and its chart, written by XlsxWriter."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa

from dataio.writers.cells import excel_cells, number_format
from dataio.writers.sheet import is_number
from dataio.writers.sheets import HEADER_TINT, column_width
from dataio.writers.skeleton import print_landscape
from dataio.writers.summaries import Chart, Summary
from dataio.writers.texts import Arrow

COLOURS = (
    "#2D62CB",
    "#C9692C",
    "#00866A",
    "#C73C8B",
    "#9C841A",
    "#128DB2",
    "#6A3B8A",
    "#568F37",
    "#A63D3D",
    "#1B6A70",
    "#6F7C99",
    "#9AA0AD",
)
"""The same as in the charts of the pages, see `--series-1` and the others."""
WIDE = 6
"""Columns beside which a chart still stands on the screen; else it stands below."""
ROW_PIXELS, CHART_WIDTH, CHART_HEIGHT = 20, 640, 360
LETTER_PIXELS, WIDEST_CHART = 7, 1200
THOUSAND = 1_000


def add_summary(book: Any, name: str, summary: Summary, zone: ZoneInfo) -> None:
    """Add a sheet with a title, the table and the chart."""
    sheet = book.add_worksheet(name)
    sheet.hide_gridlines(2)
    print_landscape(sheet)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)  # printed as wide as the paper
    top = _write_titles(book, sheet, summary)
    headers = summary.header()
    body = top + len(headers)
    _write_header(book, sheet, summary, top)
    cells, pixels = summary.cells(), 0
    for place, column in enumerate(cells):
        _write_column(book, sheet, summary, (body, place), column, zone)
        shown = shown_format(column.type)
        width = column_width(headers[-1][place], column, shown) + 2
        sheet.set_column(place, place, width)
        pixels += width * LETTER_PIXELS + 5
    sheet.freeze_panes(body, summary.table.index.nlevels)
    if summary.chart is not None and len(summary.table):
        chart = _chart(book, name, summary, summary.chart, body)
        corner = (top, len(cells) + 1)
        if len(cells) > WIDE:
            corner = (body + len(summary.table) + 1, 0)
            size = {"width": min(pixels, WIDEST_CHART), "height": CHART_HEIGHT}
            chart.set_size(size)
        sheet.insert_chart(*corner, chart)


def shown_format(kind: pa.DataType) -> str:
    """Return the number format of a column of a summary: thousands are parted."""
    if pa.types.is_integer(kind):
        return "#,##0"
    if pa.types.is_floating(kind):
        return "#,##0.00"
    plain = number_format(kind)
    return f"#,##{plain}" if pa.types.is_decimal(kind) else plain


def _write_titles(book: Any, sheet: Any, summary: Summary) -> int:
    """Write what stands above the table; return the row after it."""
    row = 0
    if summary.title:
        title = book.add_format({"bold": True, "font_size": 16})
        sheet.set_row(row, 26)
        sheet.write_string(row, 0, summary.title, title)
        row += 1
    if summary.subtitle:
        grey = book.add_format({"font_color": "#5B6472"})
        sheet.write_string(row, 0, summary.subtitle, grey)
        row += 1
    return row + 1 if row else 0


def _write_header(book: Any, sheet: Any, summary: Summary, top: int) -> None:
    labels = summary.table.index.nlevels
    look = {"bold": True, "bg_color": HEADER_TINT, "bottom": 1}
    left, right = book.add_format(look), book.add_format(look | {"align": "right"})
    for level, texts in enumerate(summary.header()):
        before = ""
        for place, text in enumerate(texts):
            number = place >= labels
            last = level == summary.table.columns.nlevels - 1
            again = number and not last and text == before
            style = right if number else left
            sheet.write(top + level, place, None if again else text or None, style)
            before = text


def _write_column(
    book: Any,
    sheet: Any,
    summary: Summary,
    start: tuple[int, int],
    column: Arrow,
    zone: ZoneInfo,
) -> None:
    """Write a column of the body below `start`, its (row, place)."""
    (top, place), rows = start, len(column)
    is_label = place < summary.table.index.nlevels
    look: dict[str, Any] = {"num_format": shown_format(column.type)}
    if is_label and not is_number(column.type):
        look["align"] = "left"
    if summary.total_column and place == len(summary.cells()) - 1:
        look["bold"] = True
    plain = book.add_format(look)
    total = book.add_format(look | {"bold": True, "top": 1})
    ready = excel_cells(column, zone)
    texts = ready.texts.to_pylist() if ready.texts is not None else [None] * rows
    before: object = None
    for row, (value, text) in enumerate(
        zip(ready.values.to_pylist(), texts, strict=True)
    ):
        shown = value if text is None else text
        last = summary.total_row and row == rows - 1
        # An outer label is written once, as Excel's own pivot tables do.
        outer = is_label and place < summary.table.index.nlevels - 1
        again = outer and not last and shown == before
        style = total if last else plain
        sheet.write(top + row, place, None if again else shown, style)
        before = shown


def _chart(book: Any, name: str, summary: Summary, wanted: Chart, body: int) -> Any:
    options: dict[str, str] = {"type": wanted.kind}
    if wanted.stacked and wanted.kind in ("column", "bar"):
        options["subtype"] = "stacked"
    chart = book.add_chart(options)
    labels = summary.table.index.nlevels
    last = body + len(summary.table) - 1 - int(summary.total_row)
    drawn = summary.drawn()
    for number, place in enumerate(drawn):
        colour = COLOURS[number % len(COLOURS)]
        series: dict[str, Any] = {
            "name": _series_name(name, summary, place, body),
            "categories": [name, body, 0, last, labels - 1],
            "values": [name, body, labels + place, last, labels + place],
        }
        chart.add_series(series | _look(wanted, colour, last - body + 1))
    title = {"size": 12, "color": "#20242C"}
    words = wanted.title or summary.title or name
    chart.set_title({"name": words, "name_font": title, "overlay": False})
    alone = len(drawn) == 1 and wanted.kind != "pie"
    chart.set_legend({"none": True} if alone else {"position": "bottom"})
    chart.set_size({"width": CHART_WIDTH, "height": CHART_HEIGHT})
    if wanted.kind != "pie":
        across = {"major_gridlines": {"visible": True, "line": {"color": "#E3E7ED"}}}
        values, names = chart.set_y_axis, chart.set_x_axis
        numbers = _axis_format(summary)
        values(
            {"line": {"none": True}, **across, **numbers}
            if wanted.kind != "bar"
            else {}
        )
        names({} if wanted.kind != "bar" else across | numbers)
    return chart


def _axis_format(summary: Summary) -> dict[str, str]:
    """Return thousands parted where there are thousands; small numbers keep their decimals."""
    drawn = summary.table.iloc[:, summary.drawn()]
    numbers = [
        abs(one) for one in drawn.to_numpy(dtype=object).ravel() if pd.notna(one)
    ]
    return {"num_format": "#,##0"} if max(numbers, default=0) >= THOUSAND else {}


def _series_name(name: str, summary: Summary, place: int, body: int) -> object:
    column: object = summary.table.columns[place]
    if isinstance(column, tuple):
        return ", ".join(str(part) for part in column)
    return [name, body - 1, summary.table.index.nlevels + place]


def _look(wanted: Chart, colour: str, points: int) -> dict[str, Any]:
    if wanted.kind == "line":
        return {"line": {"color": colour, "width": 2.25}, "marker": {"type": "none"}}
    if wanted.kind == "pie":
        fills = [{"fill": {"color": COLOURS[n % len(COLOURS)]}} for n in range(points)]
        return {"points": fills, "data_labels": {"percentage": True}}
    return {"fill": {"color": colour}, "gap": 60}
