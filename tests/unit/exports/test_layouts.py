# mypy: disable-error-code="index, union-attr, arg-type, list-item, var-annotated, attr-defined, no-untyped-def"
from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

from dataio.errors import DataioError
from dataio.exports.outline import outlined
from dataio.exports.run import run_export
from dataio.exports.select import ExportPlan, Layout, Summary
from dataio.exports.summary import summary_table
from dataio.progress.meter import Meter
from dataio.resources import Resource, registry
from project.shop.models import Category, Product

pytestmark = pytest.mark.django_db


@pytest.fixture
def products() -> Resource:
    tools, toys, auto = (
        Category.objects.create(name=name) for name in ("Tools", "Toys", "A/B: *[x]")
    )
    rows = [
        ("B-1", toys, "7.05", 40, True),
        ("A-1", tools, "12.50", 3, True),
        ("A-2", tools, "0.10", 0, False),
        ("A-3", tools, "0.20", 5, True),
        ("C-1", auto, "1.00", 1, True),
    ]
    for sku, category, price, quantity, active in rows:
        Product.objects.create(
            sku=sku,
            name=sku,
            category=category,
            price=Decimal(price),
            quantity=quantity,
            active=active,
            created=dt.date(2026, 1, 31),
        )
    return registry.get("shop.product")


@pytest.fixture
def exported(products, tmp_path):
    """A function that exports products and opens the workbook, its sums as numbers."""

    def export(**choices):
        plan = ExportPlan(
            resource="shop.product",
            **{"columns": ("sku", "category", "price", "quantity")} | choices,
        )
        meter = Meter()
        result = run_export(plan, products, tmp_path / "x.xlsx", meter)
        assert result.rows == meter.counts["written"]
        return openpyxl.load_workbook(tmp_path / "x.xlsx", data_only=True)

    return export


def rows_of(sheet) -> list[tuple[object, ...]]:
    return list(sheet.iter_rows(values_only=True))


def test_each_value_of_a_column_has_a_sheet(exported):
    book = exported(layout=Layout(sheet_by="category"))
    assert {sheet.title: rows_of(sheet)[1:] for sheet in book} == {
        "A B x": [("C-1", "A/B: *[x]", 1, 1)],
        "Tools": [
            ("A-1", "Tools", 12.5, 3),
            ("A-2", "Tools", 0.1, 0),
            ("A-3", "Tools", 0.2, 5),
        ],
        "Toys": [("B-1", "Toys", 7.05, 40)],
    }
    assert rows_of(book["Toys"])[0] == ("SKU", "Category", "Price", "Quantity")


def test_the_sheets_go_on_from_chunk_to_chunk(exported, settings):
    settings.DATAIO_CHUNK_ROWS = 2
    book = exported(layout=Layout(sheet_by="category"))
    assert [(sheet.title, sheet.max_row) for sheet in book] == [
        ("A B x", 2),
        ("Tools", 4),
        ("Toys", 2),
    ]


def test_a_column_that_is_not_in_the_file_can_part_its_rows(exported):
    book = exported(columns=("sku",), layout=Layout(sheet_by="active"))
    assert [(sheet.title, rows_of(sheet)) for sheet in book] == [
        ("No", [("SKU",), ("A-2",)]),
        ("Yes", [("SKU",), ("A-1",), ("A-3",), ("B-1",), ("C-1",)]),
    ]


def test_no_rows_leave_one_sheet_with_a_header(exported):
    book = exported(
        layout=Layout(sheet_by="category", group_by=("active",)),
        filters={"name": "no such"},
    )
    assert [(sheet.title, sheet.max_row) for sheet in book] == [("Products", 1)]


@pytest.mark.parametrize("chunk", [1, 2, 3, 100])
def test_groups_end_in_subtotals_and_fold(exported, settings, tmp_path, chunk):
    settings.DATAIO_CHUNK_ROWS = chunk
    book = exported(
        columns=("sku", "category", "price", "quantity", "active"),
        layout=Layout(group_by=("category", "active"), totals=True),
    )
    (sheet,) = book
    assert rows_of(sheet)[1:] == [
        ("C-1", "A/B: *[x]", 1, 1, True),
        (None, "A/B: *[x]", 1, 1, True),
        (None, "Total A/B: *[x]", 1, 1, None),
        ("A-2", "Tools", 0.1, 0, False),
        (None, "Tools", 0.1, 0, False),
        ("A-1", "Tools", 12.5, 3, True),
        ("A-3", "Tools", 0.2, 5, True),
        (None, "Tools", 12.7, 8, True),
        (None, "Total Tools", 12.8, 8, None),
        ("B-1", "Toys", 7.05, 40, True),
        (None, "Toys", 7.05, 40, True),
        (None, "Total Toys", 7.05, 40, None),
        ("Total", None, 20.85, 49, None),
    ]
    formulas = openpyxl.load_workbook(tmp_path / "x.xlsx").active
    assert formulas["C14"].value == "=SUBTOTAL(9,C2:C13)"  # folded rows count
    levels = [sheet.row_dimensions[row].outlineLevel for row in range(2, 15)]
    assert levels == [2, 1, 0, 2, 1, 2, 2, 1, 0, 2, 1, 0, 0]
    bold = [sheet.cell(row, 3).font.b for row in range(2, 15)]
    assert bold == [level < 2 for level in levels]


def test_groups_may_be_folded_when_the_workbook_is_opened(exported):
    sheet = exported(
        columns=("sku", "category", "quantity"),
        layout=Layout(group_by=("category",), folded=True, totals=True),
    ).active
    seen = [
        sheet.cell(row, 2).value
        for row in range(2, sheet.max_row + 1)
        if not sheet.row_dimensions[row].hidden
    ]
    assert seen == ["Total A/B: *[x]", "Total Tools", "Total Toys", None]
    assert sheet.row_dimensions[3].collapsed
    assert sheet.cell(sheet.max_row, 3).value == 49


def test_groups_come_first_when_they_are_not_in_the_file(exported):
    book = exported(columns=("sku", "quantity"), layout=Layout(group_by=("category",)))
    assert rows_of(book.active)[:3] == [
        ("Category", "SKU", "Quantity"),
        ("A/B: *[x]", "C-1", 1),
        ("Total A/B: *[x]", None, 1),
    ]


def test_record_numbers_are_not_summed(exported):
    book = exported(columns=("id", "category"), layout=Layout(group_by=("category",)))
    assert rows_of(book.active)[2][0] is None


def test_groups_may_be_on_sheets_of_their_own(exported):
    book = exported(
        columns=("sku", "price"),
        layout=Layout(sheet_by="category", group_by=("active",)),
    )
    assert rows_of(book["Tools"]) == [
        ("Active", "SKU", "Price"),
        (False, "A-2", 0.1),
        (False, None, 0.1),
        (True, "A-1", 12.5),
        (True, "A-3", 0.2),
        (True, None, 12.7),
    ]


def test_groups_go_down_when_the_file_is_sorted_so(exported):
    book = exported(
        columns=("sku", "category"),
        sort=("-category", "-sku"),
        layout=Layout(group_by=("category",)),
    )
    assert [row[0] for row in rows_of(book.active)[1:] if row[0]] == [
        "B-1",
        "A-3",
        "A-2",
        "A-1",
        "C-1",
    ]


def test_several_resources_are_several_sheets(exported):
    further = ExportPlan(resource="shop.category", columns=("name",))
    book = exported(columns=("sku",), further=(further,))
    assert [(sheet.title, rows_of(sheet)) for sheet in book] == [
        ("Products", [("SKU",), ("A-1",), ("A-2",), ("A-3",), ("B-1",), ("C-1",)]),
        ("Categories", [("Name",), ("A/B: *[x]",), ("Tools",), ("Toys",)]),
    ]


@pytest.mark.parametrize("chart", ["bar", "line", "pie"])
def test_the_summary_of_the_file_is_that_of_the_page(exported, products, chart):
    summary = Summary(rows=("category",), values="price", aggregate="sum", chart=chart)
    book = exported(layout=Layout(summary=summary))
    assert book.sheetnames == ["Summary", "Products"]
    sheet = book["Summary"]
    found = summary_table(
        ExportPlan(resource="shop.product", layout=Layout(summary=summary)), products
    )
    expected = [
        (label, float(number))
        for label, number in zip(found.table.index, found.table.iloc[:, 0], strict=True)
    ]
    cells = [row[:2] for row in rows_of(sheet)]
    assert ("Category", "Sum of Price") in cells
    start = cells.index(("Category", "Sum of Price")) + 1
    assert cells[start : start + 4] == expected
    assert expected[-1] == ("Total", 20.85)
    assert any(found.title in row for row in cells)
    kinds = {"bar": "BarChart", "line": "LineChart", "pie": "PieChart"}
    charts = sheet._charts
    assert [type(one).__name__ for one in charts] == [kinds[chart]]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"format": "csv", "layout": Layout(totals=True)},
            "Comma-separated text (CSV): a file of this kind holds one table. Choose an "
            "Excel workbook, or leave the layout out.",
        ),
        (
            {"format": "parquet", "further": (ExportPlan(resource="shop.order"),)},
            "Parquet, for programs: a file of this kind holds one table. Choose an "
            "Excel workbook, or leave the layout out.",
        ),
        (
            {"to_be_edited": True, "layout": Layout(sheet_by="category")},
            "A file that is to be uploaded again has one sheet without a layout.",
        ),
        (
            {"layout": Layout(sheet_by="suppliers")},
            'Rows cannot be parted by "Suppliers".',
        ),
        (
            {"layout": Layout(group_by=("active", "active"))},
            "Choose each column once for the groups.",
        ),
    ],
)
def test_what_a_file_cannot_hold_is_refused(products, tmp_path, changes, sentence):
    plan = ExportPlan(resource="shop.product", **changes)
    with pytest.raises(DataioError) as caught:
        run_export(plan, products, tmp_path / "x.xlsx", Meter())
    assert caught.value.message == sentence
    assert list(tmp_path.iterdir()) == []


def test_too_many_sheets_are_refused(products, tmp_path, monkeypatch):
    monkeypatch.setattr("dataio.exports.sheets.MOST_SHEETS", 4)
    plan = ExportPlan(resource="shop.product", layout=Layout(sheet_by="sku"))
    with pytest.raises(DataioError) as caught:
        run_export(plan, products, tmp_path / "x.xlsx", Meter())
    assert caught.value.message == (
        '"SKU" has too many different values for a sheet each. '
        "Choose a column with at most 4 different values."
    )


def test_a_plan_with_a_layout_comes_back_from_its_data():
    layout = Layout(
        sheet_by="category",
        group_by=("active",),
        totals=True,
        summary=Summary(rows=("created",), columns=("category",), by="month"),
    )
    plan = ExportPlan(
        resource="shop.product",
        layout=layout,
        further=(ExportPlan(resource="shop.order"),),
    )
    assert ExportPlan.from_data(plan.as_data()) == plan


@pytest.mark.parametrize("seed", range(8))
def test_subtotals_are_the_sums_whatever_the_chunks(seed):
    chance = random.Random(seed)
    count = chance.randrange(1, 60)
    rows = sorted(
        (
            chance.choice([None, "a", "b", "c"]) or "",
            chance.randrange(3),
            Decimal(chance.randrange(10**6)) / 100,
        )
        for _row in range(count)
    )
    types = [pa.string(), pa.int64(), pa.decimal128(8, 2)]
    whole = pd.DataFrame(
        {
            name: pd.Series(cells, dtype=pd.ArrowDtype(kind))
            for name, kind, cells in zip(
                "xyn", types, zip(*rows, strict=True), strict=True
            )
        }
    )
    frames, start = [], 0
    while start < count:
        size = chance.randrange(1, 10)
        frames.append(whole.iloc[start : start + size])
        start += size
    found = list(outlined(frames, ["x", "y"], ["n"]))
    lines = [
        (level, *cells)
        for frame, outline in found
        for level, cells in zip(
            outline.levels, frame.astype(object).to_numpy().tolist(), strict=True
        )
    ]
    assert [line[1:] for line in lines if line[0] == 2] == [tuple(row) for row in rows]
    for level in (0, 1):
        sums: dict[tuple[object, ...], Decimal] = {}
        for x, y, number in rows:
            key = (x, y) if level else (x,)
            sums[key] = sums.get(key, Decimal(0)) + number
        totals = [line for line in lines if line[0] == level]
        assert [line[3] for line in totals] == list(sums.values())
        labels = [line[1:3] if level else line[1:2] for line in totals]
        expected = (
            list(sums) if level else [(f"Total {x or '(blank)'}",) for (x,) in sums]
        )
        assert [tuple(one) for one in labels] == expected
    assert [line[0] for line in lines[-2:]] == [1, 0]
