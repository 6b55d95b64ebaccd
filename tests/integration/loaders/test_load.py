"""load_chunk against real databases: counts, values, and what is left alone."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from decimal import Decimal
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from django.db import connections
from django.utils import timezone

from tests.integration.loaders.frames import clean, counts, load, resource_of
from tests.testapp.models import Account, Child, Everything, Group, Slot, Tag, Ticket

EVERYTHING = resource_of(Everything)
SLOTS = resource_of(Slot)
TICKETS = resource_of(Ticket)

FULL = {
    "code": "A-1",
    "text": 'Say "hello", they\n wrote; \\N and \t too',
    "email": "a@example.org",
    "slug": "a-1",
    "url": "https://example.org/?a=1,2",
    "ip": "2001:db8::1",
    "small": -32768,
    "whole": 0,
    "big": 9223372036854775807,
    "positive": 12,
    "real": 0.1 + 0.2,
    "exact": Decimal("12.5000"),
    "flag": False,
    "maybe": True,
    "day": dt.date(1899, 12, 31),
    "moment": dt.datetime(2026, 3, 29, 1, 30, 0, 250000, tzinfo=ZoneInfo("UTC")),
    "time": dt.time(23, 59, 59),
    "span": dt.timedelta(days=-1, hours=3, microseconds=7),
    "token": "8d9e0c1a-0b1c-4d2e-8f3a-4b5c6d7e8f90",
    "data": '{"b": [1, 2.5, null], "a": "é"}',
}
BLANK = dict.fromkeys(FULL) | {"code": "A-2", "token": str(uuid.UUID(int=5))}
ODD = FULL | {
    "code": "0007",
    "text": "",
    "email": "b@example.org",
    "moment": dt.datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC")),
    "time": dt.time(1, 2, 3, 40),
    "exact": Decimal("9999999999.9999"),
    "real": 1e300,
    "span": dt.timedelta(0),
    "data": '"text"',
    "ip": "10.0.0.1",
    "flag": True,
    "day": dt.date(2026, 2, 28),
}
ROWS = [FULL, BLANK, ODD]


def saved_by_the_orm(row: dict) -> Everything:
    column = EVERYTHING.column
    values = {
        name: column(name).blank_value if value is None else value
        for name, value in row.items()
    }
    values = {n: v() if callable(v) else v for n, v in values.items()}
    if row["data"] is not None:
        values["data"] = json.loads(row["data"])
    return Everything.objects.create(**values)


def stored(alias: str, codes: list[str]) -> list[tuple]:
    """What the database itself holds, not what the ORM makes of it."""
    names = ", ".join(f'"{name}"' for name in FULL if name != "code")
    kinds = ", ".join(f'typeof("{name}")' for name in FULL)
    kinds = kinds if alias == "loaders_sqlite" else "1"
    with connections[alias].cursor() as cursor:
        cursor.execute(
            f"SELECT {names}, {kinds} FROM testapp_everything"
            " WHERE code IN (%s, %s, %s) ORDER BY code",
            codes,
        )
        return cursor.fetchall()


def test_it_stores_every_type_of_field_as_the_orm_does(alias):
    for row in ROWS:
        saved_by_the_orm(row)
    by_the_orm = stored(alias, [row["code"] for row in ROWS])
    Everything.objects.all().delete()

    result = load(EVERYTHING, clean(EVERYTHING, *ROWS))

    assert counts(result) == (3, 0, 0, 0)
    assert stored(alias, [row["code"] for row in ROWS]) == by_the_orm


def test_it_leaves_alone_what_the_orm_saved_with_the_same_values():
    for row in ROWS:
        saved_by_the_orm(row)
    before = list(Everything.objects.order_by("pk").values())

    result = load(EVERYTHING, clean(EVERYTHING, *ROWS))

    assert counts(result) == (0, 0, 3, 0)
    assert list(Everything.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("name", [name for name in FULL if name != "code"])
def test_it_updates_a_row_in_which_one_value_differs(name):
    load(EVERYTHING, clean(EVERYTHING, FULL))
    before = Everything.objects.values().get()
    changed = FULL | {name: ODD[name] if ODD[name] != FULL[name] else BLANK[name]}

    result = load(EVERYTHING, clean(EVERYTHING, changed))

    after = Everything.objects.values().get()
    assert counts(result) == (0, 1, 0, 0)
    assert after.pop(name) != before.pop(name)
    assert after.pop("touched") > before.pop("touched")
    assert after == before


def test_new_rows_get_the_defaults_of_fields_that_are_not_mapped(alias):
    start = timezone.now()

    load(EVERYTHING, clean(EVERYTHING, {"code": "A"}, {"code": "B"}))

    first, second = Everything.objects.order_by("code")
    assert first.serial != second.serial
    assert (first.level, first.whole, first.flag, first.text) == (3, 7, True, "")
    assert first.seen == timezone.localdate()
    assert start <= first.born <= timezone.now()
    assert first.born == second.born
    assert (first.email, first.day, first.data) == (None, None, None)


def test_blank_cells_become_the_blank_value_or_null():
    load(EVERYTHING, clean(EVERYTHING, FULL))

    result = load(EVERYTHING, clean(EVERYTHING, BLANK | {"code": "A-1"}))

    record = Everything.objects.get()
    assert counts(result) == (0, 1, 0, 0)
    assert (record.text, record.slug, record.email) == ("", "", None)
    assert (record.whole, record.flag, record.moment) == (7, True, None)


def test_blank_uuids_get_a_new_value_each():
    rows = [BLANK | {"code": f"A-{number}", "token": None} for number in range(5)]

    load(EVERYTHING, clean(EVERYTHING, *rows))

    assert Everything.objects.values("token").distinct().count() == 5


MODES = [
    ("create", (1, 0, 0, 2), ["exists", "exists"], {"old": 1, "same": 2, "new": 9}),
    ("update", (0, 1, 1, 1), ["missing"], {"old": 8, "same": 2}),
    ("upsert", (1, 1, 1, 0), [], {"old": 8, "same": 2, "new": 9}),
]


@pytest.mark.parametrize(("mode", "expected", "codes", "records"), MODES)
@pytest.mark.parametrize("save_each", [False, True])
def test_each_mode_treats_new_same_and_changed_rows_its_way(
    mode, expected, codes, records, save_each
):
    resource = resource_of(Everything, save_each=save_each)
    Everything.objects.create(code="old", whole=1)
    Everything.objects.create(code="same", whole=2)
    frame = clean(
        resource,
        {"code": "old", "whole": 8},
        {"code": "same", "whole": 2},
        {"code": "new", "whole": 9},
    )

    result = load(resource, frame, mode=mode)

    assert counts(result) == expected
    assert list(result.problems["code"]) == codes
    assert dict(Everything.objects.values_list("code", "whole")) == records


def test_it_says_why_a_row_cannot_be_created_or_updated():
    Everything.objects.create(code="A")

    exists = load(EVERYTHING, clean(EVERYTHING, {"code": "A"}), mode="create").problems
    missing = load(EVERYTHING, clean(EVERYTHING, {"code": "B"}), mode="update").problems

    assert exists.loc[0].to_dict() == {
        "row": 2,
        "column": "code",
        "code": "exists",
        "value": "A",
        "message": '"A" is already there. Choose "create or update" to change it, '
        "or leave the row out.",
    }
    assert missing.loc[0, "message"] == (
        '"B" is not there, so it cannot be updated. Choose "create or update" to add it, '
        "or correct the value."
    )


def test_without_a_key_every_row_is_new():
    frame = clean(TICKETS, {"name": "A", "price": 1}, {"name": "A", "price": 1})

    result = load(TICKETS, frame, mode="create", key=())

    assert counts(result) == (2, 0, 0, 0)
    assert Ticket.objects.filter(name="A").count() == 2


def test_a_key_of_two_columns_with_a_foreign_key():
    group, other = Group.objects.create(name="g"), Group.objects.create(name="h")
    Slot.objects.create(group=group, number=1, label="old")
    Slot.objects.create(group=other, number=1, label="kept")
    frame = clean(
        SLOTS,
        {"number": 2, "group": group.pk, "label": "new"},
        {"number": 1, "group": group.pk, "label": "changed"},
    )

    result = load(SLOTS, frame, key=("group", "number"))

    assert counts(result) == (1, 1, 0, 0)
    assert set(Slot.objects.values_list("group__name", "number", "label")) == {
        ("g", 1, "changed"),
        ("g", 2, "new"),
        ("h", 1, "kept"),
    }


def test_a_key_no_index_guards_is_refused_only_where_it_is_not_certain():
    Ticket.objects.create(name="one")
    Ticket.objects.bulk_create([Ticket(name="two"), Ticket(name="two")])
    rows = [{"name": name, "price": 5} for name in ("one", "two", "three")]

    result = load(TICKETS, clean(TICKETS, *rows), key=("name",))

    assert counts(result) == (1, 1, 0, 1)
    assert result.problems.loc[0, "message"] == (
        '"two" belongs to several records, so it is not certain which one is meant. '
        "Choose a key that is different for each record."
    )
    assert sorted(Ticket.objects.values_list("name", "price")) == [
        ("one", 5),
        ("three", 5),
        ("two", 1),
        ("two", 1),
    ]


def test_a_key_twice_in_one_chunk_is_loaded_once():
    frame = clean(EVERYTHING, {"code": "A", "whole": 1}, {"code": "A", "whole": 2})

    result = load(EVERYTHING, frame)

    assert counts(result) == (1, 0, 0, 1)
    assert (result.problems.loc[0, "row"], result.problems.loc[0, "code"]) == (
        3,
        "duplicate",
    )
    assert Everything.objects.get().whole == 1


def test_records_outside_the_resource_s_queryset_are_not_touched():
    class Mine(type(EVERYTHING)):
        def queryset(self):
            return Everything.objects.filter(level=1)

    Everything.objects.create(code="mine", level=1, whole=1)
    Everything.objects.create(code="theirs", level=2, whole=1)
    rows = [{"code": "mine", "whole": 5}, {"code": "theirs", "whole": 5}]

    result = load(Mine(), clean(EVERYTHING, *rows))

    assert counts(result) == (0, 1, 0, 1)
    assert Everything.objects.get(code="theirs").whole == 1


class TestManyToMany:
    @pytest.fixture
    def tags(self):
        return [Tag.objects.create(name=name).pk for name in "abc"]

    def tagged(self) -> dict[str, list[str]]:
        return {
            record.code: sorted(record.tags.values_list("name", flat=True))
            for record in Everything.objects.all()
        }

    @pytest.mark.parametrize("save_each", [False, True])
    def test_it_replaces_the_set_of_each_row(self, tags, save_each):
        resource = resource_of(Everything, save_each=save_each)
        a, b, c = tags
        rows = {"old": [a, b], "same": [c], "none": [a], "new": [b, c], "empty": None}
        Everything.objects.create(code="old").tags.set([b, c])
        Everything.objects.create(code="same").tags.set([c])
        Everything.objects.create(code="none").tags.set([])
        Everything.objects.create(code="untouched").tags.set([a])
        Everything.objects.create(code="empty").tags.set([a])
        frame = clean(resource, *({"code": k, "tags": v} for k, v in rows.items()))

        result = load(resource, frame)

        assert counts(result) == (1, 3, 1, 0)
        assert self.tagged() == {
            "old": ["a", "b"],
            "same": ["c"],
            "none": ["a"],
            "new": ["b", "c"],
            "empty": [],
            "untouched": ["a"],
        }

    def test_a_row_of_which_only_the_links_differ_is_touched(self, tags):
        record = Everything.objects.create(code="A")

        load(EVERYTHING, clean(EVERYTHING, {"code": "A", "tags": tags[:1]}))

        assert Everything.objects.get().touched > record.touched

    def test_a_tag_that_is_gone_is_a_problem_of_its_row_only(self, tags):
        rows = [{"code": "A", "tags": [tags[0], 999]}, {"code": "B", "tags": [tags[0]]}]

        result = load(EVERYTHING, clean(EVERYTHING, *rows))

        assert counts(result) == (1, 0, 0, 1)
        assert list(result.problems["code"]) == ["gone"]
        assert self.tagged() == {"B": ["a"]}


class TestRefusals:
    def test_a_rule_of_the_database_leaves_out_only_its_rows(self):
        rows = [{"code": f"c{n}", "slug": f"s{n}"} for n in range(200)]
        rows[17]["slug"] = rows[140]["slug"] = "forbidden"

        result = load(EVERYTHING, clean(EVERYTHING, *rows))

        assert counts(result) == (198, 0, 0, 2)
        assert list(result.problems["row"]) == [19, 142]
        assert set(result.problems["message"]) == {
            'The slug "forbidden" is not allowed.'
        }
        assert Everything.objects.count() == 198

    def test_another_unique_field_is_named(self):
        Everything.objects.create(code="old", email="a@example.org")
        rows = [{"code": "A", "email": "a@example.org"}, {"code": "B", "email": None}]

        result = load(EVERYTHING, clean(EVERYTHING, *rows))

        assert counts(result) == (1, 0, 0, 1)
        assert result.problems.loc[0].to_dict() == {
            "row": 2,
            "column": "email",
            "code": "refused",
            "value": "a@example.org",
            "message": 'Another record has this value already, and "email" must be unique.',
        }

    def test_a_foreign_key_that_is_gone_is_a_problem(self):
        group = Group.objects.create(name="g")
        rows = [{"code": "A", "group": 12345}, {"code": "B", "group": group.pk}]

        result = load(EVERYTHING, clean(EVERYTHING, *rows))

        assert counts(result) == (1, 0, 0, 1)
        assert result.problems.loc[0, "message"] == (
            "The group this row names was deleted meanwhile. Choose another one."
        )

    def test_counts_are_exact_when_updates_are_refused(self):
        for number in range(20):
            Everything.objects.create(code=f"c{number:02}", whole=0)
        rows = [{"code": f"c{n:02}", "whole": n % 2, "slug": "x"} for n in range(25)]
        rows[3]["slug"] = rows[22]["slug"] = "forbidden"

        result = load(EVERYTHING, clean(EVERYTHING, *rows))

        assert counts(result) == (4, 19, 0, 2)

    def test_the_search_for_bad_rows_ends(self, monkeypatch):
        monkeypatch.setattr("dataio.imports.loaders.refusals.MOST_TRIES", 20)
        rows = [{"code": f"c{n}", "slug": "forbidden"} for n in range(100)]

        result = load(EVERYTHING, clean(EVERYTHING, *rows))

        assert counts(result) == (0, 0, 0, 100)


def test_a_foreign_key_to_another_field_than_the_primary_key():
    accounts = resource_of(Account)
    group, other = Group.objects.create(name="g"), Group.objects.create(name="h")
    Account.objects.create(code="A", group=group)
    rows = [{"code": "A", "group": group.pk}, {"code": "B", "group": other.pk}]

    result = load(accounts, clean(accounts, *rows, {"code": "C", "group": None}))

    assert counts(result) == (2, 0, 1, 0)
    assert dict(Account.objects.values_list("code", "group_id")) == {
        "A": "g",
        "B": "h",
        "C": None,
    }


def test_models_in_two_tables_and_fields_of_their_own_go_through_the_orm():
    children = resource_of(Child)
    Child.objects.create(code="A", shout="hey")
    rows = [{"code": "A", "shout": "you"}, {"code": "B", "shout": "new"}]

    result = load(children, clean(children, *rows))

    assert counts(result) == (1, 1, 0, 0)
    assert dict(Child.objects.values_list("code", "shout")) == {"A": "YOU", "B": "NEW"}


def test_a_resource_that_validates_each_row_gets_its_messages():
    resource = resource_of(Everything, save_each=True)
    rows = [{"code": "A", "slug": "forbidden"}, {"code": "B", "slug": "fine"}]

    result = load(resource, clean(resource, *rows))

    assert counts(result) == (1, 0, 0, 1)
    assert result.problems.loc[0, "message"] == 'The slug "forbidden" is not allowed.'


def test_it_works_many_times_in_one_transaction(alias):
    from django.db import transaction

    with transaction.atomic(using=alias):
        for number in range(3):
            load(EVERYTHING, clean(EVERYTHING, {"code": f"c{number}"}))

    assert Everything.objects.count() == 3


def test_an_empty_frame_is_nothing():
    frame = clean(EVERYTHING, {"code": "A"}).iloc[:0]

    result = load(EVERYTHING, frame)

    assert counts(result) == (0, 0, 0, 0)
    assert isinstance(result.problems, pd.DataFrame)
