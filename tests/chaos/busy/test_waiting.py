"""Jobs that nobody can take yet are kept, say so, and start by themselves."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.chaos.busy.conftest import Broker
from tests.chaos.busy.person import Person, job_path, people
from tests.e2e import steps
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.browser]

NOBODY = (
    "No worker is running. Ask whoever looks after this site; "
    "your job is kept and starts by itself."
)
SOON = 15_000  # milliseconds within which the page says so
AT_LAST = 120_000


@pytest.fixture(scope="module")
def anna(site: Stack) -> Person:
    return people(site, "anna")[0]


@pytest.fixture
def page(browser: Browser, site: Stack, anna: Person) -> Iterator[Page]:
    """Anna's window."""
    context = browser.new_context(base_url=site.url)
    cookies: Any = [
        {"name": name, "value": value, "url": site.url}
        for name, value in anna.web.cookies.items()
    ]
    context.add_cookies(cookies)
    yield context.new_page()
    context.close()


@contextmanager
def no_worker(site: Stack) -> Iterator[None]:
    """The worker and its children do nothing: as if there were none."""
    group = os.getpgid(site.pids["worker"])
    os.killpg(group, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(group, signal.SIGCONT)


@contextmanager
def no_broker(broker: Broker, *, hangs: bool) -> Iterator[None]:
    """It is gone, with all that it carried, or takes connections and answers nothing."""
    stop, start = (broker.hold, broker.go_on) if hangs else (broker.stop, broker.start)
    stop()
    try:
        yield
    finally:
        start()


def click_export(page: Page) -> None:
    page.goto("/export/shop.category/")
    steps.start_export(page)


def why(page: Page) -> Any:
    return page.locator("[data-job-page] [data-part=why]")


def test_without_a_worker_the_page_says_so_and_goes_on_by_itself(
    page: Page, site: Stack
):
    with no_worker(site):
        click_export(page)
        # Told to the page that is open, without anybody loading it again.
        expect(why(page)).to_have_text(NOBODY, timeout=SOON)
    expect(page.locator("[data-figure=rows]")).to_be_visible(timeout=AT_LAST)


@pytest.mark.parametrize(
    ("hangs", "most"),
    [
        pytest.param(False, 10, id="gone"),
        pytest.param(True, 20, id="hangs", marks=pytest.mark.chaos),
    ],
)
def test_a_click_without_a_broker_is_kept_and_starts_when_it_is_back(
    page: Page, anna: Person, broker: Broker, hangs: bool, most: int
):
    with no_broker(broker, hangs=hangs):
        started = time.monotonic()
        answer = anna.export("shop.category", "name")
        assert time.monotonic() - started < most, "the click waited for the broker"
        page.goto(job_path(answer))
        expect(why(page)).to_have_text(NOBODY, timeout=SOON)
    expect(page.locator("[data-figure=rows]")).to_be_visible(timeout=AT_LAST)
