"""The review page: what will change, one decision for many rows, a button that says what it does."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Locator, Page, expect

from project.shop.samples import REPEATED_SKUS
from tests.e2e import steps
from tests.stack import Stack

DIRTY = "products-dirty-500.xlsx"
ROWS = 1_000
KINDS = ("create", "update", "unchanged", "problem", "conflict")
CHECKED_AGAIN = 20_000  # milliseconds, on a busy machine


@pytest.fixture(autouse=True)
def empty_shelf(stack: Stack) -> None:
    steps.forget_products(stack, "D-")
    steps.forget_products(stack, "P-")


@pytest.fixture
def changed_sample(tmp_path: Path, stack: Stack) -> Path:
    """A thousand products: every tenth with another price, every hundredth another name."""
    book = openpyxl.load_workbook(stack.samples / "products-1000.xlsx")
    sheet = book.worksheets[0]
    headers = [cell.value for cell in sheet[1]]
    for number, row in enumerate(sheet.iter_rows(min_row=2)):
        if number % 10 == 0:
            row[headers.index("Price")].value = 1.25
        if number % 100 == 0:
            row[headers.index("Name")].value = "Tên mới"
    path = tmp_path / "changed.xlsx"
    book.save(path)
    return path


def numbers(page: Page) -> dict[str, int]:
    """Return the five numbers."""
    return {
        kind: int(page.locator(f"#kind-{kind}").get_attribute("data-count") or -1)
        for kind in KINDS
    }


def group(page: Page, column: str, value: str) -> Any:
    return page.locator(f'[data-group="{column}"][data-value="{value}"]')


def decide(page: Page, column: str, value: str, action: str, text: str = "") -> None:
    """Decide about all rows with that value, and wait until they are checked again."""
    one = group(page, column, value).first
    if text:
        one.locator("[name=replacement]").fill(text)
    one.locator(f".button[value={action}]").click()
    expect(group(page, column, value)).to_have_count(0, timeout=CHECKED_AGAIN)


def shown_rows(page: Page) -> list[str]:
    """Return the kinds of the rows that the grid has in the page."""
    kinds: list[str] = page.evaluate(
        "[...document.querySelectorAll('dataio-grid tbody tr')].map((row) => row.dataset.kind)"
    )
    return kinds


def test_nothing_is_written_before_the_button_says_so(demo_page: Page, stack: Stack):
    page = demo_page
    before = stack.rows("SELECT count(*), max(id), max(updated_at) FROM shop_product")
    steps.upload(page, stack.samples / DIRTY)
    steps.check(page)
    found = numbers(page)
    assert found["create"] + found["problem"] == 500
    assert found["problem"] > 50
    button = page.locator("[data-import]")
    said = f"Import {found['create']} rows, leave {found['problem']} out"
    assert button.inner_text() == said
    after = stack.rows("SELECT count(*), max(id), max(updated_at) FROM shop_product")
    assert after == before


def test_a_dirty_workbook_is_decided_about_and_imported_whole(
    demo_page: Page, stack: Stack
):
    page = demo_page
    steps.upload(page, stack.samples / DIRTY)
    steps.check(page)
    address = re.sub(r"\?.*", "", page.url)
    page.locator("#kind-problem").click()
    expect(group(page, "weight", "heavy")).to_be_visible()
    page.evaluate("window.stayed = true")
    decide(page, "category", "Tolls", "use")
    replacements = {
        ("category", "Toyz"): "Toys",
        ("category", "Gardening stuff"): "Garden",
        ("price", "12,5o"): "12.50",
        ("price", "on request"): "0",
        ("price", "-5"): "5",
        ("price", "12.345"): "12.35",
        ("name", ""): "No name yet",
        ("supplier_email", "anna@"): "anna@example.com",
        ("active", "maybe"): "no",
        ("created", "soon"): "2026-01-01",
        ("created", "31.02.2025"): "2025-02-28",
        ("quantity", "ten"): "10",
        ("quantity", "3.5"): "4",
        ("weight", "heavy"): "20",
    }
    for (column, value), text in replacements.items():
        decide(page, column, value, "replace", text)
    decide(page, "supplier_email", "sales.example.com", "blank")
    decide(page, "weight", "#REF!", "blank")
    left = page.locator("[data-group]")
    while left.count():
        count = left.count()
        left.first.locator(".button[value=skip]").click()
        expect(left).to_have_count(count - 1, timeout=CHECKED_AGAIN)
    assert page.evaluate("window.stayed") is True
    assert page.url.startswith(address)
    found = numbers(page)
    assert found["problem"] == 0
    assert found["create"] == 500 - 2 - REPEATED_SKUS  # two have no SKU at all
    page.locator("[data-import]").click()
    page.wait_for_url(steps.JOB_URL)
    steps.wait_for_end(page)
    assert steps.figures(page)["created"] == found["create"]
    stored = {one["sku"]: one for one in steps.products(stack, "p.sku LIKE 'D-%'")}
    assert len(stored) == found["create"]
    names = [one["name"] for one in stored.values()]
    assert names.count("No name yet") == 5
    assert not {"Tolls", "Toyz"} & {one["name"] for one in stored.values()}


def test_decisions_made_while_it_checks_wait_their_turn(demo_page: Page, stack: Stack):
    page = demo_page
    steps.upload(page, stack.samples / DIRTY)
    steps.check(page)
    page.locator("#kind-problem").click()
    expect(group(page, "category", "Toyz")).to_be_visible()
    before = numbers(page)
    for value in ("Tolls", "Toyz"):
        group(page, "category", value).locator(".button[value=use]").click()
    expect(group(page, "category", "Toyz")).to_have_count(0, timeout=CHECKED_AGAIN)
    expect(group(page, "category", "Tolls")).to_have_count(0, timeout=CHECKED_AGAIN)
    assert numbers(page)["create"] == before["create"] + 7 + 4


def test_the_difference_is_narrowed_by_kind_and_by_column(
    demo_page: Page, stack: Stack, changed_sample: Path
):
    page = demo_page
    steps.import_file(page, stack.samples / "products-1000.xlsx")
    steps.upload(page, changed_sample)
    steps.check(page)
    found = numbers(page)
    changes = {"create": 0, "update": 100, "unchanged": 900}
    assert found == {**changes, "problem": 0, "conflict": 0}
    assert page.locator("[data-import]").inner_text() == "Import 100 rows"
    page.locator("#kind-update").click()
    grid = page.locator("dataio-grid")
    expect(grid).to_have_attribute("data-total", "100")
    assert set(shown_rows(page)) == {"update"}
    page.locator("[data-changed-column=name]").click()
    expect(grid).to_have_attribute("data-total", "10")
    cell = grid.locator("td.changed[data-column=name]").first
    assert cell.locator("ins").inner_text() == "Tên mới"
    assert cell.locator("del").inner_text() not in ("", "Tên mới")
    assert "column=name" in page.url


def test_the_difference_is_paged_while_it_is_scrolled(demo_page: Page, stack: Stack):
    page = demo_page
    steps.upload(page, stack.samples / "products-1000.xlsx")
    steps.check(page)
    table = page.locator("dataio-grid table")
    assert table.get_attribute("role") == "grid"
    assert table.get_attribute("aria-rowcount") == str(ROWS + 1)
    page.locator("dataio-grid tbody td").first.click()
    page.keyboard.press("Control+End")
    focused = page.locator("dataio-grid :focus")
    expect(focused).to_have_attribute("tabindex", "0")
    expect(page.locator(f'tr[aria-rowindex="{ROWS + 1}"] th')).to_have_text("1001")
    assert page.locator("dataio-grid tbody tr").count() < 100
    page.keyboard.press("Home")
    page.keyboard.press("PageUp")
    row = page.evaluate("Number(document.activeElement.parentElement.dataset.index)")
    assert ROWS - 40 < row < ROWS - 5
    page.keyboard.press("Control+Home")
    expect(page.locator('tr[aria-rowindex="2"] th')).to_be_focused()


def test_the_difference_can_be_taken_home(
    demo_page: Page, stack: Stack, changed_sample: Path, tmp_path: Path
):
    page = demo_page
    steps.import_file(page, stack.samples / "products-1000.xlsx")
    steps.upload(page, changed_sample)
    steps.check(page)
    page.locator("#kind-update").click()
    expect(page.locator("dataio-grid")).to_have_attribute("data-total", "100")
    with page.expect_download() as download:
        page.locator("[data-difference]").click()
    assert download.value.suggested_filename == "changed changes.csv"
    download.value.save_as(tmp_path / "changes.csv")
    with (tmp_path / "changes.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 100
    assert {line["What happens"] for line in lines} == {"Changed"}
    assert {line["Price"] for line in lines} == {"1.25"}
    assert all(line["Price before"] not in ("", "1.25") for line in lines)


def test_all_or_nothing_waits_for_the_last_problem(demo_page: Page, stack: Stack):
    page = demo_page
    steps.upload(page, stack.samples / DIRTY)
    page.locator("input[name=atomic][value=yes]").check()
    steps.check(page)
    expect(page.locator("[data-import]")).to_be_disabled()
    bad = numbers(page)["problem"]
    assert page.locator("#obstacle").inner_text() == (
        f"All or nothing was chosen, and {bad} rows have problems. Decide about them first."
    )


def test_a_discarded_import_leaves_nothing(demo_page: Page, stack: Stack):
    page = demo_page
    steps.upload(page, stack.samples / DIRTY)
    steps.check(page)
    page.locator("[data-discard] button").click()
    page.wait_for_url(steps.JOB_URL)
    assert page.locator("[data-job-message]").inner_text().startswith("Cancelled")
    assert steps.products(stack, "p.sku LIKE 'D-%'") == []


def test_it_works_without_scripts(browser: Any, stack: Stack):
    context = browser.new_context(base_url=stack.url, java_script_enabled=False)
    page = context.new_page()
    steps.sign_in(page)
    page.goto("/")
    page.set_input_files("input[type=file]", stack.samples / DIRTY)
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url(steps.MAP_URL)
    steps.say_the_order_of_dates(page)
    page.locator("[data-start]").click()
    page.wait_for_url(steps.REVIEW_URL)
    look_until_checked(page)
    assert page.locator("dataio-grid tbody tr").count() == 100
    follow(page, page.get_by_role("link", name="Rows after"))
    assert page.locator("dataio-grid tbody th").first.inner_text() != "2"
    follow(page, page.locator("#kind-problem"))
    follow(page, group(page, "category", "Tolls").locator(".button[value=use]"))
    look_until_checked(page)
    follow(page, page.locator("#kind-problem"))
    assert group(page, "category", "Tolls").count() == 0
    follow(page, page.locator("[data-import]"))
    assert steps.JOB_URL.search(page.url)
    # To the end, or its last rows would arrive in the middle of the next test.
    look_until(page, "[data-figure]")
    context.close()


def look_until_checked(page: Page) -> None:
    look_until(page, "[data-import]")


def look_until(page: Page, seen: str) -> None:
    for _look in range(60):
        if page.locator(seen).count():
            return
        page.wait_for_timeout(500)
        follow(page, page.get_by_role("link", name="Look again"))
    raise AssertionError("never checked")


def follow(page: Page, way: Locator) -> None:
    """Press a link or button; end on the page that comes, without a script to follow it."""
    with page.expect_navigation():
        way.click()
