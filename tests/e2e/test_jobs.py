"""The list of jobs: found by person and text, several stopped at once; receipts in words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.e2e.test_accessibility import violations
from tests.stack import Stack

MAKE_JOBS = """
from django.contrib.auth.models import User
from dataio.models import Job
User.objects.filter(username="anna").exists() or User.objects.create_user("anna", password="anna")
Job.objects.filter(file_name__startswith="list-").delete()
for owner, name in (("demo", "list-1"), ("demo", "list-2"), ("anna", "list-3")):
    Job.objects.create(
        kind="import", owner=User.objects.get(username=owner), file_name=name + ".xlsx"
    )
"""


@pytest.fixture(autouse=True)
def drafts(stack: Stack) -> None:
    stack.manage("shell", "-c", MAKE_JOBS)


def rows(page: Page) -> list[str]:
    found = page.locator("[data-job-row] .what span").all_inner_texts()
    return sorted(text.split(" · ")[0] for text in found)


def test_jobs_are_found_by_text_and_by_person(demo_page: Page):
    page = demo_page
    page.goto("/jobs/")
    page.get_by_label("Text").fill("LIST-")
    page.get_by_role("button", name="Find").click()
    page.wait_for_url("**text=LIST-**")
    assert rows(page) == ["list-1.xlsx", "list-2.xlsx", "list-3.xlsx"]
    page.get_by_label("Person").select_option(label="anna")
    page.wait_for_url(re.compile(r"person=\d+"))
    assert rows(page) == ["list-3.xlsx"]
    expect(page.locator("[data-job-row] .what span")).to_contain_text("anna")


def test_who_sees_only_her_own_jobs_is_not_asked_for_a_person(page: Page):
    steps.sign_in(page, "anna")
    page.goto("/jobs/?text=list-")
    assert rows(page) == ["list-3.xlsx"]
    expect(page.get_by_label("Person")).to_have_count(0)


def test_several_jobs_are_stopped_at_once(demo_page: Page, stack: Stack):
    page = demo_page
    page.goto("/jobs/?text=list-")
    button = page.locator("[data-cancel-chosen] button")
    expect(button).to_be_hidden()
    for name in ("list-1", "list-3"):
        row = page.locator("[data-job-row]", has_text=name)
        row.locator("input[name=job]").check()
    assert button.inner_text() == "Stop 2 jobs"
    assert violations(page) == []
    button.click()
    expect(page.locator(".messages, [role=status]").first).to_be_attached()
    expect(page.locator("main")).to_contain_text("2 jobs were asked to stop.")
    states = stack.rows(
        "SELECT file_name, state FROM dataio_job WHERE file_name LIKE 'list-%' ORDER BY 1"
    )
    assert states == [
        ("list-1.xlsx", "cancelled"),
        ("list-2.xlsx", "draft"),
        ("list-3.xlsx", "cancelled"),
    ]
    assert "text=list-" in page.url


def test_nobody_stops_the_jobs_of_others(page: Page, stack: Stack):
    steps.sign_in(page, "anna")
    page.goto("/jobs/?text=list-")
    other = stack.rows("SELECT id FROM dataio_job WHERE file_name = 'list-1.xlsx'")[0][
        0
    ]
    box = page.locator("input[name=job]")
    box.evaluate("(box, id) => (box.value = id)", str(other))
    box.check()
    page.locator("[data-cancel-chosen] button").click()
    expect(page.locator("main")).to_contain_text("0 jobs were asked to stop.")
    states = stack.rows("SELECT state FROM dataio_job WHERE file_name = 'list-1.xlsx'")
    assert states == [("draft",)]


def test_a_receipt_speaks_in_words(demo_page: Page, tmp_path: Path):
    page = demo_page
    path = steps.write_workbook(
        tmp_path / "receipt.xlsx",
        ["SKU", "Name", "Category", "Price"],
        [["REC-1", "Saw", "Tools", 5]],
    )
    steps.import_file(page, path)
    page.get_by_role("link", name="Receipt").click()
    expect(page.locator("[data-mode]")).to_have_text(
        "Create new products and update those that are there"
    )
    expect(page.locator("[data-key]")).to_have_text("SKU")
    expect(page.locator("table.receipt")).to_contain_text("Price → Price")
    assert "upsert" not in page.locator("main").inner_text()
