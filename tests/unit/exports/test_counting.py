# mypy: disable-error-code="no-untyped-def"
"""Counting that ends in time."""

from __future__ import annotations

import time

import pytest
from django.db import connection

from dataio.exports import counting
from dataio.exports.counting import Count, TooSlow, counted, time_limit
from dataio.exports.select import ExportPlan, plan_rows

pytestmark = pytest.mark.django_db
ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT max(i) FROM n"
)


def test_rows_are_counted(orders):
    plan = ExportPlan(resource=orders.label, columns=("number",))
    assert counted(plan_rows(plan, orders)) == Count(rows=3)


def test_a_row_for_each_child_is_counted(orders):
    plan = ExportPlan(resource=orders.label, columns=("number", "lines.quantity"))
    assert counted(plan_rows(plan, orders)) == Count(rows=4)


def test_a_query_without_end_is_stopped_and_the_next_one_is_not():
    begun = time.monotonic()
    with pytest.raises(TooSlow), time_limit("default", 0.05):
        connection.cursor().execute(ENDLESS)
    assert time.monotonic() - begun < 5
    assert connection.cursor().execute("SELECT 1").fetchone() == (1,)


def test_what_cannot_be_counted_in_time_is_more_than_so_many(orders, monkeypatch):
    limits = iter([-1.0, 60.0])

    def limit(using: str, _seconds: float):
        return time_limit(using, next(limits))

    monkeypatch.setattr(counting, "time_limit", limit)
    monkeypatch.setattr(counting, "SQLITE_STEPS", 1)
    monkeypatch.setattr(counting, "MANY", 2)
    plan = ExportPlan(resource=orders.label, columns=("number",))
    assert counted(plan_rows(plan, orders)) == Count(rows=2, is_exact=False)


def test_nothing_is_said_when_even_that_takes_too_long(orders, monkeypatch):
    monkeypatch.setattr(counting, "PATIENCE", -1.0)
    monkeypatch.setattr(counting, "SQLITE_STEPS", 1)
    plan = ExportPlan(resource=orders.label, columns=("number",))
    assert counted(plan_rows(plan, orders)) is None
