"""BackTable: one table of a removal, in a temporary table from which its rows are put back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from django.db import models

from dataio.imports.loaders.going import NEW, OLD, PK, GoneHead
from dataio.imports.loaders.images import plain_values
from dataio.imports.loaders.result import same_problem
from dataio.imports.loaders.staging import Dialect
from dataio.imports.loaders.unique import unique_groups
from dataio.imports.undo_left import sentence

NO_ROW = 0
"""The row number of a record that stands in no row of the file."""


class BackTable:
    """The temporary table (place, reason, one column per column of the rows)."""

    def __init__(self, rows: pa.Table, dialect: Dialect, number: int) -> None:
        self.rows = rows
        self.head = GoneHead.of(rows)
        self.meta = self.head.meta
        self.name = f"{dialect.schema}.dataio_back_{number}"
        self.table = dialect.quote(self.meta.db_table)
        self.dialect = dialect
        self._cursor: Any = dialect.connection.cursor()
        self._words: list[str] = []
        dialect.begin(self._cursor, looks_up=True)
        if any(len(columns) > 1 for columns in self.unique()):
            dialect.renew(self._cursor, self.meta.db_table)
        self._fill()

    @property
    def beside(self) -> str:
        """The rows (b) beside those that are there now (t), as SQL after FROM."""
        place = self.place_of(PK if self.head.column else self.meta.pk.column)
        pk = self.quote(self.meta.pk.column)
        found = self.dialect.lookup(self.meta, "t", f"t.{pk} = b.{place}")
        return f"{self.name} b {found}"

    def place_of(self, column: str) -> str:
        """Return the column of the temporary table."""
        return f"c{self.rows.column_names.index(column)}"

    def mark(self, code: str, query: str, words: str = "") -> int:
        """Give a reason to the places of a query that have none; return how many."""
        reason = code
        if words:
            if words not in self._words:
                self._words.append(words)
            reason = f"{code} {self._words.index(words)}"
        return self.run(
            f"UPDATE {self.name} SET reason = '{reason}'"
            f" WHERE reason IS NULL AND place IN ({query})"
        )

    def count(self) -> int:
        """Return how many rows have no reason to stay away."""
        self.run(f"SELECT count(*) FROM {self.name} WHERE reason IS NULL")
        return int(self._cursor.fetchone()[0])

    def told(self) -> Iterator[pd.DataFrame]:
        """Yield the rows that have a reason; see `dataio.columns.problems`."""
        self.run(
            f"SELECT reason, place FROM {self.name} WHERE reason IS NOT NULL"
            " ORDER BY reason, place"
        )
        groups: dict[str, list[int]] = {}
        for reason, place in self._cursor.fetchall():
            groups.setdefault(reason, []).append(place)
        for reason, places in groups.items():
            code, _space, number = reason.partition(" ")
            words = self._words[int(number)] if number else ""
            text = sentence(code, str(self.meta.verbose_name), words)
            yield same_problem(self._names(places), "", code, text)

    def foreign_keys(self) -> list[models.ForeignKey[Any, Any]]:
        """Return the foreign keys that the database guards."""
        return [
            one
            for one in self.meta.local_concrete_fields
            if isinstance(one, models.ForeignKey)
            and getattr(one, "db_constraint", True)
        ]

    def unique(self) -> list[tuple[str, ...]]:
        """Return the columns of each index that no two rows may have the same."""
        local = [one.name for one in self.meta.local_concrete_fields]
        return [
            tuple(self.meta.get_field(name).column for name in group)
            for group in unique_groups(self.meta, deferrable=True)
            if set(group) <= set(local)
        ]

    def words_of(self, columns: tuple[str, ...]) -> str:
        """Return what people call these columns."""
        fields = self.meta.local_concrete_fields
        return ", ".join(
            str(one.verbose_name) for one in fields if one.column in columns
        )

    def hashed(self) -> AbstractContextManager[None]:
        """Join what is written to its table by hashing; see `Dialect.hashed`."""
        side = (self.name, self.place_of(PK))
        return self.dialect.hashed(self._cursor, self.meta.db_table, side)

    def close(self) -> None:
        """Drop the temporary table."""
        self.run(f"DROP TABLE IF EXISTS {self.name}")
        self._cursor.close()

    def run(self, sql: str) -> int:
        """Execute one statement; return how many rows it wrote."""
        self._cursor.execute(sql, [])
        return int(self._cursor.rowcount)

    def quote(self, name: str) -> str:
        """Return a name for SQL."""
        return self.dialect.quote(name)

    def _fill(self) -> None:
        source = {name: name for name in self.rows.column_names}
        if self.head.column:
            column = self.head.column
            source = {PK: self.meta.pk.column, OLD: column, NEW: column}
        copies = ", ".join(
            f"t.{self.quote(column)} AS {self.place_of(name)}"
            for name, column in source.items()
        )
        self.run(f"DROP TABLE IF EXISTS {self.name}")
        # Made from the table itself, so that every column has exactly its type.
        self.run(
            f"CREATE TEMPORARY TABLE {self.name.partition('.')[2]} AS SELECT"
            " CAST(NULL AS integer) AS place, CAST(NULL AS text) AS reason,"
            f" {copies} FROM {self.table} t WHERE 1 = 0"
        )
        columns: dict[str, Any] = {"place": pa.array(np.arange(len(self.rows)))}
        for name in source:
            values = self.rows.column(name)
            blank = pa.types.is_null(values.type)
            plain = values.cast(pa.string()) if blank else values
            columns[self.place_of(name)] = plain
        self.dialect.fill(self._cursor, self.name, pa.table(columns))

    def _names(self, places: list[int]) -> pd.Series:
        """Return what people know the rows by, as texts."""
        own = self.head.key or (PK if self.head.column else self.meta.pk.column,)
        rows = self.rows.take(pa.array(places, pa.int64()))
        columns = [plain_values(rows.column(name)) for name in own]
        texts = [" / ".join(map(str, values)) for values in zip(*columns, strict=True)]
        return pd.Series(texts, index=[NO_ROW] * len(places), dtype=object)
