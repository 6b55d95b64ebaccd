"""The same products in every format, value by value; and the check of the terminal."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page
from python_calamine_plus import CalamineWorkbook

from tests.e2e import steps
from tests.e2e.test_export import choose, run
from tests.e2e.test_review import DIRTY, numbers
from tests.stack import Stack

COUNT = 60
CHOSEN = list(steps.FIELDS.values())
TEXTS = [
    "=1+2",
    "+84 28 3822",
    "@front",
    "00042",
    "TRUE",
    "2024-01-02",
    "a\nb",
    "",
    "ể",
]
WORDS = {"yes": True, "no": False, "true": True, "false": False}


@pytest.fixture(scope="module", autouse=True)
def full_shelf(
    stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Products with odd texts, big and small numbers, yes and no."""
    rows = [
        [
            f"FO-{number:03}",
            f"Cái số {number}, \"q\" 'a' <&>",
            "Tools" if number % 3 else "Garden",
            number * 1234.25,
            -number if number % 2 else number * 1000,
            number / 8,
            bool(number % 2),
            f"2024-02-{number % 28 + 1:02}",
            f"s{number}@example.com" if number % 4 else "",
            TEXTS[number % len(TEXTS)],
        ]
        for number in range(COUNT)
    ]
    path = tmp_path_factory.mktemp("formats") / "odd.xlsx"
    steps.write_workbook(path, list(steps.FIELDS), rows)
    steps.forget_products(stack, "FO-")
    stack.manage("dataio_import", "product", str(path), "--json")
    yield
    steps.forget_products(stack, "FO-")


def from_csv(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        # A spreadsheet must not take a text for a formula, so such a one may be marked.
        row["Notes"] = row["Notes"].removeprefix("'")
    return rows


def from_ods(path: Path) -> list[dict[str, Any]]:
    header, *rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    return [dict(zip(header, row, strict=True)) for row in rows]


def from_lines(path: Path) -> list[dict[str, Any]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def from_parquet(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


READERS: dict[str, Callable[[Path], list[dict[str, Any]]]] = {
    "xlsx": steps.sheet_rows,
    "csv": from_csv,
    "ods": from_ods,
    "jsonl": from_lines,
    "parquet": from_parquet,
}


def as_product(row: dict[str, Any]) -> dict[str, Any]:
    """A row by header, or by column name, as `steps.products` gives it."""
    product = {steps.FIELDS.get(name, name): value for name, value in row.items()}
    if isinstance(product["active"], str):
        product["active"] = WORDS[product["active"].lower()]
    return steps.plain(product)


@pytest.mark.parametrize("kind", list(READERS))
def test_a_file_of_each_format_holds_every_value(
    demo_page: Page, stack: Stack, tmp_path: Path, kind: str
):
    page = demo_page
    choose(page, CHOSEN)
    steps.filter_by(page, "sku", "starts", "FO-")
    page.locator(f"[data-export-count='{COUNT}']").wait_for()
    path = run(page, tmp_path / f"got.{kind}", kind=kind)
    assert steps.figures(page) == {"rows": COUNT}
    expected = steps.products(stack, "p.sku LIKE 'FO-%'")
    assert len(expected) == COUNT
    assert {one["notes"] for one in expected} == set(TEXTS)
    assert [as_product(row) for row in READERS[kind](path)] == expected


def test_the_terminal_finds_the_same_totals_as_the_page(demo_page: Page, stack: Stack):
    page = demo_page
    steps.forget_products(stack, "D-")
    dirty = stack.samples / DIRTY
    # On the page steps.check answers that days come first; the terminal is told so.
    arguments = ("dataio_import", "product", str(dirty), "--check", "--json")
    printed = json.loads(stack.manage(*arguments, "--date-order", "DMY"))
    steps.upload(page, dirty)
    steps.check(page)
    shown = numbers(page)
    assert shown["problem"] > 50
    assert {name: printed[name] for name in shown} == shown
    assert printed["state"] == "review"
    assert printed["rows"] == 500
