from __future__ import annotations

import io

import openpyxl
import pandas as pd
import pytest
from django.urls import reverse

from dataio.columns import ParseContext
from dataio.exports import blank
from dataio.exports.blank import write_blank
from dataio.imports.lookups import DatabaseLookups
from dataio.imports.recognise import recognise
from dataio.readers import as_objects, open_reader, peek
from dataio.resources import Resource, registry
from project.shop.models import Category, Customer, Product

pytestmark = pytest.mark.django_db


@pytest.fixture
def categories() -> list[Category]:
    return [Category.objects.create(name=name) for name in ("Toys", "Tools")]


def made(resource: Resource, tmp_path):
    path = tmp_path / "template.xlsx"
    with path.open("wb") as file:
        write_blank(resource, file)
    return path


def headers(resource: Resource) -> list[str]:
    return [str(column.label) for column in resource.import_columns.values()]


def test_the_first_sheet_holds_the_header_and_nothing_else(categories, tmp_path):
    product = registry.get("product")
    book = openpyxl.load_workbook(made(product, tmp_path))
    states = [(sheet.title, sheet.sheet_state) for sheet in book]
    assert states == [
        ("Products", "visible"),
        ("Example", "visible"),
        ("Lists", "veryHidden"),
        ("dataio", "veryHidden"),
    ]
    rows = list(book["Products"].iter_rows(values_only=True))
    assert rows == [tuple(headers(product))]
    assert book["Products"].freeze_panes == "A2"


def test_notes_say_what_is_needed_and_allowed(categories, tmp_path):
    book = openpyxl.load_workbook(made(registry.get("product"), tmp_path))
    cells = {cell.value: cell for cell in book["Products"][1]}
    assert cells["SKU"].comment.text == (
        "* Needed in every row.\nText of at most 40 characters."
    )
    assert cells["Notes"].comment.text == "Any text."
    tints = {name: cells[name].fill.fgColor.rgb for name in ("SKU", "Notes")}
    assert tints == {"SKU": "FFFFE8B3", "Notes": "FFE8EDF5"}


def test_choices_booleans_and_related_names_drop_down(categories, tmp_path):
    book = openpyxl.load_workbook(made(registry.get("product"), tmp_path))
    sheet, lists = book["Products"], book["Lists"]
    offered = {}
    for rule in sheet.data_validations.dataValidation:
        column = sheet.cell(1, next(iter(rule.sqref.ranges)).min_col).value
        area = rule.formula1.partition("!")[2].replace("$", "")
        offered[column] = (
            [cell[0].value for cell in lists[area]],
            rule.errorStyle or "stop",
        )
    assert offered == {
        "Category": (["Tools", "Toys"], "warning"),
        "Active": (["yes", "no"], "stop"),
    }


def test_a_long_related_table_has_no_drop_down(categories, tmp_path, monkeypatch):
    monkeypatch.setattr(blank, "MOST_NAMES", 1)
    book = openpyxl.load_workbook(made(registry.get("product"), tmp_path))
    assert len(book["Products"].data_validations.dataValidation) == 1


def test_texts_and_dates_keep_their_form_when_typed(categories, tmp_path):
    book = openpyxl.load_workbook(made(registry.get("product"), tmp_path))
    row = dict(zip(headers(registry.get("product")), book["Example"][2], strict=True))
    formats = {
        name: row[name].number_format for name in ("SKU", "Price", "Created", "Active")
    }
    assert formats == {
        "SKU": "@",
        "Price": "0.00",
        "Created": "yyyy-mm-dd",
        "Active": "General",
    }


@pytest.mark.parametrize("label", ["product", "customer", "order", "orderline"])
def test_the_example_row_is_read_without_a_problem(categories, tmp_path, label):
    customer = Customer.objects.create(email="anna@example.com", name="Anna")
    customer.orders.create(number="O-1", placed_at="2026-01-01T00:00Z")
    Product.objects.create(sku="A-1", name="Saw", category=categories[0], price=1)
    resource = registry.get(label)
    reader = open_reader(made(resource, tmp_path), "Example", 1)
    (frame,) = map(as_objects, reader.frames(10))
    context = ParseContext(lookups=DatabaseLookups())
    problems = [
        column.parse(frame[str(column.label)], context).problems
        for column in resource.import_columns.values()
        if str(column.label) in frame
    ]
    assert pd.concat(problems)["message"].tolist() == []


def test_a_template_is_recognised_with_its_columns(categories, tmp_path):
    product = registry.get("product")
    found = recognise(peek(made(product, tmp_path)))
    assert found is not None
    assert found.complete
    assert found.notes == ["This is a template from here, so its columns are known."]
    assert (found.plan.sheet, found.plan.header_row) == ("Products", 1)
    assert found.plan.mapping == dict(
        zip(headers(product), product.import_columns, strict=True)
    )
    assert (found.plan.key, found.plan.mode) == (("sku",), "upsert")


def test_a_header_in_another_language_is_still_known(categories, tmp_path):
    path = made(registry.get("product"), tmp_path)
    product = registry.get("product")
    column = product.import_columns["sku"]
    before = column.label
    column.label = "Mã hàng"
    try:
        found = recognise(peek(path))
    finally:
        column.label = before
    assert found is not None and found.plan.mapping["SKU"] == "sku"


def test_an_old_template_says_what_is_new(categories, tmp_path, monkeypatch):
    product = registry.get("product")
    whole = dict(product.import_columns)
    older = {n: c for n, c in whole.items() if n not in ("notes", "active")}
    monkeypatch.setitem(product.__dict__, "import_columns", older)
    path = made(product, tmp_path)
    monkeypatch.setitem(product.__dict__, "import_columns", whole)
    found = recognise(peek(path))
    assert found is not None
    assert found.notes == [
        "This template is older: these columns are new: Active, Notes."
    ]


def test_a_file_of_somebody_else_is_not_recognised(tmp_path):
    path = tmp_path / "other.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["SKU"])
    book.create_sheet("dataio").append(["mine"])
    book.save(path)
    assert recognise(peek(path)) is None


def test_the_page_hands_out_the_template(client, django_user_model, categories):
    url = reverse("dataio:template", args=["shop.product"])
    assert client.get(url).status_code == 302
    client.force_login(django_user_model.objects.create_user("alice"))
    answer = client.get(url)
    assert "Products template.xlsx" in answer["Content-Disposition"]
    assert openpyxl.load_workbook(io.BytesIO(answer.content)).sheetnames[0] == (
        "Products"
    )
    assert client.get(reverse("dataio:template", args=["nothing"])).status_code == 404
