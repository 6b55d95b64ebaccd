"""Orders with their lines, in the same rows and on linked sheets, from upload to undo."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from project.shop import order_samples
from tests.e2e import steps
from tests.stack import Stack

IN_ROWS, LINKED = "orders-with-lines.xlsx", "orders-linked.xlsx"
BOTH = {
    "number": "Order number",
    "customer": "Customer",
    "status": "Status",
    "placed_at": "Placed at",
    "remarks": "Remarks",
}
LINES = {
    "orderline.position": "Position",
    "orderline.product": "Product",
    "orderline.quantity": "Quantity",
    "orderline.unit_price": "Unit price",
}
STATUS = {"New": "new", "Paid": "paid", "Shipped": "shipped", "Cancelled": "cancelled"}


def forget_orders(stack: Stack, prefix: str) -> None:
    stack.rows(
        "DELETE FROM shop_orderline WHERE order_id IN"
        f" (SELECT id FROM shop_order WHERE number LIKE '{prefix}-%') RETURNING id"
    )
    stack.rows(f"DELETE FROM shop_order WHERE number LIKE '{prefix}-%' RETURNING id")


def stored(stack: Stack, prefix: str) -> list[Any]:
    """Every value of every order and line with such a number."""
    orders = stack.rows(
        "SELECT o.number, c.email, o.status, o.placed_at, o.remarks FROM shop_order o"
        " JOIN shop_customer c ON c.id = o.customer_id"
        f" WHERE o.number LIKE '{prefix}-%' ORDER BY o.number"
    )
    lines = stack.rows(
        "SELECT o.number, l.position, p.sku, l.quantity, l.unit_price"
        " FROM shop_orderline l JOIN shop_order o ON o.id = l.order_id"
        " JOIN shop_product p ON p.id = l.product_id"
        f" WHERE o.number LIKE '{prefix}-%' ORDER BY o.number, l.position"
    )
    return [
        [(*one[:3], str(one[3])[:16].replace("T", " "), one[4]) for one in orders],
        [(*one[:4], Decimal(str(one[4])).quantize(Decimal("0.01"))) for one in lines],
    ]


def in_file(prefix: str) -> list[Any]:
    """Every value of the sample, as `stored` returns it; the database keeps UTC."""
    orders, lines = [], []
    for one in order_samples.orders(prefix):
        number, customer, status, when, remarks = one.cells
        utc = when - dt.timedelta(hours=0)
        shown = f"{utc:%Y-%m-%d %H:%M}"
        orders.append((number, customer, STATUS[status], shown, remarks or ""))
        lines += [
            (number, place, sku, count, Decimal(str(price)))
            for place, sku, count, price in one.lines
        ]
    return [orders, lines]


def becomes(page: Page) -> dict[str, str]:
    """Column -> header, over all tables of the mapping page."""
    return {name: header for header, name in steps.mapping(page).items()}


@pytest.mark.parametrize(("file", "prefix"), [(IN_ROWS, "R"), (LINKED, "L")])
def test_orders_come_with_their_lines_and_go_together(
    demo_page: Page, stack: Stack, file: str, prefix: str
):
    page = demo_page
    forget_orders(stack, prefix)
    orders, lines = in_file(prefix)
    steps.upload(page, stack.samples / file)
    expect(page.locator("#resource")).to_have_value("shop.order")
    steps.check(page)
    everything = len(orders) + len(lines)
    expect(page.locator("#kind-create")).to_have_attribute(
        "data-count", str(everything)
    )
    expect(page.locator("#kind-problem")).to_have_attribute("data-count", "0")
    expect(page.locator("#part-0")).to_have_attribute("data-count", str(len(orders)))
    page.locator("#part-1").click()
    expect(page.locator("#part-1")).to_have_attribute("aria-current", "true")
    first = page.locator("tr[data-kind=create]").first
    expect(first).to_contain_text(f"{prefix}-00001")
    expect(first).to_contain_text(lines[0][2])
    page.locator("[data-import]").click()
    page.wait_for_url(steps.JOB_URL)
    steps.wait_for_end(page)
    assert steps.figures(page) == {
        "rows": everything, "created": everything, "updated": 0, "unchanged": 0, "failed": 0
    }  # fmt: skip
    assert stored(stack, prefix) == [orders, lines]
    page.locator("[data-undo] a").click()
    page.locator("form button.danger").click()
    page.wait_for_url(steps.JOB_URL)
    steps.wait_for_end(page)
    assert steps.figures(page)["created"] == everything
    assert stored(stack, prefix) == [[], []]


def test_one_sheet_offers_the_columns_of_both(demo_page: Page, stack: Stack):
    page = demo_page
    steps.upload(page, stack.samples / IN_ROWS)
    assert becomes(page) == BOTH | LINES
    groups = page.locator("#column-0 optgroup")
    assert [one.get_attribute("label") for one in groups.all()] == [
        "Order",
        "Order line",
    ]
    expect(page.locator("[data-left-out]")).to_be_hidden()
    page.locator("#column-7").select_option("remarks")
    expect(page.locator('[data-required="orderline.quantity"]')).to_be_visible()
    page.locator("[data-with]").select_option("no")
    expect(page.locator("#column-0 optgroup")).to_have_count(0)
    expect(page.locator("#column-5")).to_have_value("")


def test_another_sheet_has_a_table_of_its_own_or_is_left(demo_page: Page, stack: Stack):
    page = demo_page
    steps.upload(page, stack.samples / LINKED)
    table = page.locator("[data-sheet=Lines]")
    expect(table.locator("h3")).to_have_text("Order lines, on sheet “Lines”")
    chosen = table.locator(".becomes > select").evaluate_all(
        "(all) => all.map((one) => one.value)"
    )
    assert chosen == ["orderline.order", *LINES]
    page.locator("[data-with]").select_option("no")
    expect(table).to_have_count(0)


def test_an_order_corrected_in_the_table_takes_its_lines_along(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    forget_orders(stack, "R")
    book = openpyxl.load_workbook(stack.samples / IN_ROWS)
    book["Orders"]["C2"] = "Nope"
    book.save(tmp_path / "orders.xlsx")
    first = next(order_samples.orders("R"))
    steps.upload(page, tmp_path / "orders.xlsx")
    steps.check(page)
    bad = page.locator("#kind-problem")
    expect(bad).to_have_attribute("data-count", str(1 + len(first.lines)))
    page.locator("[data-fix-link]").click()
    page.locator("dataio-grid[data-live]").wait_for()
    lines = page.locator("#part-1")
    expect(lines).to_have_attribute("data-count", str(len(first.lines)))
    lines.click()
    expect(page.locator("#rows-title")).to_have_attribute(
        "data-rejected", str(len(first.lines))
    )
    page.locator("dataio-grid[data-live]").wait_for()
    waiting = page.locator('td.problem[data-column="orderline.order"]').first
    expect(waiting).to_have_attribute(
        "aria-description", "The order in row 2 has a problem. It is needed first."
    )
    page.locator("#part-0").click()
    cell = page.locator("td.problem[data-column=status]")
    cell.wait_for()
    page.locator("dataio-grid[data-live]").wait_for()
    cell.click()
    page.keyboard.type("Paid")
    page.keyboard.press("Enter")
    expect(page.locator("[data-all-fixed]")).to_be_visible(timeout=steps.LONG)
