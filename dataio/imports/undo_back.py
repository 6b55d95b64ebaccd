"""Put back what one removal took along: see `dataio.imports.loaders.going`.

1. Each table goes into a temporary table.
2. Rows that cannot come back get a reason: their key is taken, or what they refer to is lost.
3. The others are inserted; when the database refuses, the rows it refuses are searched by halves.
4. References that were set to something else are set back where nobody has changed them since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd
import pyarrow as pa
from django.db import DataError, IntegrityError, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from dataio.columns.problems import join_problems
from dataio.imports.loaders.going import NEW, OLD, PK
from dataio.imports.loaders.postgres import Postgres
from dataio.imports.loaders.sqlite import Sqlite
from dataio.imports.undo_back_table import BackTable
from dataio.imports.undo_left import BARRED, CHANGED, LOST, PARENT, TAKEN

MOST_TRIES = 2_000
"""Pieces of a removal that are tried before the rest is left."""


class TakeBack:
    """Undoes one removal; must be used in a transaction."""

    def __init__(
        self, tables: Iterable[pa.Table], connection: BaseDatabaseWrapper
    ) -> None:
        kind: Callable[..., Any] = {"postgresql": Postgres, "sqlite": Sqlite}[
            connection.vendor
        ]
        self._dialect = kind(connection)
        self._connection = connection
        self._all = [
            BackTable(rows, self._dialect, number) for number, rows in enumerate(tables)
        ]
        self._tables = [one for one in self._all if not one.head.column]
        self._references = [one for one in self._all if one.head.column]
        self._tries = 0

    def find_left(self) -> None:
        """Give a reason to each row that cannot come back."""
        for table in self._tables:
            for columns in table.unique():
                taken = _taken(table, columns)
                table.mark(TAKEN, taken, table.words_of(columns))
        self._mark_lost()
        for references in self._references:
            # Rows that are not there come back as they were, or not at all.
            references.run(
                f"DELETE FROM {references.name} WHERE place NOT IN"
                f" (SELECT b.place FROM {references.beside})"
            )
            self._mark_references(references)

    def count(self, model: type[models.Model]) -> tuple[int, int]:
        """Return how many records of a model come back, and how many rows of all else."""
        counts = {one: one.count() for one in self._all}
        own = sum(
            count
            for one, count in counts.items()
            if one in self._tables and one.meta.model is model._meta.concrete_model
        )
        return own, sum(counts.values()) - own

    def write(self) -> None:
        """Put back what has no reason; what the database refuses gets one."""
        for table in self._tables:
            self._attempt(table, 0, len(table.rows), _insert)
            self._mark_lost()
        for table in self._tables:
            # It came before something it refers to, and that was refused.
            pk = table.meta.pk.column
            lost = (
                f"SELECT {table.place_of(pk)} FROM {table.name}"
                f" WHERE reason LIKE '{LOST}%%'"
            )
            among = self._dialect.among(table.quote(pk), lost)
            table.run(f"DELETE FROM {table.table} WHERE {among}")
        for references in self._references:
            self._mark_references(references)
            self._attempt(references, 0, len(references.rows), _set_back)
        if self._dialect.ordered:
            self._connection.check_constraints()

    def left(self) -> pd.DataFrame:
        """Return what stays away, and why; see `dataio.columns.problems`."""
        return join_problems(told for one in self._all for told in one.told())

    def close(self) -> None:
        """Drop the temporary tables."""
        for one in self._all:
            one.close()

    def _mark_lost(self) -> None:
        """Rows that refer to what is not there, and does not come back either."""
        while sum(
            table.mark(
                LOST,
                self._nowhere(table, table.place_of(str(one.column)), one),
                str(one.verbose_name),
            )
            for table in self._tables
            for one in table.foreign_keys()
        ):
            pass

    def _mark_references(self, table: BackTable) -> None:
        """References that somebody has changed since, or whose record does not come back."""
        column, differs = table.quote(table.head.column), self._dialect.differs
        table.mark(
            CHANGED,
            f"SELECT b.place FROM {table.beside}"
            f" WHERE t.{column} {differs} b.{table.place_of(NEW)}"
            f" AND t.{column} {differs} b.{table.place_of(OLD)}",
        )
        for one in table.foreign_keys():
            if one.column == table.head.column:
                query = self._nowhere(table, table.place_of(OLD), one)
                table.mark(PARENT, query, str(one.verbose_name))

    def _nowhere(
        self, table: BackTable, place: str, one: models.ForeignKey[Any, Any]
    ) -> str:
        """Return the query for the rows whose value at `place` finds no record."""
        target: Any = one.target_field
        goal, column = target.model._meta.db_table, str(target.column)
        found = [
            f"SELECT 1 FROM {table.quote(goal)} p"
            f" WHERE p.{table.quote(column)} = b.{place}{self._dialect.each}"
        ]
        found += [
            f"SELECT 1 FROM {other.name} q WHERE q.reason IS NULL"
            f" AND q.{other.place_of(column)} = b.{place}"
            for other in self._tables
            if other.meta.db_table == goal
        ]
        nowhere = "".join(f" AND NOT EXISTS ({query})" for query in found)
        return (
            f"SELECT b.place FROM {table.name} b WHERE b.{place} IS NOT NULL{nowhere}"
        )

    def _attempt(
        self,
        table: BackTable,
        low: int,
        high: int,
        write: Callable[[BackTable, str], None],
    ) -> None:
        """Write the rows of these places; halve what is refused until it stands alone."""
        self._tries += 1
        rows = f"b.reason IS NULL AND b.place >= {low} AND b.place < {high}"
        try:
            with transaction.atomic(using=self._connection.alias):
                write(table, rows)
        except (IntegrityError, DataError):
            if high - low == 1 or self._tries >= MOST_TRIES:
                query = f"SELECT b.place FROM {table.name} b WHERE {rows}"
                table.mark(BARRED, query)
                return
            middle = (low + high) // 2
            self._attempt(table, low, middle, write)
            self._attempt(table, middle, high, write)


def _taken(table: BackTable, columns: tuple[str, ...]) -> str:
    same = " AND ".join(
        f"t.{table.quote(name)} = b.{table.place_of(name)}" for name in columns
    )
    found = table.dialect.lookup(table.meta, "t", same)
    return f"SELECT b.place FROM {table.name} b {found}"


def _insert(table: BackTable, rows: str) -> None:
    given = [
        str(one.column)
        for one in table.meta.local_concrete_fields
        if not getattr(one, "generated", False)
    ]
    names = ", ".join(table.quote(name) for name in given)
    values = ", ".join(f"b.{table.place_of(name)}" for name in given)
    table.run(
        f"INSERT INTO {table.table} ({names}) SELECT {values}"
        f" FROM {table.name} b WHERE {rows} ORDER BY b.place"
    )


def _set_back(table: BackTable, rows: str) -> None:
    pk, place = f"t.{table.quote(table.meta.pk.column)}", table.place_of(PK)
    wanted = f"SELECT b.{place} FROM {table.name} b WHERE {rows}"
    with table.hashed():
        table.run(
            f"UPDATE {table.table} AS t SET {table.quote(table.head.column)}"
            f" = b.{table.place_of(OLD)} FROM {table.name} b WHERE {pk} = b.{place}"
            f" AND {rows} AND {table.dialect.among(pk, wanted)}"
        )
