# mypy: disable-error-code="index, union-attr, arg-type, list-item, var-annotated, attr-defined"
from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from django.utils import timezone

from dataio.errors import DataioError, UnknownColumn
from dataio.exports import summary as module
from dataio.exports.select import ExportPlan, Layout, Summary
from dataio.exports.summary import summary_table
from dataio.resources import Resource, registry
from project.shop.models import Category, Customer, Order, Product, Supplier

pytestmark = pytest.mark.django_db


@pytest.fixture
def products() -> Resource:
    """Four products in two categories; one has two suppliers of the same country."""
    tools, toys = (Category.objects.create(name=name) for name in ("Tools", "Toys"))
    rows = [
        ("A-1", tools, "12.50", 3, True, dt.date(2026, 1, 31), "a@x.com"),
        ("A-2", tools, "0.10", 0, False, dt.date(2026, 2, 1), ""),
        ("A-3", tools, "0.20", 5, True, dt.date(2025, 12, 1), "a@x.com"),
        ("B-1", toys, "7.05", 40, True, dt.date(2026, 3, 15), "b@x.com"),
    ]
    for sku, category, price, quantity, active, created, email in rows:
        Product.objects.create(
            sku=sku,
            name=sku,
            category=category,
            price=Decimal(price),
            quantity=quantity,
            active=active,
            created=created,
            supplier_email=email,
        )
    suppliers = [Supplier.objects.create(name=name, country="F") for name in "PQ"]
    Product.objects.get(sku="A-1").suppliers.set(suppliers)
    return registry.get("shop.product")


def table(resource: Resource, *, filters=None, **choices) -> pd.DataFrame:
    return made(resource, filters=filters, **choices).table


def made(resource: Resource, *, filters=None, **choices):
    plan = ExportPlan(
        resource=resource.label,
        filters=filters or {},
        layout=Layout(summary=Summary(**choices)),
    )
    return summary_table(plan, resource)


def cells(found: pd.DataFrame) -> list[list[object]]:
    whole = found.astype(object).where(found.notna(), None)
    return [
        [*(label if isinstance(label, tuple) else (label,)), *row]
        for label, row in zip(whole.index, whole.to_numpy().tolist(), strict=True)
    ]


def test_rows_are_counted_by_the_values_of_a_column(products):
    found = made(products, rows=("category",))
    assert cells(found.table) == [["Tools", 3], ["Toys", 1], ["Total", 4]]
    assert list(found.table.columns) == ["Number of products"]
    assert found.table.index.names == [products.columns["category"].label]
    assert found.title == f"Number of products by {products.columns['category'].label}"
    assert (found.total_row, found.total_column) == (True, False)


def test_decimals_are_summed_exactly_with_totals_on_both_sides(products):
    found = made(
        products,
        rows=("category",),
        columns=("active",),
        values="price",
        aggregate="sum",
    )
    assert list(found.table.columns) == ["No", "Yes", "Total"]
    assert cells(found.table) == [
        ["Tools", Decimal("0.10"), Decimal("12.70"), Decimal("12.80")],
        ["Toys", None, Decimal("7.05"), Decimal("7.05")],
        ["Total", Decimal("0.10"), Decimal("19.75"), Decimal("19.85")],
    ]
    assert (found.total_row, found.total_column) == (True, True)


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [
        ("mean", [Decimal("4.27"), Decimal("7.05"), Decimal("4.96")]),
        ("min", [Decimal("0.10"), Decimal("7.05"), Decimal("0.10")]),
        ("max", [Decimal("12.50"), Decimal("7.05"), Decimal("12.50")]),
        ("count", [3, 1, 4]),
    ],
)
def test_prices_are_put_together(products, aggregate, expected):
    found = table(products, rows=("category",), values="price", aggregate=aggregate)
    total = "Total" if aggregate == "count" else "All"
    assert [row[0] for row in cells(found)] == ["Tools", "Toys", total]
    assert [row[1] for row in cells(found)] == expected


@pytest.mark.parametrize(
    ("by", "labels", "counts"),
    [
        ("month", ["Dec 2025", "Jan 2026", "Feb 2026", "Mar 2026"], [1, 1, 1, 1]),
        ("quarter", ["Q4 2025", "Q1 2026"], [1, 3]),
        ("year", ["2025", "2026"], [1, 3]),
        ("", ["2025-12-01", "2026-01-31", "2026-02-01", "2026-03-15"], [1, 1, 1, 1]),
    ],
)
def test_dates_are_put_together_and_come_by_time(products, by, labels, counts):
    found = table(products, rows=("created",), by=by)
    assert cells(found)[:-1] == [
        [label, count] for label, count in zip(labels, counts, strict=True)
    ]


def test_several_lines_have_a_label_each_and_blank_comes_last(products):
    found = table(
        products,
        rows=("category", "supplier_email"),
        values="quantity",
        aggregate="sum",
    )
    assert cells(found) == [
        ["Tools", "a@x.com", 8],
        ["Tools", "(blank)", 0],
        ["Toys", "b@x.com", 40],
        ["Total", "", 48],
    ]


def test_several_columns_are_joined(products):
    found = table(
        products, rows=("category",), columns=("created", "active"), by="year"
    )
    assert list(found.columns) == ["2025 / Yes", "2026 / No", "2026 / Yes", "Total"]
    assert cells(found)[0] == ["Tools", 1, 1, 1, 3]


def test_filters_narrow_the_summary_and_count_no_row_twice(products):
    by_supplier = {"suppliers": ["P"]}
    assert cells(table(products, rows=("category",), filters=by_supplier)) == [
        ["Tools", 1],
        ["Total", 1],
    ]


def test_no_rows_give_no_lines(products):
    found = made(products, rows=("category",), filters={"name": "no such"})
    assert len(found.table) == 0
    assert (found.total_row, found.total_column) == (False, False)


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"rows": ()}, "Choose what the lines of the summary are."),
        ({"rows": ("suppliers",)}, 'A summary cannot be made by "Suppliers".'),
        (
            {"rows": ("category",), "columns": ("category",)},
            "Choose each column once in a summary.",
        ),
        (
            {"rows": ("category",), "aggregate": "sum"},
            "Choose the column of numbers that is summed up.",
        ),
        (
            {"rows": ("category",), "values": "name", "aggregate": "sum"},
            '"Name" does not hold numbers.',
        ),
        (
            {"rows": ("category",), "values": "price", "aggregate": "median"},
            '"median" is no choice for a summary. There are: count, sum, mean, min, max.',
        ),
        (
            {"rows": ("category",), "chart": "radar"},
            '"radar" is no choice for a summary. There are: bar, line, pie.',
        ),
        (
            {"rows": ("category",), "columns": ("active",), "chart": "pie"},
            "A pie shows one column of numbers. Choose bars or a line, or no columns.",
        ),
        (
            {"rows": ("created",), "by": "week"},
            '"week" is no choice for a summary. There are: month, quarter, year.',
        ),
    ],
)
def test_choices_that_do_not_fit_are_said(products, choices, sentence):
    with pytest.raises(DataioError) as caught:
        summary_table(
            ExportPlan(
                resource="shop.product", layout=Layout(summary=Summary(**choices))
            ),
            products,
        )
    assert caught.value.message == sentence


def test_an_unknown_column_lists_those_there_are(products):
    with pytest.raises(UnknownColumn, match='There is no column "colour"'):
        table(products, rows=("colour",))


@pytest.mark.parametrize("limit", ["MOST_LINES", "MOST_GROUPS"])
def test_too_many_different_values_are_refused(products, monkeypatch, limit):
    monkeypatch.setattr(module, limit, 3)
    with pytest.raises(DataioError) as caught:
        table(products, rows=("sku",))
    assert caught.value.message == (
        '"SKU" has too many different values for a summary. '
        f"Choose a column with at most {module.MOST_LINES} different values."
    )


@pytest.mark.parametrize(
    "zone",
    ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/New_York", "Asia/Saigon"],
)
@pytest.mark.parametrize("by", ["", "month"])
def test_moments_belong_to_the_month_of_the_persons_zone(zone, by):
    chance = random.Random(zone)
    customer = Customer.objects.create(email="a@example.com", name="A")
    start = dt.datetime(2023, 12, 25, tzinfo=dt.UTC)
    edges = [
        dt.datetime(2024, month, 1, tzinfo=ZoneInfo(zone)) + dt.timedelta(seconds=step)
        for month in range(1, 13)
        for step in (-1, 0)
    ]
    edges += [edge - dt.timedelta(microseconds=1) for edge in edges]
    moments = [
        *edges,
        *(start + dt.timedelta(minutes=chance.randrange(800_000)) for _n in range(200)),
    ]
    Order.objects.bulk_create(
        Order(number=f"N{number}", customer=customer, placed_at=moment)
        for number, moment in enumerate(moments)
    )
    expected: dict[str, int] = defaultdict(int)
    for moment in sorted(moments):
        local = moment.astimezone(ZoneInfo(zone))
        expected[f"{local:%b %Y}" if by else f"{local:%Y-%m-%d}"] += 1
    with timezone.override(zone):
        found = table(registry.get("shop.order"), rows=("placed_at",), by=by)
    assert cells(found)[:-1] == [list(pair) for pair in expected.items()]


def test_related_fields_and_children_are_summed_up(orders):
    found = made(
        orders,
        rows=("customer.name",),
        columns=("lines.product",),
        values="lines.quantity",
        aggregate="sum",
    )
    assert list(found.table.columns) == ["A-1", "B-1", "(blank)", "Total"]
    assert cells(found.table) == [
        ["Anna", 1, 5, None, 6],
        ["Bo", None, 3, None, 3],
        ["Total", 1, 8, None, 9],
    ]


def test_a_row_for_each_child_is_counted_where_the_file_has_one(orders):
    summary = Summary(rows=("status",))
    plan = ExportPlan(
        resource="shop.order",
        columns=("number", "lines.quantity"),
        layout=Layout(summary=summary),
    )
    found = summary_table(plan, orders)
    assert found.title == "Number of rows by Status"
    assert cells(found.table) == [["New", 2], ["Paid", 2], ["Total", 4]]
    without = summary_table(replace(plan, columns=("number",)), orders)
    assert without.title == "Number of orders by Status"
    assert cells(without.table) == [["New", 1], ["Paid", 2], ["Total", 3]]


def test_masked_values_are_masked_here_too(orders):
    plan = ExportPlan(
        resource="shop.order",
        masked=("customer.email",),
        layout=Layout(summary=Summary(rows=("customer.email",))),
    )
    assert cells(summary_table(plan, orders).table) == [
        ["a…@e…", 2],
        ["b…@e…", 1],
        ["Total", 3],
    ]


def test_choices_are_shown_by_their_labels_in_their_order():
    customer = Customer.objects.create(email="a@example.com", name="A")
    for number, status in enumerate(["shipped", "new", "new", "paid"]):
        Order.objects.create(
            number=str(number),
            customer=customer,
            status=status,
            placed_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        )
    found = table(registry.get("shop.order"), rows=("status",))
    assert cells(found) == [["New", 2], ["Paid", 1], ["Shipped", 1], ["Total", 4]]


def test_every_cell_is_what_the_rows_say():
    chance = random.Random(1)
    names = ["Tools", "toys", "Zoo", "Äpfel"]
    categories = [Category.objects.create(name=name) for name in names]
    rows = [
        Product(
            sku=str(number),
            name="x",
            category=chance.choice(categories),
            price=Decimal(chance.randrange(10**9)) / 100,
            quantity=chance.randrange(-50, 50),
            created=dt.date(2024, 1, 1) + dt.timedelta(days=chance.randrange(700)),
        )
        for number in range(2_000)
    ]
    Product.objects.bulk_create(rows)
    expected: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        for line in (f"{row.created:%b %Y}", "Total"):
            for column in (row.category.name, "Total"):
                expected[line, column] += row.price
    found = table(
        registry.get("shop.product"),
        rows=("created",),
        columns=("category",),
        values="price",
        aggregate="sum",
        by="month",
    )
    assert list(found.columns) == ["Tools", "toys", "Zoo", "Äpfel", "Total"]
    seen = {
        (line, column): found.loc[line, column]
        for line in found.index
        for column in found.columns
        if found.loc[line, column] is not pd.NA
    }
    assert seen == dict(expected)
