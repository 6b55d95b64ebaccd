"""From the click to the finished page, in a real browser.

Two clicks make an import: "Check", until what will change is on the page; "Import", until the
page says what came out. Each is timed by the page itself, over all pages that it passes.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.place import Place
from benchmarks.shapes import CREATE, UPDATE, Shape
from tests.stack import ROOT

SIZES = (100, 1_000, 10_000)
TIMES = 7
MOST_BESIDE = 12
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
LONGEST = 120_000
"""Milliseconds that one click may take."""
CHECKED, FINISHED = "[data-import]:not([disabled])", "[data-figure]"
# Notes when a button was clicked, and when the page first showed and painted what is waited for.
CLOCK = """
(() => {
  const wanted = { map: "[data-import]:not([disabled])", review: "[data-figure]" };
  addEventListener("click", (event) => {
    if (!event.target.closest("[data-start], [data-import]")) return;
    sessionStorage.clicked = Date.now();
    sessionStorage.wanted = event.target.closest("[data-start]") ? wanted.map : wanted.review;
    delete sessionStorage.shown;
  }, true);
  const look = () => {
    const sign = sessionStorage.wanted;
    if (sign && !sessionStorage.shown && document.querySelector(sign)) {
      sessionStorage.shown = "soon";
      requestAnimationFrame(() => { sessionStorage.shown = Date.now(); });
    }
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
})();
"""
TAKEN = "() => Number(sessionStorage.shown) - Number(sessionStorage.clicked)"


def measure(place: Place, rows_beside: int) -> dict[str, Any]:
    """Return medians and worst times in milliseconds, by rows; beside a large import too."""
    found: dict[str, Any] = {}
    with browser() as chromium:
        page = _signed_in(chromium, place)
        for rows in SIZES:
            files = _workbooks(place, rows)
            found[f"{rows:,} rows"] = _times(page, files, TIMES, lambda: True)
        if rows_beside:
            files = _workbooks(place, 1_000)
            with _large_import(place, rows_beside) as runs:
                beside = _times(page, files, MOST_BESIDE, runs)
            found[f"1,000 rows, beside an import of {rows_beside:,}"] = beside
    return found


@contextmanager
def browser() -> Iterator[Any]:
    """Open the Chromium of this machine."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert path, "there is no Chromium on this machine"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


def _signed_in(chromium: Any, place: Place) -> Any:
    context = chromium.new_context(base_url=place.url)
    context.set_default_timeout(LONGEST)
    context.add_init_script(CLOCK)
    page = context.new_page()
    page.goto("/login/")
    page.fill("input[name=username]", "demo")
    page.fill("input[name=password]", "demo")
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda address: "/login" not in address)
    return page


def _workbooks(place: Place, rows: int) -> list[Path]:
    """Make the two versions of a workbook whose keys no other has."""
    shape = str(Shape(rows=rows))
    made = (
        place.run("benchmarks.workbooks", shape, version, "Q")
        for version in (CREATE, UPDATE)
    )
    return [Path(one["path"]) for one in made]


def _times(
    page: Any, files: list[Path], most: int, goes_on: Callable[[], bool]
) -> dict[str, Any]:
    """Import again and again, the two versions of a workbook in turns."""
    checks, imports = [], []
    for number in range(most + 1):
        path = files[number % 2]
        check, load = _import(page, path)
        if number and not goes_on():
            break
        if number:  # the first one warms up
            checks.append(check)
            imports.append(load)
    return {"check": _summary(checks), "import": _summary(imports)}


def _import(page: Any, path: Path) -> tuple[float, float]:
    page.goto("/")
    page.set_input_files("input[type=file]", path)
    page.wait_for_url("**/map/**")
    button = page.locator("[data-start]")
    button.wait_for()
    page.wait_for_load_state("load")
    button.click()
    page.wait_for_url("**/review/**")
    page.locator(CHECKED).wait_for()
    check = _taken(page)
    page.locator(CHECKED).click()
    page.wait_for_url("**/jobs/*/")
    page.locator(FINISHED).first.wait_for()
    return check, _taken(page)


def _taken(page: Any) -> float:
    while not (taken := page.evaluate(TAKEN)):
        page.wait_for_timeout(20)
    return float(taken)


def _summary(milliseconds: list[float]) -> dict[str, float]:
    if not milliseconds:
        return {}
    return {
        "median_ms": statistics.median(milliseconds),
        "worst_ms": max(milliseconds),
        "times": len(milliseconds),
    }


@contextmanager
def _large_import(place: Place, rows: int) -> Iterator[Callable[[], bool]]:
    """Import a large workbook through the same workers meanwhile; yield whether it still runs."""
    command = [sys.executable, "-m", "benchmarks.turn", "dataio", CREATE, f"{rows}x10"]
    environment = {**place.environment, "BENCH_FAMILIES": ""}
    child = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        _wait_until_running(place, child)
        yield lambda: child.poll() is None
    finally:
        assert child.wait(timeout=1_800) == 0, "the large import failed"


def _wait_until_running(place: Place, child: subprocess.Popen[bytes]) -> None:
    """Return once the large import has loaded its first rows."""
    while place.run("benchmarks.interactive.held")["rows"] == 0:
        assert child.poll() is None, "the large import was over too soon"
