"""A database in memory beside that of a connection to SQLite: copies cost next to nothing."""

from __future__ import annotations

from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper

MEMORY = "dataio_images"
"""The name of the attached database. It stays: none can be detached in a transaction."""


def attach(connection: BaseDatabaseWrapper) -> bool:
    """Attach a database in memory, unless it is there; False where SQLite cannot do it."""
    connection.ensure_connection()
    if not hasattr(connection.connection, "serialize"):
        return False
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA database_list")
        if MEMORY in [row[1] for row in cursor.fetchall()]:
            return True
        try:
            cursor.execute(f"ATTACH DATABASE ':memory:' AS {MEMORY}")
            # What is dropped must not be found in the pages of a later image.
            cursor.execute(f"PRAGMA {MEMORY}.secure_delete = ON")
        except DatabaseError:
            return False
    return True
