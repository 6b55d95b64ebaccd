# mypy: disable-error-code="no-untyped-def"
"""Filters of the export page."""

from __future__ import annotations

import datetime as dt

import pytest
from django.http import QueryDict
from django.utils import timezone

from dataio.errors import DataioError
from dataio.exports.conditions import conditions_of
from dataio.exports.filters import chosen_filters, filtered, filterset
from dataio.exports.relative import WORDS, days_of
from dataio.resources import Resource, registry
from project.shop.models import Customer, Order, Product
from tests.testapp.models import Everything

pytestmark = pytest.mark.django_db
DAY = dt.date.fromisoformat


def test_a_filter_of_the_page_may_be_left_open():
    form = filterset(registry.get("shop.product"), QueryDict(), ["active"]).form
    choices = [str(words) for _value, words in form.fields["active"].choices]
    assert choices == ["Any", "Yes", "No"]
    assert 'value="yes" selected' not in str(form["active"])


@pytest.mark.parametrize(
    ("word", "first", "last"),
    [
        ("today", "2026-03-31", "2026-03-31"),
        ("yesterday", "2026-03-30", "2026-03-30"),
        ("last_7_days", "2026-03-25", "2026-03-31"),
        ("last_30_days", "2026-03-02", "2026-03-31"),
        ("this_week", "2026-03-30", "2026-04-05"),
        ("last_week", "2026-03-23", "2026-03-29"),
        ("this_month", "2026-03-01", "2026-03-31"),
        ("last_month", "2026-02-01", "2026-02-28"),
        ("this_quarter", "2026-01-01", "2026-03-31"),
        ("last_quarter", "2025-10-01", "2025-12-31"),
        ("this_year", "2026-01-01", "2026-12-31"),
        ("last_year", "2025-01-01", "2025-12-31"),
    ],
)
def test_words_for_days(word: str, first: str, last: str):
    assert days_of(word, DAY("2026-03-31")) == (DAY(first), DAY(last))


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("today", ["2024-02-29", "2026-01-01", "2026-12-31"])
def test_words_mean_days_in_any_month(word: str, today: str):
    first, last = days_of(word, DAY(today))
    assert first <= last
    assert (first.day == 1) >= ("month" in word)


def test_a_period_moves_with_time_and_begins_in_the_persons_zone(
    orders: Resource, monkeypatch: pytest.MonkeyPatch
):
    """SO-2 was placed on the first of February at 0:30 in London, in January in New York."""
    now = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    last_month = {"placed_at_period": "last_month"}

    def numbers(zone: str) -> list[str]:
        rows = filtered(orders, last_month, time_zone=zone).order_by("number")
        return [one.number for one in rows]

    assert numbers("Europe/London") == ["SO-2"]
    assert numbers("America/New_York") == ["SO-3"]
    monkeypatch.setattr(timezone, "now", lambda: now + dt.timedelta(days=31))
    assert numbers("Europe/London") == ["SO-3"]


@pytest.mark.parametrize(
    ("chosen", "numbers"),
    [
        ({"placed_at_is": "2026-02-01"}, ["SO-2"]),
        ({"placed_at_from": "2026-02-01"}, ["SO-2", "SO-3"]),
        ({"placed_at_to": "2026-02-01"}, ["SO-1", "SO-2"]),
        ({"number_in": "SO-1\nSO-3\n"}, ["SO-1", "SO-3"]),
        ({"number_in": ["SO-1", "SO-2"]}, ["SO-1", "SO-2"]),
        ({"number_not": "-2"}, ["SO-1", "SO-3"]),
        ({"number_is": "SO"}, []),
        ({"number_starts": "so"}, ["SO-1", "SO-2", "SO-3"]),
        ({"status": ["paid", "new"]}, ["SO-1", "SO-2", "SO-3"]),
        ({"status_not": ["paid"]}, ["SO-1"]),
        ({"remarks_empty": "no"}, []),
        ({"customer_in": ["anna@example.com"]}, ["SO-1", "SO-3"]),
        ({"customer.since_empty": "yes", "customer.name": "Bo"}, ["SO-2"]),
        ({"id_in": ["-1"]}, []),
    ],
)
def test_filters_for_every_kind_of_column(orders, chosen, numbers):
    found = filtered(orders, chosen).values_list("number", flat=True)
    assert sorted(found) == numbers


def test_a_nullable_text_is_empty_either_way():
    Customer.objects.create(email="a@example.com", name="A", phone="")
    resource = registry.get("shop.customer")
    assert filtered(resource, {"phone_empty": "yes"}).count() == 1
    assert filtered(resource, {"since_empty": "no"}).count() == 0


@pytest.mark.parametrize("suffix", ["is", "in", "empty", "min", "max", "from", "to"])
def test_every_filter_of_every_field_asks_something_the_database_understands(
    suffix: str,
):
    class All(Resource):
        model = Everything

    values = {
        "empty": "yes",
        "text": "a",
        "ip": "10.0.0.1",
        "number": "7",
        "duration": "1:00:00",
        "time": "08:00",
        "day": "2026-01-01",
        "uuid": "12345678123456781234567812345678",
    }
    kinds = {"integer": "number", "float": "number", "decimal": "number"}
    kinds |= {"date": "day", "datetime": "day"}
    resource = All()
    for name, column in resource.columns.items():
        if f"_{suffix}" in conditions_of(column) and not hasattr(column, "model"):
            kind = kinds.get(column.kind, column.kind)
            value = values.get(suffix) or values.get(kind, values["text"])
            assert str(filtered(resource, {f"{name}_{suffix}": value}).query)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("whole_min", "2.5"),
        ("whole_is", "9" * 40),
        ("whole_in", "1\n" + "9" * 40),
        ("moment_to", "9999-12-31"),
        ("moment_from", "0001-01-01"),
        ("day_is", "soon"),
        ("token", "12345"),
        ("text", "a\0b"),
        ("exact_min", "NaN"),
        ("time_from", "25:00"),
    ],
)
def test_what_no_database_could_answer_is_refused(name: str, value: str):
    class All(Resource):
        model = Everything

    with pytest.raises(DataioError, match=f'Filter "{name}"'):
        filtered(All(), {name: value})


def test_an_address_must_be_one():
    class All(Resource):
        model = Everything

    with pytest.raises(DataioError, match='Filter "ip_is", "here": Enter a valid IPv4'):
        filtered(All(), {"ip_is": "here"})


def test_a_list_names_the_line_that_does_not_fit(orders):
    with pytest.raises(DataioError) as caught:
        filtered(orders, {"id_in": "1\ntwo"})
    assert caught.value.message == (
        'Filter "id_in", "1\ntwo": "two": Enter a whole number.'
    )


def test_a_list_has_an_end(orders):
    lines = [str(number) for number in range(1001)]
    with pytest.raises(DataioError, match="These are 1001 values"):
        filtered(orders, {"id_in": lines})


def test_related_and_child_filters_are_known_by_their_names(orders):
    data = QueryDict(
        "customer.city=Oslo&lines.quantity_min=3&colour=red&export-sent=yes"
    )
    assert chosen_filters(orders, data) == {
        "customer.city": ["Oslo"],
        "lines.quantity_min": ["3"],
    }


def test_a_record_is_not_repeated_for_each_child_that_fits(orders):
    rows = filtered(orders, {"lines.quantity_min": "1"})
    assert rows.count() == 2
    assert Order.objects.count() == 3


def test_a_column_wins_over_a_suffix(orders):
    class Odd(Resource):
        model = Product
        fields = ("name", "sku")

    odd = Odd()
    odd.columns["name_is"] = odd.columns["sku"]
    assert list(filtered(odd, {"name_is": "A-"}).values_list("sku", flat=True)) == [
        "A-1"
    ]
