"""The marked workbook in the browser: made with a bar, corrected, uploaded, imported whole."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.stack import Stack

DIRTY = "products-dirty-500.xlsx"
BAD = "00FFC7CE"
FIX_URL = re.compile(r"/imports/[0-9a-f-]{36}/fix/")
RIGHT: dict[str, Any] = {
    "Name": "Corrected",
    "Category": "Tools",
    "Price": 12.5,
    "Quantity": 3,
    "Weight (kg)": 1.25,
    "Active": True,
    "Created": dt.date(2026, 3, 31),
    "Supplier e-mail": "sales@example.com",
    "Notes": "",
}
"""What a person types into bad cells, by header."""


def marked_cells(sheet: Worksheet) -> list[Any]:
    return [
        cell
        for row in sheet.iter_rows(min_row=2)
        for cell in row
        if cell.fill.fgColor.rgb == BAD
    ]


def looks(sheet: Worksheet) -> dict[str, tuple[Any, ...]]:
    """Everything of each cell but a fill."""
    return {
        cell.coordinate: (
            cell.value,
            cell.number_format,
            cell.font.b,
            cell.alignment.wrap_text,
        )
        for row in sheet.iter_rows()
        for cell in row
    }


def test_a_dirty_workbook_is_marked_corrected_and_imported_whole(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    steps.forget_products(stack, "D-")
    page, source = demo_page, stack.samples / DIRTY
    steps.upload(page, source)
    steps.check(page)
    page.locator("[data-fix-link]").click()
    page.wait_for_url(FIX_URL)
    bad = int(page.locator("#rows-title").get_attribute("data-rejected") or 0)
    page.locator("[data-marked]").click()
    page.wait_for_url(steps.JOB_URL)
    expect(page.locator("h1")).to_have_text("Mark the problems of products")
    steps.wait_for_end(page)
    assert steps.figures(page) == {"rows": bad}
    with page.expect_download() as download:
        page.locator("[data-download]").click()
    path = tmp_path / download.value.suggested_filename
    assert path.name == "products-dirty-500 problems.xlsx"
    download.value.save_as(path)

    before = openpyxl.load_workbook(source)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == before.sheetnames
    for name in book.sheetnames:
        assert looks(book[name]) == looks(before[name])
    sheet = book.worksheets[0]
    cells = marked_cells(sheet)
    assert len({cell.row for cell in cells}) == bad
    assert all(cell.comment.text for cell in cells)
    headers = [cell.value for cell in sheet[1]]
    for number, cell in enumerate(cells):
        header = headers[cell.column - 1]
        cell.value = RIGHT.get(header, f"D-9{number:04}")
    corrected = tmp_path / "corrected.xlsx"
    book.save(corrected)

    page.goto("/")
    page.set_input_files("input[type=file]", corrected)
    page.wait_for_url(steps.REVIEW_URL)
    page.locator("[data-import]").wait_for(timeout=steps.LONG)
    said = f'"{DIRTY}" comes back corrected, so nothing is asked again.'
    expect(page.locator("main")).to_contain_text(said)
    page.locator("[data-import]").click()
    page.wait_for_url(steps.JOB_URL)
    steps.wait_for_end(page)
    figures = steps.figures(page)
    assert (figures["rows"], figures["created"], figures["failed"]) == (500, 500, 0)
    rows = stack.rows("SELECT count(*) FROM shop_product WHERE sku LIKE 'D-%'")
    assert rows == [(500,)]
