"""Undo: until when, what it would do, that it runs with a bar, and what the table is after."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.stack import Stack

HEADER = ["SKU", "Name", "Category", "Price", "Quantity"]
UNDO_URL = re.compile(r"/jobs/[0-9a-f-]{36}/undo/$")
COLUMNS = (
    "id, sku, name, category_id, price, quantity, weight, active, created,"
    " supplier_email, notes, updated_at"
)


def dump(stack: Stack) -> list[tuple]:
    where = "sku LIKE 'UNDO-%' ORDER BY sku"
    return stack.rows(f"SELECT {COLUMNS} FROM shop_product WHERE {where}")


def import_rows(page: Page, path: Path, numbers: range, price: int) -> str:
    """Import products with these numbers; return the job page's path."""
    rows = [[f"UNDO-{n}", "Saw", "Undo tools", price, n] for n in numbers]
    steps.upload(page, steps.write_workbook(path, HEADER, rows))
    job = steps.start(page)
    steps.wait_for_end(page)
    return job


@pytest.fixture
def category(stack: Stack) -> None:
    steps.forget_products(stack, "UNDO-")
    stack.rows("DELETE FROM shop_category WHERE name = 'Undo tools' RETURNING id")
    stack.rows("INSERT INTO shop_category (name) VALUES ('Undo tools') RETURNING id")


@pytest.fixture
def imported(
    demo_page: Page, stack: Stack, category: None, tmp_path: Path
) -> tuple[str, list[tuple]]:
    """An import of two new and three changed products; its path, and the table before it."""
    import_rows(demo_page, tmp_path / "before.xlsx", range(3), 1)
    before = dump(stack)
    path = import_rows(demo_page, tmp_path / "after.xlsx", range(5), 2)
    return path, before


def test_an_import_is_undone_but_for_what_was_changed_since(
    demo_page: Page, stack: Stack, imported: tuple[str, list[tuple]]
):
    page, (path, before) = demo_page, imported
    assert steps.figures(page)["created"] == 2
    stack.rows(
        "UPDATE shop_product SET name = 'Mine' WHERE sku = 'UNDO-1' RETURNING id"
    )
    changed = next(row for row in dump(stack) if row[1] == "UNDO-1")

    offer = page.locator("[data-undo]")
    expect(offer).to_contain_text(re.compile(r"can be undone until \w+ \d+ \w+, \d\d:"))
    offer.get_by_role("link").click()
    page.wait_for_url(UNDO_URL)
    for name, count in {"remove": 2, "restore": 2, "changed_since": 1}.items():
        expect(page.locator(f"[data-figure={name}]")).to_have_text(str(count))
    left = page.locator("[data-left] tbody tr")
    expect(left).to_have_count(1)
    expect(left).to_contain_text("UNDO-1")
    expect(left).to_contain_text("was changed after the import")
    assert len(dump(stack)) == 5

    page.get_by_role("button", name="Remove 2 and restore 2 records").click()
    page.wait_for_url(steps.JOB_URL)
    expect(page.locator("h1")).to_have_text("Undo the import of products")
    assert page.locator("[data-job-page] [role=progressbar]").count() == 1
    steps.wait_for_end(page)
    bar = page.locator("[data-job-page] [role=progressbar]")
    expect(bar).to_have_attribute("aria-valuenow", "100")
    figures = steps.figures(page)
    assert (figures["created"], figures["updated"], figures["failed"]) == (2, 2, 1)
    expect(page.locator("[data-problems]")).to_contain_text("UNDO-1")
    wanted = [changed if row[1] == "UNDO-1" else row for row in before]
    assert dump(stack) == wanted

    page.goto(path)
    expect(page.locator("[data-undone]")).to_contain_text("Undone by demo")
    expect(page.locator("[data-undo]")).to_have_count(0)
    page.goto(f"{path}undo/")
    expect(page.locator("main")).to_contain_text("This import is undone already.")
    assert dump(stack) == wanted


def test_after_the_deadline_undo_is_gone(
    demo_page: Page, stack: Stack, imported: tuple[str, list[tuple]]
):
    page, (path, _before) = demo_page, imported
    number = path.split("/")[2].replace("-", "")
    stack.rows(
        "UPDATE dataio_job SET undo_until = '2026-01-02 10:00:00'"
        f" WHERE replace(CAST(id AS text), '-', '') = '{number}' RETURNING id"
    )
    after = dump(stack)
    page.goto(path)
    expect(page.locator("[data-figure=created]")).to_be_visible()
    expect(page.locator("[data-undo]")).to_have_count(0)
    page.goto(f"{path}undo/")
    page.wait_for_url(steps.JOB_URL)
    expect(page.locator("main")).to_contain_text("This import could be undone until ")
    assert dump(stack) == after
