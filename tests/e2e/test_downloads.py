"""Downloads: from any byte on, under their own names, by those who may, until their time is up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import steps
from tests.stack import Stack

NAME = "Bảng giá tháng mười một"
MAKE = f"""
from django.contrib.auth.models import Group, User
from dataio.exports.select import ExportPlan
from dataio.jobs import reports
from dataio.models import SavedReport
people = {{}}
for name in ("dora", "emil", "frida"):
    found = User.objects.filter(username=name).first()
    people[name] = found or User.objects.create_user(name, password=name)
SavedReport.objects.filter(name="{NAME}").delete()
plan = ExportPlan(resource="shop.product", columns=("sku", "name", "price"))
report = reports.save(people["dora"], "{NAME}", plan)
group, _made = Group.objects.get_or_create(name="Price list")
group.user_set.set([people["dora"], people["emil"]])
report.groups.set([group])
print(reports.run_report(report, people["dora"], {{}}).pk)
"""


@pytest.fixture(scope="module")
def exported(stack: Stack) -> str:
    """The path of dora's export; emil is in the group that shares its report."""
    number = stack.manage("shell", "-v", "0", "-c", MAKE).split()[-1]
    return f"/jobs/{number}/"


@pytest.fixture
def job(stack: Stack, exported: str) -> str:
    """The same, before anybody took its file."""
    stack.rows("DELETE FROM dataio_download RETURNING id")
    ended_at(stack, datetime.now(UTC))
    return exported


def ended_at(stack: Stack, moment: datetime) -> None:
    """Let the export have ended then, if it has."""
    stack.rows(
        f"UPDATE dataio_job SET finished_at = '{steps.stored(stack, moment)}'"
        f" WHERE file_name LIKE '{NAME}%' AND state = 'done' RETURNING id"
    )


@pytest.fixture
def dora(page: Page, job: str) -> Page:
    """Dora, looking at her finished export."""
    steps.sign_in(page, "dora")
    page.goto(job)
    steps.wait_for_end(page)
    return page


def open_as(browser: Browser, stack: Stack, name: str) -> Page:
    context = browser.new_context(base_url=stack.url, accept_downloads=True)
    page = context.new_page()
    steps.sign_in(page, name)
    return page


def take(page: Page, tmp_path: Path) -> tuple[str, bytes]:
    """Press the download button; return the file's name and content."""
    with page.expect_download() as download:
        page.locator("[data-download]").click()
    path = tmp_path / "taken"
    download.value.save_as(path)
    return download.value.suggested_filename, path.read_bytes()


def test_a_file_has_its_name_and_can_be_taken_in_parts(dora: Page, tmp_path: Path):
    name, content = take(dora, tmp_path)
    assert name.startswith(NAME)
    assert name.endswith(".xlsx")
    url = f"{urlsplit(dora.url).path}download/"
    whole = dora.request.get(url)
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.body() == content
    half = len(content) // 2
    headers = {"Range": f"bytes={half}-", "If-Range": whole.headers["etag"]}
    rest = dora.request.get(url, headers=headers)
    assert rest.status == 206
    assert rest.headers["content-range"] == f"bytes {half}-{len(content) - 1}/" + str(
        len(content)
    )
    assert content[:half] + rest.body() == content
    behind = dora.request.get(url, headers={"Range": f"bytes={len(content)}-"})
    assert behind.status == 416


def test_a_colleague_of_the_shared_group_takes_it_and_is_listed(
    stack: Stack, browser: Browser, dora: Page, job: str, tmp_path: Path
):
    emil = open_as(browser, stack, "emil")
    assert emil.goto(job).status == 404
    emil.goto(f"{job}file/")
    expect(emil.locator("h1")).to_have_text(NAME)
    expect(emil.locator("main")).to_contain_text("kept until")
    name, content = take(emil, tmp_path)
    assert name.startswith(NAME)
    assert content[:2] == b"PK"
    emil.context.close()
    dora.reload()
    listed = dora.locator("[data-downloads]")
    expect(listed.locator("h2")).to_have_text("Downloaded once")
    expect(listed.locator("li")).to_contain_text("emil")


def test_strangers_find_nothing(stack: Stack, browser: Browser, dora: Page, job: str):
    frida = open_as(browser, stack, "frida")
    for part in ("", "file/", "download/"):
        assert frida.request.get(job + part).status == 404
    frida.context.close()


def test_after_its_time_the_page_says_so(stack: Stack, dora: Page, job: str):
    ended_at(stack, datetime.now(UTC) - timedelta(days=31))
    answer = dora.goto(f"{job}download/")
    assert answer.status == 410
    gone = dora.locator("[data-gone]")
    expect(gone).to_contain_text("This file is not kept any more")
    expect(gone).to_contain_text(NAME)
    dora.goto(job)
    expect(dora.locator("[data-gone]")).to_contain_text("The file was kept until")
    expect(dora.locator("[data-download]")).to_have_count(0)
