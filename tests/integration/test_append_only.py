"""The database itself refuses to change the audit trail, whoever asks: real PostgreSQL and SQLite."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.management.color import no_style
from django.db import IntegrityError, connections

from dataio.models import AuditAction, AuditEntry
from dataio.models.append_only import guard_audit

NAMES = (f"audit_{number}" for number in itertools.count())
WORDS = "id, at, action, person_key, person_name, resource, about, details, request_id"
VALUES = "'2026-01-01', 'uploaded', '', '', '', 'other.xlsx', '{}', ''"


def sqlite_settings(name: str) -> dict[str, object]:
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": name, "OPTIONS": {}}


def postgres_settings(url: str, schema: str) -> dict[str, object]:
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path[1:],
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "USER": parts.username or "",
        "PASSWORD": parts.password or "",
        "OPTIONS": {"options": f"-c search_path={schema}"},
    }


@pytest.fixture(params=["sqlite", "memory", "postgresql"])
def kind(request) -> str:
    return request.param


@pytest.fixture
def alias(kind, request, tmp_path, django_db_blocker, django_db_setup) -> Iterator[str]:
    """A database with the audit trail as `migrate` leaves it, and one entry."""
    name = next(NAMES)
    if kind == "postgresql":
        url = request.getfixturevalue("postgres_url")
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(f"CREATE SCHEMA {name}".encode())
        own = postgres_settings(url, name)
    else:
        own = sqlite_settings(":memory:" if kind == "memory" else str(tmp_path / "db"))
    connections.settings[name] = connections["default"].settings_dict | own
    with django_db_blocker.unblock():
        with connections[name].schema_editor() as editor:
            editor.create_model(AuditEntry)
        guard_audit(name)
        AuditEntry.objects.using(name).create(
            action=AuditAction.UPLOADED, about="a.xlsx"
        )
        yield name
        connections[name].close()
    del connections[name]
    del connections.settings[name]
    if kind == "postgresql":
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(f"DROP SCHEMA {name} CASCADE".encode())


def run(alias: str, statement: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)


def kept(alias: str) -> list[str]:
    return list(AuditEntry.objects.using(alias).values_list("about", flat=True))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE dataio_auditentry SET about = 'b.xlsx'",
        "UPDATE dataio_auditentry SET person_name = '' WHERE about = 'a.xlsx'",
        f"INSERT INTO dataio_auditentry ({WORDS}) VALUES (1, {VALUES})"
        " ON CONFLICT (id) DO UPDATE SET about = 'b.xlsx'",
    ],
)
def test_plain_sql_changes_no_entry(alias, statement):
    with pytest.raises(IntegrityError, match="only added to, never changed"):
        run(alias, statement)
    assert kept(alias) == ["a.xlsx"]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_plain_sql_removes_no_entry(alias):
    with pytest.raises(IntegrityError, match="only added to, never changed"):
        run(alias, "DELETE FROM dataio_auditentry WHERE about LIKE 'a%'")
    assert kept(alias) == ["a.xlsx"]


@pytest.mark.parametrize("kind", ["sqlite", "memory"])
def test_replacing_an_entry_is_changing_it(alias):
    with pytest.raises(IntegrityError, match="only added to, never changed"):
        run(alias, f"REPLACE INTO dataio_auditentry ({WORDS}) VALUES (1, {VALUES})")
    assert kept(alias) == ["a.xlsx"]


def test_entries_are_added_as_before(alias):
    guard_audit(alias)  # a second migrate
    entry = AuditEntry.objects.using(alias).create(action="denied", about="b.xlsx")
    more = [AuditEntry(action="denied", about=name) for name in ("c.csv", "d.csv")]
    AuditEntry.objects.using(alias).bulk_create(more)
    assert entry.pk
    assert kept(alias) == ["d.csv", "c.csv", "b.xlsx", "a.xlsx"]


@pytest.mark.parametrize("kind", ["memory", "postgresql"])
def test_test_databases_are_emptied_as_django_does_it(alias):
    connection = connections[alias]
    statements = connection.ops.sql_flush(
        no_style(), ["dataio_auditentry"], reset_sequences=True, allow_cascade=False
    )
    connection.ops.execute_sql_flush(statements)
    assert kept(alias) == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_must_be_erased_by_law_can_be(alias, kind):
    """As guarantees.md says it; the next migrate guards the trail again."""
    off = {
        "sqlite": "DROP TRIGGER dataio_audit_no_update",
        "postgresql": "DROP TRIGGER dataio_audit_append_only ON dataio_auditentry",
    }
    run(alias, off[kind])
    run(alias, "UPDATE dataio_auditentry SET person_name = ''")
    guard_audit(alias)
    with pytest.raises(IntegrityError):
        run(alias, "UPDATE dataio_auditentry SET person_name = 'x'")


def test_a_database_without_the_table_is_left_alone(alias, kind):
    with connections[alias].schema_editor() as editor:
        editor.delete_model(AuditEntry)
    guard_audit(alias)
    assert connections[alias].introspection.table_names() == []
