"""TableUndo: undoes a chunk with a handful of statements over temporary tables.

1. The image goes into the temporary table `dataio_undo` (place, action, reason, old and new values).
2. Records that may not be touched get a reason: gone, changed, used, parent.
3. The others are removed or restored; when the database refuses, the records it refuses are
   searched by halves and get a reason too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pyarrow as pa
from django.db import IntegrityError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from dataio.imports.loaders.images import CREATED, UPDATED
from dataio.imports.loaders.postgres import Postgres
from dataio.imports.loaders.sqlite import Sqlite
from dataio.imports.loaders.staging import Dialect
from dataio.imports.loaders.values import Field
from dataio.imports.undo_left import REFUSED, all_told
from dataio.imports.undo_links import UndoLinks
from dataio.imports.undo_reasons import Reasons
from dataio.imports.undo_values import places_and_values, untouched
from dataio.resources import Resource

MOST_TRIES = 2_000
"""Pieces of one chunk that are tried before the rest is left."""


class TableUndo:
    """Undoes one chunk of values as the database keeps them."""

    def __init__(
        self, image: pa.Table, resource: Resource, connection: BaseDatabaseWrapper
    ) -> None:
        self._image = image
        self._resource = resource
        self._connection = connection
        kind: Callable[..., Any] = {"postgresql": Postgres, "sqlite": Sqlite}[
            connection.vendor
        ]
        self._dialect: Dialect = kind(connection)
        self._cursor: Any = connection.cursor()
        self._meta: Any = resource.model._meta
        self._fields: list[Field] = [
            field
            for field in self._meta.local_concrete_fields
            if f"new.{field.column}" in image.column_names
        ]
        self._table = self._quote(self._meta.db_table)
        self._pk = self._quote(self._meta.pk.column)
        self._key = f"n{self._fields.index(self._meta.pk)}"
        self._undo = f"{self._dialect.schema}.dataio_undo"
        self._words: list[str] = []
        self._tries = 0
        self._dialect.begin(self._cursor, looks_up=True)
        self._fill()
        self._links = UndoLinks(image, self._meta, self._dialect, self._key)
        self._reasons = Reasons(
            resource.model, self._fields, self._links, self._dialect, self._undo
        )

    def find_left(self) -> pd.DataFrame:
        """Give a reason to each record that must stay, and return these."""
        self._lock()
        with self._dialect.hashed(self._cursor):
            for reason in self._reasons.alone():
                self._mark(*reason)
            while sum(self._mark(*reason) for reason in self._reasons.used()):
                pass
        return self._left("reason IS NOT NULL")

    def count(self) -> tuple[int, int]:
        """Return how many records would be removed and restored."""
        return self._count(CREATED), self._count(UPDATED)

    def write(self) -> tuple[int, int, pd.DataFrame]:
        """Remove and restore what has no reason; return both counts, and what was refused."""
        removed, restored = self._attempt(0, len(self._image))
        return removed, restored, self._left(f"reason = '{REFUSED}'")

    def close(self) -> None:
        """Drop the temporary tables."""
        self._links.close()
        self._run(f"DROP TABLE IF EXISTS {self._undo}")
        self._cursor.close()

    def _fill(self) -> None:
        own = ["CAST(NULL AS integer) AS place", "CAST(NULL AS text) AS action"]
        own += ["CAST(NULL AS text) AS reason"]
        copies = [
            f"t.{self._quote(field.column)} AS {side}{n}"
            for side in "on"
            for n, field in enumerate(self._fields)
        ]
        # Made from the table itself, so that every column has exactly its type.
        self._run(f"DROP TABLE IF EXISTS {self._undo}")
        self._run(
            f"CREATE TEMPORARY TABLE dataio_undo AS SELECT {', '.join(own + copies)}"
            f" FROM {self._table} t WHERE 1 = 0"
        )
        self._dialect.fill(
            self._cursor, self._undo, places_and_values(self._image, self._fields)
        )

    def _lock(self) -> None:
        if self._dialect.ordered:
            self._run(f"ANALYZE {self._undo}")
            self._run(
                f"SELECT count(*) FROM (SELECT {self._key} FROM {self._undo}"
                f" ORDER BY {self._key}{self._dialect.each}) u JOIN LATERAL (SELECT 1"
                f" FROM {self._table} t WHERE t.{self._pk} = u.{self._key} FOR UPDATE) t ON TRUE"
            )

    def _attempt(self, low: int, high: int) -> tuple[int, int]:
        """Undo the records of these places; halve what is refused until it stands alone."""
        self._tries += 1
        try:
            with transaction.atomic(using=self._connection.alias):
                counts = self._remove(low, high), self._restore(low, high)
                if self._dialect.ordered:
                    self._connection.check_constraints()
                return counts
        except IntegrityError:
            if high - low == 1 or self._tries >= MOST_TRIES:
                self._mark(
                    REFUSED,
                    f"SELECT place FROM {self._undo} WHERE place >= {low} AND place < {high}",
                )
                return 0, 0
        middle = (low + high) // 2
        first, second = self._attempt(low, middle), self._attempt(middle, high)
        return first[0] + second[0], first[1] + second[1]

    def _remove(self, low: int, high: int) -> int:
        going = f"SELECT {self._key} FROM {self._undo} u WHERE {untouched(CREATED, low, high)}"
        self._links.remove(going)
        among = self._dialect.among(self._pk, going)
        return self._run(f"DELETE FROM {self._table} WHERE {among}")

    def _restore(self, low: int, high: int) -> int:
        free = untouched(UPDATED, low, high)
        sets = ", ".join(
            f"{self._quote(field.column)} = u.o{n}"
            for n, field in enumerate(self._fields)
            if not getattr(field, "generated", False)
        )
        self._links.restore(free)
        pk = f"t.{self._pk}"
        wanted = f"SELECT {self._key} FROM {self._undo} u WHERE {free}"
        side = (self._undo, self._key)
        with self._dialect.hashed(self._cursor, self._meta.db_table, side):
            return self._run(
                f"UPDATE {self._table} AS t SET {sets} FROM {self._undo} u WHERE"
                f" {pk} = u.{self._key} AND {free} AND {self._dialect.among(pk, wanted)}"
            )

    def _left(self, condition: str) -> pd.DataFrame:
        self._run(
            f"SELECT place, reason FROM {self._undo} WHERE {condition} ORDER BY place"
        )
        left = []
        for place, reason in self._cursor.fetchall():
            code, _space, number = reason.partition(" ")
            left.append((place, code, self._words[int(number)] if number else ""))
        return all_told(self._image, left, self._resource)

    def _mark(self, code: str, query: str, words: str = "") -> int:
        reason = code
        if words:
            if words not in self._words:
                self._words.append(words)
            reason = f"{code} {self._words.index(words)}"
        return self._run(
            f"UPDATE {self._undo} SET reason = '{reason}'"
            f" WHERE reason IS NULL AND place IN ({query})"
        )

    def _count(self, action: str) -> int:
        self._run(
            f"SELECT count(*) FROM {self._undo} WHERE reason IS NULL AND action = '{action}'"
        )
        return int(self._cursor.fetchone()[0])

    def _run(self, sql: str) -> int:
        self._cursor.execute(sql, [])
        return int(self._cursor.rowcount)

    def _quote(self, name: str | None) -> str:
        return self._dialect.quote(name)
