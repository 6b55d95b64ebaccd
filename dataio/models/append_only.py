"""The audit trail is only added to: PostgreSQL and SQLite themselves refuse everything else.

Triggers, made after each `manage.py migrate`, since SQLite drops them whenever a migration
remakes the table. They hold against plain SQL as well, whoever sends it:
- UPDATE and DELETE are refused, and so is what does the same by other words (ON CONFLICT DO
  UPDATE, INSERT OR REPLACE);
- TRUNCATE is not: it is how Django empties test databases on PostgreSQL. Where the site must not
  be able to, take the right from its role.
- SQLite in memory lets rows be deleted: Django empties test databases so, and it ends anyhow.

Whoever must change an entry by law takes the triggers off, which cannot happen by mistake
(guarantees.md says how); the next `migrate` puts them back.
"""

from __future__ import annotations

from typing import Any

from django.db import connections, router

from dataio.models.audit import AuditEntry

TABLE = AuditEntry._meta.db_table
REFUSAL = "The audit trail is only added to, never changed."

SQLITE = (
    f"""
    CREATE TRIGGER IF NOT EXISTS dataio_audit_no_update BEFORE UPDATE ON {TABLE}
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END
    """,
    f"""
    CREATE TRIGGER IF NOT EXISTS dataio_audit_no_delete BEFORE DELETE ON {TABLE}
    WHEN (SELECT file FROM pragma_database_list WHERE name = 'main') <> ''
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END
    """,  # noqa: S608  constants
    # INSERT OR REPLACE deletes without asking the trigger above.
    f"""
    CREATE TRIGGER IF NOT EXISTS dataio_audit_no_replace BEFORE INSERT ON {TABLE}
    WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END
    """,  # noqa: S608  constants
)
POSTGRES = (
    f"""
    CREATE OR REPLACE FUNCTION dataio_audit_append_only() RETURNS trigger
    LANGUAGE plpgsql AS $$ BEGIN
      RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    f"""
    CREATE TRIGGER dataio_audit_append_only BEFORE UPDATE OR DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION dataio_audit_append_only()
    """,
)
POSTGRES_HAS_IT = """
    SELECT 1 FROM pg_trigger
    WHERE tgname = 'dataio_audit_append_only' AND tgrelid = to_regclass(%s)
"""


def guard_audit(using: str = "default", **others: Any) -> None:
    """Add the triggers that are missing. For `post_migrate`; other databases have none."""
    connection = connections[using]
    if not router.allow_migrate_model(using, AuditEntry):
        return
    with connection.cursor() as cursor:
        # Not so after `migrate dataio zero`.
        if TABLE not in connection.introspection.table_names(cursor):
            return
        for statement in _missing(connection.vendor, cursor):
            cursor.execute(statement)


def _missing(vendor: str, cursor: Any) -> tuple[str, ...]:
    if vendor == "sqlite":
        return SQLITE
    if vendor != "postgresql":
        return ()
    # Asked first: making a trigger waits for whoever writes to the table.
    cursor.execute(POSTGRES_HAS_IT, [TABLE])
    return () if cursor.fetchone() else POSTGRES
