"""What one person brings is seen by nobody else: a sample of it in real browsers.

Every address and every socket is walked in `tests/integration/test_who_may.py`.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import steps
from tests.stack import Stack

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


def test_another_person_finds_nothing(annas_job: str, boris: Page):
    cookies = boris.context.cookies()
    token = next(one["value"] for one in cookies if one["name"] == "csrftoken")
    headers = {"X-CSRFToken": token, "Referer": boris.url}
    for path in (annas_job, annas_job + "download/"):
        assert boris.request.get(path).status == 404
    assert boris.request.post(annas_job + "cancel/", headers=headers).status == 404


def test_another_person_sees_no_trace_in_the_lists(annas_job: str, boris: Page):
    for path in ("/", "/jobs/"):
        boris.goto(path)
        expect(boris.locator("h1").first).to_be_visible()
        # He may have jobs of his own on this site, from other tests.
        assert annas_job.split("/")[2] not in boris.content()


def test_the_socket_refuses_another_person(annas_job: str, boris: Page):
    # 1006: the handshake was answered with 403, there never was a socket.
    assert knock(boris, f"/ws/dataio{annas_job}") == 1006


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


def test_who_may_audit_sees_who_was_refused(stack: Stack, annas_job: str, boris: Page):
    """Demo, who may do all, finds boris where he was not let in, by the answer's own id."""
    refused = boris.request.get(annas_job)
    known = refused.headers["x-request-id"]
    boris.context.clear_cookies()
    steps.sign_in(boris, "demo")
    boris.goto("/audit/?person=boris&action=denied")
    line = boris.locator("[data-audit=denied]").filter(has_text=known[:12])
    assert annas_job in line.inner_text()
    boris.goto("/audit/?person=anna&action=imported")
    assert "1 row" in boris.locator("[data-audit=imported]").first.inner_text()
