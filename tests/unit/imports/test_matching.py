"""Headers to columns, and plans that can be run."""

from __future__ import annotations

import pytest

from dataio import Resource
from dataio.columns import CellFormat
from dataio.imports.matching import check_plan, match, propose_plan
from dataio.imports.plan import ImportPlan
from dataio.readers.base import SheetPeek
from project.shop.models import Product


class ProductResource(Resource):
    model = Product
    aliases = {"sku": ["article number"], "name": ["Désignation"]}


RESOURCE = ProductResource()


def matched(*headers: str, samples: dict | None = None) -> dict[str, str]:
    cells = [(samples or {}).get(header, []) for header in headers]
    found = match(list(headers), cells, RESOURCE)
    assert [one.header for one in found] == list(headers)
    return {one.header: one.column for one in found}


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("sku", "sku"),
        ("SKU", "sku"),
        ("Article Number", "sku"),
        ("article_number", "sku"),
        ("Supplier e-mail", "supplier_email"),
        ("SUPPLIER EMAIL", "supplier_email"),
        ("Weight (kg)", "weight"),
        ("Designation", "name"),
        ("Quantty", "quantity"),
        ("Colour", ""),
        ("Column B", ""),
    ],
)
def test_a_header_is_known_by_its_name(header, column):
    assert matched(header) == {header: column}


@pytest.mark.parametrize(
    ("headers", "certainties"), [(["SKU"], [1.0]), (["s.k.u"], [0.95]), (["?"], [0.0])]
)
def test_it_tells_how_certain_it_is(headers, certainties):
    assert [one.certainty for one in match(headers, [[]], RESOURCE)] == certainties


def test_the_order_of_headers_plays_no_part():
    headers = ["name", "SKU", "price", "Quantty"]

    assert matched(*headers) == matched(*headers[::-1])


def test_the_better_name_wins_and_the_other_header_stays_free():
    assert matched("Prices", "Price") == {"Prices": "", "Price": "price"}


def test_two_headers_with_equal_right_are_left_to_the_person():
    assert matched("S K U", "S-K-U") == {"S K U": "", "S-K-U": ""}


def test_a_name_that_is_only_alike_must_fit_the_cells():
    assert matched("Quantty", samples={"Quantty": ["many", "few"]}) == {"Quantty": ""}
    assert matched("Quantty", samples={"Quantty": ["12", 3]}) == {"Quantty": "quantity"}


def sheet(*rows: list) -> SheetPeek:
    return SheetPeek(
        name="Sheet1", visible=True, rows=list(rows), header_row=1, expected_rows=None
    )


def test_a_sheet_with_the_key_is_created_or_updated():
    plan = propose_plan(
        sheet(["Name", "SKU", "Colour"], ["Saw", "A-1", "red"]), RESOURCE
    )

    assert plan == ImportPlan(
        resource="shop.product",
        sheet="Sheet1",
        header_row=1,
        mapping={"Name": "name", "SKU": "sku"},
        mode="upsert",
        key=("sku",),
    )


def test_a_sheet_without_a_key_is_created():
    plan = propose_plan(sheet(["Name"], ["Saw"]), RESOURCE)

    assert (plan.mode, plan.key) == ("create", ())


@pytest.mark.parametrize(
    ("cells", "decimal"),
    [
        (["12,50", "3"], ","),
        (["1.234,50"], ","),
        (["12,50", "12.50"], ""),
        (["1,234"], ""),
        (["12.50"], "."),
        ([12.5, None], ""),
    ],
)
def test_a_decimal_sign_is_proposed_only_when_proven(cells, decimal):
    plan = propose_plan(sheet(["Price"], *([cell] for cell in cells)), RESOURCE)

    expected = {"price": CellFormat(decimal=decimal)} if decimal else {}
    assert plan.formats == expected


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["31/12/2025", "01/02/2025"], "DMY"),
        (["12/31/2025"], "MDY"),
        (["2025-01-02"], "YMD"),
        (["01/02/2025"], ""),
        (["31/12/2025", "12/31/2025"], ""),
    ],
)
def test_a_date_order_is_proposed_only_when_proven(cells, order):
    plan = propose_plan(sheet(["Created"], *([cell] for cell in cells)), RESOURCE)

    assert plan.formats == ({"created": CellFormat(date_order=order)} if order else {})


def plan(*columns: str, mode: str = "upsert", key: tuple = ("sku",)) -> ImportPlan:
    mapping = {f"H{place}": column for place, column in enumerate(columns)}
    return ImportPlan(resource="shop.product", mapping=mapping, mode=mode, key=key)


ALL = ("sku", "name", "category", "price")


@pytest.mark.parametrize(
    ("tried", "sentences"),
    [
        (plan(*ALL), []),
        (plan("sku", "price", mode="update"), []),
        (
            plan("sku", "name", "category"),
            ['"Price" is needed to create records. Choose the header that holds it.'],
        ),
        (
            plan("price", mode="update"),
            ['Records are found by "SKU". Choose the header that holds it.'],
        ),
        (
            plan(*ALL, "price"),
            ['"Price" is chosen for more than one header. Choose it once.'],
        ),
        (plan(*ALL, "color"), ['There is no column "color" that a file may fill.']),
        (
            plan(*ALL, "updated_at"),
            ['There is no column "updated_at" that a file may fill.'],
        ),
        (
            plan(*ALL, key=()),
            ["Choose the columns by which existing records are found, or create only."],
        ),
        (plan(*ALL, mode="create", key=()), []),
    ],
)
def test_it_says_what_makes_a_plan_impossible(tried, sentences):
    assert check_plan(tried, RESOURCE) == sentences
