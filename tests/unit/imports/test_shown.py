"""Clean values as people read them; blanks stay blank."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from dataio.imports.alarms import Evidence, alarms
from dataio.imports.shown import Shower
from dataio.resources import registry

ORDER = registry.get("order")
PRODUCT = registry.get("product")
UTC = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        (PRODUCT.column("name"), "Dụng cụ", "Dụng cụ"),
        (PRODUCT.column("price"), Decimal("12.5"), "12.50"),
        (PRODUCT.column("quantity"), 1200, "1200"),
        (PRODUCT.column("weight"), 0.1, "0.1"),
        (PRODUCT.column("active"), True, "Yes"),
        (PRODUCT.column("active"), False, "No"),
        (PRODUCT.column("created"), dt.date(2024, 2, 1), "2024-02-01"),
        (ORDER.column("status"), "paid", "Paid"),
        (ORDER.column("status"), "odd", "odd"),
        (
            ORDER.column("placed_at"),
            dt.datetime(2024, 2, 1, 9, 30, tzinfo=UTC),
            "2024-02-01 16:30:00",
        ),
        (
            ORDER.column("placed_at"),
            dt.datetime(2024, 2, 1, 9, 30, 0, 250_000, tzinfo=UTC),
            "2024-02-01 16:30:00.25",
        ),
    ],
)
def test_values_are_shown_as_people_read_them(column, value, text, settings):
    settings.TIME_ZONE = "Asia/Ho_Chi_Minh"
    values = pa.array([value, None], column.arrow_type)
    assert Shower().texts(values, column).to_pylist() == [text, None]


def test_nothing_strange_sounds_no_alarm():
    assert alarms(Evidence(rows=100, update=90, headers=4, unmatched=["a", "b"])) == []


def test_few_rows_may_all_change():
    assert alarms(Evidence(rows=9, update=9, records="products")) == []


def test_missing_records_are_not_certain_while_rows_have_problems():
    assert alarms(Evidence(missing=1200, problem=3, records="products")) == [
        "Up to 1,200 of the products that are there already are not in this file. "
        "Rows with problems may mean some of them."
    ]


def test_many_names_are_cut():
    names = list("abcdefg")
    assert alarms(Evidence(headers=9, unmatched=names)) == [
        "Most columns of the file are left out: 7 of 9 (a, b, c, d, e and 2 more)."
    ]
