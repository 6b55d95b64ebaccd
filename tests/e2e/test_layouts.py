"""Layouts: chosen on the page, exported, and each value compared with the database."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.stack import Stack

LINE_COLUMNS = ["order.number", "order.placed_at", "product", "product.category"]
LINE_COLUMNS += ["quantity", "unit_price", "amount"]
PRODUCT_COLUMNS = ["sku", "category", "price", "quantity"]


def open_page(page: Page, resource: str, columns: list[str]) -> None:
    """Open the export page with these columns chosen."""
    pairs = [("export-sent", "yes"), *(("export-columns", name) for name in columns)]
    page.goto(f"/export/{resource}/?{urlencode(pairs)}")
    page.locator("html.live").wait_for()


def choose(page: Page, **choices: str) -> None:
    """Choose in the selects of the layout; the summary's are in a box of their own."""
    for name, value in choices.items():
        field = page.locator(f"[name=layout-{name}]")
        if not field.first.is_visible():
            page.locator("#export-layout details", has=field).locator("summary").click()
        with page.expect_response(lambda answer: "/export/" in answer.url):
            if field.count() > 1:
                page.locator(f"[name=layout-{name}][value='{value}']").check()
            elif field.get_attribute("type") == "checkbox":
                field.check()
            else:
                field.select_option(value)
        # The address follows when the page shows what was chosen.
        steps.wait_until(
            page,
            """([name, value]) => {
              const said = new URL(location).searchParams;
              return value ? said.getAll(name).includes(value) : !said.has(name);
            }""",
            [f"layout-{name}", value],
        )


def export(page: Page, path: Path) -> Any:
    """Start, watch to the end, download, open: formulas show their values."""
    steps.start_export(page)
    steps.wait_for_end(page)
    with page.expect_download() as download:
        page.locator("[data-download]").click()
    download.value.save_as(path)
    return openpyxl.load_workbook(path, data_only=True)


def rows_of(sheet: Any) -> list[tuple[Any, ...]]:
    return list(sheet.iter_rows(values_only=True))


def cents(value: Any) -> Decimal:
    return Decimal(str(value or 0)).quantize(Decimal("0.01"))


def sales(stack: Stack) -> dict[tuple[str, str], Decimal]:
    """Return what was sold by month ("2026-01") and category."""
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for placed, category, quantity, price in stack.rows(
        "SELECT o.placed_at, c.name, l.quantity, l.unit_price FROM shop_orderline l"
        " JOIN shop_order o ON o.id = l.order_id"
        " JOIN shop_product p ON p.id = l.product_id"
        " JOIN shop_category c ON c.id = p.category_id"
    ):
        found[str(placed)[:7], category] += quantity * cents(price)
    return dict(found)


def shown_table(page: Page) -> list[list[str]]:
    """Return the summary's table as the page shows it."""
    table: list[list[str]] = page.evaluate(
        """() => [...document.querySelectorAll("[data-summary] tr")]
          .map((row) => [...row.cells].map((cell) => cell.innerText.trim()))"""
    )
    return table


@pytest.mark.parametrize("chart", ["bar", "line"])
def test_the_summary_of_the_page_is_that_of_the_file_and_of_the_database(
    demo_page: Page, stack: Stack, tmp_path: Path, chart: str
) -> None:
    open_page(demo_page, "shop.orderline", LINE_COLUMNS)
    choose(demo_page, rows_1="order.placed_at", columns="product.category")
    choose(demo_page, values="amount", aggregate="sum", chart=chart)
    demo_page.locator("[data-summary]").wait_for()
    marks = {"bar": "rect[class^=series-]", "line": "polyline"}
    expect(demo_page.locator(f"svg.chart {marks[chart]}").first).to_be_visible()
    title = demo_page.locator(".summary-figure figcaption").inner_text()
    assert title == "Sum of Amount by Order: placed at (month) and Product: category"
    page_table = shown_table(demo_page)

    book = export(demo_page, tmp_path / "sales.xlsx")
    assert book.sheetnames == ["Summary", "Order lines"]
    cells = rows_of(book["Summary"])
    assert cells[0][0] == title
    header = page_table[0]
    start = [row[0] for row in cells].index(header[0])
    width, height = len(header), len(page_table)
    file_table = [row[:width] for row in cells[start : start + height]]
    assert list(file_table[0]) == header
    for shown, written in zip(page_table[1:], file_table[1:], strict=True):
        assert shown[0] == written[0]
        assert [cents(text.replace(",", "")) for text in shown[1:]] == [
            cents(number) for number in written[1:]
        ]

    sold = sales(stack)
    months = sorted({month for month, _category in sold})
    assert len(page_table) == len(months) + 2
    for month, line in zip(months, file_table[1:], strict=False):
        for category, number in zip(header[1:-1], line[1:-1], strict=True):
            assert cents(number) == sold.get((month, category), 0)
    assert cents(file_table[-1][-1]) == sum(sold.values())
    drawn = book["Summary"]._charts
    assert [type(one).__name__ for one in drawn] == [f"{chart.title()}Chart"]


def products(stack: Stack) -> dict[str, list[tuple[Any, ...]]]:
    """Return the demo's products by category, as the file is to show them."""
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for sku, category, price, quantity in stack.rows(
        "SELECT p.sku, c.name, p.price, p.quantity FROM shop_product p"
        " JOIN shop_category c ON c.id = p.category_id"
        " WHERE p.sku LIKE 'DEMO-%' ORDER BY p.sku"
    ):
        found[category].append((sku, category, cents(price), quantity))
    return dict(found)


def only_demo(page: Page) -> None:
    """Leave out the products of other tests."""
    steps.filter_by(page, "sku", "starts", "DEMO-")
    page.wait_for_url("**DEMO-**")


def plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*row[:2], cents(row[2]), row[3])


def test_each_value_of_a_column_gets_a_sheet(
    demo_page: Page, stack: Stack, tmp_path: Path
) -> None:
    open_page(demo_page, "shop.product", PRODUCT_COLUMNS)
    only_demo(demo_page)
    choose(demo_page, sheet_by="category")
    book = export(demo_page, tmp_path / "sheets.xlsx")
    expected = products(stack)
    assert book.sheetnames == sorted(expected)
    for sheet in book:
        assert [plain(row) for row in rows_of(sheet)[1:]] == expected[sheet.title]


def test_groups_have_subtotals_and_the_file_a_total(
    demo_page: Page, stack: Stack, tmp_path: Path
) -> None:
    open_page(demo_page, "shop.product", PRODUCT_COLUMNS)
    only_demo(demo_page)
    choose(demo_page, group_1="category", totals="on")
    (sheet,) = export(demo_page, tmp_path / "groups.xlsx")
    expected: list[tuple[Any, ...]] = []
    levels: list[int] = []
    for category, rows in sorted(products(stack).items()):
        prices, quantities = sum(row[2] for row in rows), sum(row[3] for row in rows)
        expected += [*rows, (None, f"Total {category}", prices, quantities)]
        levels += [1] * len(rows) + [0]
    everything = [row for rows in products(stack).values() for row in rows]
    total = sum(row[2] for row in everything), sum(row[3] for row in everything)
    expected.append(("Total", None, *total))
    assert [plain(row) for row in rows_of(sheet)[1:]] == expected
    seen = [
        sheet.row_dimensions[place].outlineLevel for place in range(2, sheet.max_row)
    ]
    assert seen == levels


def test_other_resources_get_sheets_of_their_own(
    demo_page: Page, stack: Stack, tmp_path: Path
) -> None:
    open_page(demo_page, "shop.category", ["name"])
    choose(demo_page, further="shop.supplier")
    book = export(demo_page, tmp_path / "more.xlsx")
    assert book.sheetnames == ["Categories", "Suppliers"]
    names = stack.rows("SELECT name FROM shop_category")
    assert sorted(rows_of(book["Categories"])[1:]) == sorted(names)
    suppliers = {row[1] for row in rows_of(book["Suppliers"])[1:]}
    assert suppliers == {
        name for (name,) in stack.rows("SELECT name FROM shop_supplier")
    }


def test_a_format_with_one_table_offers_no_layout(demo_page: Page) -> None:
    open_page(demo_page, "shop.product", PRODUCT_COLUMNS)
    sheets = demo_page.locator("[name=layout-sheet_by]")
    expect(sheets).to_be_visible()
    demo_page.locator("input[name=export-format][value=csv]").check()
    expect(demo_page.locator("#export-layout .note")).to_contain_text(
        "This format holds one table."
    )
    expect(sheets).to_be_hidden()
    demo_page.locator("input[name=export-format][value=ods]").check()
    expect(sheets).to_be_visible()


def test_what_would_be_too_much_is_said_at_once(demo_page: Page) -> None:
    open_page(demo_page, "shop.product", PRODUCT_COLUMNS)
    choose(demo_page, sheet_by="sku")
    expect(demo_page.locator("[data-cannot]")).to_contain_text(
        '"SKU" has too many different values for a sheet each. '
        "Choose a column with at most 100 different values."
    )
    choose(demo_page, sheet_by="", rows_1="sku", columns="sku")
    expect(demo_page.locator("#export-summary")).to_contain_text(
        "Choose each column once in a summary."
    )


def test_the_layout_is_kept_when_columns_change(demo_page: Page) -> None:
    open_page(demo_page, "shop.product", PRODUCT_COLUMNS)
    choose(demo_page, group_1="category", rows_1="category", values="price")
    demo_page.locator("[data-column=quantity] input[type=checkbox]").first.uncheck()
    gone = demo_page.locator("[name=layout-values] option[value=quantity]")
    expect(gone).to_have_count(0)
    expect(demo_page.locator("[name=layout-group_1]")).to_have_value("category")
    expect(demo_page.locator("[name=layout-values]")).to_have_value("price")
