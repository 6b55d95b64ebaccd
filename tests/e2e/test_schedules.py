"""Schedules: made on the page, run, mailed as files with what the database holds."""

from __future__ import annotations

import email
import email.policy
import io
import re
import time
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import steps
from tests.stack import Stack

REPORT = "Hàng sắp hết"
MAKE_REPORT = f"""
from django.contrib.auth.models import User
from dataio.exports.select import ExportPlan
from dataio.jobs import reports
from dataio.models import SavedReport
demo = User.objects.get(username="demo")
User.objects.filter(pk=demo.pk).update(email="demo@example.com")
SavedReport.objects.filter(name="{REPORT}").delete()
print(reports.save(demo, "{REPORT}", ExportPlan(resource="shop.product")).pk)
"""
SEPARATOR = "-" * 79


PLAN = """{"resource": "shop.product", "columns": ["sku", "name", "quantity"],
 "filters": {"quantity_max": "40"}}"""
BROKEN_PLAN = """{"resource": "shop.product", "columns": ["sku", "colour"]}"""


@pytest.fixture(scope="module")
def saved(stack: Stack) -> str:
    """The address of the page that lets a report be mailed."""
    number = stack.manage("shell", "-v", "0", "-c", MAKE_REPORT).split()[-1]
    return f"/reports/{number}/mail/"


@pytest.fixture
def report(stack: Stack, saved: str) -> str:
    """The same, before anything was mailed."""
    for path in (stack.var / "mail").glob("*"):
        path.unlink()
    plan_is(stack, PLAN)
    return saved


def plan_is(stack: Stack, plan: str) -> None:
    """Let the report export something else."""
    stack.rows(
        f"UPDATE dataio_savedreport SET plan = '{plan}' WHERE name = '{REPORT}'"
        " RETURNING id"
    )


def mails(stack: Stack, count: int) -> list[EmailMessage]:
    """Wait for so many mails, which this site writes into files; return them by recipient."""
    deadline = time.monotonic() + 30
    while True:
        paths = list((stack.var / "mail").glob("*"))
        texts = [text for path in paths for text in path.read_text().split(SEPARATOR)]
        whole = [text for text in texts if "Message-ID" in text]
        if len(whole) >= count and all(SEPARATOR in p.read_text() for p in paths):
            break
        assert time.monotonic() < deadline, f"{len(whole)} of {count} mails came"
        time.sleep(0.1)
    parsed = [
        email.message_from_string(text.lstrip("\n"), policy=email.policy.default)
        for text in whole
    ]
    return sorted(parsed, key=lambda one: str(one["To"]))


def make(page: Page, report: str, to: str, *, link: bool = False) -> None:
    """Let the report be mailed every Friday at 06:45; end on the schedule's page."""
    page.goto(report)
    page.get_by_label("Every week", exact=True).check()
    page.get_by_label("Day of the week").select_option(label="Friday")
    page.get_by_label("Time", exact=True).fill("06:45")
    page.get_by_label("Time zone").select_option("Asia/Ho_Chi_Minh")
    page.get_by_label("To", exact=True).fill(to)
    if link:
        page.get_by_label("A link, which asks for a login").check()
    page.get_by_role("button", name="Mail it by itself").click()
    page.wait_for_url(re.compile(r"/schedules/\d+/$"))


def number_of(page: Page) -> str:
    return page.url.rstrip("/").rpartition("/")[2]


def run_now(page: Page) -> None:
    """Press the button; end where the run is listed again."""
    schedule = page.url
    page.get_by_role("button", name="Run and mail now").click()
    page.wait_for_url(steps.JOB_URL)
    steps.wait_for_end(page)
    page.goto(schedule)


def test_a_report_is_mailed_with_what_the_database_holds(
    stack: Stack, demo_page: Page, report: str
):
    page = demo_page
    make(page, report, "anna@example.com, bob@example.com")
    expect(page.locator("h1")).to_have_text(REPORT)
    words = "Every Friday at 06:45 (Asia/Ho_Chi_Minh)"
    expect(page.locator(".heading p")).to_have_text(words)
    expect(page.locator(".facts")).to_contain_text(re.compile("Friday .*, 06:45"))
    run_now(page)
    first, second = mails(stack, 2)
    assert [first["To"], second["To"]] == ["anna@example.com", "bob@example.com"]
    assert first["Subject"] == REPORT
    (attached,) = first.iter_attachments()
    assert attached.get_filename().startswith(REPORT)
    sheet = openpyxl.load_workbook(io.BytesIO(attached.get_content())).worksheets[0]
    header, *rows = sheet.iter_rows(values_only=True)
    assert len(header) == 3
    expected = stack.rows(
        "SELECT sku, name, quantity FROM shop_product WHERE quantity <= 40"
    )
    assert len(expected) > 3
    assert sorted(rows) == sorted(expected)
    text = first.get_body(("plain",)).get_content()
    assert "every Friday at 06:45 (Asia/Ho_Chi_Minh)" in text
    page.reload()
    expect(page.locator("[data-run]")).to_have_attribute("data-run", "done")
    expect(page.locator("[data-run]")).to_contain_text("Mailed to 2 people")


def test_the_link_of_a_mail_asks_for_a_login(
    stack: Stack, demo_page: Page, browser: Browser, report: str
):
    make(demo_page, report, "demo@example.com", link=True)
    run_now(demo_page)
    (mail,) = mails(stack, 1)
    assert list(mail.iter_attachments()) == []
    link = re.search(r"https?://\S+/file/", mail.get_body(("plain",)).get_content())
    assert link is not None
    assert link[0].startswith(stack.url)
    context = browser.new_context(base_url=stack.url, accept_downloads=True)
    page = context.new_page()
    page.goto(link[0])
    expect(page).to_have_url(re.compile("/login/"))
    page.fill("input[name=username]", "demo")
    page.fill("input[name=password]", "demo")
    page.locator("input[name=password]").press("Enter")
    expect(page.locator("h1")).to_have_text(REPORT)
    with page.expect_download() as download:
        page.locator("[data-download]").click()
    assert download.value.suggested_filename.startswith(REPORT)
    context.close()


def test_a_failure_is_shown_and_mailed_to_the_owner(
    stack: Stack, demo_page: Page, report: str
):
    page = demo_page
    make(page, report, "anna@example.com")
    number = number_of(page)
    plan_is(stack, BROKEN_PLAN)
    run_now(page)
    expect(page.locator("[data-run=failed]")).to_contain_text('"colour"')
    page.goto("/schedules/")
    row = page.locator(f"[data-schedule='{number}']")
    expect(row).to_contain_text("Failed")
    (mail,) = mails(stack, 1)
    assert (mail["To"], mail["Subject"]) == (
        "demo@example.com",
        f'"{REPORT}" could not be made',
    )
    link = re.search(r"https?://\S+", mail.get_body(("plain",)).get_content())
    page.goto(link[0])
    expect(page.locator("h1")).to_have_text(REPORT)


def test_pausing_resuming_changing_and_deleting(demo_page: Page, report: str):
    page = demo_page
    make(page, report, "anna@example.com")
    number = number_of(page)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("[data-paused]")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("[data-paused]")).to_have_count(0)
    page.get_by_role("link", name="Change").click()
    expect(page.get_by_label("Day of the week")).to_have_value("4")
    expect(page.get_by_label("Day of the month")).to_be_hidden()
    page.get_by_label("Every month").check()
    page.get_by_label("Day of the month").select_option("31")
    page.get_by_role("button", name="Save the schedule").click()
    words = "On the last day of every month at 06:45 (Asia/Ho_Chi_Minh)"
    expect(page.locator(".heading p")).to_have_text(words)
    page.get_by_role("button", name="Delete this schedule").click()
    expect(page.locator("h1")).to_have_text("Schedules")
    expect(page.locator(f"[data-schedule='{number}']")).to_have_count(0)


def test_an_address_that_is_none_is_named(demo_page: Page, report: str):
    page = demo_page
    page.goto(report)
    page.get_by_label("To", exact=True).fill("anna(at)example.com")
    page.get_by_role("button", name="Mail it by itself").click()
    sentence = '"anna(at)example.com" is not a mail address.'
    expect(page.locator(".error")).to_contain_text(sentence)
    expect(page.get_by_label("To", exact=True)).to_be_focused()


def test_beat_runs_what_is_due(stack: Stack, demo_page: Page, report: str):
    page = demo_page
    make(page, report, "anna@example.com")
    number = number_of(page)
    # Its time was a minute ago, when beat was down.
    minute_ago = steps.stored(stack, datetime.now(UTC) - timedelta(minutes=1))
    stack.rows(
        f"UPDATE dataio_schedule SET next_at = '{minute_ago}'"
        f" WHERE id = {number} RETURNING id"
    )
    (mail,) = mails(stack, 1)
    assert mail["To"] == "anna@example.com"
    page.reload()
    expect(page.locator("[data-run=done]")).to_have_count(1)


def test_a_schedule_can_be_made_without_scripts(
    stack: Stack, browser: Browser, demo_cookies: list, report: str
):
    context = browser.new_context(base_url=stack.url, java_script_enabled=False)
    context.add_cookies(demo_cookies)
    page = context.new_page()
    make(page, report, "anna@example.com")
    run_button = page.get_by_role("button", name="Run and mail now")
    run_button.click()
    mails(stack, 1)
    context.close()
