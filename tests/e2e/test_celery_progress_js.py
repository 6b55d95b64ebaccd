"""celery-progress's own scripts, unmodified, show our jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import celery_progress
import pytest
from playwright.sync_api import Page

from tests.e2e import steps
from tests.stack import Stack

SCRIPTS = Path(celery_progress.__file__).parent / "static" / "celery_progress"
CLASSES = {"polling": "CeleryProgressBar", "socket": "CeleryWebSocketProgressBar"}
PAGE = """<!doctype html><title>Theirs</title>
<div><div id="progress-bar"></div></div>
<div id="progress-bar-message"></div><div id="celery-result"></div>
<script src="/static/celery_progress/celery_progress.js"></script>
<script src="/static/celery_progress/websockets.js"></script>"""
# Their default handlers draw; what they were told is noted beside it.
WATCH = """
([name, url]) => {
  window.told = [];
  const kind = eval(name);
  const plain = kind.prototype.onData;
  const bar = new kind(url, { pollInterval: 100 });
  bar.onData = function (data) {
    const complete = plain.call(this, data);
    told.push({ ...data, width: this.progressBarElement.style.width, returned: complete });
    return complete;
  };
  bar.connect();
}
"""
GREEN, RED = "rgb(118, 206, 96)", "rgb(220, 79, 99)"


def watch(page: Page, way: str, job: str) -> list[dict[str, Any]]:
    """Open their page on a job, wait for its end, return all it was told."""
    # A page of the same site, emptied: a socket from a page that did not come over the
    # network is refused by Chromium.
    page.goto("/login/")
    page.set_content(PAGE)
    url = f"{job}status/" if way == "polling" else f"/ws/dataio{job}"
    page.evaluate(WATCH, [CLASSES[way], url])
    steps.wait_until(page, "told.at(-1)?.returned")
    told: list[dict[str, Any]] = page.evaluate("told")
    return told


@pytest.mark.parametrize("name", ["celery_progress.js", "websockets.js"])
def test_the_site_serves_their_scripts_unchanged(demo_page: Page, name: str):
    served = demo_page.request.get(f"/static/celery_progress/{name}")
    assert served.body() == (SCRIPTS / name).read_bytes()


@pytest.mark.parametrize("way", ["polling", "socket"])
def test_they_follow_a_job_from_running_to_success(
    demo_page: Page, stack: Stack, way: str
):
    page = demo_page
    steps.upload(page, stack.samples / "products-100000.xlsx")
    job = steps.start(page)
    told = watch(page, way, job)
    percents = [one["progress"]["percent"] for one in told]
    assert len({one["width"] for one in told}) > 2
    assert percents == sorted(percents)
    assert {one["state"] for one in told[:-1]} <= {"PENDING", "PROGRESS"}
    assert told[-1]["state"] == "SUCCESS"
    assert told[-1]["success"] is True
    assert bar_of(page) == ("100%", GREEN)
    assert "of 100 processed" not in page.inner_text("#progress-bar-message")
    assert page.inner_text("#celery-result") == told[-1]["result"]
    assert told[-1]["result"].endswith("unchanged")


@pytest.mark.parametrize("way", ["polling", "socket"])
def test_they_show_a_failed_job_as_an_error(demo_page: Page, stack: Stack, way: str):
    page = demo_page
    steps.forget_products(stack, "P-")
    steps.upload(page, stack.samples / "products-1000.xlsx")
    job = steps.start_and_fail(page, stack)
    told = watch(page, way, job)
    assert told[-1]["state"] == "FAILURE"
    assert told[-1]["success"] is False
    assert told[-1]["result"]
    assert bar_of(page)[1] == RED
    assert page.inner_text("#celery-result") == told[-1]["result"]


def bar_of(page: Page) -> tuple[str, str]:
    style = page.locator("#progress-bar").evaluate(
        "bar => [bar.style.width, bar.style.backgroundColor]"
    )
    return style[0], style[1]
