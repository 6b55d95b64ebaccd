"""The fix page: a grid of the rows with problems, corrected like a spreadsheet."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e import steps
from tests.stack import Stack

DIRTY = "products-dirty-500.xlsx"
CHECKED_AGAIN = 20_000  # milliseconds, on a busy machine
FIX_URL = re.compile(r"/imports/[0-9a-f-]{36}/fix/")


@pytest.fixture
def fix_page(demo_page: Page, stack: Stack) -> Page:
    """The dirty workbook, checked, with its bad rows in the grid."""
    steps.forget_products(stack, "D-")
    page = demo_page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    steps.upload(page, stack.samples / DIRTY)
    steps.check(page)
    page.locator("[data-fix-link]").click()
    page.wait_for_url(FIX_URL)
    page.locator("dataio-grid[data-live]").wait_for()
    return page


def clipboard(page: Page, call: str) -> object:
    """Call the browser's clipboard; one that is silent fails the test instead of holding it."""
    return page.evaluate(
        f"""() => Promise.race([
          navigator.clipboard.{call},
          new Promise((_, reject) => setTimeout(() => reject("the clipboard is silent"), 10_000)),
        ])"""
    )


def bad_rows(page: Page) -> int:
    return int(page.locator("#rows-title").get_attribute("data-rejected") or -1)


def expect_bad_rows(page: Page, count: int) -> None:
    title = page.locator("#rows-title")
    expect(title).to_have_attribute("data-rejected", str(count), timeout=CHECKED_AGAIN)
    expect(page.locator("dataio-grid table")).to_have_attribute(
        "aria-rowcount", str(count + 1)
    )


def bad_cell(page: Page, column: str, text: str) -> Locator:
    cells = page.locator(f"td.problem[data-column={column}]")
    return cells.filter(has_text=re.compile(rf"^{re.escape(text)}$")).first


def show(page: Page, column: str, text: str) -> Locator:
    """Scroll until such a bad cell is in the page."""
    cell = bad_cell(page, column, text)
    scroller = page.locator("[data-scroller]")
    for _step in range(40):
        if cell.count():
            return cell
        scroller.evaluate("(it) => it.scrollBy(0, 300)")
        page.wait_for_timeout(100)
    raise AssertionError(f"no bad cell {text} in {column}")


def test_a_cell_is_corrected_by_typing_and_checked_at_once(fix_page: Page):
    page = fix_page
    before = bad_rows(page)
    page.evaluate("window.stayed = true")
    cell = show(page, "price", "on request")
    row = cell.locator("xpath=..").get_attribute("data-row")
    cell.click()
    assert page.locator("td:focus").get_attribute("aria-description") == (
        '"on request" is not a number. Write it like 12.50.'
    )
    expect(page.locator(".grid-note")).to_contain_text("is not a number")
    page.keyboard.type("17.5")
    page.keyboard.press("Enter")
    expect_bad_rows(page, before - 1)
    assert page.locator(f'tr[data-row="{row}"]').count() == 0
    assert page.locator("dataio-grid td:focus").count() == 1
    assert page.evaluate("window.stayed") is True


def test_keys_move_as_in_a_spreadsheet(fix_page: Page):
    page = fix_page
    place = """() => {
      const cell = document.activeElement.closest("td, th");
      return [Number(cell.parentElement.dataset.index), cell.cellIndex];
    }"""
    page.locator("dataio-grid tbody tr").first.locator("td").first.click()
    assert page.evaluate(place) == [0, 1]
    width = page.locator("dataio-grid thead th").count()
    for key, expected in [
        ("ArrowDown", [1, 1]),
        ("ArrowRight", [1, 2]),
        ("End", [1, width - 1]),
        ("Home", [1, 0]),
        ("ArrowLeft", [1, 0]),
        ("ArrowUp", [0, 0]),
        ("Control+End", [bad_rows(page) - 1, width - 1]),
        ("Control+Home", [0, 0]),
    ]:
        page.keyboard.press(key)
        assert page.evaluate(place) == expected, key
    page.keyboard.press("Tab")
    assert "problem" in (page.locator("td:focus").get_attribute("class") or "")
    text = page.locator("td:focus").inner_text()
    page.keyboard.press("F2")
    page.keyboard.type("something else")
    page.keyboard.press("Escape")
    assert page.locator("td:focus").inner_text() == text


def test_a_block_is_copied_and_pasted(fix_page: Page):
    page = fix_page
    before = bad_rows(page)
    cell = show(page, "quantity", "ten")
    cell.click()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Control+c")
    copied = clipboard(page, "readText()")
    assert re.fullmatch(r"ten\t[\d.]+", str(copied))
    clipboard(page, "writeText('12\\t3.5')")
    page.keyboard.press("Control+v")
    expect_bad_rows(page, before - 1)


def test_one_value_fills_the_chosen_cells(fix_page: Page):
    page = fix_page
    before = bad_rows(page)
    page.locator("dataio-grid tbody tr").first.locator("td[data-column=active]").click()
    page.keyboard.press("Shift+Control+ArrowDown")
    clipboard(page, "writeText('no')")
    page.keyboard.press("Control+v")
    expect_bad_rows(page, before - 4)


def test_a_decision_by_value_mends_all_its_rows(fix_page: Page):
    page = fix_page
    before = bad_rows(page)
    one = page.locator('[data-group="category"][data-value="Tolls"]')
    one.locator(".button[value=use]").click()
    expect_bad_rows(page, before - 7)
    expect(one).to_have_count(0)
    assert page.evaluate("document.activeElement.closest('[data-group]') !== null")


def test_a_refused_decision_is_explained(fix_page: Page):
    page = fix_page
    before = bad_rows(page)
    one = page.locator('[data-group="quantity"][data-value="ten"]')
    one.locator("[name=replacement]").fill("eleven")
    one.locator(".button[value=replace]").click()
    worse = page.locator('[data-group="quantity"]', has_text="eleven")
    expect(worse.first).to_contain_text("is not a number", timeout=CHECKED_AGAIN)
    assert bad_rows(page) == before
