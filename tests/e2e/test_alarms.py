"""Alarms: what a person should look at is said before anything is written; and the receipt."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.e2e.test_review import numbers
from tests.stack import Stack

HEADER = ["SKU", "Name", "Category", "Price", "Notes"]
COUNT = 12
NOTHING = dict.fromkeys(("create", "update", "unchanged", "problem", "conflict"), 0)
UNDO_DAYS = 7
RECIPE = "Alarm prices"


@pytest.fixture(autouse=True)
def empty_shelf(stack: Stack) -> None:
    steps.forget_products(stack, "AL-")


def rows(**changed: Any) -> list[list[Any]]:
    """Twelve products, all with these values."""
    plain = [
        [f"AL-{number:02}", f"Cái {number}", "Tools", number + 0.5, f"note {number}"]
        for number in range(COUNT)
    ]
    return [
        [changed.get(name, cell) for name, cell in zip(HEADER, one, strict=True)]
        for one in plain
    ]


def write(path: Path, lines: Sequence[Sequence[Any]], *more: str) -> Path:
    return steps.write_workbook(path, [*HEADER, *more], lines)


def bring(stack: Stack, path: Path) -> None:
    """Import a workbook of products in the terminal."""
    stack.manage("dataio_import", "product", str(path), "--json")


def upload(page: Page, path: Path) -> None:
    steps.upload(page, path)
    assert page.locator("#resource").input_value() == "shop.product"


def alarms(page: Page, stack: Stack) -> list[str]:
    """Check; return what is said beside the button, with nothing written yet."""
    statement = "SELECT count(*), max(id), max(updated_at) FROM shop_product"
    before = stack.rows(statement)
    steps.check(page)
    assert stack.rows(statement) == before
    return page.locator("[data-alarms] li").all_inner_texts()


def lacks(stack: Stack) -> str:
    """What is said of all products that are not of these tests."""
    statement = "SELECT count(*) FROM shop_product WHERE sku NOT LIKE 'AL-%'"
    ((count,),) = stack.rows(statement)
    return f"{count:,} of the products that are there already are not in this file."


@pytest.fixture(autouse=True)
def others(stack: Stack, tmp_path: Path) -> None:
    """Two products that no file of these tests has."""
    stack.rows("DELETE FROM shop_product WHERE sku LIKE 'OAL-%' RETURNING id")
    lines = [[f"OAL-{n}", "Other", "Tools", 1, ""] for n in range(2)]
    bring(stack, write(tmp_path / "others.xlsx", lines))


def test_a_new_file_only_says_what_it_lacks(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    upload(page, write(tmp_path / "new.xlsx", rows(Notes=str(tmp_path))))
    assert alarms(page, stack) == [lacks(stack)]
    assert numbers(page) == NOTHING | {"create": COUNT}


def test_only_new_products_lack_nothing(demo_page: Page, stack: Stack, tmp_path: Path):
    page = demo_page
    upload(page, write(tmp_path / "new.xlsx", rows(Notes=str(tmp_path))))
    page.select_option("#mode", "create")
    assert alarms(page, stack) == []
    expect(page.locator("[data-alarms]")).to_have_count(0)
    assert numbers(page) == NOTHING | {"create": COUNT}


def test_the_same_file_as_last_time_is_known(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    path = write(tmp_path / "twice.xlsx", rows(Notes=str(tmp_path)))
    bring(stack, path)
    upload(page, path)
    same, missing = alarms(page, stack)
    assert same.startswith("This very file was imported already, on ")
    assert missing == lacks(stack)
    assert numbers(page) == NOTHING | {"unchanged": COUNT}


def test_a_file_that_changes_nearly_all_is_told(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    bring(stack, write(tmp_path / "first.xlsx", rows()))
    lines = rows(Price=99)
    lines[0] = rows()[0]
    upload(page, write(tmp_path / "dear.xlsx", lines))
    assert alarms(page, stack) == [
        "11 of 12 rows would change existing products.",
        lacks(stack),
    ]
    assert numbers(page) == NOTHING | {"update": 11, "unchanged": 1}


def test_a_column_without_a_value_is_told(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    upload(page, write(tmp_path / "empty.xlsx", rows(Notes="")))
    assert alarms(page, stack) == [
        'The column "Notes" is empty in every row.',
        lacks(stack),
    ]


def test_a_file_of_which_most_is_left_out_is_told(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    odd = ["Shelf", "Aisle", "Colour", "Height", "Depth", "Finish"]
    lines = [[*one, *range(6)] for one in rows()]
    upload(page, write(tmp_path / "odd.xlsx", lines, *odd))
    for header in odd:
        page.select_option(f'tr[data-header="{header}"] .becomes select', "")
    assert alarms(page, stack) == [
        "Most columns of the file are left out: 6 of 11"
        " (Shelf, Aisle, Colour, Height, Depth and 1 more).",
        lacks(stack),
    ]


@pytest.fixture
def no_recipe(stack: Stack) -> Iterator[None]:
    """Nothing is remembered of the recipe, neither before nor after."""
    forget_recipe(stack)
    yield
    forget_recipe(stack)


def forget_recipe(stack: Stack) -> None:
    ours = f"SELECT id FROM dataio_recipe WHERE name = '{RECIPE}'"
    stack.rows(
        f"UPDATE dataio_job SET recipe_id = NULL WHERE recipe_id IN ({ours})"
        " RETURNING id"
    )
    stack.rows(f"DELETE FROM dataio_recipe WHERE name = '{RECIPE}' RETURNING id")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_the_receipt_says_who_did_what_with_which_file(
    demo_page: Page, stack: Stack, tmp_path: Path, no_recipe: None
):
    page = demo_page
    lines = rows(Notes=str(tmp_path))
    bring(stack, write(tmp_path / "first.xlsx", lines[:3]))
    lines[0][HEADER.index("Price")] = 77
    lines[11][HEADER.index("Price")] = "dear"
    path = write(tmp_path / "Bảng giá.xlsx", lines)
    upload(page, path)
    page.locator("details.save-recipe summary").click()
    page.fill("#recipe-name", RECIPE)
    page.locator("[name=action][value=save]").click()
    expect(page.locator("[data-recipe]")).to_contain_text(RECIPE)
    job = steps.start(page)
    steps.wait_for_end(page)
    assert steps.figures(page) == {
        "rows": 12,
        "created": 8,
        "updated": 1,
        "unchanged": 2,
        "failed": 1,
    }
    data = page.request.get(f"{job}receipt/?format=json").json()
    number = re.search(r"[0-9a-f-]{36}", job)
    assert number is not None
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    truth = {
        "job": number[0],
        "kind": "import",
        "state": "done",
        "who": "demo",
        "file": {
            "name": "Bảng giá.xlsx",
            "size": path.stat().st_size,
            "sha256": checksum,
        },
        "resource": "shop.product",
        "recipe": {"name": RECIPE, "version": 1},
        "sheet": "Sheet",
        "header_row": 1,
        "mapping": {name: steps.FIELDS[name] for name in HEADER},
        "mode": "upsert",
        "key": ["sku"],
        "atomic": False,
        "problems": 1,
        "undone_by": [],
    }
    assert {name: data[name] for name in truth} == truth
    counts = {"created": 8, "updated": 1, "unchanged": 2, "failed": 1, "rows": 12}
    assert {name: data["counts"][name] for name in counts} == counts
    times = [moment(data[name]) for name in ("created_at", "started_at", "finished_at")]
    assert times == sorted(times)
    now = datetime.now(times[0].tzinfo)
    assert now - timedelta(minutes=5) < times[0] <= times[2] <= now
    kept = moment(data["undo_until"]) - times[2]
    assert abs(kept - timedelta(days=UNDO_DAYS)) < timedelta(minutes=1)
    page.goto(f"{job}receipt/")
    shown = {
        row.locator("th").inner_text(): row.locator("td").inner_text()
        for row in page.locator("table.receipt tr").all()
    }
    assert shown["Who"] == "demo"
    assert shown["File"].startswith("Bảng giá.xlsx · ")
    assert shown["SHA-256"] == checksum
    assert shown["Recipe"] == f"{RECIPE} (1)"
    columns = [line.partition(" (")[0] for line in shown["Columns"].splitlines()]
    # PostgreSQL keeps the plan's names in an order of its own.
    assert sorted(columns) == sorted(f"{name} → {name}" for name in HEADER)
    until = moment(data["undo_until"])
    assert shown["Can be undone until"] == f"{until:%A} {until.day} {until:%B, %H:%M}"
    assert all(str(times[0].year) in shown[name] for name in ("Started", "Finished"))
    assert shown["What was to happen"] == (
        "Create new products and update those that are there"
    )
    assert shown["Records are found by"] == "SKU"
