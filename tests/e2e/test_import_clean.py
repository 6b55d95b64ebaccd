"""A clean workbook: dropped, understood, imported, every value in the database."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import Page

from tests.e2e import steps
from tests.stack import Stack

SAMPLE = "products-1000.xlsx"

# A file can only be dropped by a real drop event whose DataTransfer the page made.
DROP = """
([name, content]) => {
  const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name));
  const zone = document.querySelector(".drop-zone");
  for (const type of ["dragenter", "dragover", "drop"]) {
    zone.dispatchEvent(
      new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }),
    );
  }
}
"""


@pytest.fixture(autouse=True)
def empty_shelf(stack: Stack) -> None:
    steps.forget_products(stack, "P-")


def test_a_thousand_rows_arrive_value_by_value(demo_page: Page, stack: Stack):
    page, sample = demo_page, stack.samples / SAMPLE
    page.add_init_script(steps.WATCH_BARS)
    steps.upload(page, sample)
    assert steps.mapping(page) == steps.FIELDS
    assert "Check 1,000 rows" in page.locator("[data-start]").inner_text()
    steps.start(page)
    steps.wait_for_end(page)
    assert steps.figures(page) == {
        "rows": 1000,
        "created": 1000,
        "updated": 0,
        "unchanged": 0,
        "failed": 0,
    }
    moves = steps.moves(page)
    assert len(moves.upload) > 2
    assert moves.upload == sorted(moves.upload)
    # A thousand rows may be checked or loaded before the page is there to watch.
    assert len(moves.check) + len(moves.job) > 3, moves
    assert moves.check == sorted(moves.check)
    assert moves.job == sorted(moves.job)
    assert moves.job[-1] == 100
    expected = steps.by_field(steps.sheet_rows(sample))
    assert steps.products(stack, "p.sku LIKE 'P-%'") == expected


def test_the_same_file_again_changes_nothing(demo_page: Page, stack: Stack):
    sample = stack.samples / SAMPLE
    steps.import_file(demo_page, sample)
    before = stack.rows("SELECT id, updated_at FROM shop_product ORDER BY id")
    assert steps.import_file(demo_page, sample) == {
        "rows": 1000,
        "created": 0,
        "updated": 0,
        "unchanged": 1000,
        "failed": 0,
    }
    assert stack.rows("SELECT id, updated_at FROM shop_product ORDER BY id") == before


def test_a_file_dropped_on_the_page_is_taken(demo_page: Page, stack: Stack):
    page = demo_page
    content = base64.b64encode((stack.samples / SAMPLE).read_bytes()).decode()
    page.goto("/")
    page.evaluate(DROP, [SAMPLE, content])
    page.wait_for_url(steps.MAP_URL)
    assert page.locator(".file-name strong").inner_text() == SAMPLE
    assert steps.mapping(page) == steps.FIELDS
    assert steps.products(stack, "p.sku LIKE 'P-%'") == []


def test_a_file_that_is_no_workbook_is_refused_in_one_sentence(
    demo_page: Page, stack: Stack
):
    page = demo_page
    before = stack.rows("SELECT count(*) FROM dataio_job")
    page.set_input_files(
        "input[type=file]",
        {
            "name": "holiday.xlsx",
            "mimeType": "application/octet-stream",
            "buffer": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
        },
    )
    refusal = page.locator("[data-upload-error] [data-text]")
    refusal.wait_for()
    assert refusal.inner_text() == "This is a picture, not a workbook."
    assert page.url == stack.url
    assert stack.rows("SELECT count(*) FROM dataio_job") == before
