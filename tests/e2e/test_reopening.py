"""From the review back to the columns: what was chosen and decided is still there."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.e2e.test_accessibility import violations
from tests.stack import Stack

DIRTY = "products-dirty-500.xlsx"
CHECKED_AGAIN = 20_000  # milliseconds, on a busy machine


@pytest.fixture(autouse=True)
def empty_shelf(stack: Stack) -> None:
    steps.forget_products(stack, "D-")


def count(page: Page, kind: str) -> int:
    return int(page.locator(f"#kind-{kind}").get_attribute("data-count") or -1)


def becomes(page: Page, header: str) -> str:
    return f'tr[data-header="{header}"] .becomes select'


def decide(page: Page, column: str, value: str, action: str) -> None:
    one = page.locator(f'[data-group="{column}"][data-value="{value}"]')
    one.locator(f".button[value={action}]").first.click()
    expect(one).to_have_count(0, timeout=CHECKED_AGAIN)


def reopen(page: Page) -> None:
    page.locator("[data-reopen] button").click()
    page.wait_for_url(steps.MAP_URL)
    expect(page.locator("[data-before]")).to_be_visible()


def test_the_columns_are_chosen_again_and_decisions_stay(demo_page: Page, stack: Stack):
    page = demo_page
    steps.upload(page, stack.samples / DIRTY)
    page.select_option(becomes(page, "Notes"), "")
    page.select_option("#mode", "create")
    steps.check(page)
    page.locator("#kind-problem").click()
    decide(page, "category", "Tolls", "use")
    decide(page, "weight", "heavy", "blank")
    before = count(page, "problem")
    reopen(page)
    chosen = steps.mapping(page)
    assert chosen["Notes"] == ""
    assert chosen["Weight (kg)"] == "weight"
    assert page.locator("#mode").input_value() == "create"
    assert page.locator("select[name^=date_order-]:visible").input_value() == "DMY"
    page.select_option(becomes(page, "Notes"), "notes")
    page.select_option(becomes(page, "Weight (kg)"), "")
    steps.check(page)
    # What was wrong with weights is wrong no more; what was decided about categories stays.
    assert count(page, "problem") < before
    page.locator("#kind-problem").click()
    expect(page.locator("[data-group=category]").first).to_be_visible()
    assert page.locator('[data-group="category"][data-value="Tolls"]').count() == 0
    assert page.locator("[data-group=weight]").count() == 0
    created = count(page, "create")
    page.locator("[data-import]").click()
    page.wait_for_url(steps.JOB_URL)
    steps.wait_for_end(page)
    stored = steps.products(stack, "p.sku LIKE 'D-%'")
    assert len(stored) == created
    assert {one["weight"] for one in stored} == {0.0}
    assert any(one["notes"] for one in stored)


def test_a_typed_cell_stays_while_its_column_does(demo_page: Page, stack: Stack):
    page = demo_page
    steps.upload(page, stack.samples / DIRTY)
    steps.check(page)
    before = count(page, "problem")
    page.locator("[data-fix-link]").click()
    cell = page.locator("dataio-grid[data-live] td.problem[data-column=price]").first
    row = cell.locator("xpath=..").get_attribute("data-row")
    cell.click()
    page.keyboard.type("17.5")
    page.keyboard.press("Enter")
    title = page.locator("#rows-title")
    expect(title).to_have_attribute(
        "data-rejected", str(before - 1), timeout=CHECKED_AGAIN
    )
    page.locator("a.back").click()
    page.locator("[data-import]").wait_for()
    reopen(page)
    steps.check(page)
    assert count(page, "problem") == before - 1
    page.locator("[data-fix-link]").click()
    page.locator("dataio-grid[data-live]").wait_for()
    expect(page.locator(f'tr[data-row="{row}"]')).to_have_count(0)


def test_the_proposal_can_be_had_instead(demo_page: Page, stack: Stack):
    page = demo_page
    steps.upload(page, stack.samples / DIRTY)
    page.select_option(becomes(page, "Notes"), "")
    steps.check(page)
    reopen(page)
    page.locator("[data-before] a").click()
    expect(page.locator("[data-before]")).to_have_count(0)
    assert steps.mapping(page)["Notes"] == "notes"


def test_a_decision_is_taken_back(demo_page: Page, stack: Stack):
    page = demo_page
    steps.upload(page, stack.samples / DIRTY)
    steps.check(page)
    first = {kind: count(page, kind) for kind in ("create", "problem")}
    page.locator("[data-fix-link]").click()
    page.locator("dataio-grid[data-live]").wait_for()
    title = page.locator("#rows-title")
    bad = int(title.get_attribute("data-rejected") or -1)
    decide(page, "category", "Tolls", "use")
    decide(page, "category", "Toyz", "skip")
    expect(title).to_have_attribute("data-rejected", str(bad - 11))
    page.evaluate("window.stayed = true")
    one = page.locator('[data-decided-value="Tolls"]')
    expect(one).to_contain_text('Replaced by "Tools"')
    assert violations(page) == []
    one.get_by_role("button").click()
    back = page.locator('[data-group="category"][data-value="Tolls"]')
    expect(back).to_have_count(1, timeout=CHECKED_AGAIN)
    expect(title).to_have_attribute("data-rejected", str(bad - 4))
    expect(one).to_have_count(0)
    expect(page.locator("#decided")).to_have_attribute("data-decided", "1")
    assert page.evaluate("window.stayed") is True
    page.locator('[data-decided-value="Toyz"]').get_by_role("button").click()
    expect(title).to_have_attribute("data-rejected", str(bad), timeout=CHECKED_AGAIN)
    page.locator("a.back").click()
    page.locator("[data-import]").wait_for()
    assert {kind: count(page, kind) for kind in first} == first


def test_all_decisions_are_taken_back_when_nothing_is_left_to_decide(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    row = dict.fromkeys(steps.FIELDS, "") | {"SKU": "D-x", "Name": "x"}
    rows = [{**row, "Category": "Tools", "Price": price} for price in ("a", "b")]
    rows[1]["SKU"] = "D-y"
    path = steps.write_workbook(
        tmp_path / "two.xlsx", list(row), [list(one.values()) for one in rows]
    )
    steps.upload(page, path)
    steps.check(page)
    page.locator("[data-fix-link]").click()
    for value in ("a", "b"):
        one = page.locator(f'[data-group="price"][data-value="{value}"]')
        one.locator("[name=replacement]").fill("5")
        one.locator(".button[value=replace]").click()
        expect(one).to_have_count(0, timeout=CHECKED_AGAIN)
    expect(page.locator("[data-all-fixed]")).to_be_visible()
    page.get_by_role("button", name="Take all back").click()
    title = page.locator("#rows-title")
    expect(title).to_have_attribute("data-rejected", "2", timeout=CHECKED_AGAIN)
    expect(page.locator("[data-group=price]")).to_have_count(2)
