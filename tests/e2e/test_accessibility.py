"""Everybody can use the pages: axe, keyboard, small screens, no motion, no scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e import steps
from tests.stack import Stack

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Filters of every control, an order, related columns, one of them masked.
BUILDER = (
    "/export/shop.order/?export-sent=yes&export-columns=number&export-columns=customer.email"
    "&export-columns=lines.quantity&export-masked=customer.email&export-open=customer"
    "&export-filter=placed_at:period&placed_at_period=this_year&export-filter=status:one"
    "&status=paid&export-filter=number:in&number_in=SO-1&export-filter=customer:record"
    "&export-filter=lines.quantity:between&export-sort=number&export-way=down"
)
# Seconds that anything on the page takes to move.
LONGEST_MOTION = """() => Math.max(...[...document.querySelectorAll("*")].flatMap((one) => {
  const style = getComputedStyle(one);
  return [...style.transitionDuration.split(","), ...style.animationDuration.split(",")]
    .map(parseFloat);
}))"""


@pytest.fixture(scope="module")
def places(stack: Stack, browser: Browser, demo_cookies: list[Any]) -> dict[str, str]:
    """Name -> address of every kind of page, with data on it."""
    context = browser.new_context(base_url=stack.url)
    context.add_cookies(demo_cookies)
    page = context.new_page()
    dirty = stack.samples / "products-dirty-500.xlsx"
    found = {"home": "/", "jobs": "/jobs/", "export": "/export/shop.product/"}
    found |= {"builder": BUILDER, "reports": "/reports/", "audit": "/audit/"}
    found["code report"] = "/reports/code/shop.sales/"
    page.goto("/reports/")
    link = page.locator("[data-report] a").first.get_attribute("href")
    found["report"] = str(link)
    found["edited report"] = (
        f"/export/shop.orderline/?export-report={link.split('/')[2]}"
    )
    for prefix in ("P-", "D-"):
        steps.forget_products(stack, prefix)
    steps.upload(page, stack.samples / "products-1000.xlsx")
    found["failed"] = steps.start_and_fail(page, stack)
    steps.wait_for_end(page)
    steps.import_file(page, stack.samples / "products-1000.xlsx")
    found |= {"done": page.url, "undo": f"{page.url}undo/"}
    steps.import_file(page, dirty)
    found |= {"partial": page.url, "problems": f"{page.url}problems/"}
    steps.upload(page, dirty)
    steps.check(page)
    found |= {"review": page.url, "fix": page.url.replace("/review/", "/fix/")}
    page.locator("[data-marked]").click()
    page.wait_for_url(steps.JOB_URL)
    steps.wait_for_end(page)
    found["marked"] = page.url
    steps.upload(page, dirty)
    found["map"] = page.url
    steps.upload(page, stack.samples / "orders-linked.xlsx")
    found["map of two sheets"] = page.url
    steps.upload(page, stack.samples / "orders-with-lines.xlsx")
    steps.check(page)
    found["review of lines"] = f"{page.url}?part=1"
    found |= {f"summary, {chart}": summary_place(chart) for chart in ("bar", "pie")}
    found |= schedule_places(stack) | {"file": f"{found['marked']}file/"}
    context.close()
    return found


def summary_place(chart: str) -> str:
    """The export page with a summary and its chart on it."""
    query = "export-sent=yes&export-columns=status&export-columns=number"
    return f"/export/shop.order/?{query}&layout-rows_1=status&layout-chart={chart}"


def schedule_places(stack: Stack) -> dict[str, str]:
    """The pages of the schedule that the demo data have."""
    statement = "SELECT id, report_id FROM dataio_schedule ORDER BY id LIMIT 1"
    ((schedule, report),) = stack.rows(statement)
    return {
        "schedules": "/schedules/",
        "schedule": f"/schedules/{schedule}/",
        "schedule form": f"/schedules/{schedule}/edit/",
        "new schedule": f"/reports/{report}/mail/",
    }


@pytest.fixture(params=["light", "dark"])
def dressed(request: pytest.FixtureRequest, demo_page: Page) -> Page:
    demo_page.emulate_media(color_scheme=request.param, reduced_motion="reduce")
    return demo_page


def violations(page: Page) -> list[Any]:
    """Return what axe finds, each with where it is, when colours have stopped changing."""
    page.evaluate(
        "document.getAnimations().forEach(one => one.transitionProperty && one.finish())"
    )
    options = {"runOnly": {"type": "tag", "values": RULES}}
    found = Axe().run(page, options=options).response["violations"]
    return [
        (one["id"], one["help"], [node["html"][:200] for node in one["nodes"]][:5])
        for one in found
    ]


def test_axe_finds_nothing(dressed: Page, places: dict[str, str]):
    found = []
    for name, place in places.items():
        dressed.goto(place)
        found += [(name, one) for one in violations(dressed)]
    assert found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/login/", "/there-is-no-such-page/"])
def test_axe_finds_nothing_before_the_login(page: Page, path: str, scheme: Any):
    page.emulate_media(color_scheme=scheme)
    page.goto(path)
    assert violations(page) == []


@pytest.mark.parametrize("width", [320, 390])
def test_nothing_scrolls_sideways(demo_page: Page, places: dict[str, str], width: int):
    demo_page.set_viewport_size({"width": width, "height": 700})
    wide = {}
    for name, place in places.items():
        demo_page.goto(place)
        wide[name] = demo_page.evaluate("document.documentElement.scrollWidth")
    assert wide == dict.fromkeys(places, width)


def test_nothing_moves_for_those_who_asked_for_no_motion(
    demo_page: Page, places: dict[str, str]
):
    demo_page.emulate_media(reduced_motion="reduce")
    longest = {}
    for name, place in places.items():
        demo_page.goto(place)
        longest[name] = demo_page.evaluate(LONGEST_MOTION)
    assert max(longest.values()) <= 0.01, longest


def tab_to(page: Page, selector: str, *, most: int = 120) -> None:
    """Press Tab until that element has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(one) => document.activeElement.matches(one)", selector):
            return
    pytest.fail(f"Tab does not reach {selector}")


def test_an_import_needs_only_the_keyboard(demo_page: Page, stack: Stack):
    page = demo_page
    # Asked for before the first key: the browser may take a moment to hand choosers over.
    with page.expect_file_chooser() as chooser:
        tab_to(page, "input[type=file]")
        page.keyboard.press("Enter")
    chooser.value.set_files(stack.samples / "products-1000.xlsx")
    page.wait_for_url(steps.MAP_URL)
    tab_to(page, "select#column-9")
    assert steps.mapping(page)["Notes"] == "notes"
    page.keyboard.press("Home")
    page.keyboard.press("Tab")
    assert steps.mapping(page)["Notes"] == ""
    tab_to(page, "#mode")
    tab_to(page, "input[name=atomic]")
    page.keyboard.press("ArrowDown")
    assert page.locator("input[name=atomic][value=yes]").is_checked()
    tab_to(page, "[data-start]")
    page.keyboard.press("Enter")
    page.wait_for_url(steps.REVIEW_URL)
    page.locator("[data-import]").wait_for()
    tab_to(page, "[data-import]")
    page.keyboard.press("Enter")
    page.wait_for_url(steps.JOB_URL)
    steps.wait_for_end(page)
    totals = steps.figures(page)
    assert (totals["rows"], totals["failed"]) == (1000, 0)


def test_columns_of_an_export_are_chosen_and_moved_by_keyboard(demo_page: Page):
    page = demo_page
    page.goto("/export/shop.product/")
    tab_to(page, "[data-column=sku] input")
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("[data-column]").first).to_have_attribute("data-column", "sku")
    expect(page.locator("[data-said]")).to_have_text(re.compile("^SKU is now 1 of "))
    page.keyboard.press("Space")
    assert not page.locator("[data-column=sku] input").is_checked()
    assert page.evaluate("document.activeElement.value") == "sku"


@pytest.fixture
def plain_page(
    browser: Browser, stack: Stack, demo_cookies: list[Any]
) -> Iterator[Page]:
    """A window of demo's that runs no scripts."""
    context = browser.new_context(base_url=stack.url, java_script_enabled=False)
    context.set_default_timeout(15_000)
    context.add_cookies(demo_cookies)
    yield context.new_page()
    context.close()


def look_again_until(page: Page, *, seen: str) -> None:
    """Press "Look again" until the page holds what is looked for."""
    for _ in range(100):
        if page.locator(seen).count():
            return
        page.get_by_role("link", name="Look again").click()
    pytest.fail(f"there is no {seen} after a hundred looks")


def test_an_import_needs_no_scripts(plain_page: Page, stack: Stack):
    page = plain_page
    steps.forget_products(stack, "P-")
    page.goto("/")
    page.set_input_files("input[type=file]", stack.samples / "products-1000.xlsx")
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url(steps.MAP_URL)
    page.locator("[data-start]").click()
    page.wait_for_url(steps.REVIEW_URL)
    look_again_until(page, seen="[data-import]")
    page.locator("[data-import]").click()
    page.wait_for_url(steps.JOB_URL)
    look_again_until(page, seen="[data-figure]")
    shown = page.locator("[data-figure=created]").get_attribute("data-value")
    assert shown == "1000"
    assert len(steps.products(stack, "p.sku LIKE 'P-%'")) == 1000


def test_an_export_needs_no_scripts(plain_page: Page, stack: Stack, tmp_path: Path):
    page = plain_page
    page.goto("/export/shop.category/")
    page.locator("[data-start]").click()
    page.wait_for_url(steps.JOB_URL)
    look_again_until(page, seen="[data-download]")
    with page.expect_download() as download:
        page.locator("[data-download]").click()
    download.value.save_as(tmp_path / "categories.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "categories.xlsx").active
    assert sheet is not None
    names = [row[1] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert names == [
        name for (name,) in stack.rows("SELECT name FROM shop_category ORDER BY name")
    ]
