"""The work of a chunk grows with its rows, not with their square, whatever a database thinks.

PostgreSQL takes a table that was emptied and filled again for an empty one. What goes through one
table for each row of the other takes minutes then, and everything else less than a second: a
statement may take seven seconds here. SQLite may take so many steps.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connections, transaction

from dataio.imports.compare import compare_chunk
from dataio.imports.load import load_chunk
from dataio.imports.loaders.lacking import remove_lacking
from dataio.imports.loaders.postgres import Postgres
from dataio.imports.plan import UPSERT, ImportPlan
from dataio.imports.undo import undo_chunk
from tests.integration.loaders.frames import clean, counts, load, resource_of
from tests.testapp.models import Everything, Group, Slot, Tag

EVERYTHING = resource_of(Everything)
ROWS = 20_000
STEPS = 100_000
MOST = 500  # times STEPS, of a statement
TABLES = ("testapp_everything", "testapp_everything_tags", "testapp_slot")

only_postgres = pytest.mark.parametrize(
    "database", ["loaders_postgres"], indirect=True, scope="session"
)


@pytest.fixture(autouse=True)
def impatient(alias) -> Iterator[None]:
    connection = connections[alias]
    yield from (_steps if connection.vendor == "sqlite" else _seconds)(connection)


def _steps(connection) -> Iterator[None]:
    """End a statement of SQLite that takes too many steps of its machine."""
    taken = 0

    def count() -> bool:
        nonlocal taken
        taken += 1
        return taken > MOST

    def start_again(execute, *told):
        nonlocal taken
        taken = 0
        return execute(*told)

    connection.ensure_connection()
    connection.connection.set_progress_handler(count, STEPS)
    with connection.execute_wrapper(start_again):
        yield
    connection.connection.set_progress_handler(None, STEPS)


def _seconds(connection) -> Iterator[None]:
    """End a statement of PostgreSQL that takes too long; nothing is counted by the way."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
        cursor.execute("SET statement_timeout = '7s'")
        yield
        cursor.execute("SET statement_timeout TO DEFAULT")
        # Other tests find tables of which the planner knows as little as of new ones.
        cursor.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} RESET (autovacuum_enabled)")


@pytest.fixture
def never_renewed(monkeypatch) -> None:
    """As where the role may not: what is known of a table stays as old as it is."""
    monkeypatch.setattr(Postgres, "renew", lambda *told: None)


@pytest.fixture
def trigger(alias) -> Iterator[None]:
    """A trigger, whose queries are planned in the middle of a statement."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION nothing() RETURNS trigger AS"
            " 'BEGIN RETURN coalesce(new, old); END' LANGUAGE plpgsql"
        )
        cursor.execute(
            "CREATE TRIGGER nothing BEFORE INSERT OR UPDATE OR DELETE"
            " ON testapp_everything FOR EACH ROW EXECUTE FUNCTION nothing()"
        )
        yield
        cursor.execute("DROP FUNCTION nothing CASCADE")


def rows(whole: int, *tags: int) -> list[dict]:
    lists = {"tags": list(tags)} if tags else {}
    codes = (f"c{number:06}" for number in range(ROWS))
    return [{"code": code, "whole": whole} | lists for code in codes]


def seem_empty(alias: str) -> None:
    """Remove all records, but not the room they took, and let the planner know that."""
    for model in (Everything.tags.through, Everything, Slot):
        model._base_manager.all()._raw_delete(alias)
    with connections[alias].cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ANALYZE {table}")


def kept() -> tuple[int, list[int], int]:
    values = Everything.objects.values_list("whole", flat=True)
    count = Everything.objects.count()
    return count, list(values.distinct()), Everything.tags.through.objects.count()


@pytest.mark.usefixtures("never_renewed")
@pytest.mark.parametrize("linked", [False, True], ids=["plain", "with links"])
def test_an_import_its_check_and_its_undo_look_records_up(alias, linked):
    assert import_check_and_undo(alias, linked=linked) == as_expected(linked=linked)


@only_postgres
@pytest.mark.usefixtures("never_renewed", "trigger")
def test_so_they_do_where_the_table_has_triggers(alias):
    assert import_check_and_undo(alias) == as_expected()


def as_expected(*, linked=False) -> list[tuple]:
    """What `import_check_and_undo` returns: a count of rows each, and what is stored then."""
    once, twice = (ROWS, [1], ROWS * linked), (ROWS, [2], ROWS * linked)
    stored = (once, once, twice, once, (0, [], 0))
    return [(ROWS, *one) for one in stored]


def import_check_and_undo(alias, *, linked=False) -> list[tuple]:
    tags = [Tag.objects.create(pk=n, name=str(n)).pk for n in (1, 2)] if linked else []
    first = clean(EVERYTHING, *rows(1, *tags[:1]))
    second = clean(EVERYTHING, *rows(2, *tags[1:]))
    plan = ImportPlan(
        resource=EVERYTHING.label,
        mapping={name: name for name in first},
        mode=UPSERT,
        key=("code",),
    )

    def loaded(frame):
        with transaction.atomic(using=alias):
            return load_chunk(frame, plan, EVERYTHING, keeps_images=True)

    def undo(result):
        with transaction.atomic(using=alias):
            return undo_chunk(result.image, EVERYTHING, connections[alias])

    loaded(first)
    seem_empty(alias)

    made = loaded(first)
    seen = [(made.created, *kept())]
    seen.append((compare_chunk(second, plan, EVERYTHING).findings.update, *kept()))
    changed = loaded(second)
    seen.append((changed.updated, *kept()))
    seen.append((undo(changed).restored, *kept()))
    seen.append((undo(made).removed, *kept()))
    return seen


@pytest.mark.usefixtures("never_renewed")
def test_records_that_a_file_lacks_are_told_in_time(alias):
    frame = clean(EVERYTHING, *rows(1))
    load(EVERYTHING, frame)
    seem_empty(alias)
    load(EVERYTHING, frame)

    plan = ImportPlan(
        resource=EVERYTHING.label,
        mapping={name: name for name in frame},
        mode=UPSERT,
        key=("code",),
        remove_missing=True,
    )
    with transaction.atomic(using=alias):
        removed = remove_lacking([frame.iloc[:-3]], plan, EVERYTHING)
    assert (removed.count, Everything.objects.count()) == (3, ROWS - 3)


def test_a_key_of_two_columns_is_looked_up_by_both(alias):
    slots = resource_of(Slot)
    groups = [Group.objects.create(name=f"group {n}").pk for n in range(4)]
    numbers = range(ROWS // len(groups))
    first, second = (
        clean(
            slots,
            *(
                {"group": group, "number": number, "label": label}
                for number in numbers
                for group in groups
            ),
        )
        for label in ("one", "two")
    )
    load(slots, first, key=("group", "number"))
    seem_empty(alias)

    assert counts(load(slots, first, key=("group", "number"))) == (ROWS, 0, 0, 0)
    assert counts(load(slots, second, key=("group", "number"))) == (0, ROWS, 0, 0)
    assert set(Slot.objects.values_list("label", flat=True)) == {"two"}


@only_postgres
def test_a_table_that_passes_for_empty_is_counted_again(alias):
    slots = resource_of(Slot)
    group = Group.objects.create(name="group").pk
    lines = [{"group": group, "number": n, "label": "one"} for n in range(ROWS)]
    every, one = clean(slots, *lines), clean(slots, lines[0])

    def known() -> int:
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT reltuples FROM pg_class WHERE relname = 'testapp_slot'"
            )
            return int(cursor.fetchone()[0])

    load(slots, every, key=("group", "number"))
    seem_empty(alias)
    load(slots, every, key=("group", "number"))
    assert known() == 0
    load(slots, one, key=("group", "number"))
    assert known() == ROWS


@only_postgres
@pytest.mark.usefixtures("never_renewed")
def test_a_small_table_is_looked_up_too_since_it_may_grow_meanwhile(alias):
    plans = []

    def explain(execute, sql, params, many, context):
        if "LATERAL" in sql:
            with context["connection"].cursor() as cursor:
                cursor.cursor.execute(f"EXPLAIN {sql}", params)
                plans.append([line for (line,) in cursor.cursor.fetchall()])
        return execute(sql, params, many, context)

    load(EVERYTHING, clean(EVERYTHING, *rows(1)[:20]))
    with connections[alias].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE testapp_everything")
    with connections[alias].execute_wrapper(explain):
        load(EVERYTHING, clean(EVERYTHING, *rows(2)[:10]))
    assert len(plans) >= 2
    assert [
        line for plan in plans for line in plan if "Seq Scan on testapp" in line
    ] == []
