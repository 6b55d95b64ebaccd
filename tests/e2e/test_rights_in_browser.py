"""A site on which nobody may do anything that they were not given: what each person sees and can do.

The site is one of its own, as a real one is set up: `DATAIO_EVERYBODY_MAY` is empty.
"""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openpyxl
import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import steps
from tests.e2e.test_strangers import knock
from tests.stack import Stack, running_stack

REPORT_URL = re.compile(r"/reports/\d+/$")
HEADER = ["SKU", "Name", "Category", "Price", "Quantity"]
# Each person is signed in at once: checking passwords takes long.
MAKE_PEOPLE = """
import json
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.backends.db import SessionStore
buyers = Group.objects.create(name="Buyers")
people = {
    "owner": "import export undo share",
    "exporter": "export",
    "importer": "import",
    "leaver": "import export",
    "colleague": "",
    "stranger": "import export undo share",
}
keys = {}
for name, rights in people.items():
    user = User.objects.create_user(name)
    codes = [f"{right}_shop_product" for right in rights.split()]
    user.user_permissions.add(*Permission.objects.filter(codename__in=codes))
    if name in ("owner", "colleague"):
        user.groups.add(buyers)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    keys[name] = session.session_key
print(json.dumps({"cookie": settings.SESSION_COOKIE_NAME, "keys": keys}))
"""
TAKE_AWAY = """
DELETE FROM auth_user_user_permissions
WHERE user_id = (SELECT id FROM auth_user WHERE username = 'leaver') RETURNING id
"""
Visit = Callable[[str], Page]


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The site; with services of its own, where other sites' workers take no jobs of it."""
    var = tmp_path_factory.mktemp("strict") / "var"
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("DATABASE_URL", "BROKER_URL", "REDIS_URL"):
                patch.delenv(f"STACK_{name}", raising=False)
            site = stack.enter_context(running_stack(var, DATAIO_EVERYBODY_MAY=""))
        site.rows("INSERT INTO shop_category (name) VALUES ('Rights') RETURNING id")
        yield site


@pytest.fixture(scope="module")
def sessions(strict: Stack) -> dict[str, Any]:
    """The name of the cookie, and each person's."""
    said = strict.manage("shell", "-v0", "-c", MAKE_PEOPLE)
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


@pytest.fixture
def visit(strict: Stack, browser: Browser, sessions: dict[str, Any]) -> Iterator[Visit]:
    """Open a window in which that person has signed in."""
    contexts = []

    def open_window(name: str) -> Page:
        context = browser.new_context(base_url=strict.url, accept_downloads=True)
        context.set_default_timeout(15_000)
        contexts.append(context)
        key = {"name": sessions["cookie"], "value": sessions["keys"][name]}
        context.add_cookies([{**key, "url": strict.url}])
        page = context.new_page()
        page.goto("/")
        return page

    yield open_window
    for context in contexts:
        context.close()


def workbook(folder: Path, prefix: str) -> Path:
    rows = [[f"{prefix}-{n}", "Saw", "Rights", 1.5, n] for n in range(3)]
    return steps.write_workbook(folder / f"{prefix}.xlsx", HEADER, rows)


def path_of(page: Page) -> str:
    return urlsplit(page.url).path


def status(page: Page, path: str) -> int:
    answer = page.goto(path)
    assert answer is not None
    return answer.status


def save_report(page: Page, name: str) -> str:
    """Save an export of products as a report; return the report's path."""
    page.goto("/export/shop.product/")
    page.locator("#save-report summary").click()
    page.fill("#report-name", name)
    page.locator("button[name=report-save][value=new]").click()
    page.wait_for_url(REPORT_URL)
    return path_of(page)


def test_with_all_rights_everything_is_there(visit: Visit, strict: Stack, tmp_path):
    """Upload, map, check, import, export, save, share, undo."""
    steps.forget_products(strict, "ALL-")
    page = visit("owner")
    totals = steps.import_file(page, workbook(tmp_path, "ALL"))
    assert (totals["created"], totals["failed"]) == (3, 0)
    job = path_of(page)
    page.goto("/export/shop.product/")
    steps.filter_by(page, "sku", "contains", "ALL-")
    expect(page.locator("#export-start")).to_contain_text("Export 3 products")
    steps.start_export(page)
    with page.expect_download() as download:
        page.locator("[data-download]").click()
    download.value.save_as(tmp_path / "out.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").worksheets[0]
    assert sheet.max_row == 4
    save_report(page, "All rights")
    page.get_by_label("Buyers").check()
    page.get_by_role("button", name="Share with these groups").click()
    expect(page.get_by_label("Buyers")).to_be_checked()
    page.goto(job)
    page.locator("[data-undo] a").click()
    page.locator("form[method=post] button[type=submit]").last.click()
    page.wait_for_url(steps.JOB_URL)
    steps.wait_for_end(page)
    assert steps.products(strict, "p.sku LIKE 'ALL-%'") == []


def test_who_may_only_export_finds_no_way_in(visit: Visit):
    page = visit("exporter")
    expect(page.locator("[data-may-not]")).to_contain_text("You may export, but not")
    assert page.locator("#upload, a[href*='#upload'], [href*=template]").count() == 0
    assert page.locator("[data-resource]").count() == 1
    page.goto("/?resource=shop.product")
    expect(page.get_by_role("alert")).to_contain_text("You may not import products.")
    page.goto("/recipes/")
    expect(page.locator(".empty")).to_contain_text("which you may not do")
    for path in ("/export/shop.product/template/", "/export/shop.customer/"):
        assert status(page, path) == 403
        expect(page.locator("[data-trouble='403']")).to_contain_text("Ask whoever")
    page.goto("/export/shop.product/")
    expect(page.locator("[data-start]")).to_be_enabled()


def test_an_upload_without_the_right_is_answered_with_a_sentence(
    visit: Visit, strict: Stack, tmp_path: Path
):
    page = visit("exporter")
    cookies = page.context.cookies()
    token = next(one["value"] for one in cookies if one["name"] == "csrftoken")
    file = workbook(tmp_path, "NO")
    answer = page.request.post(
        "/imports/new/",
        headers={
            "X-CSRFToken": token,
            "Referer": page.url,
            "Accept": "application/json",
        },
        multipart={
            "file": {
                "name": file.name,
                "mimeType": "application/octet-stream",
                "buffer": file.read_bytes(),
            }
        },
    )
    assert (answer.status, answer.json()["error"]) == (
        403,
        "You may not import anything.",
    )
    assert strict.rows("SELECT id FROM dataio_job WHERE file_name = 'NO.xlsx'") == []


def test_who_may_not_undo_sees_no_undo(visit: Visit, strict: Stack, tmp_path: Path):
    steps.forget_products(strict, "KEEP-")
    page = visit("importer")
    expect(page.locator("[data-may-not]")).to_contain_text("You may import, but not")
    assert page.locator("a[href^='/export/'][aria-label^=Export]").count() == 0
    assert steps.import_file(page, workbook(tmp_path, "KEEP"))["created"] == 3
    assert page.locator("[data-undo]").count() == 0
    assert status(page, f"{path_of(page)}undo/") == 403
    expect(page.locator("[data-trouble]")).to_contain_text(
        "You may not undo imports of products."
    )


def test_a_right_taken_while_a_job_waits_ends_it_with_a_sentence(
    visit: Visit, strict: Stack, tmp_path: Path
):
    steps.forget_products(strict, "GONE-")
    page = visit("leaver")
    steps.upload(page, workbook(tmp_path, "GONE"))
    steps.check(page)
    workers = psutil.Process(strict.pids["worker"])
    family = [workers, *workers.children(recursive=True)]
    for process in family:
        process.send_signal(signal.SIGSTOP)
    try:
        page.locator("[data-import]").click()
        page.wait_for_url(steps.JOB_URL)
        assert strict.rows(TAKE_AWAY)
    finally:
        for process in family:
            process.send_signal(signal.SIGCONT)
    steps.wait_for_end(page)
    told = page.locator("[data-job-message]")
    expect(told).to_contain_text("You may not import products.")
    expect(page.locator("[data-may-not]")).to_contain_text("Ask whoever looks after")
    assert page.locator("[data-again], a[href*='#upload']").count() == 0
    assert steps.products(strict, "p.sku LIKE 'GONE-%'") == []


def test_a_colleague_has_what_is_shared_and_a_stranger_has_nothing(
    visit: Visit, strict: Stack
):
    owner = visit("owner")
    report = save_report(owner, "For buyers")
    owner.get_by_label("Buyers").check()
    owner.get_by_role("button", name="Share with these groups").click()
    owner.locator("[data-run]").click()
    owner.wait_for_url(steps.JOB_URL)
    steps.wait_for_end(owner)
    job = path_of(owner)
    assert knock(owner, f"/ws/dataio{job}") == "told"

    colleague = visit("colleague")
    assert "There is no data that you may import" in colleague.inner_text("main")
    colleague.goto(report)
    expect(colleague.locator("[data-may-not]")).to_contain_text("but not run it")
    assert colleague.locator("[data-run], [data-schedule], [data-edit]").count() == 0
    with colleague.expect_download() as download:
        colleague.locator(f"a[href='{job}download/']").click()
    assert download.value.failure() is None
    assert status(colleague, job) == 404
    assert knock(colleague, f"/ws/dataio{job}") == 1006

    stranger = visit("stranger")
    for path in (report, job, f"{job}file/", f"{job}receipt/", f"{job}undo/"):
        assert status(stranger, path) == 404
        expect(stranger.locator("h1")).to_have_text("There is nothing here")
    assert stranger.request.get(f"{job}download/").status == 404
    assert knock(stranger, f"/ws/dataio{job}") == 1006


@pytest.mark.parametrize("statement", ["DELETE FROM", "UPDATE"])
def test_the_trail_of_a_running_site_is_only_added_to(strict: Stack, statement: str):
    words = f"{statement} dataio_auditentry"
    words += " SET about = ''" if statement == "UPDATE" else ""
    with pytest.raises(Exception, match="only added to, never changed"):
        strict.rows(words)
