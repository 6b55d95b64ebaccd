"""Staging: the temporary tables a chunk goes through, and what differs between databases."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd
import pyarrow as pa
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from dataio.imports.loaders.target import Target
from dataio.imports.loaders.values import Arrow, Field, clean_table, varying

POSITION = "dataio_position"
"""The column of temporary tables that numbers the rows of a piece from 0."""


@dataclass(frozen=True, kw_only=True, slots=True)
class New:
    """Where new records come from and go to; names are quoted."""

    target: Target
    table: str
    pk: str
    made: str
    """The temporary table (position, pk) that is told the primary keys."""
    fresh: str
    """The staged rows that become records, as SQL after FROM."""


class Dialect(Protocol):
    """What differs between databases."""

    connection: BaseDatabaseWrapper
    ordered: bool
    """Whether rows are applied in the order of their keys, so that two writers never wait
    for each other in a circle."""
    schema: str
    """Where temporary tables live."""
    differs: str
    """The comparison that takes NULL for a value."""
    each: str
    """The end of a subquery that is asked for each row, by an index, and never joined."""

    def quote(self, name: str | None) -> str:
        """Return a name for SQL; None is the column of a field that has none."""

    def encode(self, field: Field, values: Arrow) -> Arrow:
        """Return values in a form that `fill` writes as Django would."""

    def fill(self, cursor: Any, table: str, rows: pa.Table) -> None:
        """Put rows into an empty temporary table (a quoted name)."""

    def begin(self, cursor: Any, *, looks_up: bool) -> None:
        """Prepare a transaction for what comes; `looks_up`: records are found by an index."""

    def renew(self, cursor: Any, table: str) -> None:
        """Make the database count a table (not quoted) again that it takes for nearly empty,
        so that of several indexes the best is taken."""

    def lookup(
        self, meta: Any, alias: str, condition: str, *, left: bool = False
    ) -> str:
        """Return SQL that joins to rows the records that an index finds for each of them.

        `meta`: the model's, whose own columns are selected. `condition`: over the record (by
        its alias) and the row, with an index behind it. `left`: rows without a record stay.
        """

    def among(self, column: str, query: str) -> str:
        """Return SQL that is true of records whose column has a value that a query gives.

        They are found by the column's index.
        """

    def hashed(
        self, cursor: Any, written: str = "", side: tuple[str, str] = ("", "")
    ) -> AbstractContextManager[None]:
        """Within it, what is not a `lookup` is joined by hashing each side once.

        It must not stand within another one, and an error within it must end the savepoint.
        `written`: the table (not quoted) that is written within it. If it has triggers,
        whose own queries would be hashed as well, an index is made instead on `side`, the
        temporary table and the column by which its records are joined.
        """

    def clear(self, cursor: Any, table: str) -> None:
        """Empty a temporary table."""

    def lock(self, cursor: Any, target: str, pk: str, matched: str) -> None:
        """Lock the records about to be updated, in the order of positions."""

    def has_triggers(self, table: str) -> bool:
        """Whether something changes records besides the statement that writes a table (not
        quoted)."""

    def next_identity(self, target: Target) -> str:
        """Return SQL that makes the next primary key."""

    def insert(
        self, cursor: Any, statement: str, values: list[object], new: New
    ) -> int:
        """Run an INSERT in the order of positions, note the primary keys; return their number."""

    def read(
        self, cursor: Any, columns: list[str], rows: str, fields: list[Field | None]
    ) -> pa.Table:
        """Return columns exactly as the database keeps them; `rows` is the SQL from FROM on.

        `fields`: whose values the columns hold; None for numbers of dataio's own.
        """


def quoted(connection: BaseDatabaseWrapper, name: str | None) -> str:
    """See `Dialect.quote`."""
    assert name is not None  # noqa: S101  such fields never come here
    # The percent sign is doubled since every statement goes through with its values.
    return connection.ops.quote_name(name).replace("%", "%%")


class Staging:
    """Temporary tables: `staged` (position, one column per field), `matched` (position, pk,
    differs), and one of `links` (position, pk) per many-to-many column. They last until
    `close`, and are emptied and filled again for each piece."""

    def __init__(self, target: Target, dialect: Dialect) -> None:
        self.dialect = dialect
        self.staged = f"{dialect.schema}.dataio_staged"
        self.matched = f"{dialect.schema}.dataio_matched"
        self.links = [
            f"{dialect.schema}.dataio_links_{n}" for n in range(len(target.links))
        ]
        kept = [name for name in target.kept if name in target.fields]
        self.keeps = {name: f"dataio_keep_{n}" for n, name in enumerate(kept)}
        """Columns of `staged` that are 1 where a blank cell keeps what is stored, by name."""
        self.fields = [*target.fields.values(), *target.varying]
        self.rows = pa.table({})
        """What is staged now, in the order of positions, also rows that were taken out."""
        self._target = target
        self._cursor: Any = dialect.connection.cursor()
        dialect.begin(self._cursor, looks_up=target.looked_up)
        if len(target.key) > 1:
            dialect.renew(self._cursor, target.meta.db_table)
        for table, columns in self._definitions().items():
            self.run(f"DROP TABLE IF EXISTS {table}")
            name = table.partition(".")[2]
            self.run(f"CREATE TEMPORARY TABLE {name} ({', '.join(columns)})")

    def stage(self, frame: pd.DataFrame) -> None:
        """Replace what is staged by the rows of a clean frame, numbered in its order."""
        table = clean_table(frame, self._target.columns)
        columns: dict[Any, Arrow] = {POSITION: pa.array(range(len(frame)), pa.int64())}
        for name, field in self._target.fields.items():
            encoded = self.dialect.encode(field, table[name].combine_chunks())
            columns[field.column] = encoded
        for name, column in self.keeps.items():
            columns[column] = pa.array(frame[name].isna().to_numpy("int64"))
        for field in self._target.varying:
            made = varying(field.default, len(frame))
            columns[field.column] = self.dialect.encode(field, made)
        self.dialect.clear(self._cursor, self.matched)
        self.rows = pa.table(columns)
        self.fill(self.staged, self.rows)

    def fill(self, table: str, rows: pa.Table) -> None:
        """Replace the rows of a temporary table."""
        self.dialect.clear(self._cursor, table)
        self.dialect.fill(self._cursor, table, rows)

    def records(self) -> str:
        """Return SQL that joins to staged rows (s) the records (t) with their keys."""
        columns = [self.quote(field.column) for field in self._target.key]
        same = " AND ".join(f"t.{column} = s.{column}" for column in columns)
        if self._target.looked_up:
            return self.dialect.lookup(self._target.meta, "t", same)
        return f"JOIN {self.quote(self._target.meta.db_table)} t ON {same}"

    def lost(self, table: str, name: str, field: models.ForeignKey[Any, Any]) -> str:
        """Return the query for the positions of a temporary table whose related record is gone.

        `name`: of the column that holds what the foreign key would.
        """
        column, found = self.quote(name), f"p.{self.quote(field.target_field.column)}"
        beside = self.dialect.lookup(
            field.related_model._meta, "p", f"{found} = d.{column}", left=True
        )
        distinct = f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL"
        return (
            f"SELECT DISTINCT {POSITION} FROM {table} WHERE {column} IN (SELECT d.{column}"
            f" FROM ({distinct}) d {beside} WHERE {found} IS NULL)"
        )

    def take_out(self, frame: pd.DataFrame, query: str) -> pd.DataFrame:
        """Remove the positions of a query from all tables; return their rows of the frame."""
        self.run(query)
        positions = sorted(row[0] for row in self._cursor.fetchall())
        for start in range(0, len(positions), 500):
            part = positions[start : start + 500]
            marks = ", ".join(["%s"] * len(part))
            for table in (self.staged, self.matched, *self.links):
                self.run(f"DELETE FROM {table} WHERE {POSITION} IN ({marks})", part)
        return frame.iloc[positions]

    def count(self, rows: str) -> int:
        """Return the number of rows of a table, or of "table WHERE ..."."""
        self.run(f"SELECT count(*) FROM {rows}")
        return int(self._cursor.fetchone()[0])

    def run(self, sql: str, values: Sequence[object] = ()) -> int:
        """Execute one statement; return how many rows it wrote."""
        self._cursor.execute(sql, list(values))
        return int(self._cursor.rowcount)

    def written(self) -> AbstractContextManager[None]:
        """Join the records about to be updated by hashing; see `Dialect.hashed`."""
        table = self._target.meta.db_table
        return self.dialect.hashed(self._cursor, table, (self.matched, "pk"))

    def lock(self, table: str, pk: str) -> None:
        """Lock the records about to be updated (both names quoted)."""
        self.dialect.lock(self._cursor, table, pk, self.matched)

    def quote(self, name: str | None) -> str:
        """Return a name for SQL; see `Dialect.quote`."""
        return self.dialect.quote(name)

    def close(self) -> None:
        """Drop the temporary tables."""
        for table in self._definitions():
            self.run(f"DROP TABLE IF EXISTS {table}")
        self._cursor.close()

    def _definitions(self) -> dict[str, list[str]]:
        connection = self.dialect.connection
        types = [f"{self.quote(f.column)} {f.db_type(connection)}" for f in self.fields]
        types += [f"{column} integer" for column in self.keeps.values()]
        pk_type = self._target.pk.db_type(connection)
        tables = {
            self.staged: [f"{POSITION} integer PRIMARY KEY", *types],
            self.matched: [f"{POSITION} integer", f"pk {pk_type}", "differs boolean"],
        }
        for link, table in zip(self._target.links, self.links, strict=True):
            kind = link.target.target_field.db_type(connection)
            unique = f"PRIMARY KEY ({POSITION}, pk)"
            tables[table] = [f"{POSITION} integer", f"pk {kind}", unique]
        return tables
