# mypy: disable-error-code="no-untyped-def"
"""Counting that ends in time."""

from __future__ import annotations

import time
from contextlib import contextmanager

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


@pytest.fixture
def slow(monkeypatch):
    """Let the next questions to the database take too long."""

    def make(*too_long: bool) -> None:
        answers = iter(too_long)

        @contextmanager
        def limit(using: str, seconds: float):
            if next(answers):
                raise TooSlow
            yield

        monkeypatch.setattr(counting, "time_limit", limit)

    return make


@pytest.mark.parametrize(
    ("many", "known"), [(2, Count(rows=2, is_exact=False)), (3, Count(rows=3))]
)
def test_what_cannot_be_counted_in_time_is_more_than_so_many(
    orders, monkeypatch, slow, many, known
):
    slow(True, False)
    monkeypatch.setattr(counting, "MANY", many)
    plan = ExportPlan(resource=orders.label, columns=("number",))
    assert counted(plan_rows(plan, orders)) == known


def test_nothing_is_said_when_even_that_takes_too_long(orders, slow):
    slow(True, True)
    plan = ExportPlan(resource=orders.label, columns=("number",))
    assert counted(plan_rows(plan, orders)) is None
