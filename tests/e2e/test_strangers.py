"""What one person brings is seen by nobody else: pages, files and sockets alike."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e import steps
from tests.stack import Stack

PAGES = [
    "",
    "row/",
    "status/",
    "problems/",
    "problems/?format=csv",
    "file/",
    "download/",
]
MAKE_USERS = """
from django.contrib.auth.models import User
for name in ("anna", "boris"):
    User.objects.filter(username=name).exists() or User.objects.create_user(name, password=name)
"""

SOCKET = """
(path) => {
  window.answer = undefined;
  const socket = new WebSocket(new URL(path, location.href.replace(/^http/, "ws")));
  socket.onmessage = () => (window.answer ??= "told");
  socket.onclose = (event) => (window.answer ??= event.code);
}
"""


def knock(page: Page, path: str) -> str | int:
    """Open a socket; return "told", or the code with which it was closed."""
    page.evaluate(SOCKET, path)
    answer: str | int = steps.wait_until(page, "window.answer")
    return answer


@pytest.fixture(scope="module")
def annas_job(
    stack: Stack, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The path of a finished import of anna's, who is nobody special."""
    stack.manage("shell", "-c", MAKE_USERS)
    path = steps.write_workbook(
        tmp_path_factory.mktemp("anna") / "categories.xlsx", ["Name"], [["Anna's"]]
    )
    context = browser.new_context(base_url=stack.url)
    page = context.new_page()
    steps.sign_in(page, "anna")
    steps.upload(page, path)
    page.select_option("#resource", "shop.category")
    page.wait_for_url("**resource=shop.category**")
    steps.wait_until(page, "!document.querySelector('[data-map][aria-busy]')")
    job = steps.start(page)
    steps.wait_for_end(page)
    assert knock(page, f"/ws/dataio{job}") == "told"
    context.close()
    return job


@pytest.fixture
def boris(page: Page) -> Page:
    steps.sign_in(page, "boris")
    return page


@pytest.mark.parametrize("part", PAGES)
def test_another_person_finds_nothing(annas_job: str, boris: Page, part: str):
    assert boris.request.get(annas_job + part).status == 404


def test_another_person_can_neither_map_nor_cancel(annas_job: str, boris: Page):
    cookies = boris.context.cookies()
    token = next(one["value"] for one in cookies if one["name"] == "csrftoken")
    headers = {"X-CSRFToken": token, "Referer": boris.url}
    place = annas_job.replace("/jobs/", "/imports/")
    draft = place + "map/"
    parts = ("review/", "conflicts/", "reopen/", "take-back/", "decide/", "recipe/")
    decisions = [place + part for part in parts]
    own = [annas_job + part for part in ("cancel/", "again/")]
    for path in (draft, *own, *decisions):
        assert boris.request.post(path, headers=headers).status == 404
    assert boris.request.get(draft).status == 404


def test_another_person_sees_no_trace_in_the_lists(annas_job: str, boris: Page):
    boris.goto("/")
    assert boris.locator("[data-job-row]").count() == 0
    boris.goto("/jobs/")
    assert boris.locator("[data-job-row]").count() == 0


def test_another_person_finds_no_schedule_and_no_report(stack: Stack, boris: Page):
    statement = "SELECT id, report_id FROM dataio_schedule"
    ((schedule, report),) = stack.rows(f"{statement} ORDER BY id LIMIT 1")
    paths = [f"/schedules/{schedule}/", f"/schedules/{schedule}/edit/"]
    for path in [*paths, f"/reports/{report}/mail/"]:
        assert boris.request.get(path).status == 404
    boris.goto("/schedules/")
    assert boris.locator("[data-schedule]").count() == 0


def test_the_socket_refuses_another_person(annas_job: str, boris: Page):
    # 1006: the handshake was answered with 403, there never was a socket.
    assert knock(boris, f"/ws/dataio{annas_job}") == 1006


@pytest.mark.parametrize("part", [*PAGES, None])
def test_without_a_name_there_is_only_the_login(
    annas_job: str, page: Page, part: str | None
):
    path = "/export/shop.product/" if part is None else annas_job + part
    response = page.request.get(path, max_redirects=0)
    assert response.status == 302
    assert response.headers["location"].startswith("/login/?next=")


def test_the_sockets_refuse_somebody_without_a_name(annas_job: str, page: Page):
    page.goto("/login/")
    assert knock(page, f"/ws/dataio{annas_job}") == 1006
    assert knock(page, "/ws/dataio/jobs/") == 1006


def test_after_the_login_one_is_where_one_wanted_to_be(annas_job: str, page: Page):
    page.goto(annas_job)
    page.fill("input[name=username]", "anna")
    page.fill("input[name=password]", "anna")
    page.locator("form .button.main").click()
    page.wait_for_url(f"**{annas_job}")
    assert steps.figures(page)["rows"] == 1


def test_every_answer_forbids_scripts_and_styles_of_others(page: Page):
    for path in ("/login/", "/there-is-no-such-page/"):
        policy = page.request.get(path).headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize(
    "path",
    [
        "/reports/",
        "/reports/1/",
        "/reports/code/shop.sales/",
        "/export/shop.order/?part=live",
    ],
)
def test_without_a_name_reports_lead_to_the_login(page: Page, path: str):
    response = page.request.get(path, max_redirects=0)
    assert response.status == 302
    assert response.headers["location"].startswith("/login/?next=")


def test_a_report_of_somebody_else_is_neither_run_nor_edited(stack: Stack, page: Page):
    """Number 1 is demo's monthly sales report."""
    stack.manage("shell", "-c", MAKE_USERS)
    steps.sign_in(page, "boris")
    cookies = page.context.cookies()
    token = next(one["value"] for one in cookies if one["name"] == "csrftoken")
    headers = {"X-CSRFToken": token, "Referer": page.url}
    assert page.request.get("/reports/1/").status == 404
    assert page.request.get("/export/shop.orderline/?export-report=1").status == 404
    for path in ("/reports/1/", "/reports/1/run/"):
        assert page.request.post(path, headers=headers).status == 404
