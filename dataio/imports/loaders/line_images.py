"""LineImages: folded images of what a SetLoader writes to PostgreSQL.

Records before are lines of texts that the server joins; the texts are read at an undo.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from dataio.imports.loaders.folding import (
    CODEC,
    fold,
    is_counted,
    with_metadata,
)
from dataio.imports.loaders.images import FOLDED
from dataio.imports.loaders.postgres import gather
from dataio.imports.loaders.staging import POSITION, Staging
from dataio.imports.loaders.target import Target
from dataio.imports.loaders.values import Field

LINES = b"dataio.lines"
"""The key of the records before in the metadata: lines of `gather` that begin with a position."""


class LineImages:
    """See `SetImages`, whose place it takes."""

    locks = True

    def __init__(self, target: Target, tables: Staging) -> None:
        self._target = target
        self._tables = tables
        self._cursor: Any = tables.dialect.connection.cursor()
        self._columns = [
            str(field.column) for field in target.meta.local_concrete_fields
        ]
        self._table = tables.quote(target.meta.db_table)
        self._pk = tables.quote(target.pk.column)
        self._shared = [str(field.column) for field in target.constants()]
        self.start()

    def start(self) -> None:
        """Forget an earlier piece."""
        self._before = b""
        self._updated = self._created = np.array([], np.int64)
        self._keys: Any = None
        self._touches: dict[str, str | None] = {}
        self._constants: dict[str, str | None] = {}

    def before(self, touches: dict[Field, object]) -> None:
        """Lock the records that differ, in the order of positions, and keep what they are."""
        named = ", ".join(f"t.{self._tables.quote(name)}" for name in self._columns)
        # Sorted before whole records are joined to it, which would be sorted on the disk.
        wanted = (
            f"SELECT {POSITION}, pk FROM {self._tables.matched} WHERE differs"
            f" ORDER BY {POSITION} OFFSET 0"
        )
        query = (
            f"SELECT m.{POSITION}, {named} FROM ({wanted}) m JOIN LATERAL (SELECT {named}"
            f" FROM {self._table} t WHERE t.{self._pk} = m.pk FOR NO KEY UPDATE) t ON TRUE"
        )
        self._before = gather(self._cursor, query)
        self._updated = self._numbers(f"{self._tables.matched} WHERE differs")
        names = [str(field.column) for field in touches]
        self._touches = self._texts(names, list(touches.values()))

    def update(self, statement: str, values: list[object]) -> int:
        """Run the UPDATE of the rows that differ; return their number."""
        return self._tables.run(statement, values)

    def insert(self, statement: str, values: list[object], fresh: str) -> int:
        """Run the INSERT of the rows that are `fresh` in their order; return their number."""
        self._created = self._numbers(f"{self._tables.staged} WHERE {fresh}")
        self._constants = self._texts(self._shared, values)
        if not is_counted(self._target):
            return self._tables.run(statement, values)
        # Records are made, and so returned, in the order of the SELECT.
        self._cursor.execute(
            f"WITH made AS ({statement} RETURNING {self._pk} AS pk)"
            " SELECT string_agg(pk::text, ',') FROM made",
            values,
        )
        self._keys = self._fetched()
        return len(self._keys)

    def take(self, index: pd.Index[Any]) -> pa.Table | None:
        """Return the image of the piece; `index` holds the row numbers by position."""
        image = fold(
            self._tables,
            self._target,
            index,
            updated=self._updated,
            created=self._created,
            keys=self._keys,
        )
        if image is not None:
            image = with_metadata(image, self._target, self._kept())
        self.start()
        return image

    def drop(self) -> None:
        """Nothing is kept in the database."""
        self._cursor.close()

    def _kept(self) -> dict[bytes, bytes]:
        known = {
            "columns": self._columns,
            "assigned": [field.column for field in self._target.values],
            "pk": self._target.pk.column,
            "touches": self._touches,
            "constants": self._constants,
            "lines": len(self._before),
            "codec": CODEC,
        }
        packed = pa.Codec(CODEC).compress(self._before, asbytes=True)
        return {FOLDED: json.dumps(known).encode(), LINES: packed}

    def _texts(self, names: list[str], values: list[object]) -> dict[str, str | None]:
        """Return values as PostgreSQL writes them, by column."""
        if not names:
            return {}
        self._cursor.execute(
            f"SELECT {', '.join(['CAST(%s AS text)'] * len(names))}", values
        )
        return dict(zip(names, self._cursor.fetchone(), strict=True))

    def _numbers(self, rows: str) -> Any:
        """Return positions in order; one text is much quicker than rows of one number."""
        self._cursor.execute(
            f"SELECT string_agg({POSITION}::text, ',' ORDER BY {POSITION}) FROM {rows}",
            [],
        )
        return self._fetched()

    def _fetched(self) -> Any:
        (text,) = self._cursor.fetchone()
        return np.fromstring(text or "", np.int64, sep=",")
