"""Staging: the temporary tables a chunk goes through, and what differs between databases."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd
import pyarrow as pa
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

    def encode(self, field: Field, values: Arrow) -> Arrow:
        """Return values in a form that `fill` writes as Django would."""

    def fill(self, cursor: Any, table: str, rows: pa.Table) -> None:
        """Put rows into an empty temporary table (a quoted name)."""

    def begin(self, cursor: Any) -> None:
        """Prepare a transaction for what comes."""

    def by_index(self, cursor: Any) -> AbstractContextManager[None]:
        """Within it, look records up one by one, by an index that must be there."""

    def clear(self, cursor: Any, table: str) -> None:
        """Empty a temporary table."""

    def lock(self, cursor: Any, target: str, pk: str, matched: str) -> None:
        """Lock the records about to be updated, in the order of positions."""

    def has_triggers(self, target: Target) -> bool:
        """Whether something changes records besides the statement that writes them."""

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
        dialect.begin(self._cursor)
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

    def by_index(self) -> AbstractContextManager[None]:
        """Within it, look records up by their primary key, or by a key that is unique."""
        return self.dialect.by_index(self._cursor)

    def lock(self, table: str, pk: str) -> None:
        """Lock the records about to be updated (both names quoted)."""
        self.dialect.lock(self._cursor, table, pk, self.matched)

    def quote(self, name: str | None) -> str:
        """Return a name for SQL; None is the column of a field that has none."""
        assert name is not None  # noqa: S101  such fields never come here
        # The percent sign is doubled since every statement goes through with its values.
        return self.dialect.connection.ops.quote_name(name).replace("%", "%%")

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
            tables[table] = [f"{POSITION} integer", f"pk {kind}"]
        return tables
