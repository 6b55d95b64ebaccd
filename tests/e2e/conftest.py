"""A real browser in front of the real stack of `make run`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e import steps
from tests.stack import Stack, running_stack


def pytest_itemcollected(item: pytest.Item) -> None:
    """All tests here share one running site."""
    if "/e2e/" in str(item.path):
        item.add_marker(pytest.mark.stack)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The running site, with demo data and the user demo / demo."""
    with running_stack(tmp_path_factory.mktemp("stack") / "var") as site:
        yield site


@pytest.fixture
def page(browser: Browser, stack: Stack) -> Iterator[Page]:
    """A new window with nothing remembered; addresses start at the site."""
    context = browser.new_context(base_url=stack.url, accept_downloads=True)
    context.set_default_timeout(15_000)
    said: list[str] = []
    context.on("console", lambda message: said.append(message.text))
    page = context.new_page()
    yield page
    context.close()
    refused = [text for text in said if "Content Security Policy" in text]
    assert refused == [], "the page wants what the policy forbids"


@pytest.fixture(scope="session")
def demo_cookies(browser: Browser, stack: Stack) -> list[Any]:
    """What the browser holds after demo has logged in: checking a password takes long."""
    context = browser.new_context(base_url=stack.url)
    page = context.new_page()
    steps.sign_in(page, "demo")
    cookies = context.cookies()
    context.close()
    return cookies


@pytest.fixture
def demo_page(page: Page, demo_cookies: list[Any]) -> Page:
    """A window in which demo has logged in, on the home page."""
    page.context.add_cookies(demo_cookies)
    page.goto("/")
    return page
