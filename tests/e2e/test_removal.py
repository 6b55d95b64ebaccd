"""What a file lacks is removed only after two questions, the second one counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.e2e.test_accessibility import violations
from tests.stack import Stack

HEADER = ["name", "country", "website"]


@pytest.fixture
def lacking(stack: Stack, tmp_path: Path) -> Path:
    """A workbook with two suppliers, one of them new; three others are there already."""
    stack.rows("DELETE FROM shop_supplier WHERE name LIKE 'Rem %' RETURNING id")
    there = [[f"Rem {n}", "Việt Nam", ""] for n in range(4)]
    first = steps.write_workbook(tmp_path / "first.xlsx", HEADER, there)
    stack.manage("dataio_import", "supplier", str(first), "--json")
    rows = [["Rem 0", "France", ""], ["Rem new", "", ""]]
    return steps.write_workbook(tmp_path / "suppliers.xlsx", HEADER, rows)


def names(stack: Stack) -> list[str]:
    found = stack.rows("SELECT name FROM shop_supplier ORDER BY name")
    return [name for (name,) in found if name.startswith("Rem ")]


def all_names(stack: Stack) -> int:
    return int(stack.rows("SELECT count(*) FROM shop_supplier")[0][0])


def say_the_first_yes(page: Page, path: Path) -> None:
    """Upload, ask for the removal on the mapping page, check."""
    steps.upload(page, path)
    if page.locator("#resource").input_value() != "shop.supplier":
        page.select_option("#resource", "shop.supplier")
        page.wait_for_url("**resource=shop.supplier**")
        expect(page.locator("[data-map][aria-busy]")).to_have_count(0)
    page.locator("details.options summary").click()
    page.locator("[name=remove-missing]").check()
    steps.check(page)


def test_the_second_question_is_counted_and_yes_removes(
    demo_page: Page, stack: Stack, lacking: Path
):
    page = demo_page
    others = all_names(stack) - 4
    say_the_first_yes(page, lacking)
    box = page.locator("[data-removal]")
    count = 3 + others
    assert box.get_attribute("data-removal") == str(count)
    expect(box).to_contain_text(
        f"This file lacks {count} of the suppliers that are there."
    )
    assert names(stack) == ["Rem 0", "Rem 1", "Rem 2", "Rem 3"]
    assert violations(page) == []
    button = box.locator("button")
    assert button.inner_text() == f"Import 2 rows and remove {count} suppliers"
    button.click()
    page.wait_for_url(steps.JOB_URL)
    steps.wait_for_end(page)
    expect(page.locator("main")).to_contain_text(
        f"{count} of the suppliers were removed, since the file lacks them."
    )
    assert names(stack) == ["Rem 0", "Rem new"]


def test_without_the_second_yes_all_stay(demo_page: Page, stack: Stack, lacking: Path):
    page = demo_page
    say_the_first_yes(page, lacking)
    assert page.locator("[data-import]").inner_text() == "Import 2 rows"
    page.locator("[data-import]").click()
    page.wait_for_url(steps.JOB_URL)
    steps.wait_for_end(page)
    assert names(stack) == ["Rem 0", "Rem 1", "Rem 2", "Rem 3", "Rem new"]
    assert "removed" not in page.locator("main").inner_text()


def test_nobody_is_asked_who_did_not_ask(demo_page: Page, lacking: Path):
    page = demo_page
    steps.upload(page, lacking)
    steps.check(page)
    expect(page.locator("[data-removal]")).to_have_count(0)
