"""A workbook full of markup: each page shows it as text, and nothing of it runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.stack import Stack
from tests.workbooks import make

TAG = "<img src=x data-taken onerror=window.taken=1>"
SCRIPT = "<script data-taken>window.taken=1</script>"
PREFIX = "XSS-"
FIX_URL = re.compile(r"/imports/[0-9a-f-]{36}/fix/")
HEADER = ["SKU", "Name", "Category", "Price", "Quantity", TAG + SCRIPT]


@pytest.fixture
def workbook(stack: Stack, tmp_path: Path) -> Iterator[Path]:
    """Markup in the names of file and sheet, in a header, in good and in bad cells."""
    steps.forget_products(stack, PREFIX)
    ((category,),) = stack.rows("SELECT min(name) FROM shop_category")
    good = [f"{PREFIX}1", TAG + SCRIPT, category, "1", "1", TAG]
    bad = [f"{PREFIX}2", SCRIPT, f"{TAG} category", f"{TAG} price", "2", TAG]
    sheet = "".join(
        make.row(
            number,
            *[
                make.text_cell(f"{letter}{number}", escape(cell))
                for letter, cell in zip("ABCDEF", cells, strict=True)
            ],
        )
        for number, cells in enumerate([HEADER, good, bad], start=1)
    )
    path = tmp_path / f"{TAG}.xlsx"
    yield make.pack(path, make.parts(sheet, name=escape(SCRIPT)))
    steps.forget_products(stack, PREFIX)


def expect_text(page: Page, *texts: str) -> None:
    """See that the texts are shown and that none of them has become an element."""
    page.wait_for_load_state("load")
    for text in texts:
        expect(page.locator("body")).to_contain_text(text, timeout=steps.LONG)
    expect(page.locator("[data-taken]")).to_have_count(0)
    assert page.evaluate("window.taken") is None


def test_markup_in_a_workbook_is_text_on_every_page(
    demo_page: Page, stack: Stack, workbook: Path
):
    page = demo_page
    steps.upload(page, workbook)
    expect_text(page, workbook.name, TAG + SCRIPT)
    steps.check(page)
    expect_text(page, TAG, f"{TAG} category", f"{TAG} price")
    page.locator("[data-fix-link]").click()
    page.wait_for_url(FIX_URL)
    page.locator("dataio-grid[data-live]").wait_for()
    expect_text(page, f"{TAG} price")
    page.go_back()
    page.wait_for_url(steps.REVIEW_URL)
    page.locator("[data-import]").click()
    page.wait_for_url(steps.JOB_URL)
    steps.wait_for_end(page)
    expect_text(page, workbook.name)
    assert steps.products(stack, f"sku LIKE '{PREFIX}%'")[0]["name"] == TAG + SCRIPT
    for path in ("/", "/jobs/"):
        page.goto(path)
        expect_text(page, workbook.name)
    page.goto("/export/shop.product/")
    steps.filter_by(page, "sku", "contains", PREFIX)
    expect_text(page, TAG + SCRIPT)
