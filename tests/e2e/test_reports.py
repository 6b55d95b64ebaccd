"""Reports: saved from the export page, run with answers, changed, copied, shared, made by code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import steps
from tests.stack import Stack

REPORT_URL = re.compile(r"/reports/\d+/$")
MAKE = """
from django.contrib.auth.models import Group, User
from dataio.models import SavedReport
from project.shop.models import Category, Product
for name in ("dora", "emil", "fritz"):
    User.objects.filter(username=name).exists() or User.objects.create_user(name, password=name)
team = Group.objects.get_or_create(name="Report team")[0]
for name in ("dora", "emil"):
    User.objects.get(username=name).groups.add(team)
SavedReport.objects.filter(owner__username__in=("dora", "emil", "fritz")).delete()
shelf = Category.objects.get_or_create(name="Report shelf")[0]
for n in range(1, 7):
    Product.objects.get_or_create(
        sku=f"RP-{n}", defaults=dict(name=f"Thing {n}", category=shelf, price=n, quantity=n)
    )
"""


@pytest.fixture(autouse=True)
def people(stack: Stack) -> None:
    """Dora and Emil are in one group, Fritz in none; nobody has reports; products RP-1 to 6."""
    stack.manage("shell", "-c", MAKE)


@pytest.fixture
def dora(page: Page) -> Page:
    steps.sign_in(page, "dora")
    return page


def save(page: Page, name: str = "Shelf") -> str:
    """Save a report that asks from which quantity on; return its page's path."""
    page.goto("/export/shop.product/?sku_starts=RP-&quantity_min=3")
    page.locator("#save-report summary").click()
    page.fill("#report-name", name)
    page.get_by_label("Quantity is at least …").check()
    page.locator("[name=report-save][value=new]").click()
    page.wait_for_url(REPORT_URL)
    return re.sub(r"^https?://[^/]+", "", page.url)


def result(page: Page, folder: Path) -> list[str]:
    """Wait for the end of the run; return the first column of its file."""
    page.wait_for_url(steps.JOB_URL)
    steps.wait_for_end(page)
    with page.expect_download() as taken:
        page.locator("[data-download]").click()
    path = folder / taken.value.suggested_filename
    taken.value.save_as(path)
    book = openpyxl.load_workbook(path)
    header, *rows = book.worksheets[0].iter_rows(values_only=True)
    place = header.index("SKU")
    return [str(row[place]) for row in rows]


def test_a_report_is_saved_listed_and_asks_when_it_is_run(dora: Page, tmp_path: Path):
    page = dora
    path = save(page)
    expect(page.locator("[data-holds=rows]")).to_contain_text("Quantity is at least 3")
    page.goto("/")
    expect(page.locator("[data-report]", has_text="Shelf")).to_be_visible()
    page.goto("/reports/")
    # It asks, so its button leads to the questions, with the saved answer in them.
    page.locator("[data-report]", has_text="Shelf").locator("[data-run]").click()
    page.wait_for_url(f"**{path}")
    expect(page.locator("[name=quantity_min]")).to_have_value("3")
    page.fill("[name=quantity_min]", "5")
    page.locator("[data-run]").click()
    assert result(page, tmp_path) == ["RP-5", "RP-6"]
    page.goto(path)
    expect(page.locator("[data-job-row]")).to_have_count(1)
    page.locator("[data-run]").click()
    assert result(page, tmp_path) == ["RP-3", "RP-4", "RP-5", "RP-6"]


def test_an_answer_that_fits_nothing_is_named(dora: Page):
    page = dora
    path = save(page)
    page.locator("[name=quantity_min]").evaluate("one => (one.type = 'text')")
    page.fill("[name=quantity_min]", "many")
    page.locator("[data-run]").click()
    expect(page.locator("[data-errors]")).to_contain_text(
        "Quantity is at least: Enter a whole number."
    )
    page.goto(path)
    expect(page.locator("[data-job-row]")).to_have_count(0)


def test_a_report_is_edited_and_saved_back(dora: Page, tmp_path: Path):
    page = dora
    path = save(page)
    page.locator("[data-edit]").click()
    expect(page.locator("[name=quantity_min]")).to_have_value("3")
    page.locator("[data-choose=none]").click()
    page.locator("#column-sku").check()
    steps.filter_by(page, "name", "contains", "4")
    expect(page.locator("#export-says")).to_have_attribute("data-export-count", "1")
    page.locator("[name=report-save][value=change]").click()
    page.wait_for_url(f"**{path}")
    assert page.locator("[data-holds=columns]").inner_text() == "SKU"
    page.locator("[data-run]").click()
    assert result(page, tmp_path) == ["RP-4"]


def test_a_report_without_questions_runs_with_one_click(dora: Page, tmp_path: Path):
    page = dora
    page.goto("/export/shop.product/?sku_starts=RP-&export-name=x")
    page.locator("#save-report summary").click()
    page.fill("#report-name", "All of it")
    page.locator("[name=report-save][value=new]").click()
    page.wait_for_url(REPORT_URL)
    page.goto("/reports/")
    page.locator("[data-report]", has_text="All of it").locator("[data-run]").click()
    assert len(result(page, tmp_path)) == 6


def test_copying_renaming_and_deleting(dora: Page):
    page = dora
    path = save(page)
    page.get_by_role("button", name="Duplicate").click()
    expect(page.locator("h1")).to_have_text("Shelf (2)")
    page.fill("#name", "Shelf")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("alert")).to_contain_text(
        'There is a report "Shelf" already'
    )
    page.fill("#name", "Second shelf")
    page.get_by_role("button", name="Rename").click()
    expect(page.locator("h1")).to_have_text("Second shelf")
    page.goto(path)
    page.get_by_role("button", name="Delete this report").click()
    page.wait_for_url("**/reports/")
    assert page.locator("[data-report] a").all_inner_texts() == ["Second shelf"]


def test_sharing_with_a_group_and_nobody_else(
    dora: Page, browser: Browser, stack: Stack, tmp_path: Path
):
    path = save(dora)

    def other(name: str) -> Page:
        context = browser.new_context(base_url=stack.url, accept_downloads=True)
        page = context.new_page()
        steps.sign_in(page, name)
        return page

    emil, fritz = other("emil"), other("fritz")
    assert emil.goto(path).status == 404  # type: ignore[union-attr]
    dora.get_by_label("Report team").check()
    dora.get_by_role("button", name="Share with these groups").click()
    emil.goto(path)
    expect(emil.locator(".heading")).to_contain_text("Shared by dora")
    assert emil.get_by_role("button", name="Delete this report").count() == 0
    emil.locator("[data-run]").click()
    assert result(emil, tmp_path) == ["RP-3", "RP-4", "RP-5", "RP-6"]
    # Runs belong to who started them.
    dora.goto(path)
    expect(dora.locator("[data-job-row]")).to_have_count(0)
    assert refusals(fritz, path) == [404, 404, 404]
    for page in (emil, fritz):
        page.context.close()


def refusals(page: Page, path: str) -> list[int]:
    """Knock at each address of a report; return what they answer."""
    token = next(
        one["value"] for one in page.context.cookies() if one["name"] == "csrftoken"
    )
    headers = {"X-CSRFToken": token, "Referer": page.url}
    form: Any = {"action": "delete"}
    return [
        page.request.get(path).status,
        page.request.post(path, headers=headers, form=form).status,
        page.request.post(f"{path}run/", headers=headers).status,
    ]


def test_a_report_that_code_makes_asks_its_form_and_is_saved_with_answers(
    dora: Page, tmp_path: Path
):
    page = dora
    page.goto("/reports/")
    page.locator("[data-code-report='shop.sales'] a").click()
    expect(page.locator("[name=months]")).to_have_value("12")
    page.fill("[name=months]", "0")
    page.locator("[data-run]").click()
    expect(page.locator("main")).to_contain_text("greater than or equal to 1")
    page.fill("[name=months]", "3")
    page.locator("details.save-recipe summary").click()
    page.fill("#report-name", "Three months")
    page.locator("[name=report-save]").click()
    page.wait_for_url(REPORT_URL)
    expect(page.locator("[name=months]")).to_have_value("3")
    page.locator("[data-run]").click()
    page.wait_for_url(steps.JOB_URL)
    steps.wait_for_end(page)
    with page.expect_download() as taken:
        page.locator("[data-download]").click()
    taken.value.save_as(tmp_path / "sales.xlsx")
    assert len(openpyxl.load_workbook(tmp_path / "sales.xlsx").sheetnames) >= 2
