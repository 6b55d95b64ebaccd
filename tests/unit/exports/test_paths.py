# mypy: disable-error-code="no-untyped-def"
"""Columns of related records and of children, filters and order over them, masks."""

from __future__ import annotations

import pandas as pd
import pytest

from dataio.columns import EmailColumn
from dataio.errors import DataioError, UnknownColumn
from dataio.exports.frames import frames
from dataio.exports.paths import path_column, tree
from dataio.exports.select import ExportPlan, plan_columns, plan_rows, plan_tracking
from dataio.resources import Resource, registry
from project.shop.models import Product, Supplier

pytestmark = pytest.mark.django_db


def table(orders: Resource, *columns: str, chunk: int = 100, **changes) -> list:
    """Return the rows of an export as tuples."""
    plan = ExportPlan(resource=orders.label, columns=columns, **changes)
    rows = frames(plan_rows(plan, orders), plan_columns(plan, orders), chunk)
    found = [list(frame.itertuples(index=False, name=None)) for frame in rows]
    return [
        tuple(None if pd.isna(cell) else cell for cell in row)
        for one in found
        for row in one
    ]


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("customer.email", "Customer: e-mail"),
        ("lines.quantity", "Order line: quantity"),
        ("lines.product.sku", "Order line: product: SKU"),
        ("lines.product.category.name", "Order line: product: category: name"),
        ("number", "Number"),
    ],
)
def test_a_path_is_a_column_with_a_name_for_people(path: str, label: str):
    column = path_column(registry.get("shop.order"), path)
    assert (column.name, str(column.label)) == (path, label)


def test_a_path_keeps_the_kind_of_its_column():
    column = path_column(registry.get("shop.order"), "customer.email")
    assert isinstance(column, EmailColumn)
    assert registry.get("shop.customer").columns["email"].name == "email"


@pytest.mark.parametrize(
    "path",
    [
        "customer.age",
        "colour.name",
        "customer.orders.number",
        "lines.order.number",
        ".",
    ],
)
def test_an_unknown_path_lists_the_columns_there_are(path: str):
    with pytest.raises(UnknownColumn, match=f'no column "{path}". There are: '):
        path_column(registry.get("shop.order"), path)


def test_the_tree_leads_no_further_than_three_relations_and_never_back():
    branches = {one.path: one for one in tree(registry.get("shop.order"))}
    assert list(branches) == ["customer", "lines"]
    assert branches["lines"].step.is_child
    (product,) = branches["lines"].branches
    (category,) = product.branches
    assert [product.path, category.path] == ["lines.product", "lines.product.category"]
    assert category.branches == []
    labels = [str(one.label) for one in branches["customer"].columns]
    assert labels[:3] == ["Customer: ID", "Customer: e-mail", "Customer: name"]


def test_related_values_stand_beside_each_row(orders, django_assert_num_queries):
    with django_assert_num_queries(1):
        rows = table(orders, "number", "customer.city", "customer.name")
    assert rows == [
        ("SO-1", "Oslo", "Anna"),
        ("SO-2", "", "Bo"),
        ("SO-3", "Oslo", "Anna"),
    ]


def test_children_have_a_row_each_in_their_own_order(orders, django_assert_num_queries):
    names = (
        "number",
        "lines.position",
        "lines.quantity",
        "lines.product.category.name",
    )
    with django_assert_num_queries(1):
        rows = table(orders, *names, chunk=2)
    assert rows == [
        ("SO-1", 1, 1, "Tools"),
        ("SO-1", 2, 5, "Toys"),
        ("SO-2", 1, 3, "Toys"),
        ("SO-3", None, None, None),
    ]
    plan = ExportPlan(resource=orders.label, columns=names)
    assert plan_rows(plan, orders).count() == 4


def test_several_related_records_stay_one_text_also_of_a_child(orders):
    acme, smith = (Supplier.objects.create(name=name) for name in ("Acme", "Smith"))
    Product.objects.get(sku="B-1").suppliers.set([smith, acme])
    rows = table(orders, "number", "lines.product.suppliers", chunk=3)
    assert rows == [
        ("SO-1", None),
        ("SO-1", "Acme, Smith"),
        ("SO-2", "Acme, Smith"),
        ("SO-3", None),
    ]


def test_children_of_two_kinds_would_multiply():
    plan = ExportPlan(
        resource="shop.category", columns=("name", "product.sku", "product.name")
    )
    assert len(plan_columns(plan, registry.get("shop.category"))) == 3
    two = ExportPlan(resource="x", columns=("product.orderline.quantity", "name"))
    with pytest.raises(UnknownColumn):
        plan_columns(two, registry.get("shop.category"))


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({"customer.city": "osl"}, ["SO-1", "SO-3"]),
        ({"customer.city_empty": "yes"}, ["SO-2"]),
        ({"customer_in": ["bo@example.org"]}, ["SO-2"]),
        ({"lines.quantity_min": "3"}, ["SO-1", "SO-2"]),
        ({"lines.product.category.name_is": "Tools"}, ["SO-1"]),
        # One and the same line.
        (
            {"lines.quantity_min": "3", "lines.product.category.name": "Tools"},
            [],
        ),
        ({"lines_empty": "yes"}, None),
    ],
)
def test_filters_reach_related_records(orders, filters, numbers):
    plan = {"filters": filters}
    if numbers is None:
        with pytest.raises(UnknownColumn):
            table(orders, "number", **plan)
    else:
        assert [one for (one,) in table(orders, "number", **plan)] == numbers


def test_a_filter_on_children_keeps_such_rows_where_each_has_one(orders):
    filters = {"lines.quantity_min": "3"}
    assert table(orders, "number", "lines.quantity", filters=filters) == [
        ("SO-1", 5),
        ("SO-2", 3),
    ]


@pytest.mark.parametrize(
    ("sort", "numbers"),
    [
        ((), ["SO-1", "SO-2", "SO-3"]),
        (("-number",), ["SO-3", "SO-2", "SO-1"]),
        (("customer.name", "-placed_at"), ["SO-3", "SO-1", "SO-2"]),
        (("-customer",), ["SO-2", "SO-1", "SO-3"]),
        (("-status", "number"), ["SO-2", "SO-3", "SO-1"]),
    ],
)
def test_rows_are_sorted_by_several_columns_up_and_down(orders, sort, numbers):
    assert [one for (one,) in table(orders, "number", sort=sort)] == numbers


def test_rows_without_a_value_come_last_both_ways(orders):
    for sort, first in (("lines.quantity", 1), ("-lines.quantity", 5)):
        rows = table(orders, "number", "lines.quantity", sort=(sort,))
        assert (rows[0][1], rows[-1]) == (first, ("SO-3", None))


def test_children_that_have_no_rows_sort_nothing(orders):
    with pytest.raises(DataioError, match="cannot be sorted"):
        table(orders, "number", sort=("lines.quantity",))


def test_masked_values_are_text_that_tells_nearly_nothing(orders):
    names = ("number", "customer", "customer.phone", "placed_at")
    rows = table(orders, *names, masked=("customer", "customer.phone", "placed_at"))
    assert rows == [
        ("SO-1", "a…@e…", "0…", "2…"),
        ("SO-2", "b…@e…", "", "2…"),
        ("SO-3", "a…@e…", "0…", "2…"),
    ]
    plan = ExportPlan(resource=orders.label, columns=names, masked=("placed_at",))
    kinds = [column.kind for column in plan_columns(plan, orders)]
    assert kinds == ["text", "relation", "text", "text"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("anna.lee@mail.example.com", "a…@m…"),
        ("0912 345 678", "0…"),
        ("abcd", "a…"),
        ("abc", "…"),
        ("", ""),
        ("a\nbcdef", "a…"),
        ("not @ address", "n…"),
        ("Đặng", "Đ…"),
    ],
)
def test_what_a_mask_leaves(orders, value, shown):
    order = orders.model.objects.get(number="SO-1")
    order.remarks = value
    order.save()
    assert table(orders, "number", "remarks", masked=("remarks",))[0][1] == shown


def test_what_is_masked_or_related_is_only_shown_to_whoever_uploads_again(orders):
    plan = ExportPlan(
        resource=orders.label,
        columns=("number", "remarks", "customer.city"),
        masked=("remarks",),
        to_be_edited=True,
    )
    tracking = plan_tracking(plan, orders)
    assert tracking is not None
    assert [column.name for column in tracking.columns] == ["number"]
    assert tracking.identity.columns == {
        "Number": "number",
        "Remarks": "",
        "Customer: city": "",
        "dataio id": "id",
    }


def test_a_row_per_child_cannot_come_back(orders):
    plan = ExportPlan(
        resource=orders.label, columns=("number", "lines.quantity"), to_be_edited=True
    )
    with pytest.raises(DataioError, match="row per child"):
        plan_tracking(plan, orders)
