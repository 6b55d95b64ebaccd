"""Recipes: saved on the way, applied by themselves, changed, shared, brought back, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import steps
from tests.stack import Stack

CHECKED_AGAIN = 20_000  # milliseconds, on a busy machine
HEADERS = ["Rec code", "Rec name", "Category", "Price", "Rec remark"]
MAKE_PEOPLE = """
from django.contrib.auth.models import Group, User
from dataio.models import Recipe
group, _made = Group.objects.get_or_create(name="Buyers")
for name in ("demo", "colleague"):
    person = User.objects.filter(username=name).first()
    person = person or User.objects.create_user(name, password=name)
    person.groups.add(group)
Recipe.objects.filter(name__startswith="Rec ").delete()
"""


@pytest.fixture(autouse=True)
def people(stack: Stack) -> None:
    stack.manage("shell", "-c", MAKE_PEOPLE)
    steps.forget_products(stack, "REC-")


@pytest.fixture
def colleague(browser: Browser, stack: Stack) -> Iterator[Page]:
    """Another window, of somebody in the same group."""
    context = browser.new_context(base_url=stack.url)
    page = context.new_page()
    steps.sign_in(page, "colleague")
    yield page
    context.close()


def workbook(path: Path, *rows: list[Any]) -> Path:
    return steps.write_workbook(path, HEADERS, rows)


def becomes(header: str) -> str:
    return f'tr[data-header="{header}"] .becomes select'


def map_columns(page: Page) -> None:
    """Say what no proposal can know."""
    page.select_option("#resource", "shop.product")
    expect(page.locator("[data-map][aria-busy]")).to_have_count(0)
    page.select_option(becomes("Rec code"), "sku")
    page.select_option(becomes("Rec name"), "name")
    page.select_option(becomes("Rec remark"), "notes")


def save(page: Page, path: Path, name: str) -> None:
    """Upload, map, save as a recipe on the mapping page."""
    steps.upload(page, path)
    map_columns(page)
    page.locator("details.save-recipe summary").click()
    page.fill("#recipe-name", name)
    page.locator("details.save-recipe button").click()
    expect(page.locator("[data-recipe]")).to_contain_text(name)


def open_recipe(page: Page, name: str) -> None:
    page.goto("/recipes/")
    page.get_by_role("link", name=name, exact=True).click()
    page.wait_for_url("**/recipes/*/")


def test_a_saved_recipe_is_applied_by_itself_and_can_be_changed(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    save(
        page,
        workbook(tmp_path / "1.xlsx", ["REC-1", "Saw", "Tools", 5, "a"]),
        "Rec one",
    )
    second = workbook(tmp_path / "2.xlsx", ["REC-2", "Axe", "Tools", 6, "b"])
    steps.upload(page, second)
    expect(page.locator("[data-recipe]")).to_contain_text("Recipe Rec one was applied.")
    assert steps.mapping(page) == {
        "Rec code": "sku",
        "Rec name": "name",
        "Category": "category",
        "Price": "price",
        "Rec remark": "notes",
    }
    page.select_option(becomes("Rec remark"), "")
    steps.start(page)
    steps.wait_for_end(page)
    stored = steps.products(stack, "p.sku LIKE 'REC-%'")
    assert [(one["sku"], one["name"], one["notes"]) for one in stored] == [
        ("REC-2", "Axe", "")
    ]
    # What was changed for one file is not changed in the recipe.
    steps.upload(page, second)
    assert steps.mapping(page)["Rec remark"] == "notes"
    page.get_by_role("link", name="Use the proposal instead").click()
    expect(page.locator("[data-recipe]")).to_have_count(0)


def test_decisions_are_remembered_and_done_by_themselves(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    steps.upload(page, workbook(tmp_path / "1.xlsx", ["REC-1", "Saw", "Tolls", 5, "a"]))
    map_columns(page)
    steps.check(page)
    one = page.locator('[data-group="category"][data-value="Tolls"]')
    one.locator(".button[value=use]").click()
    expect(one).to_have_count(0, timeout=CHECKED_AGAIN)
    page.locator("details.save-recipe summary").click()
    page.fill("#recipe-name", "Rec fixes")
    page.locator("details.save-recipe button").click()
    page.wait_for_url(steps.REVIEW_URL)
    expect(page.locator("main, .messages").first).to_be_visible()
    expect(page.locator("body")).to_contain_text('"Rec fixes" is saved.')
    page.locator("[data-discard] button").click()
    page.wait_for_url(steps.JOB_URL)
    rows = [[f"REC-{n}", "Saw", "Tolls", n, ""] for n in (7, 8)]
    steps.upload(page, workbook(tmp_path / "2.xlsx", *rows))
    expect(page.locator("[data-recipe]")).to_contain_text("Rec fixes")
    steps.check(page)
    assert page.locator("#kind-problem").get_attribute("data-count") == "0"
    page.locator("[data-import]").click()
    page.wait_for_url(steps.JOB_URL)
    steps.wait_for_end(page)
    stored = steps.products(stack, "p.sku LIKE 'REC-%'")
    assert [(one["sku"], one["category"]) for one in stored] == [
        ("REC-7", "Tools"),
        ("REC-8", "Tools"),
    ]


def test_a_recipe_is_renamed_shared_and_used_by_a_colleague(
    demo_page: Page, colleague: Page, tmp_path: Path
):
    page = demo_page
    path = workbook(tmp_path / "1.xlsx", ["REC-1", "Saw", "Tools", 5, "a"])
    save(page, path, "Rec mine")
    open_recipe(page, "Rec mine")
    page.fill("#name", "Rec ours")
    page.get_by_role("button", name="Rename").click()
    expect(page.locator("h1")).to_have_text("Rec ours")
    colleague.goto("/recipes/")
    expect(colleague.get_by_role("link", name="Rec ours")).to_have_count(0)
    page.get_by_label("Buyers").check()
    page.get_by_role("button", name="Share with these groups").click()
    expect(page.get_by_label("Buyers")).to_be_checked()
    open_recipe(colleague, "Rec ours")
    expect(colleague.locator("main")).to_contain_text("Shared by demo")
    expect(colleague.get_by_role("button", name="Rename")).to_have_count(0)
    steps.upload(colleague, path)
    expect(colleague.locator("[data-recipe]")).to_contain_text("Rec ours")


def test_versions_are_kept_and_brought_back(demo_page: Page, tmp_path: Path):
    page = demo_page
    path = workbook(tmp_path / "1.xlsx", ["REC-1", "Saw", "Tools", 5, "a"])
    save(page, path, "Rec versions")
    page.select_option(becomes("Rec remark"), "")
    if not page.locator("#recipe-name").is_visible():
        page.locator("details.save-recipe summary").click()
    page.locator("details.save-recipe button").click()
    expect(page.locator("[data-recipe]")).to_be_visible()
    assert steps.mapping(page)["Rec remark"] == ""
    open_recipe(page, "Rec versions")
    expect(page.locator("main")).to_contain_text("Version 2.")
    page.get_by_role("button", name="Bring back version 1").click()
    expect(page.locator("main")).to_contain_text("Version 3.")
    steps.upload(page, path)
    assert steps.mapping(page)["Rec remark"] == "notes"


def test_a_deleted_recipe_is_applied_no_more(demo_page: Page, tmp_path: Path):
    page = demo_page
    path = workbook(tmp_path / "1.xlsx", ["REC-1", "Saw", "Tools", 5, "a"])
    save(page, path, "Rec gone")
    open_recipe(page, "Rec gone")
    page.get_by_role("button", name="Delete this recipe").click()
    page.wait_for_url("**/recipes/")
    expect(page.locator("body")).to_contain_text('"Rec gone" is deleted.')
    steps.upload(page, path)
    expect(page.locator("[data-recipe]")).to_have_count(0)
