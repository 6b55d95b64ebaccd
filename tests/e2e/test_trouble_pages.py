"""The pages that nobody hopes for can be used by everybody too: axe, and small screens.

They are made by the running site as it makes them in trouble, and shown at its address with
its style sheets.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.e2e.test_accessibility import violations
from tests.stack import Stack

MAKE = """
import json
from django.contrib.auth.models import User
from django.db import OperationalError
from django.http import Http404
from django.template.loader import render_to_string
from django.test import RequestFactory
from dataio import errors
from dataio.web.trouble import answer_to
from dataio.web.uploads import too_large_sentence
seen = {"user": User(username="demo"), "sentence": too_large_sentence()}
names = ("400", "403", "403_csrf", "404", "413", "500")
pages = {name: render_to_string(f"{name}.html", seen) for name in names}
troubles = {
    "403 with a sentence": errors.NotPermitted("You may not import products."),
    "429 jobs": errors.TooManyJobs(),
    "429 often": errors.TooOften(),
    "503": OperationalError("away"),
    "507": errors.StorageTrouble(),
}
from unittest.mock import patch
for name, error in troubles.items():
    for method in ("get", "post"):
        request = getattr(RequestFactory(), method)("/", headers={"accept": "text/html"})
        with patch("dataio.web.trouble.audit.note"):
            pages[f"{name}, {method}"] = answer_to(request, error).content.decode()
print(json.dumps(pages))
"""


@pytest.fixture(scope="module")
def pages(stack: Stack) -> dict[str, str]:
    """Name -> the page's text."""
    said = stack.manage("shell", "-v0", "-c", MAKE)
    found: dict[str, str] = json.loads(said.splitlines()[-1])
    return found


def show(page: Page, text: str) -> None:
    def answer(route: Route) -> None:
        route.fulfill(body=text, content_type="text/html; charset=utf-8")

    page.unroute("**/trouble/")
    page.route("**/trouble/", answer)
    page.goto("/trouble/")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_them(page: Page, pages: dict[str, str], scheme: Any):
    page.emulate_media(color_scheme=scheme)
    found = []
    for name, text in pages.items():
        show(page, text)
        found += [(name, one) for one in violations(page)]
    assert found == []


def test_each_says_what_now_and_fits_a_phone(page: Page, pages: dict[str, str]):
    page.set_viewport_size({"width": 320, "height": 700})
    wide = {}
    for name, text in pages.items():
        show(page, text)
        wide[name] = page.evaluate("document.documentElement.scrollWidth")
        assert page.locator("main h1").count() == 1, name
        assert page.locator("main a.button.main").is_visible(), name
        assert page.locator("main .alone > :is(svg, img)").count() == 1, name
    assert wide == dict.fromkeys(pages, 320)
