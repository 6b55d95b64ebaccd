"""compare_chunk against real databases: what it says is what loading does, and it writes nothing."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pandas as pd
import pytest
from django.db import connections, transaction
from django.db.models.signals import post_save, pre_save

from dataio.imports.compare import Compared, Findings, compare_chunk, total
from dataio.imports.load import load_chunk
from dataio.imports.plan import CREATE, UPDATE, UPSERT, ImportPlan
from tests.integration.loaders.frames import clean, resource_of
from tests.integration.loaders.test_load import BLANK, EVERYTHING, FULL, ODD
from tests.testapp.models import MODELS, Account, Everything, Group, Slot, Tag, Ticket

SLOTS = resource_of(Slot)
TICKETS = resource_of(Ticket)
ACCOUNTS = resource_of(Account)
SAVED = resource_of(Everything, save_each=True)


def plan_of(resource, frame, mode=UPSERT, key=("code",)) -> ImportPlan:
    return ImportPlan(
        resource=resource.label,
        mapping={name: name for name in frame},
        mode=mode,
        key=key,
    )


def compare(resource, frame, mode=UPSERT, key=("code",)) -> Compared:
    return compare_chunk(frame, plan_of(resource, frame, mode, key), resource)


def load(resource, frame, mode=UPSERT, key=("code",)):
    with transaction.atomic(using=resource.model.objects.db):
        return load_chunk(frame, plan_of(resource, frame, mode, key), resource)


def kinds(compared: Compared) -> list[tuple[int, str]]:
    table = compared.changes
    return list(zip(table["row"].to_pylist(), table["kind"].to_pylist(), strict=True))


def olds(compared: Compared, number: int) -> dict[str, object]:
    """Old values of the columns that differ in the line of that number."""
    line = compared.changes.slice(number, 1).to_pylist()[0]
    changed = [name[8:] for name in line if name.startswith("changed.") and line[name]]
    return {name: line[f"old.{name}"] for name in changed}


def everything_stored(alias: str) -> list[object]:
    """All rows of all tables, and the counters of primary keys."""
    found: list[object] = []
    with connections[alias].cursor() as cursor:
        for model in MODELS:
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}" ORDER BY 1')
            found.append(cursor.fetchall())
        if alias == "loaders_postgres":
            cursor.execute(
                "SELECT last_value, is_called FROM testapp_everything_id_seq"
            )
        else:
            cursor.execute("SELECT * FROM sqlite_sequence ORDER BY 1")
        found.append(cursor.fetchall())
    return found


def test_it_tells_what_happens_to_each_row_and_every_old_value():
    load(EVERYTHING, clean(EVERYTHING, FULL, BLANK, ODD))
    changed = FULL | {"text": "new", "exact": Decimal("1.25"), "day": None}
    new = ODD | {"code": "NEW", "email": "n@example.org"}
    frame = clean(EVERYTHING, new, BLANK, changed, ODD | {"flag": False})

    compared = compare(EVERYTHING, frame)

    assert kinds(compared) == [
        (2, "create"),
        (3, "unchanged"),
        (4, "update"),
        (5, "update"),
    ]
    assert olds(compared, 2) == {
        "text": FULL["text"],
        "exact": Decimal("12.5000"),
        "day": dt.date(1899, 12, 31),
    }
    assert olds(compared, 3) == {"flag": True}
    assert olds(compared, 0) == olds(compared, 1) == {}
    findings = compared.findings
    assert (findings.create, findings.update, findings.unchanged) == (1, 2, 1)
    assert (findings.conflict, findings.problem, findings.met) == (0, 0, 3)
    assert findings.changed_columns == {"text": 1, "exact": 1, "day": 1, "flag": 1}
    assert (findings.filled["code"], findings.filled["day"]) == (4, 2)
    assert compared.problems.empty


@pytest.mark.parametrize("resource", [EVERYTHING, SAVED], ids=["sets", "records"])
@pytest.mark.parametrize("name", [name for name in FULL if name != "code"])
def test_the_old_value_of_each_type_is_the_clean_value_that_was_loaded(name, resource):
    load(EVERYTHING, clean(EVERYTHING, FULL))
    value = ODD[name] if ODD[name] != FULL[name] else BLANK[name]
    frame = clean(EVERYTHING, FULL | {name: value})
    before = clean(EVERYTHING, FULL)

    compared = compare(resource, frame)

    assert kinds(compared) == [(2, "update")]
    assert compared.findings.changed_columns == {name: 1}
    stored = compared.changes[f"old.{name}"].combine_chunks()
    assert stored.type == EVERYTHING.column(name).arrow_type
    wanted = before[name].array.__arrow_array__().combine_chunks()
    if name == "data":  # PostgreSQL keeps no order of keys
        assert json.loads(stored[0].as_py()) == json.loads(wanted[0].as_py())
    else:
        assert stored.to_pylist() == wanted.to_pylist()


def test_an_old_blank_is_null_and_an_old_empty_text_is_empty():
    load(EVERYTHING, clean(EVERYTHING, BLANK))
    changed = BLANK | {"text": "t", "big": 5}
    compared = compare(EVERYTHING, clean(EVERYTHING, changed))
    assert olds(compared, 0) == {"text": "", "big": None}


def test_related_records_are_compared_and_their_old_keys_kept():
    tools, toys = Group.objects.create(name="Tools"), Group.objects.create(name="Toys")
    tags = [Tag.objects.create(name=name) for name in "abc"]
    pks = [tag.pk for tag in tags]
    rows = [
        {"code": "A", "group": tools.pk, "tags": pks[:2]},
        {"code": "B", "group": tools.pk, "tags": pks[:1]},
        {"code": "C", "group": None, "tags": []},
        {"code": "D", "group": tools.pk, "tags": pks},
    ]
    load(EVERYTHING, clean(EVERYTHING, *rows))
    frame = clean(
        EVERYTHING,
        rows[3] | {"tags": [pks[2]]},
        rows[0] | {"group": toys.pk},
        rows[1] | {"tags": []},
        rows[2] | {"group": tools.pk, "tags": [pks[2]]},
    )

    for resource in (EVERYTHING, SAVED):
        compared = compare(resource, frame)

        assert [kind for _row, kind in kinds(compared)] == ["update"] * 4
        assert {name: sorted(value) for name, value in olds(compared, 0).items()} == {
            "tags": pks
        }
        assert olds(compared, 1) == {"group": tools.pk}
        assert olds(compared, 2) == {"tags": [pks[0]]}
        assert olds(compared, 3) == {"group": None, "tags": []}


def test_a_foreign_key_to_another_field_gives_primary_keys():
    tools, toys = Group.objects.create(name="Tools"), Group.objects.create(name="Toys")
    load(ACCOUNTS, clean(ACCOUNTS, {"code": "A", "group": tools.pk}))
    compared = compare(ACCOUNTS, clean(ACCOUNTS, {"code": "A", "group": toys.pk}))
    assert olds(compared, 0) == {"group": tools.pk}


def test_a_key_of_two_columns_finds_its_record():
    group = Group.objects.create(name="Tools")
    rows = [{"group": group.pk, "number": n, "label": str(n)} for n in range(3)]
    load(SLOTS, clean(SLOTS, *rows[:2]), key=("group", "number"))
    frame = clean(SLOTS, rows[2], rows[1] | {"label": "new"}, rows[0])
    compared = compare(SLOTS, frame, key=("group", "number"))
    assert [kind for _row, kind in kinds(compared)] == ["create", "update", "unchanged"]
    assert olds(compared, 1) == {"label": "1"}


@pytest.mark.parametrize("resource", [EVERYTHING, SAVED], ids=["sets", "records"])
@pytest.mark.parametrize(
    ("mode", "wanted"),
    [
        (CREATE, [(2, "conflict"), (3, "create"), (4, "create")]),
        (UPDATE, [(2, "update"), (3, "conflict"), (4, "conflict")]),
    ],
)
def test_rows_the_mode_does_not_allow_are_conflicts_told_as_by_loading(
    mode, wanted, resource
):
    load(EVERYTHING, clean(EVERYTHING, {"code": "A", "text": "a"}))
    rows = [{"code": code, "text": "b"} for code in "ABC"]
    frame = clean(EVERYTHING, *rows)
    compared = compare(resource, frame, mode)
    assert kinds(compared) == wanted
    assert compared.findings.met == 1
    loaded = load(resource, frame, mode)
    pd.testing.assert_frame_equal(compared.problems, loaded.problems)


def test_a_key_of_several_records_and_a_repeated_key_are_conflicts():
    for price in (1, 2):
        Ticket.objects.create(name="A", price=price)
    rows = [{"name": name, "price": 3} for name in "ABB"]
    compared = compare(TICKETS, clean(TICKETS, *rows), key=("name",))
    assert kinds(compared) == [(2, "conflict"), (3, "create"), (4, "conflict")]
    assert list(compared.problems["code"]) == ["several", "duplicate"]


def test_a_row_whose_related_record_is_gone_is_a_problem():
    rows = [{"code": "A", "group": 999}, {"code": "B", "group": None}]
    compared = compare(EVERYTHING, clean(EVERYTHING, *rows))
    assert kinds(compared) == [(2, "problem"), (3, "create")]
    assert list(compared.problems["code"]) == ["gone"]


def test_without_a_key_every_row_is_new():
    frame = clean(TICKETS, {"name": "A", "price": 1}, {"name": "A", "price": 1})
    compared = compare(TICKETS, frame, CREATE, key=())
    assert compared.findings.create == 2


def test_all_rows_left_out_is_not_an_error():
    frame = clean(EVERYTHING, {"code": "A", "text": "b"})
    assert compare(EVERYTHING, frame, UPDATE).findings.conflict == 1
    assert compare(EVERYTHING, frame.head(0)).findings == Findings(
        filled={"code": 0, "text": 0}
    )


@pytest.mark.parametrize("resource", [EVERYTHING, SAVED], ids=["sets", "records"])
def test_it_writes_nothing_fires_nothing_and_locks_nothing(alias, resource):
    load(EVERYTHING, clean(EVERYTHING, FULL, BLANK))
    before = everything_stored(alias)
    fired = []
    listener = lambda **kwargs: fired.append(kwargs)  # noqa: E731
    pre_save.connect(listener)
    post_save.connect(listener)
    rows = [FULL | {"text": "new"}, ODD]
    held = []
    try:
        with transaction.atomic(using=alias):
            compare(resource, clean(EVERYTHING, *rows))
            if alias == "loaders_postgres":
                with connections[alias].cursor() as cursor:
                    cursor.execute(
                        "SELECT DISTINCT mode FROM pg_locks JOIN pg_class c ON c.oid = relation"
                        " WHERE relname LIKE 'testapp%%' AND pid = pg_backend_pid()"
                    )
                    held = [mode for (mode,) in cursor.fetchall()]
    finally:
        pre_save.disconnect(listener)
        post_save.disconnect(listener)
    assert everything_stored(alias) == before
    assert fired == []
    assert set(held) <= {"AccessShareLock"}


def test_another_writer_is_not_kept_waiting(alias):
    """Comparing while somebody else holds the lock of a writer."""
    load(EVERYTHING, clean(EVERYTHING, FULL))
    other = connections[alias].copy()
    try:
        with other.cursor() as cursor:
            cursor.execute(
                "BEGIN" if alias == "loaders_postgres" else "BEGIN IMMEDIATE"
            )
            cursor.execute("UPDATE testapp_everything SET text = 'theirs'")
            compared = compare(EVERYTHING, clean(EVERYTHING, FULL | {"text": "mine"}))
            cursor.execute("ROLLBACK")
    finally:
        other.close()
    assert olds(compared, 0) == {"text": FULL["text"]}


def test_loading_does_what_comparing_said():
    load(EVERYTHING, clean(EVERYTHING, FULL, BLANK, ODD))
    rows = [
        FULL | {"code": f"N-{n}", "email": None, "whole": n} if n % 3 else FULL
        for n in range(1, 3)
    ]
    frame = clean(EVERYTHING, *rows, ODD | {"real": 0.5}, BLANK)
    said = compare(EVERYTHING, frame).findings
    done = load(EVERYTHING, frame)
    assert (said.create, said.update, said.unchanged) == (
        done.created,
        done.updated,
        done.unchanged,
    )


def test_findings_add_up_and_survive_json():
    one = Findings(create=1, changed_columns={"a": 1}, filled={"a": 2}, met=1)
    other = Findings(update=2, changed_columns={"a": 1, "b": 1}, filled={"a": 1})
    assert Findings.from_data(total([one, other]).as_data()) == Findings(
        create=1, update=2, changed_columns={"a": 2, "b": 1}, filled={"a": 3}, met=1
    )
