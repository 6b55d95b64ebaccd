"""What a person does and sees on the pages, and what the file and the database hold."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openpyxl
from playwright.sync_api import Page, expect

from tests.stack import Stack

JOB_URL = re.compile(r"/jobs/[0-9a-f-]{36}/$")
MAP_URL = re.compile(r"/imports/[0-9a-f-]{36}/map/")
REVIEW_URL = re.compile(r"/imports/[0-9a-f-]{36}/review/")
LONG = 60_000  # milliseconds that a big job may take on a busy machine

FIELDS = {
    "SKU": "sku",
    "Name": "name",
    "Category": "category",
    "Price": "price",
    "Quantity": "quantity",
    "Weight (kg)": "weight",
    "Active": "active",
    "Created": "created",
    "Supplier e-mail": "supplier_email",
    "Notes": "notes",
}
"""Header in the sample workbooks -> column of a product."""

# Notes every value that a bar takes, in the tab's own memory, which outlives a page.
# Rows of a list have bars of other jobs.
WATCH_BARS = """
(() => {
  const note = (bar) => {
    if (bar.closest("[data-job-row]")) return;
    const seen = JSON.parse(sessionStorage.getItem("bars") ?? "[]");
    seen.push([location.pathname, Number(bar.getAttribute("aria-valuenow"))]);
    sessionStorage.setItem("bars", JSON.stringify(seen));
  };
  const look = (node) => {
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    if (node.matches("[role=progressbar]")) note(node);
    else node.querySelectorAll("[role=progressbar]").forEach(note);
  };
  new MutationObserver((records) => {
    for (const one of records) {
      if (one.type === "attributes") note(one.target);
      else one.addedNodes.forEach(look);
    }
  }).observe(document, {
    subtree: true, childList: true, attributes: true, attributeFilter: ["aria-valuenow"],
  });
})();
"""


@dataclass(frozen=True, kw_only=True)
class Moves:
    """The values of a bar one after the other, each change once."""

    upload: list[int]
    check: list[int]
    job: list[int]


def sign_in(page: Page, name: str = "demo") -> None:
    """Sign in; these users' passwords are their names."""
    page.goto("/login/")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", name)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda address: "/login" not in address)


def upload(page: Page, path: Path) -> None:
    """Choose a file on the home page; end on the page that maps its columns."""
    page.goto("/")
    page.set_input_files("input[type=file]", path)
    page.wait_for_url(MAP_URL)


def check(page: Page) -> None:
    """Press the mapping page's button; end on the review page when all is checked."""
    say_the_order_of_dates(page)
    page.locator("[data-start]").click()
    page.wait_for_url(REVIEW_URL)
    page.locator("[data-import]").wait_for(timeout=LONG)


def say_the_order_of_dates(page: Page) -> None:
    """Answer what the mapping page asks about dates that may be two."""
    for choice in page.locator("select[name^=date_order-]").all():
        if choice.is_visible() and not choice.input_value():
            choice.select_option("DMY")


def start(page: Page) -> str:
    """Check, then import; end on the job's page and return its path."""
    check(page)
    page.locator("[data-import]").click()
    page.wait_for_url(JOB_URL)
    return re.sub(r"^https?://[^/]+", "", page.url)


def start_and_fail(page: Page, stack: Stack) -> str:
    """Check, then start an import that fails the way a broken disk makes it fail.

    The checked rows are gone when they are to be loaded. Returns the job page's path.
    """
    check(page)
    number = re.search(r"[0-9a-f-]{36}", page.url)
    assert number is not None
    shutil.rmtree(stack.var / "jobs" / number[0] / "chunks")
    page.locator("[data-import]").click()
    page.wait_for_url(JOB_URL)
    return urlsplit(page.url).path


def start_export(page: Page) -> None:
    """Press the export page's button; end on the job's page."""
    # The bar at the foot may grow under the mouse while the page follows a choice.
    expect(page.locator("form[aria-busy]")).to_have_count(0, timeout=LONG)
    page.locator("[data-start]").click()
    page.wait_for_url(JOB_URL)


def filter_by(page: Page, path: str, operator: str, *values: str) -> None:
    """Add a filter on the export page: column, words between, values in their controls."""
    # What is chosen while the page follows an earlier choice may meet a piece that goes.
    expect(page.locator("form[aria-busy]")).to_have_count(0, timeout=LONG)
    before = page.locator("[data-sentence]").count()
    page.select_option("#export-add", path)
    added = page.locator("[data-sentence]").nth(before)
    added.wait_for()
    if added.get_attribute("data-sentence") != f"{path}:{operator}":
        added.locator("[data-operator]").select_option(f"{path}:{operator}")
    sentence = page.locator(f"[data-sentence='{path}:{operator}']")
    sentence.wait_for()
    controls = sentence.locator(".field :is(input, select, textarea)")
    for place, value in enumerate(values):
        control = controls.nth(place)
        kind = control.evaluate("one => one.type")
        if kind == "checkbox":
            sentence.locator(f".field input[value='{value}']").check()
        elif kind == "select-one":
            control.select_option(value)
        else:
            control.fill(value)


def wait_for_end(page: Page) -> None:
    """Wait until the job page shows what came out."""
    page.locator("[data-figure], [data-job-message]").first.wait_for(timeout=LONG)


def wait_until(page: Page, expression: str, argument: object = None) -> Any:
    """Wait until a JavaScript expression or function gives something true; return it.

    Playwright's own wait_for_function calls eval in the page, which our policy forbids.
    """
    deadline = time.monotonic() + LONG / 1000
    while not (found := page.evaluate(expression, argument)):
        assert time.monotonic() < deadline, f"never true: {expression}"
        page.wait_for_timeout(50)
    return found


def wait_until_moving(page: Page) -> None:
    """Wait until the job page's bar is somewhere in the middle."""
    wait_until(
        page,
        """() => {
          const bar = document.querySelector("[data-job-page] [role=progressbar]");
          const at = Number(bar?.getAttribute("aria-valuenow"));
          return at > 2 && at < 100;
        }""",
    )


def import_file(page: Page, path: Path) -> dict[str, int]:
    """Upload, take the mapping as proposed, import; return the totals."""
    upload(page, path)
    start(page)
    wait_for_end(page)
    return figures(page)


def figures(page: Page) -> dict[str, int]:
    """Return the totals that the page shows."""
    shown: dict[str, int] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("[data-figure]")]
          .map((one) => [one.dataset.figure, Number(one.dataset.value)]))"""
    )
    return shown


def mapping(page: Page) -> dict[str, str]:
    """Return header -> column as the mapping page has them chosen."""
    shown: dict[str, str] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("tr[data-header]")]
          .map((row) => [row.dataset.header, row.querySelector(".becomes select").value]))"""
    )
    return shown


def moves(page: Page) -> Moves:
    """Return what WATCH_BARS, an init script of the page, has seen so far."""
    seen = page.evaluate("JSON.parse(sessionStorage.getItem('bars') ?? '[]')")
    return Moves(
        upload=_changes(value for path, value in seen if path == "/"),
        check=_changes(value for path, value in seen if REVIEW_URL.search(path)),
        job=_changes(value for path, value in seen if JOB_URL.search(path)),
    )


def forget_products(stack: Stack, prefix: str) -> None:
    """Remove the products whose SKU starts so, as if they had never been imported."""
    stack.rows(f"DELETE FROM shop_product WHERE sku LIKE '{prefix}%' RETURNING id")


def products(stack: Stack, where: str) -> list[dict[str, Any]]:
    """Return products by SKU, with the category's name, as plain comparable values."""
    rows = stack.rows(
        "SELECT p.sku, p.name, c.name, p.price, p.quantity, p.weight, p.active,"
        " p.created, p.supplier_email, p.notes FROM shop_product p"
        f" JOIN shop_category c ON c.id = p.category_id WHERE {where} ORDER BY p.sku"
    )
    return [plain(dict(zip(FIELDS.values(), row, strict=True))) for row in rows]


def sheet_rows(path: Path) -> list[dict[str, Any]]:
    """Return the first sheet's rows by header."""
    book = openpyxl.load_workbook(path, read_only=True)
    header, *rows = book.worksheets[0].iter_rows(values_only=True)
    book.close()
    return [dict(zip(header, row, strict=True)) for row in rows]


def by_field(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a sample workbook's rows as products, to compare with `products`."""
    return [
        plain({FIELDS[header]: value for header, value in row.items()}) for row in rows
    ]


def plain(product: dict[str, Any]) -> dict[str, Any]:
    """One product with the same types whichever way it was read."""
    types: dict[str, Any] = {
        "price": lambda value: Decimal(str(value)).quantize(Decimal("0.01")),
        "weight": float,
        "quantity": int,
        "active": bool,
        "created": _day,
    }
    return {
        name: types.get(name, lambda text: text or "")(value)
        for name, value in product.items()
    }


def write_workbook(path: Path, header: Sequence[str], rows: Iterable[Any]) -> Path:
    """Write a workbook; every text is a text, whatever it starts with."""
    book = openpyxl.Workbook()
    for row in [header, *rows]:
        book.active.append(list(row))
    for line in book.active.iter_rows():
        for cell in line:
            if isinstance(cell.value, str):
                cell.data_type = "s"
    book.save(path)
    return path


def _day(value: Any) -> str:
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    day, slash, rest = str(value).partition("/")
    # As `say_the_order_of_dates` said it: day, month, year.
    return f"{rest[3:]}-{rest[:2]}-{day}" if slash else str(value)[:10]


def _changes(values: Iterable[int]) -> list[int]:
    changes: list[int] = []
    for value in values:
        if not changes or value != changes[-1]:
            changes.append(value)
    return changes


def stored(stack: Stack, moment: datetime) -> str:
    """Return a moment of UTC as the site's database keeps it, to be put into SQL."""
    zone = "+00:00" if stack.environment.get("DATABASE_URL") else ""
    return f"{moment:%Y-%m-%d %H:%M:%S}{zone}"
