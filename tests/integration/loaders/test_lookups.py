"""DatabaseLookups against real databases."""

from __future__ import annotations

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from dataio.imports.lookups import DatabaseLookups
from tests.testapp.models import Everything, Group, Slot


@pytest.fixture
def groups() -> dict[str, int]:
    names = ["Tools", "Toys", "garden", "GARDEN"]
    return {name: Group.objects.create(name=name).pk for name in names}


def test_it_finds_exactly_first_and_without_case_then(groups):
    found = DatabaseLookups().find(
        Group, "name", ["Tools", "toys", "garden", "Garden", "Food"]
    )

    assert found == {
        "Tools": [groups["Tools"]],
        "toys": [groups["Toys"]],
        "garden": [groups["garden"]],
        "Garden": [groups["garden"], groups["GARDEN"]],
        "Food": [],
    }


def test_it_asks_only_once_for_a_value(alias, groups):
    lookups = DatabaseLookups()
    lookups.find(Group, "name", ["Tools", "Food"])

    with CaptureQueriesContext(connections[alias]) as queries:
        again = lookups.find(Group, "name", ["Food", "Tools"])

    assert again == {"Food": [], "Tools": [groups["Tools"]]}
    assert len(queries) == 0


def test_it_finds_more_values_than_a_statement_takes(alias):
    Group.objects.bulk_create([Group(name=f"g{number}") for number in range(2500)])
    names = [f"g{number}" for number in range(2500)]

    found = DatabaseLookups().find(Group, "name", names)

    assert all(len(keys) == 1 for keys in found.values())
    assert len(found) == 2500


def test_its_memory_is_bounded(monkeypatch, groups):
    monkeypatch.setattr("dataio.imports.lookups.MOST_REMEMBERED", 2)
    lookups = DatabaseLookups()
    lookups.find(Group, "name", ["Tools", "Toys"])

    found = lookups.find(Group, "name", ["Tools", "garden"])

    assert found == {"Tools": [groups["Tools"]], "garden": [groups["garden"]]}


def test_it_finds_by_numbers_and_by_primary_key(groups):
    slot = Slot.objects.create(group_id=groups["Tools"], number=5)
    lookups = DatabaseLookups()

    assert lookups.find(Slot, "number", [5, 6]) == {5: [slot.pk], 6: []}
    assert lookups.find(Slot, "pk", [slot.pk]) == {slot.pk: [slot.pk]}
    assert lookups.find(Slot, "number", ["not a number"]) == {"not a number": []}


def test_several_records_with_one_value_are_all_given():
    pks = [Everything.objects.create(code=code, slug="s").pk for code in "ab"]

    assert DatabaseLookups().find(Everything, "slug", ["s"]) == {"s": pks}


@pytest.mark.parametrize(
    ("value", "expected"), [("Tolls", "Tools"), ("tool", "Tools"), ("Kitchen", None)]
)
def test_it_suggests_the_nearest_existing_value(groups, value, expected):
    assert DatabaseLookups().suggest(Group, "name", value) == expected
