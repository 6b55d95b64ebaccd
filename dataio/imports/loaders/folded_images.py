"""FoldedImages: images of what a SetLoader writes to SQLite, at next to no cost.

Records before are copied by SQLite itself into a database in memory, whose pages are kept.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from dataio.imports.loaders.attached import MEMORY, attach
from dataio.imports.loaders.folding import (
    CODEC,
    fold,
    is_counted,
    is_foldable,
    with_metadata,
)
from dataio.imports.loaders.images import FOLDED
from dataio.imports.loaders.line_images import LineImages
from dataio.imports.loaders.postgres import Postgres
from dataio.imports.loaders.set_images import SetImages
from dataio.imports.loaders.sqlite import Sqlite, is_inexact
from dataio.imports.loaders.staging import POSITION, Staging
from dataio.imports.loaders.target import Target
from dataio.imports.loaders.unfolded import CONSTANTS, OLD, PAGES, TOUCHES
from dataio.imports.loaders.values import Field


def open_images(
    target: Target, tables: Staging
) -> SetImages | FoldedImages | LineImages:
    """Return what takes images for this target."""
    dialect = tables.dialect
    # Otherwise a record is in the end what neither the file nor Django says.
    if is_foldable(target) and not dialect.has_triggers(target.meta.db_table):
        if isinstance(dialect, Postgres):
            return LineImages(target, tables)
        if isinstance(dialect, Sqlite) and attach(dialect.connection):
            return FoldedImages(target, tables)
    return SetImages(target, tables)


class FoldedImages:
    """See `SetImages`, whose place it takes."""

    locks = False

    def __init__(self, target: Target, tables: Staging) -> None:
        self._target = target
        self._tables = tables
        self._fields: list[Field] = list(target.meta.local_concrete_fields)
        self._cursor: Any = tables.dialect.connection.cursor()
        self._shared = [str(field.column) for field in target.constants()]
        self._created: Any = None
        self._keys: Any = None

    def start(self) -> None:
        """Forget an earlier piece."""
        self.drop()
        self._created = self._keys = None

    def before(self, touches: dict[Field, object]) -> None:
        """Keep the records that differ, as they are stored now, and what all of them get."""
        columns = [
            f"t.{self._quote(field.column)} AS c{n}"
            for n, field in enumerate(self._fields)
        ]
        self._tables.run(
            f"CREATE TABLE {MEMORY}.{OLD} AS SELECT m.{POSITION}, {', '.join(columns)}"
            f" FROM {self._tables.matched} m"
            f" CROSS JOIN {self._table} t ON t.{self._pk} = m.pk"
            " WHERE m.differs"
        )
        names = [str(field.column) for field in touches]
        self._keep_line(TOUCHES, names, list(touches.values()))

    def update(self, statement: str, values: list[object]) -> int:
        """Run the UPDATE of the rows that differ; return their number."""
        return self._tables.run(statement, values)

    def insert(self, statement: str, values: list[object], fresh: str) -> int:
        """Run the INSERT of the rows that are `fresh` in their order; return their number."""
        staged = f"{self._tables.staged} WHERE {fresh}"
        self._created = np.sort(self._numbers(f"{POSITION} FROM {staged}"))
        counted = is_counted(self._target)
        highest = self._highest() if counted else 0
        written = self._tables.run(statement, values)
        if counted:
            self._keys = self._keys_above(highest, written)
        self._keep_line(CONSTANTS, self._shared, values)
        return written

    def take(self, index: pd.Index[Any]) -> pa.Table | None:
        """Return the image of the piece; `index` holds the row numbers by position."""
        updated = self._updated()
        image = fold(
            self._tables,
            self._target,
            index,
            updated=updated,
            created=updated[:0] if self._created is None else self._created,
            keys=self._keys,
        )
        if image is not None:
            image = with_metadata(image, self._target, self._kept())
            self.drop()
        return image

    def drop(self) -> None:
        """Drop what is kept in the database."""
        for name in (OLD, TOUCHES, CONSTANTS):
            self._tables.run(f"DROP TABLE IF EXISTS {MEMORY}.{name}")

    def _kept(self) -> dict[bytes, bytes]:
        database: Any = self._tables.dialect.connection.connection
        pages = database.serialize(name=MEMORY)
        known = {
            "columns": [field.column for field in self._fields],
            "inexact": [field.column for field in self._fields if is_inexact(field)],
            "assigned": [field.column for field in self._target.values],
            "pk": self._target.pk.column,
            "size": len(pages),
            "codec": CODEC,
        }
        packed = pa.Codec(CODEC).compress(pages, asbytes=True)
        return {FOLDED: json.dumps(known).encode(), PAGES: packed}

    def _updated(self) -> Any:
        """Return the positions of the records that were kept before, in their order there."""
        found = f"SELECT 1 FROM {MEMORY}.sqlite_master WHERE name = '{OLD}'"
        self._cursor.execute(found, [])
        if not self._cursor.fetchall():
            return np.array([], np.int64)
        return self._numbers(f"{POSITION} FROM {MEMORY}.{OLD} ORDER BY rowid")

    def _numbers(self, query: str) -> Any:
        """Return whole numbers as an array; one text is much quicker than rows of one number."""
        self._cursor.execute(
            f"SELECT group_concat(n) FROM (SELECT {query.replace(' ', ' AS n ', 1)})",
            [],
        )
        text = self._cursor.fetchone()[0]
        return np.fromstring(text or "", np.int64, sep=",")

    def _highest(self) -> int:
        self._cursor.execute(f"SELECT max({self._pk}) FROM {self._table}", [])
        return self._cursor.fetchone()[0] or 0

    def _keys_above(self, highest: int, count: int) -> Any:
        """Return the primary keys that were counted up in the order of positions."""
        self._cursor.execute(
            f"SELECT min({self._pk}), max({self._pk}) FROM {self._table}"
            f" WHERE {self._pk} > %s",
            [highest],
        )
        first, last = self._cursor.fetchone()
        if first is not None and last - first + 1 == count:
            return np.arange(first, last + 1)
        return np.sort(
            self._numbers(
                f"{self._pk} FROM {self._table} WHERE {self._pk} > {highest:d}"
            )
        )

    def _keep_line(self, table: str, names: list[str], values: list[object]) -> None:
        """Keep values that all rows get, of whatever type."""
        columns = [f"%s AS {self._quote(name)}" for name in names]
        # A database without any table has no pages to be kept.
        columns = columns or ["NULL AS dataio_nothing"]
        self._tables.run(
            f"CREATE TABLE {MEMORY}.{table} AS SELECT {', '.join(columns)}", values
        )

    @property
    def _table(self) -> str:
        return self._quote(self._target.meta.db_table)

    @property
    def _pk(self) -> str:
        return self._quote(self._target.pk.column)

    def _quote(self, name: str | None) -> str:
        return self._tables.quote(name)
