# mypy: disable-error-code="index, union-attr, arg-type, list-item, var-annotated, attr-defined"
from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal

import openpyxl
import pytest
from django.http import QueryDict

from dataio.errors import Cancelled, DataioError, UnknownColumn
from dataio.exports.filters import chosen_filters, filtered, filterset
from dataio.exports.frames import frames
from dataio.exports.run import first_rows, run_export
from dataio.exports.select import ExportPlan, plan_rows
from dataio.progress.meter import Meter
from dataio.resources import Resource, registry
from project.shop.models import Category, Order, Product, Supplier

pytestmark = pytest.mark.django_db

NAMES = (
    "sku",
    "name",
    "category",
    "price",
    "quantity",
    "active",
    "created",
    "suppliers",
)


@pytest.fixture
def products() -> Resource:
    """Three products in two categories; one has two suppliers."""
    tools, toys = (Category.objects.create(name=name) for name in ("Tools", "Toys"))
    rows = [
        ("A-1", "=Hammer", tools, "12.50", 3, True, dt.date(2026, 1, 31)),
        ("A-2", "Saw", tools, "0.57", 0, False, dt.date(2026, 2, 1)),
        ("B-1", "Ball", toys, "7.00", 40, True, dt.date(2026, 3, 15)),
    ]
    for sku, name, category, price, quantity, active, created in rows:
        Product.objects.create(
            sku=sku,
            name=name,
            category=category,
            price=Decimal(price),
            quantity=quantity,
            active=active,
            created=created,
        )
    suppliers = [Supplier.objects.create(name=name) for name in ("Smith, Sons", "Acme")]
    Product.objects.get(sku="A-1").suppliers.set(suppliers)
    Product.objects.get(sku="B-1").suppliers.set(suppliers[1:])
    return registry.get("shop.product")


def skus(rows) -> list[str]:
    return [product.sku for product in rows]


def plan(**changes) -> ExportPlan:
    return ExportPlan(resource="shop.product", **{"columns": NAMES} | changes)


def test_a_workbook_holds_every_row_with_labels_and_related_names(products, tmp_path):
    target = tmp_path / "products.xlsx"
    result = run_export(plan(), products, target, Meter())
    sheet = openpyxl.load_workbook(target).active
    day = dt.datetime.fromisoformat
    assert sheet.title == "Products"
    assert list(sheet.iter_rows(values_only=True)) == [
        tuple(str(products.columns[name].label) for name in NAMES),
        (
            "A-1",
            "=Hammer",
            "Tools",
            12.5,
            3,
            True,
            day("2026-01-31"),
            'Acme, "Smith, Sons"',
        ),
        ("A-2", "Saw", "Tools", 0.57, 0, False, day("2026-02-01"), None),
        ("B-1", "Ball", "Toys", 7, 40, True, day("2026-03-15"), "Acme"),
    ]
    assert (result.rows, result.notes, result.bytes) == (3, [], target.stat().st_size)


def test_a_csv_file_holds_the_same(products, tmp_path):
    target = tmp_path / "products.csv"
    run_export(plan(format="csv", delimiter=";"), products, target, Meter())
    with target.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert rows[1:3] == [
        [
            "A-1",
            "'=Hammer",
            "Tools",
            "12.50",
            "3",
            "TRUE",
            "2026-01-31",
            'Acme, "Smith, Sons"',
        ],
        ["A-2", "Saw", "Tools", "0.57", "0", "FALSE", "2026-02-01", ""],
    ]


def test_every_column_of_every_resource_can_be_exported(products, tmp_path):
    for resource in registry.all():
        if resource.label.startswith("shop."):
            target = tmp_path / f"{resource.label}.xlsx"
            run_export(ExportPlan(resource=resource.label), resource, target, Meter())
            assert target.exists()


def test_a_chunk_holds_no_more_rows_than_asked(products, django_assert_num_queries):
    columns = [products.columns[name] for name in ("sku", "suppliers")]
    rows = plan_rows(plan(), products)
    with django_assert_num_queries(3):  # the rows, and the suppliers of each chunk
        found = list(frames(rows, columns, 2))
    assert [frame.to_dict("list") for frame in found] == [
        {"sku": ["A-1", "A-2"], "suppliers": ['Acme, "Smith, Sons"', None]},
        {"sku": ["B-1"], "suppliers": ["Acme"]},
    ]


def test_rows_without_a_row_give_a_file_with_a_header(products, tmp_path):
    target = tmp_path / "none.xlsx"
    result = run_export(plan(filters={"name": "no such"}), products, target, Meter())
    assert result.rows == 0
    assert openpyxl.load_workbook(target).active.max_row == 1


def test_the_meter_sees_each_phase_and_every_row(products, tmp_path):
    seen = []
    meter = Meter(listener=lambda reading: seen.append(reading), seconds=0)
    run_export(plan(), products, tmp_path / "products.xlsx", meter)
    assert list(dict.fromkeys(reading.phase for reading in seen)) == [
        "reading",
        "writing",
        "packing",
    ]
    assert [(r.current, r.total) for r in seen if r.phase == "writing"][-1] == (3, 3)
    assert meter.counts == {"written": 3}


@pytest.mark.parametrize("phase", ["reading", "writing", "packing"])
def test_cancelling_in_any_phase_leaves_no_file(products, tmp_path, phase):
    folder = tmp_path / "files"
    folder.mkdir()

    def stop():
        if meter.phase == phase:
            raise Cancelled

    meter = Meter(stop=stop, seconds=0)
    with pytest.raises(Cancelled):
        run_export(plan(), products, folder / "products.xlsx", meter)
    assert list(folder.iterdir()) == []


def test_an_unknown_column_lists_those_there_are(products, tmp_path):
    with pytest.raises(UnknownColumn, match='There is no column "colour"'):
        run_export(plan(columns=("colour",)), products, tmp_path / "x.xlsx", Meter())


def test_the_plan_comes_back_from_its_data():
    whole = plan(filters={"name": "saw", "category": ["Tools"]}, format="csv")
    assert ExportPlan.from_data(whole.as_data()) == whole


def test_the_first_rows_are_shown_under_their_labels(products):
    shown = first_rows(plan(columns=("sku", "category")), products, 2)
    labels = [products.columns[name].label for name in ("sku", "category")]
    assert shown.to_dict("list") == {
        labels[0]: ["A-1", "A-2"],
        labels[1]: ["Tools", "Tools"],
    }


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, ["A-1", "A-2", "B-1"]),
        ({"name": "HAM"}, ["A-1"]),
        ({"price_min": "0.57", "price_max": "7"}, ["A-2", "B-1"]),
        ({"quantity_min": "1"}, ["A-1", "B-1"]),
        ({"created_from": "2026-02-01", "created_to": "2026-02-28"}, ["A-2"]),
        ({"active": "no"}, ["A-2"]),
        ({"active": "yes", "category": "Tools"}, ["A-1"]),
        ({"suppliers": "Acme"}, ["A-1", "B-1"]),
        ({"suppliers": ["Acme"], "name": ""}, ["A-1", "B-1"]),
    ],
)
def test_filters_keep_the_rows_they_say(products, chosen, expected):
    assert skus(filtered(products, chosen).order_by("sku")) == expected


def test_a_choice_takes_several_values():
    orders = registry.get("shop.order")
    assert list(filtered(orders, {"status": ["new", "paid"]})) == []
    assert Order.Status.NEW in dict(orders.columns["status"].choices)


def test_an_unknown_filter_lists_those_there_are(products):
    with pytest.raises(UnknownColumn) as caught:
        filtered(products, {"colour": "red"})
    assert caught.value.message.startswith(
        'There is no filter "colour". There are: id_min, id_max, id_is, id_in, id_empty, '
        "sku, sku_not, sku_starts,"
    )


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("price_min", "cheap", "Enter a number."),
        (
            "active",
            "perhaps",
            "Select a valid choice. perhaps is not one of the available choices.",
        ),
        ("created_from", "soon", "Enter a valid date."),
    ],
)
def test_a_value_that_does_not_fit_is_named(products, name, value, reason):
    with pytest.raises(DataioError) as caught:
        filtered(products, {name: value})
    assert caught.value.message == f'Filter "{name}", "{value}": {reason}'


def test_the_page_gets_a_form_and_gives_back_plain_filters(products):
    data = QueryDict("name=saw&category=&colour=red&page=2")
    assert chosen_filters(products, data) == {"name": ["saw"]}
    form = filterset(products, data, ["name", "price_min"]).form
    assert form.is_valid()
    assert str(form["price_min"].label) == f"{products.columns['price'].label} from"
