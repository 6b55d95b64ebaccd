# ruff: noqa: S314 - we parse what we wrote
# mypy: disable-error-code="index, union-attr, arg-type, attr-defined"
from __future__ import annotations

import re
import zipfile
from decimal import Decimal
from xml.etree import ElementTree

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from python_calamine_plus import CalamineWorkbook

from dataio.errors import DataioError
from dataio.writers import (
    Chart,
    Outline,
    OutputColumn,
    Summary,
    WriteOptions,
    book,
    links,
    open_writer,
)
from tests.unit.writers.steps import frame_of, output, write

SALES = frame_of(
    name=(pa.string(), ["x", "y"]),
    id=(pa.int64(), [10, 20]),
    price=(pa.decimal128(20, 2), [Decimal("1.50"), Decimal("2.25")]),
)
COLUMNS = [
    *output("name"),
    OutputColumn(name="id", header="Id", kind="integer", summed=False),
    *output("price"),
]


MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


def rows(path, sheet=None, **options):
    workbook = openpyxl.load_workbook(path, **options)
    return list(workbook[sheet or workbook.sheetnames[0]].iter_rows(values_only=True))


def part(path, name):
    return zipfile.ZipFile(path).read(name).decode()


def links_of(path):
    """Return target and place by cell."""
    relations = part(path, "xl/worksheets/_rels/sheet1.xml.rels")
    targets = {
        one.get("Id"): one.get("Target") for one in ElementTree.fromstring(relations)
    }
    sheet = ElementTree.fromstring(part(path, "xl/worksheets/sheet1.xml"))
    return {
        one.get("ref"): (targets[one.get(f"{RELATION}id")], one.get("location"))
        for one in sheet.iter(f"{MAIN}hyperlink")
    }


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_each_sheet_has_its_own_columns(tmp_path, suffix):
    path = tmp_path / f"book.{suffix}"
    with open_writer(path, suffix, WriteOptions()) as writer:
        writer.sheet("Toys", output("name"))
        writer.write(SALES)
        writer.write(SALES)
        writer.sheet("toys", output("price", "id"))
        writer.write(SALES)
        writer.sheet("None: left?", output("name"))
    workbook = CalamineWorkbook.from_path(str(path))
    assert {
        name: workbook.get_sheet_by_name(name).to_python()
        for name in workbook.sheet_names
    } == {
        "Toys": [["Name"], ["x"], ["y"], ["x"], ["y"]],
        "toys 2": [["Price", "Id"], [1.5, 10], [2.25, 20]],
        "None left": [["Name"]],
    }
    assert writer.rows == 6


def test_a_workbook_of_too_many_sheets_is_refused(tmp_path):
    with pytest.raises(DataioError, match=r"more than 1,000 sheets"):
        with open_writer(tmp_path / "book.xlsx", "xlsx", WriteOptions()) as writer:
            for number in range(1_001):
                writer.sheet(f"Sheet {number}", output("name"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_other_files_hold_one_plain_table(tmp_path, suffix):
    path = tmp_path / f"file.{suffix}"
    summary = Summary(name="Summary", table=pd.DataFrame())
    for use in (
        lambda writer: writer.sheet("Toys", COLUMNS),
        lambda writer: writer.summary(summary),
        lambda writer: writer.write(
            SALES, Outline(levels=[1, 0], strong=[False, True])
        ),
    ):
        with pytest.raises(DataioError, match="one plain table"):
            with open_writer(path, suffix, WriteOptions(columns=COLUMNS)) as writer:
                use(writer)
    assert not path.exists()


def test_totals_are_formulas_that_show_their_value(tmp_path):
    path = tmp_path / "book.xlsx"
    write(path, SALES, SALES, columns=COLUMNS, totals=True)
    assert rows(path)[-1] == ("Total", None, "=SUBTOTAL(109,C2:C5)")
    assert rows(path, data_only=True)[-1] == ("Total", None, 7.5)
    sheet = openpyxl.load_workbook(path).active
    assert sheet.auto_filter.ref == "A1:C5"
    assert sheet["C6"].font.b
    assert sheet["C6"].number_format == "0.00"


def test_each_sheet_of_a_long_table_has_its_total(tmp_path):
    path = tmp_path / "book.xlsx"
    write(path, SALES, SALES, columns=COLUMNS, totals=True, sheet_rows=3)
    assert rows(path, "Sheet1", data_only=True)[-1] == ("Total", None, 5.25)
    assert rows(path, "Sheet1 2", data_only=True)[-1] == ("Total", None, 2.25)


def test_a_number_that_is_text_is_not_in_the_total_and_that_is_said(tmp_path):
    path = tmp_path / "book.xlsx"
    frame = frame_of(a=(pa.int64(), [1, 10**16]))
    writer = write(path, frame, totals=True)
    assert rows(path, data_only=True)[-1] == (1,)
    assert writer.notes == [
        '1 number in "A" has more digits than a cell holds: it is written as text '
        "and is not in the total."
    ]


def test_a_sheet_can_be_an_excel_table(tmp_path):
    path = tmp_path / "book.xlsx"
    columns = [
        OutputColumn(name="name", header="Price", kind=""),
        OutputColumn(name="id", header="", kind="", summed=False),
        OutputColumn(name="price", header="PRICE\n[€]", kind=""),
    ]
    with open_writer(path, "xlsx", WriteOptions(table=True, totals=True)) as writer:
        writer.sheet("First", columns)
        writer.write(SALES)
        writer.write(SALES)
        writer.sheet("Second", output("name"))
    first, second = openpyxl.load_workbook(path)
    (table,) = first.tables.values()
    assert (table.ref, table.autoFilter.ref, table.totalsRowCount) == (
        "A1:C6",
        "A1:C5",
        1,
    )
    assert [one.name for one in table.tableColumns] == ["Price", "Column2", "PRICE [€]"]
    assert [cell.value for cell in first[1]] == ["Price", "Column2", "PRICE [€]"]
    assert [cell.value for cell in first[6]] == [
        "Total",
        None,
        "=SUBTOTAL(109,[PRICE '[€']])",
    ]
    assert rows(path, data_only=True)[-1] == ("Total", None, 7.5)
    assert first.freeze_panes == "A2"
    assert [one.ref for one in second.tables.values()] == ["A1:A3"]


def test_addresses_are_links_as_far_as_excel_goes(tmp_path, monkeypatch):
    monkeypatch.setattr(links, "MOST_LINKS", 4)
    path = tmp_path / "book.xlsx"
    odd = [
        "file:///etc/x",
        "javascript:alert(1)",
        "http://e.com/a b",
        None,
        "HTTP://e.com/x#y&z",
    ]
    many = [f"https://e.com/{number}" for number in range(4)]
    frame = frame_of(web=(pa.string(), [*odd, *many]))
    writer = write(path, frame, columns=output(web="url"))
    found = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()[1:]
    linked = links_of(path)
    assert [*linked] == ["A6", "A7", "A8", "A9"]
    assert linked["A6"] == ("HTTP://e.com/x", "y&z")
    assert linked["A7"] == ("https://e.com/0", None)
    assert [row[0] or None for row in found] == [*odd, *many]
    xml = part(path, "xl/worksheets/sheet1.xml")
    styles = [re.search(f'r="A{n}" s="(.*?)"', xml) for n in (2, 4, 6, 7, 10)]
    plain, also_plain, blue, also_blue, last = [one and one[1] for one in styles]
    assert plain == also_plain == last != blue == also_blue
    assert writer.notes == [
        'Excel holds 65,530 links on a sheet. Further addresses in "Sheet1" are plain text.'
    ]


def test_an_outline_folds_and_adds_up(tmp_path):
    path = tmp_path / "book.xlsx"
    frame = frame_of(
        name=(pa.string(), ["a", "b", "Sum", "c", "Sum", "All"]),
        price=(pa.int64(), [1, 2, 3, 4, 4, 7]),
        best=(pa.int64(), [1, 2, 2, 4, 4, 4]),
    )
    parts = [
        (frame[:4], [2, 2, 1, 2], [False, False, True, False]),
        (frame[4:], [1, 0], [True, True]),
    ]
    options = WriteOptions(columns=output(*frame.columns), totals=True)
    with open_writer(path, "xlsx", options) as writer:
        for some, levels, strong in parts:
            writer.write(some, Outline(levels=levels, strong=strong, summed={"price"}))
    sheet = openpyxl.load_workbook(path).active
    formulas = {n: sheet[f"B{n}"].value for n in (4, 6, 7)}
    assert formulas == {
        4: "=SUBTOTAL(9,B2:B3)",
        6: "=SUBTOTAL(9,B5:B5)",
        7: "=SUBTOTAL(9,B2:B6)",
    }
    levels = [sheet.row_dimensions[n].outlineLevel for n in range(2, 8)]
    assert levels == [2, 2, 1, 2, 1, 0]
    assert [sheet[f"A{n}"].font.b for n in range(2, 8)] == [
        False,
        False,
        True,
        False,
        True,
        True,
    ]
    shown = rows(path, data_only=True)[1:]
    # The total leaves subtotals out, and cannot know that others are no rows.
    assert [row[1:] for row in shown] == [
        (1, 1),
        (2, 2),
        (3, 2),
        (4, 4),
        (4, 4),
        (7, 4),
        (7, 17),
    ]
    xml = part(path, "xl/worksheets/sheet1.xml")
    assert 'outlineLevelRow="2"' in xml


@pytest.mark.parametrize(("totals", "rows_on_each"), [(False, [4, 1]), (True, [3, 2])])
def test_a_sheet_has_no_more_rows_than_excel_has(
    tmp_path, monkeypatch, totals, rows_on_each
):
    monkeypatch.setattr(book, "MOST_ROWS", 5)  # with the header
    path = tmp_path / "book.xlsx"
    write(path, frame_of(a=(pa.bool_(), [True] * 5)), totals=totals)
    sheets = openpyxl.load_workbook(path).worksheets
    assert [sheet.max_row - 1 - totals for sheet in sheets] == rows_on_each


@pytest.fixture
def pivot():
    """Sales by month and category, with totals."""
    sales = pd.DataFrame(
        {
            "month": ["2026-01", "2026-01", "2026-02"],
            "kind": ["Toys", "Tools", "Toys"],
            "amount": [Decimal("1.50"), Decimal("2000.00"), Decimal("3.10")],
        }
    )
    return sales.pivot_table(
        index="month",
        columns="kind",
        values="amount",
        aggfunc="sum",
        margins=True,
        margins_name="Total",
    )


TABLE = [
    ("month", "Tools", "Toys", "Total"),
    ("2026-01", 2000, 1.5, 2001.5),
    ("2026-02", None, 3.1, 3.1),
    ("Total", 2000, 4.6, 2004.6),
]


@pytest.mark.parametrize("kind", ["column", "bar", "line", "pie"])
def test_a_summary_has_a_native_chart(tmp_path, pivot, kind):
    path = tmp_path / "book.xlsx"
    with open_writer(path, "xlsx", WriteOptions(columns=COLUMNS)) as writer:
        writer.write(SALES)
        writer.summary(
            Summary(
                name="Summary",
                table=pivot,
                title="Sales",
                chart=Chart(kind=kind, title="Sales by month"),
                total_row=True,
                total_column=True,
            )
        )
        writer.summary(Summary(name="sheet1", table=pivot, in_front=False))
    workbook = openpyxl.load_workbook(path)
    assert workbook.sheetnames == ["Summary", "Sheet1", "sheet1 2"]
    assert rows(path)[2:] == TABLE
    assert rows(path, "sheet1 2") == TABLE
    assert [cell.font.b for cell in workbook["Summary"][6]] == [True] * 4
    (chart,) = workbook["Summary"]._charts
    values = [series.val.numRef.f for series in chart.series]
    columns = ["B"] if kind == "pie" else ["B", "C"]
    assert values == [f"Summary!${letter}$4:${letter}$5" for letter in columns]
    assert chart.series[0].cat.strRef.f == "Summary!$A$4:$A$5"


def test_a_summary_of_several_levels_shows_each_outer_label_once(tmp_path):
    path = tmp_path / "book.xlsx"
    index = pd.MultiIndex.from_product(
        [["2026"], ["Jan", "Feb"]], names=["Year", "Month"]
    )
    columns = pd.MultiIndex.from_product([["Sum", "Count"], ["Toys"]])
    table = pd.DataFrame([[1, 2], [3, 4]], index=index, columns=columns)
    with open_writer(path, "xlsx", WriteOptions()) as writer:
        writer.summary(Summary(name="S", table=table, chart=Chart(kind="bar")))
    assert rows(path) == [
        (None, None, "Sum", "Count"),
        ("Year", "Month", "Toys", "Toys"),
        ("2026", "Jan", 1, 2),
        (None, "Feb", 3, 4),
    ]


def test_an_open_document_holds_the_summary_without_its_chart(tmp_path, pivot):
    path = tmp_path / "book.ods"
    with open_writer(path, "ods", WriteOptions(columns=COLUMNS)) as writer:
        writer.write(SALES)
        writer.summary(
            Summary(
                name="Summary", table=pivot, chart=Chart(kind="pie"), total_row=True
            )
        )
    workbook = CalamineWorkbook.from_path(str(path))
    assert workbook.sheet_names == ["Summary", "Sheet1"]
    assert workbook.get_sheet_by_name("Summary").to_python() == [
        [cell or "" for cell in row] for row in TABLE
    ]
    assert writer.notes == [
        "The chart is left out: only Excel workbooks have charts here."
    ]


def test_hidden_columns_and_a_hidden_sheet_are_not_seen(tmp_path):
    path = tmp_path / "book.xlsx"
    write(
        path,
        SALES,
        columns=output("name"),
        hidden=output("id"),
        hidden_sheet=("dataio", ["export", "shop.product"]),
        table=True,
    )
    workbook = openpyxl.load_workbook(path)
    assert workbook["Sheet1"].column_dimensions["B"].hidden
    assert workbook["dataio"].sheet_state == "hidden"
    assert rows(path, "dataio") == [("export",), ("shop.product",)]
    assert rows(path) == [("Name", "Id"), ("x", 10), ("y", 20)]
