"""The mapping page: headers in odd places, columns made of others, formats that are asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.e2e.test_accessibility import violations
from tests.stack import Stack

PRODUCT = ["SKU", "Name", "Category", "Price"]


@pytest.fixture(autouse=True)
def empty_shelf(stack: Stack) -> None:
    steps.forget_products(stack, "MAP-")


def becomes(header: str) -> str:
    return f'tr[data-header="{header}"] .becomes select[data-column]'


def formats(page: Page, header: str, name: str) -> Any:
    return page.locator(f'tr[data-header="{header}"] select[name^={name}-]')


def upload(page: Page, path: Path) -> None:
    steps.upload(page, path)
    if page.locator("#resource").input_value() != "shop.product":
        page.select_option("#resource", "shop.product")
        page.wait_for_url("**resource=shop.product**")
        expect(page.locator("[data-map][aria-busy]")).to_have_count(0)


def load(page: Page, stack: Stack, *names: str) -> list[tuple[Any, ...]]:
    """Check, see that nothing is wrong, import; return these values of the products."""
    page.locator("[data-start]").click()
    page.wait_for_url(steps.REVIEW_URL)
    page.locator("[data-import]").wait_for(timeout=steps.LONG)
    assert page.locator("#kind-problem").get_attribute("data-count") == "0"
    page.locator("[data-import]").click()
    page.wait_for_url(steps.JOB_URL)
    steps.wait_for_end(page)
    stored = steps.products(stack, "p.sku LIKE 'MAP-%'")
    return [tuple(one[name] for name in names) for one in stored]


def workbook(path: Path, header: Sequence[str], *rows: Sequence[Any]) -> Path:
    return steps.write_workbook(path, header, rows)


def test_headers_in_odd_places_are_found_and_said(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    book = openpyxl.Workbook()
    notes = book.active
    notes.title = "Internal"
    notes.append(["not for you"])
    notes.sheet_state = "hidden"
    sheet = book.create_sheet("Goods")
    for line in (
        ["Stock list of March"],
        [],
        ["SKU", "Name", None, "Category", "Sales", None],
        [None, None, None, None, "Price", "Quantity"],
        ["MAP-1", "Saw", None, "Tools", 5.5, 3],
        ["MAP-2", "Axe", None, "Tools", 6.5, 4],
        ["MAP-3", "Rake", None, "Garden", 7.5, 5],
    ):
        sheet.append(line)
    sheet.merge_cells("E3:F3")
    sheet.row_dimensions[6].hidden = True
    book.active = 1
    book.save(tmp_path / "odd.xlsx")
    upload(page, tmp_path / "odd.xlsx")
    main = page.locator("main")
    expect(main).to_contain_text("Rows 3 and 4 hold the column names together.")
    expect(main).to_contain_text(
        "Hidden sheet, left out unless you choose it: Internal"
    )
    expect(page.locator("[data-hidden-rows]")).to_have_text(
        "At least 1 row of this sheet is hidden. It is read like the others."
    )
    assert steps.mapping(page)["Column C"] == ""
    page.select_option(becomes("Sales Price"), "price")
    page.select_option(becomes("Sales Quantity"), "quantity")
    assert load(page, stack, "sku", "name", "category", "price", "quantity") == [
        ("MAP-1", "Saw", "Tools", Decimal("5.50"), 3),
        ("MAP-2", "Axe", "Tools", Decimal("6.50"), 4),
        ("MAP-3", "Rake", "Garden", Decimal("7.50"), 5),
    ]


def test_another_header_row_and_a_hidden_sheet_are_chosen(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    book = openpyxl.Workbook()
    book.active.append(["nothing to see"])
    sheet = book.create_sheet("Secret")
    sheet.append(["Code", "What", "Kind", "Cost"])
    sheet.append(PRODUCT)
    sheet.append(["MAP-1", "Saw", "Tools", 5])
    sheet.sheet_state = "hidden"
    book.save(tmp_path / "secret.xlsx")
    upload(page, tmp_path / "secret.xlsx")
    assert page.locator("#sheet").input_value() == "Sheet"
    page.select_option("#sheet", "Secret")
    page.wait_for_url(re.compile(r"sheet=Secret"))
    expect(page.locator("[data-map][aria-busy]")).to_have_count(0)
    page.get_by_role("link", name="Row 2 holds the column names").click()
    page.wait_for_url("**header_row=2**")
    expect(page.locator('tr[data-header="SKU"]')).to_be_visible()
    assert load(page, stack, "sku", "name") == [("MAP-1", "Saw")]


def test_a_constant_fills_a_column_the_file_lacks(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    rows = [["MAP-1", "Saw", 5], ["MAP-2", "Axe", 6]]
    upload(page, workbook(tmp_path / "c.xlsx", ["SKU", "Name", "Price"], *rows))
    expect(page.locator("[data-required=category]")).to_be_visible()
    page.fill("#fill-category", "Garden")
    assert load(page, stack, "sku", "category") == [
        ("MAP-1", "Garden"),
        ("MAP-2", "Garden"),
    ]


def test_two_columns_are_joined(demo_page: Page, stack: Stack, tmp_path: Path):
    page = demo_page
    header = ["SKU", "Brand", "Model", "Category", "Price"]
    rows = [["MAP-1", "Bosch", "GKS", "Tools", 5], ["MAP-2", "Makita", "", "Tools", 6]]
    upload(page, workbook(tmp_path / "j.xlsx", header, *rows))
    page.select_option(becomes("Brand"), "name")
    page.select_option(becomes("Model"), "name")
    box = page.locator("[data-join=name]")
    expect(box).to_contain_text("Brand, Model")
    box.locator("[type=checkbox]").check()
    box.locator("[name=glue-name]").fill(" / ")
    assert load(page, stack, "sku", "name") == [
        ("MAP-1", "Bosch / GKS"),
        ("MAP-2", "Makita"),
    ]


def test_one_column_is_split(demo_page: Page, stack: Stack, tmp_path: Path):
    page = demo_page
    rows = [["MAP-1: Saw: fine", "Tools", 5], ["MAP-2: Axe", "Tools", 6]]
    path = workbook(tmp_path / "s.xlsx", ["Article", "Category", "Price"], *rows)
    upload(page, path)
    split(page, "Article", "sku", "name", ":")
    assert load(page, stack, "sku", "name") == [
        ("MAP-1", "Saw: fine"),
        ("MAP-2", "Axe"),
    ]


def split(page: Page, header: str, first: str, rest: str, sign: str) -> None:
    page.select_option(becomes(header), "*split")
    row = page.locator(f'tr[data-header="{header}"]')
    row.locator("select[name^=part-a]").select_option(first)
    row.locator("select[name^=part-b]").select_option(rest)
    row.locator("[name^=between-]").fill(sign)
    row.locator("[name^=between-]").press("Tab")


@pytest.mark.parametrize(
    ("order", "day"), [("DMY", "2026-04-03"), ("MDY", "2026-03-04")]
)
def test_the_order_of_dates_is_asked_when_it_may_be_two(
    demo_page: Page, stack: Stack, tmp_path: Path, order: str, day: str
):
    page = demo_page
    rows = [["MAP-1", "Saw", "Tools", 5, "03/04/2026"]]
    upload(page, workbook(tmp_path / "d.xlsx", [*PRODUCT, "Created"], *rows))
    choice = formats(page, "Created", "date_order")
    assert choice.input_value() == ""
    page.locator("[data-start]").click()
    expect(page.locator("main")).to_contain_text(
        '"03/04/2026": is the day or the month in front?'
    )
    formats(page, "Created", "date_order").select_option(order)
    assert load(page, stack, "sku", "created") == [("MAP-1", day)]


def test_one_clear_date_answers_for_the_whole_column(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    days = ["03/04/2026", "03/25/2026"]
    rows = [[f"MAP-{n}", "Saw", "Tools", 5, day] for n, day in enumerate(days)]
    upload(page, workbook(tmp_path / "d.xlsx", [*PRODUCT, "Created"], *rows))
    assert formats(page, "Created", "date_order").input_value() == "MDY"
    assert load(page, stack, "sku", "created") == [
        ("MAP-0", "2026-03-04"),
        ("MAP-1", "2026-03-25"),
    ]


def test_money_percents_negatives_and_words_are_read_as_they_are_written(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    header = [*PRODUCT, "Quantity", "Weight (kg)", "Active"]
    rows = [
        ["MAP-1", "Saw", "Tools", "1.234,50 €", "(5)", "12,5 %", "Có"],
        ["MAP-2", "Axe", "Tools", "12,30 €", "7", "50 %", "Không"],
        ["MAP-3", "Rake", "Garden", "€ 0,99", "8", "0,5 %", "đúng"],
    ]
    upload(page, workbook(tmp_path / "f.xlsx", header, *rows))
    assert formats(page, "Price", "decimal").input_value() == ","
    assert formats(page, "Price", "currency").input_value() == "EUR"
    assert formats(page, "Quantity", "negative").input_value() == "minus"
    assert formats(page, "Weight (kg)", "percent").input_value() == ""
    expect(page.locator('tr[data-header="Weight (kg)"] .asks').first).to_be_visible()
    formats(page, "Weight (kg)", "percent").select_option("fraction")
    found = load(page, stack, "price", "quantity", "weight", "active")
    assert found == [
        (Decimal("1234.50"), -5, 0.125, True),
        (Decimal("12.30"), 7, 0.5, False),
        (Decimal("0.99"), 8, 0.005, True),
    ]


def test_a_sign_that_may_mean_two_numbers_is_asked(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    path = workbook(tmp_path / "n.xlsx", PRODUCT, ["MAP-1", "Saw", "Tools", "1.234"])
    upload(page, path)
    page.locator("[data-start]").click()
    expect(page.locator("main")).to_contain_text('"1.234": is it 1234 or 1.234?')
    formats(page, "Price", "decimal").select_option(",")
    assert load(page, stack, "price") == [(Decimal("1234.00"),)]


def test_how_a_part_of_a_split_column_is_written_is_asked_too(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    header = [*PRODUCT, "Delivered"]
    rows = [
        ["MAP-1", "Saw", "Tools", 5, "1.000 | 03/04/2026"],
        ["MAP-2", "Axe", "Tools", 6, "2.000 | 05/06/2026"],
    ]
    upload(page, workbook(tmp_path / "p.xlsx", header, *rows))
    split(page, "Delivered", "quantity", "created", "|")
    row = page.locator('tr[data-header="Delivered"]')
    number = row.locator("select[name=decimal_a-4]")
    expect(number).to_be_visible()
    expect(row.locator(".part-written .asks")).to_have_text(
        [
            '"1.000": is it 1000 or 1.000?',
            '"03/04/2026": is the day or the month in front?',
        ]
    )
    assert violations(page) == []
    page.locator("[data-start]").click()
    expect(page.locator("main")).to_contain_text("is the day or the month in front?")
    number = page.locator("select[name=decimal_a-4]")
    number.select_option(",")
    page.locator("select[name=date_order_b-4]").select_option("MDY")
    expect(row.locator(".part-reads strong").first).to_have_text("1000")
    assert load(page, stack, "sku", "quantity", "created") == [
        ("MAP-1", 1000, "2026-03-04"),
        ("MAP-2", 2000, "2026-05-06"),
    ]


def test_a_part_of_a_split_column_that_is_clear_is_not_asked(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    rows = [["MAP-1", "Saw", "Tools", "1.234,50 / 25.12.2025"]]
    path = workbook(tmp_path / "p.xlsx", [*PRODUCT[:3], "Delivered"], *rows)
    upload(page, path)
    split(page, "Delivered", "price", "created", "/")
    assert load(page, stack, "price", "created") == [(Decimal("1234.50"), "2025-12-25")]
