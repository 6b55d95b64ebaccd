"""The blank template: downloaded, filled in, recognised, imported without a question."""

from __future__ import annotations

from pathlib import Path

import openpyxl
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.stack import Stack

ROWS = [
    {
        "sku": f"TPL-{number}",
        "name": f"Cái số {number}",
        "category": "Tools",
        "price": number + 0.75,
        "quantity": number,
        "weight": number / 4,
        "active": "Yes" if number % 2 else "No",
        "created": f"2026-03-0{number + 1}",
        "supplier_email": "a@example.com",
        "notes": "=1+2" if number else "",
    }
    for number in range(3)
]


def filled(path: Path) -> Path:
    """Fill the template as a person would, below its header and over its example."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    places = {}
    for row in sheet.iter_rows(max_row=10):
        texts = [str(cell.value or "").rstrip(" *").casefold() for cell in row]
        if "sku" in texts:
            header = row[0].row
            places = {text: cell.column for text, cell in zip(texts, row, strict=True)}
            break
    labels = {"weight": "weight (kg)", "supplier_email": "supplier e-mail"}
    for number, values in enumerate(ROWS, start=header + 1):
        for name, value in values.items():
            cell = sheet.cell(number, places[labels.get(name, name)], value)
            if isinstance(value, str):
                cell.data_type = "s"
    target = path.with_name("filled.xlsx")
    book.save(target)
    return target


def test_a_filled_template_is_imported_without_mapping(
    demo_page: Page, stack: Stack, tmp_path: Path
):
    page = demo_page
    steps.forget_products(stack, "TPL-")
    steps.upload(page, stack.samples / "products-1000.xlsx")
    with page.expect_download() as download:
        page.get_by_role("link", name="Template for products").click()
    download.value.save_as(tmp_path / "template.xlsx")
    path = filled(tmp_path / "template.xlsx")
    page.goto("/")
    page.set_input_files("input[type=file]", path)
    page.wait_for_url(steps.REVIEW_URL)
    page.locator("[data-import]").wait_for(timeout=steps.LONG)
    expect(page.locator("[data-told]")).to_contain_text(
        "This is a template from here, so its columns are known."
    )
    assert page.locator("#kind-create").get_attribute("data-count") == "3"
    assert page.locator("#kind-problem").get_attribute("data-count") == "0"
    page.locator("[data-import]").click()
    page.wait_for_url(steps.JOB_URL)
    steps.wait_for_end(page)
    expected = [steps.plain({**row, "active": row["active"] == "Yes"}) for row in ROWS]
    assert steps.products(stack, "p.sku LIKE 'TPL-%'") == expected
