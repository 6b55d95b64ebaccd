"""An export: chosen columns in the chosen order, filtered, watched, every value right."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e import steps
from tests.stack import Stack

CHOSEN = ["notes", "sku", "name", "category", "price", "quantity", "weight", "created"]


@pytest.fixture(scope="module", autouse=True)
def full_shelf(
    stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Products whose texts look like formulas, numbers and dates."""
    texts = ["=1+2", "+84 28 3822", "-5", "@front", "00042", "TRUE", "2024-01-02", ""]
    path = steps.write_workbook(
        tmp_path_factory.mktemp("export") / "odd.xlsx",
        list(steps.FIELDS),
        [
            [
                f"X-{number:04}",
                f"Cái số {number}, \"q\" 'a'",
                "Tools" if number % 3 else "Garden",
                number + 0.25,
                number,
                number / 8,
                bool(number % 2),
                f"2024-02-{number % 28 + 1:02}",
                "",
                texts[number % len(texts)],
            ]
            for number in range(1, 1201)
        ],
    )
    steps.forget_products(stack, "X-")
    stack.manage("dataio_import", "product", str(path), "--json")
    yield
    steps.forget_products(stack, "X-")


def choose(page: Page, columns: list[str]) -> None:
    """Choose these columns of the products, in this order, by the controls of the page."""
    page.goto("/export/shop.product/")
    page.locator("[data-choose=none]").click()
    for place, name in enumerate(columns):
        item = page.locator(f"[data-column={name}]")
        item.locator("input[type=checkbox]").check()
        while place_of(page, name) > place:
            item.locator("[data-move=up]").click()


def place_of(page: Page, name: str) -> int:
    place: int = page.evaluate(
        """(name) => [...document.querySelectorAll("[data-column]")]
          .findIndex((one) => one.dataset.column === name)""",
        name,
    )
    return place


def run(page: Page, path: Path, *, kind: str) -> Path:
    """Start, watch to the end, download."""
    page.locator(f"input[name=export-format][value={kind}]").check()
    steps.start_export(page)
    steps.wait_for_end(page)
    with page.expect_download() as download:
        page.locator("[data-download]").click()
    assert download.value.suggested_filename.endswith(f".{kind}")
    download.value.save_as(path)
    return path


def test_a_workbook_holds_what_was_chosen(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    page.add_init_script(steps.WATCH_BARS)
    choose(page, CHOSEN)
    steps.filter_by(page, "sku", "contains", "X-")
    steps.filter_by(page, "price", "between", "100", "900.25")
    page.locator("[data-export-count='801']").wait_for()
    path = run(page, tmp_path / "got.xlsx", kind="xlsx")
    assert steps.figures(page) == {"rows": 801}
    moves = steps.moves(page).job
    assert moves == sorted(moves)
    assert moves[-1] == 100
    rows = steps.sheet_rows(path)
    assert list(rows[0]) == [header_of(name) for name in CHOSEN]
    expected = products(stack, "p.sku LIKE 'X-%' AND p.price BETWEEN 100 AND 900.25")
    assert [with_fields(row) for row in rows] == expected


def test_a_csv_holds_the_same(demo_page: Page, stack: Stack, tmp_path: Path):
    page = demo_page
    choose(page, CHOSEN)
    steps.filter_by(page, "sku", "contains", "X-")
    page.locator("[data-export-count='1200']").wait_for()
    path = run(page, tmp_path / "got.csv", kind="csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [header_of(name) for name in CHOSEN]
    expected = products(stack, "p.sku LIKE 'X-%'")
    # A spreadsheet must not take a text for a formula, so such a one may be marked.
    got = [with_fields(row) for row in rows]
    for row in got:
        row["notes"] = row["notes"].removeprefix("'")
    assert got == expected


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_texts_like_formulas_come_back_unchanged(
    demo_page: Page, stack: Stack, tmp_path: Path, kind: str
):
    page = demo_page
    before = products(stack, "p.sku LIKE 'X-%'")
    page.goto("/export/shop.product/")
    steps.filter_by(page, "sku", "contains", "X-")
    page.locator("[data-export-count='1200']").wait_for()
    path = run(page, tmp_path / f"all.{kind}", kind=kind)
    assert steps.import_file(page, path) == {
        "rows": 1200,
        "created": 0,
        "updated": 0,
        "unchanged": 1200,
        "failed": 0,
    }
    assert products(stack, "p.sku LIKE 'X-%'") == before
    steps.forget_products(stack, "X-")
    assert steps.import_file(page, path)["created"] == 1200
    assert products(stack, "p.sku LIKE 'X-%'") == before


def header_of(name: str) -> str:
    return next(header for header, field in LABELS.items() if field == name)


LABELS = {
    "SKU": "sku",
    "Name": "name",
    "Category": "category",
    "Price": "price",
    "Quantity": "quantity",
    "Weight (kg)": "weight",
    "Created": "created",
    "Notes": "notes",
}


def with_fields(row: dict[str, Any]) -> dict[str, Any]:
    return steps.plain({LABELS[header]: value for header, value in row.items()})


def products(stack: Stack, where: str) -> list[dict[str, Any]]:
    return [
        {name: product[name] for name in CHOSEN}
        for product in steps.products(stack, where)
    ]
