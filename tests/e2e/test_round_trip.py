"""An exported workbook comes back edited: only what changed counts, and clashes are decided."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.e2e.test_accessibility import violations
from tests.stack import Stack

CHECKED_AGAIN = 20_000  # milliseconds, on a busy machine
COUNT = 12


@pytest.fixture(autouse=True)
def shelf(stack: Stack, tmp_path: Path) -> None:
    steps.forget_products(stack, "RT-")
    rows = [
        [
            f"RT-{n:02}",
            f"Cái {n}",
            "Tools",
            n + 0.5,
            n,
            n / 4,
            True,
            "2026-01-31",
            "",
            "đen",
        ]
        for n in range(COUNT)
    ]
    path = steps.write_workbook(tmp_path / "rt.xlsx", list(steps.FIELDS), rows)
    stack.manage("dataio_import", "product", str(path), "--json")


def export_to_edit(page: Page, path: Path) -> Path:
    """Download these products as a workbook that is to be edited and uploaded again."""
    page.goto("/export/shop.product/")
    steps.filter_by(page, "sku", "starts", "RT-")
    page.locator("input[name=export-format][value=xlsx]").check()
    page.locator("input[name=export-edited]").check()
    steps.start_export(page)
    steps.wait_for_end(page)
    with page.expect_download() as download:
        page.locator("[data-download]").click()
    download.value.save_as(path)
    return path


def edit(path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """Let `change` alter the cells of each row, by header."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    headers = [cell.value for cell in sheet[1]]
    for line in sheet.iter_rows(min_row=2):
        before = {h: cell.value for h, cell in zip(headers, line, strict=True)}
        after = dict(before)
        change(after)
        for header, cell in zip(headers, line, strict=True):
            if after[header] != before[header]:
                cell.value = after[header]
    book.save(path)
    return path


def upload_known(page: Page, path: Path) -> None:
    """Upload a workbook that needs no mapping; end on the review page, checked."""
    page.goto("/")
    page.set_input_files("input[type=file]", path)
    page.wait_for_url(steps.REVIEW_URL)
    page.locator("[data-import]").wait_for(timeout=steps.LONG)


def all_values(stack: Stack) -> list[dict[str, Any]]:
    return steps.products(stack, "p.sku LIKE 'RT-%'")


def decide(page: Page, sku: str, choice: str) -> None:
    one = page.locator("[data-conflict-row]", has_text=sku)
    one.locator(f"button[value={choice}]").click()
    expect(one).to_have_count(0, timeout=CHECKED_AGAIN)


def test_clashes_are_decided_one_by_one(demo_page: Page, stack: Stack, tmp_path: Path):
    page = demo_page
    before = all_values(stack)
    path = export_to_edit(page, tmp_path / "edit.xlsx")

    def change(row: dict[str, Any]) -> None:
        if row["SKU"] in ("RT-01", "RT-02", "RT-03", "RT-04"):
            row["Price"] = 99.25

    edit(path, change)
    stack.rows(
        "UPDATE shop_product SET name = 'Theirs' WHERE sku IN ('RT-02', 'RT-03', 'RT-04',"
        " 'RT-05') RETURNING id"
    )
    upload_known(page, path)
    counts = {
        kind: page.locator(f"#kind-{kind}").get_attribute("data-count")
        for kind in ("create", "update", "unchanged", "problem", "conflict")
    }
    assert counts == {
        "create": "0",
        "update": "1",
        "unchanged": str(COUNT - 4),
        "problem": "0",
        "conflict": "3",
    }
    assert page.locator("#conflicts-title").inner_text() == (
        "3 rows were changed by somebody else, too"
    )
    cells = page.locator("[data-conflict-row]", has_text="RT-02").locator(".clashes td")
    assert cells.all_inner_texts() == ["Cái 2", "Theirs", "99.25", "2.50"]
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []
    page.evaluate("window.stayed = true")
    decide(page, "RT-02", "mine")
    decide(page, "RT-03", "theirs")
    expect(page.locator("[data-import]")).to_have_text("Import 2 rows, leave 1 out")
    expect(page.locator(".decided-so-far p")).to_have_text(
        "Yours stay in 1 row · Theirs stay in 1 row"
    )
    assert page.evaluate("window.stayed") is True
    page.locator("[data-import]").click()
    page.wait_for_url(steps.JOB_URL)
    steps.wait_for_end(page)
    figures = steps.figures(page)
    assert (figures["updated"], figures["failed"]) == (2, 1)
    expected = {one["sku"]: dict(one) for one in before}
    price = Decimal("99.25")
    expected["RT-01"]["price"] = price
    expected["RT-02"]["price"] = price
    for sku in ("RT-03", "RT-04", "RT-05"):
        expected[sku]["name"] = "Theirs"
    assert all_values(stack) == list(expected.values())


def test_all_clashes_are_decided_at_once_and_once_more(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    path = export_to_edit(page, tmp_path / "edit.xlsx")
    edit(path, lambda row: row.update({"Notes": "mine"}))
    stack.rows(
        "UPDATE shop_product SET notes = 'theirs' WHERE sku LIKE 'RT-%' RETURNING id"
    )
    upload_known(page, path)
    assert page.locator("[data-import]").inner_text().startswith("Import 0 rows")
    every = page.get_by_role("form", name="All of these rows")
    every.get_by_role("button", name="Keep mine").click()
    expect(page.locator("[data-import]")).to_have_text(
        f"Import {COUNT} rows", timeout=CHECKED_AGAIN
    )
    page.get_by_role("button", name="Decide again").click()
    expect(page.locator("[data-conflict-row]").first).to_be_visible(
        timeout=CHECKED_AGAIN
    )
    every.get_by_role("button", name="Keep theirs").click()
    expect(page.locator("#kind-unchanged")).to_have_attribute(
        "data-count", str(COUNT), timeout=CHECKED_AGAIN
    )
    assert page.locator("[data-import]").inner_text() == "Finish, nothing changes"


def test_rows_in_conflict_are_seen_beside_those_with_problems(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    path = export_to_edit(page, tmp_path / "edit.xlsx")
    edit(path, lambda row: row.update({"Notes": "mine"}) if "1" in row["SKU"] else None)
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    places = {cell.value: cell.column for cell in sheet[1]}
    added = {"SKU": "RT-new", "Name": "New", "Category": "Tools", "Price": 5}
    for header, value in added.items():
        sheet.cell(COUNT + 2, places[header], value)
    book.save(path)
    stack.rows("UPDATE shop_product SET notes = 'x' WHERE sku = 'RT-01' RETURNING id")
    upload_known(page, path)
    page.locator("#kind-create").click()
    fresh = page.locator("td.new[data-column=sku] ins")
    expect(fresh).to_have_text("RT-new")
    page.goto(page.url.split("?")[0].replace("/review/", "/fix/"))
    box = page.locator("[data-conflict-rows]")
    expect(box).to_have_attribute("data-conflict-rows", "1")
    changed = box.locator("td.changed[data-column=notes]")
    expect(changed.locator("del")).to_have_text("x")
    expect(changed.locator("ins")).to_have_text("mine")
    box.get_by_role("link", name="Decide about them").click()
    page.wait_for_url("**/review/?kind=conflict")
    expect(page.locator("[data-conflict-row]")).to_have_count(1)
