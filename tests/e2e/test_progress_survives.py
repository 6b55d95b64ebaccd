"""The bar tells the truth after a reload, in a second tab, and whatever befalls the socket."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e import steps
from tests.stack import Stack

BAR = "[data-job-page] [role=progressbar]"
NO_SOCKETS = """
window.WebSocket = class {
  constructor() { throw new DOMException("forbidden", "SecurityError"); }
};
"""
COUNT_ANNOUNCEMENTS = """
window.said = { polite: [], assertive: [] };
document.addEventListener("DOMContentLoaded", () => {
  for (const part of ["polite", "assertive"]) {
    const region = document.querySelector(`[data-job-page] [data-part=${part}]`);
    if (!region) continue;
    new MutationObserver(() => said[part].push(region.textContent))
      .observe(region, { childList: true, characterData: true, subtree: true });
  }
});
"""


@pytest.fixture(autouse=True)
def empty_shelf(stack: Stack) -> None:
    """New rows take long enough to be watched; rows that are there already do not."""
    steps.forget_products(stack, "P-")


@pytest.fixture
def big_job(demo_page: Page, stack: Stack) -> Page:
    """The page of an import of 100,000 rows that has just been started."""
    steps.upload(demo_page, stack.samples / "products-100000.xlsx")
    steps.start(demo_page)
    return demo_page


def value_now(page: Page) -> int:
    return int(page.locator(BAR).get_attribute("aria-valuenow") or -1)


def ends_well(page: Page) -> None:
    """Wait for the end; all 100,000 rows must have been dealt with."""
    steps.wait_for_end(page)
    totals = steps.figures(page)
    assert totals["rows"] == 100_000
    assert totals["created"] + totals["updated"] + totals["unchanged"] == 100_000
    assert value_now(page) == 100


def test_a_reload_and_a_second_tab_show_the_same_job_further_on(big_job: Page):
    page = big_job
    page.add_init_script(steps.WATCH_BARS)
    steps.wait_until_moving(page)
    before = value_now(page)
    page.reload()
    steps.wait_until_moving(page)
    assert value_now(page) >= before
    second = page.context.new_page()
    second.goto(page.url)
    ends_well(page)
    ends_well(second)
    assert second.title() == page.title()
    assert steps.figures(second) == steps.figures(page)
    seen = steps.moves(page).job
    assert len(seen) >= 2
    assert seen == sorted(seen)


def test_it_reconnects_when_the_socket_is_closed(demo_page: Page, stack: Stack):
    page = demo_page
    opened: list[WebSocketRoute] = []

    def relay(socket: WebSocketRoute) -> None:
        opened.append(socket)
        socket.connect_to_server()

    page.route_web_socket(re.compile(r"/ws/dataio/jobs/.{36}/"), relay)
    steps.upload(page, stack.samples / "products-100000.xlsx")
    steps.start(page)
    steps.wait_until_moving(page)
    before = len(opened)
    with page.expect_websocket():
        opened[-1].close(code=1012, reason="restart")
    ends_well(page)
    assert len(opened) > before
    expect(page.locator("[data-part=link]")).to_be_hidden()


def test_without_sockets_it_asks_by_itself(demo_page: Page, stack: Stack):
    page = demo_page
    page.add_init_script(NO_SOCKETS)
    page.add_init_script(steps.WATCH_BARS)
    steps.upload(page, stack.samples / "products-100000.xlsx")
    with page.expect_response(re.compile(r"/status/$")):
        steps.start(page)
    ends_well(page)
    seen = steps.moves(page).job
    assert len(seen) >= 2
    assert seen == sorted(seen)


def test_a_job_that_has_ended_opens_with_its_result(demo_page: Page, stack: Stack):
    page = demo_page
    totals = steps.import_file(page, stack.samples / "products-1000.xlsx")
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.reload()
    steps.wait_for_end(page)
    assert steps.figures(page) == totals
    assert value_now(page) == 100
    expect(page).to_have_title(re.compile("^✓ "))
    assert sockets == []


def test_the_tab_and_a_screen_reader_are_told_how_far_it_is(
    demo_page: Page, stack: Stack
):
    page = demo_page
    page.add_init_script(COUNT_ANNOUNCEMENTS)
    steps.upload(page, stack.samples / "products-100000.xlsx")
    steps.start(page)
    steps.wait_until_moving(page)
    bar = page.locator(BAR)
    expect(page).to_have_title(re.compile(r"^\d+%"))
    assert bar.get_attribute("aria-valuemin") == "0"
    assert bar.get_attribute("aria-valuemax") == "100"
    assert bar.get_attribute("aria-label") == "Import products"
    expect(bar).to_have_attribute(
        "aria-valuetext", re.compile(r"^(Reading|Checking|Loading|Finishing), \d+%$")
    )
    ends_well(page)
    expect(page).to_have_title(re.compile("^✓ "))
    said = page.evaluate("said")
    # Ten steps of ten per cent, and a few changes of phase; the end once, at once.
    assert 1 <= len(said["polite"]) <= 25, said
    assert len(set(said["polite"])) == len(said["polite"])
    assert len(said["assertive"]) == 1


def test_the_home_page_follows_a_job_to_its_end(big_job: Page):
    page = big_job
    path = page.url.rstrip("/").rsplit("/", 1)[1]
    page.goto("/")
    row = page.locator(f"[data-job-row='{path}']")
    row.wait_for()
    expect(row).to_have_attribute("data-state", "done", timeout=steps.LONG)
    expect(page.locator(f"[data-ended] [data-job-row='{path}']")).to_be_visible()
