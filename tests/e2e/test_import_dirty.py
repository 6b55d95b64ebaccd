"""A dirty workbook: good rows go in, every problem is named, or nothing goes in at all."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from project.shop.samples import FLAWS, REPEATED_SKUS
from tests.e2e import steps
from tests.stack import Stack

SAMPLE = "products-dirty-500.xlsx"
OURS = "p.sku LIKE 'D-%'"
WRONG = {flaw.field for flaw in FLAWS} | {"sku"}
# What the mapping page asks about: once the order of day and month is said, it is a date.
ASKED = "03/04/2025"
PROBLEMS = [flaw for flaw in FLAWS if flaw.value != ASKED]


@pytest.fixture(autouse=True)
def empty_shelf(stack: Stack) -> None:
    steps.forget_products(stack, "D-")


@pytest.fixture(scope="module")
def flawed() -> int:
    """How many rows of the sample have something wrong, one thing each."""
    return sum(flaw.times for flaw in PROBLEMS) + REPEATED_SKUS


def listed(page: Page) -> list[dict[str, Any]]:
    """Return the problems that the page lists row by row, over all its pages."""
    found: list[dict[str, Any]] = []
    page.get_by_role("link", name="Row by row").click()
    page.wait_for_url("**/problems/**")
    while True:
        found += page.evaluate(
            """() => [...document.querySelectorAll("table.problems tbody tr")].map((row) => {
              const [number, column, value, message] =
                [...row.cells].map((cell) => cell.textContent.trim());
              return { row: Number(number), column, value, message };
            })"""
        )
        onward = page.locator("a[rel=next]")
        if not onward.count():
            return found
        address = page.url
        onward.click()
        page.wait_for_url(lambda url, before=address: url != before)


def cells_of(path: Path) -> dict[int, dict[str, Any]]:
    """Return the sample's rows by their number in Excel."""
    return dict(enumerate(steps.sheet_rows(path), start=2))


def test_good_rows_go_in_and_problems_are_listed(
    demo_page: Page, stack: Stack, flawed: int
):
    page, sample = demo_page, stack.samples / SAMPLE
    totals = steps.import_file(page, sample)
    good = totals["rows"] - totals["failed"]
    assert totals == {
        "rows": 500,
        "created": good,
        "updated": 0,
        "unchanged": 0,
        "failed": totals["failed"],
    }
    problems = listed(page)
    cells = cells_of(sample)
    bad_rows = {problem["row"] for problem in problems}
    assert len(bad_rows) == totals["failed"]
    assert flawed <= totals["failed"] <= flawed + REPEATED_SKUS
    for problem in problems:
        assert problem["value"] != ASKED
        seen = cells[problem["row"]][problem["column"]]
        assert problem["value"] == ("empty" if seen in (None, "") else str(seen))
        assert problem["message"].endswith((".", "?"))
    expected = steps.by_field(
        row for number, row in cells.items() if number not in bad_rows
    )
    assert steps.products(stack, OURS) == expected


def test_every_flaw_is_found_in_its_column_with_its_value(
    demo_page: Page, stack: Stack
):
    steps.import_file(demo_page, stack.samples / SAMPLE)
    problems = listed(demo_page)
    headers = {field: header for header, field in steps.FIELDS.items()}
    for flaw in PROBLEMS:
        shown = "empty" if flaw.value is None else str(flaw.value)
        found = [
            problem
            for problem in problems
            if problem["column"] == headers[flaw.field] and problem["value"] == shown
        ]
        assert len(found) == flaw.times, flaw
    assert '"12,5o" is not a number. Write it like 12.50.' in [
        problem["message"] for problem in problems
    ]
    assert any('Did you mean "Tools"?' in problem["message"] for problem in problems)


def test_all_or_nothing_leaves_nothing(demo_page: Page, stack: Stack):
    page = demo_page
    before = stack.rows("SELECT count(*), max(updated_at) FROM shop_product")
    steps.upload(page, stack.samples / SAMPLE)
    page.locator("input[name=atomic][value=yes]").check()
    steps.check(page)
    assert page.locator("[data-import]").is_disabled()
    assert (
        page.locator("#obstacle").inner_text().startswith("All or nothing was chosen")
    )
    assert page.locator("[data-problems]").is_visible()
    assert steps.products(stack, OURS) == []
    assert stack.rows("SELECT count(*), max(updated_at) FROM shop_product") == before


def test_the_problems_can_be_taken_home_as_csv(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    steps.import_file(page, stack.samples / SAMPLE)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the list").click()
    assert download.value.suggested_filename == "products-dirty-500 problems.csv"
    download.value.save_as(tmp_path / "problems.csv")
    with (tmp_path / "problems.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *lines = csv.reader(file)
    assert header == ["Row", "Column", "Value", "Problem"]
    shown = [
        [
            str(one["row"]),
            one["column"],
            "" if one["value"] == "empty" else one["value"],
            one["message"],
        ]
        for one in listed(page)
    ]
    # A value that a spreadsheet would take for a formula carries an apostrophe.
    assert [[a, b, c.removeprefix("'"), d] for a, b, c, d in lines] == shown
