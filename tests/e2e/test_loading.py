"""How rows are loaded: modes, keys, blank cells, related records, as chosen on the pages."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.e2e.test_review import group, numbers
from tests.e2e.test_strangers import MAKE_USERS
from tests.stack import Stack

CHECKED_AGAIN = 20_000  # milliseconds, on a busy machine
HEADER = ["SKU", "Name", "Category", "Price", "Supplier e-mail", "Notes"]
THERE = [
    ["LD-1", "Saw", "Tools", 1.5, "a@example.com", "old"],
    ["LD-2", "Axe", "Tools", 2.5, "b@example.com", "blunt"],
    ["LD-3", "Rake", "Garden", 3.5, "", ""],
]
NOTHING = dict.fromkeys(("create", "update", "unchanged", "problem", "conflict"), 0)
COUNTS = dict.fromkeys(("rows", "created", "updated", "unchanged", "failed"), 0)


def forget(stack: Stack) -> None:
    """Remove what these tests leave, the links between products and suppliers first."""
    ours = "SELECT id FROM shop_product WHERE sku LIKE 'LD-%'"
    stack.rows(
        f"DELETE FROM shop_product_suppliers WHERE product_id IN ({ours}) RETURNING id"
    )
    steps.forget_products(stack, "LD-")
    for table in ("supplier", "category"):
        stack.rows(f"DELETE FROM shop_{table} WHERE name LIKE 'LD %' RETURNING id")


@pytest.fixture(autouse=True)
def shelf(stack: Stack, tmp_path: Path) -> Any:
    """Three products."""
    forget(stack)
    path = steps.write_workbook(tmp_path / "there.xlsx", HEADER, THERE)
    stack.manage("dataio_import", "product", str(path), "--json")
    yield
    forget(stack)


def upload(page: Page, path: Path, header: Sequence[str], *rows: Sequence[Any]) -> None:
    """Upload these rows as products; end on the mapping page."""
    steps.upload(page, steps.write_workbook(path / "new.xlsx", header, rows))
    if page.locator("#resource").input_value() != "shop.product":
        page.select_option("#resource", "shop.product")
        page.wait_for_url("**resource=shop.product**")
        expect(page.locator("[data-map][aria-busy]")).to_have_count(0)


def options(page: Page) -> None:
    page.locator("details.options summary").click()


def load(page: Page) -> dict[str, int]:
    """Press the review page's button; return the totals at the end."""
    page.locator("[data-import]").click()
    page.wait_for_url(steps.JOB_URL)
    steps.wait_for_end(page)
    return steps.figures(page)


def stored(stack: Stack, *names: str) -> list[tuple[Any, ...]]:
    found = steps.products(stack, "p.sku LIKE 'LD-%'")
    return [tuple(one[name] for name in names) for one in found]


@pytest.mark.parametrize(
    ("mode", "found", "counts", "prices"),
    [
        (
            "create",
            {"create": 1, "conflict": 2},
            {"created": 1, "failed": 2},
            ["1.50", "2.50", "3.50", "4.00"],
        ),
        (
            "update",
            {"update": 1, "unchanged": 1, "conflict": 1},
            {"updated": 1, "unchanged": 1, "failed": 1},
            ["9.00", "2.50", "3.50"],
        ),
        (
            "upsert",
            {"create": 1, "update": 1, "unchanged": 1},
            {"created": 1, "updated": 1, "unchanged": 1},
            ["9.00", "2.50", "3.50", "4.00"],
        ),
    ],
)
def test_a_mode_says_which_rows_may_be_written(
    demo_page: Page,
    stack: Stack,
    tmp_path: Path,
    mode: str,
    found: dict[str, int],
    counts: dict[str, int],
    prices: list[str],
):
    page = demo_page
    rows = [
        ["LD-1", "Saw", "Tools", 9],
        ["LD-2", "Axe", "Tools", 2.5],
        ["LD-4", "Hoe", "Garden", 4],
    ]
    upload(page, tmp_path, HEADER[:4], *rows)
    page.select_option("#mode", mode)
    steps.check(page)
    assert numbers(page) == NOTHING | found
    assert load(page) == COUNTS | {"rows": 3} | counts
    assert stored(stack, "price") == [(Decimal(price),) for price in prices]


def ids(stack: Stack) -> dict[str, int]:
    return dict(stack.rows("SELECT sku, id FROM shop_product WHERE sku LIKE 'LD-%'"))


def test_records_are_found_by_the_id_where_that_is_chosen(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    before = ids(stack)
    rows = [[before["LD-1"], "LD-9", 5], [before["LD-2"], "LD-2", 2.5]]
    upload(page, tmp_path, ["ID", "SKU", "Price"], *rows)
    assert steps.mapping(page) == {"ID": "", "SKU": "sku", "Price": "price"}
    page.select_option("#mode", "update")
    page.select_option("tr[data-header=ID] .becomes select[data-column]", "id")
    page.locator("[data-start]").click()
    expect(page.locator("[data-errors]")).to_have_text(
        '"ID" only tells records apart. Find them by it, or leave it out.'
    )
    assert page.locator("#key").input_value() == "sku"
    page.select_option("#key", "id")
    steps.check(page)
    assert numbers(page) == NOTHING | {"update": 1, "unchanged": 1}
    load(page)
    assert stored(stack, "sku", "price") == [
        ("LD-2", Decimal("2.50")),
        ("LD-3", Decimal("3.50")),
        ("LD-9", Decimal("5.00")),
    ]
    assert ids(stack)["LD-9"] == before["LD-1"]


def test_unchanged_rows_are_not_touched(demo_page: Page, stack: Stack, tmp_path: Path):
    page = demo_page
    statement = "SELECT sku, updated_at FROM shop_product WHERE sku LIKE 'LD-%'"
    before = dict(stack.rows(statement))
    changed = [["LD-2", "Axe", "Tools", 7, *THERE[1][4:]]]
    upload(page, tmp_path, HEADER, THERE[0], *changed, THERE[2])
    steps.check(page)
    assert numbers(page) == NOTHING | {"update": 1, "unchanged": 2}
    load(page)
    after = dict(stack.rows(statement))
    assert [sku for sku in sorted(after) if after[sku] != before[sku]] == ["LD-2"]
    assert stored(stack, "price") == [
        (Decimal("1.50"),),
        (Decimal("7.00"),),
        (Decimal("3.50"),),
    ]


def test_a_blank_cell_keeps_or_clears_as_chosen_per_column(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    rows = [["LD-1", "Saw", "Tools", 1.5, "", ""], [*THERE[1][:4], "", "sharp"]]
    upload(page, tmp_path, HEADER, *rows)
    options(page)
    page.locator("[name=keep-notes]").check()
    page.locator("[name=keep-supplier_email]").uncheck()
    steps.check(page)
    assert numbers(page) == NOTHING | {"update": 2}
    load(page)
    assert stored(stack, "sku", "supplier_email", "notes") == [
        ("LD-1", "", "old"),
        ("LD-2", "", "sharp"),
        ("LD-3", "", ""),
    ]


def test_related_records_are_found_however_they_are_written(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    rows = [["LD-1", "  gARDEN "], ["LD-2", "toys"], ["LD-3", "GARDEN"]]
    upload(page, tmp_path, ["SKU", "Category"], *rows)
    page.select_option("#mode", "update")
    steps.check(page)
    assert numbers(page) == NOTHING | {"update": 2, "unchanged": 1}
    load(page)
    assert stored(stack, "category") == [("Garden",), ("Toys",), ("Garden",)]


def categories(stack: Stack) -> list[tuple[Any, ...]]:
    return stack.rows(
        "SELECT name FROM shop_category WHERE name LIKE 'LD %' ORDER BY name"
    )


NEW_KINDS = [["LD-1", "LD Art"], ["LD-2", "ld art"], ["LD-3", "LD Food"]]


def test_missing_categories_are_created_as_said_on_the_mapping_page(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    upload(page, tmp_path, ["SKU", "Category"], *NEW_KINDS)
    page.select_option("#mode", "update")
    options(page)
    page.locator("[name=create-category]").check()
    steps.check(page)
    assert numbers(page) == NOTHING | {"update": 3}
    expect(page.locator("[data-told]")).to_contain_text(
        "2 new categories will be created: LD Art, LD Food."
    )
    assert categories(stack) == []
    load(page)
    assert categories(stack) == [("LD Art",), ("LD Food",)]
    assert stored(stack, "category") == [("LD Art",), ("LD Art",), ("LD Food",)]


def test_a_missing_category_is_created_as_decided_on_the_review_page(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    upload(page, tmp_path, ["SKU", "Category"], *NEW_KINDS)
    page.select_option("#mode", "update")
    steps.check(page)
    assert numbers(page) == NOTHING | {"problem": 3}
    one = group(page, "category", "LD Food")
    one.locator(".button[value=create]").click()
    expect(one).to_have_count(0, timeout=CHECKED_AGAIN)
    assert numbers(page) == NOTHING | {"update": 1, "problem": 2}
    load(page)
    assert categories(stack) == [("LD Food",)]
    assert stored(stack, "category") == [("Tools",), ("Tools",), ("LD Food",)]


def test_who_may_not_add_categories_is_not_offered_it(
    page: Page, stack: Stack, tmp_path: Path
):
    stack.manage("shell", "-c", MAKE_USERS)
    steps.sign_in(page, "boris")
    upload(page, tmp_path, ["SKU", "Category"], *NEW_KINDS)
    page.select_option("#mode", "update")
    options(page)
    expect(page.locator("[name=keep-category]")).to_be_visible()
    expect(page.locator("[name=create-category]")).to_have_count(0)
    steps.check(page)
    assert numbers(page) == NOTHING | {"problem": 3}
    one = group(page, "category", "LD Food")
    expect(one.locator(".button[value=skip]")).to_be_visible()
    expect(one.locator("[value=create]")).to_have_count(0)


def links(stack: Stack) -> list[tuple[Any, ...]]:
    return stack.rows(
        "SELECT p.sku, s.name FROM shop_product_suppliers l"
        " JOIN shop_product p ON p.id = l.product_id"
        " JOIN shop_supplier s ON s.id = l.supplier_id"
        " WHERE p.sku LIKE 'LD-%' ORDER BY p.sku, s.name"
    )


def test_suppliers_are_replaced_or_added_as_chosen(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    for name in "ABC":
        stack.rows(
            "INSERT INTO shop_supplier (name, country, website)"
            f" VALUES ('LD {name}', '', '') RETURNING id"
        )

    def bring(*rows: Sequence[str], adds: bool) -> dict[str, int]:
        upload(page, tmp_path, ["SKU", "Suppliers"], *rows)
        page.select_option("#mode", "update")
        options(page)
        page.locator("[name=add-suppliers]").set_checked(adds)
        steps.check(page)
        return load(page)

    bring(["LD-1", "LD A, LD B"], ["LD-2", "LD B"], adds=False)
    assert links(stack) == [("LD-1", "LD A"), ("LD-1", "LD B"), ("LD-2", "LD B")]
    bring(["LD-1", "ld c"], ["LD-2", "LD B"], adds=False)
    assert links(stack) == [("LD-1", "LD C"), ("LD-2", "LD B")]
    counts = bring(["LD-1", "LD A"], ["LD-2", "LD B"], adds=True)
    assert counts == COUNTS | {"rows": 2, "updated": 1, "unchanged": 1}
    assert links(stack) == [("LD-1", "LD A"), ("LD-1", "LD C"), ("LD-2", "LD B")]
