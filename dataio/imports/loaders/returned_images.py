"""ReturnedImages: images of what a SetLoader writes to PostgreSQL, returned by what writes it.

Reading new records once more, through a table of their keys, would add a half to the time of
loading, so INSERT and UPDATE return what they wrote. The texts are kept as they come;
`unfolded` reads them when they are asked for, at an undo.
"""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from dataio.imports.loaders.images import (
    ACTION,
    CREATED,
    FOLDED,
    ROW,
    STORED,
    UPDATED,
    Head,
)
from dataio.imports.loaders.postgres import gather
from dataio.imports.loaders.staging import POSITION, Staging
from dataio.imports.loaders.target import Target
from dataio.imports.loaders.values import Field

CODEC: Final = "lz4"
BEFORE, AFTER, MADE = "before", "after", "made"
"""What is kept of a piece, as lines of `gather` that begin with a position: the records that differed
in the order of positions, the same afterwards in any order, and new ones in their order."""


class ReturnedImages:
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
        self.start()

    def start(self) -> None:
        """Forget an earlier piece."""
        self._kept: dict[str, bytes] = {}
        self._updated = self._created = np.array([], np.int64)

    def before(self, touches: dict[Field, object]) -> None:
        """Lock the records that differ, in the order of positions, and keep what they are."""
        rows = (
            f"FROM {self._tables.matched} m JOIN {self._table} t ON t.{self._pk} = m.pk"
        )
        query = f"SELECT {self._asked(f'm.{POSITION}', 't.')} {rows} WHERE m.differs"
        query += f" ORDER BY m.{POSITION}"
        query += " FOR NO KEY UPDATE OF t"
        _count, self._kept[BEFORE] = gather(self._cursor, query, [])
        self._updated = self._places(f"{self._tables.matched} WHERE differs")

    def update(self, statement: str, values: list[object]) -> int:
        """Run the UPDATE of the rows that differ; return their number."""
        asked = self._asked(f"m.{POSITION}", "t.")
        statement = f"{statement} RETURNING {asked}"
        written, self._kept[AFTER] = gather(self._cursor, statement, values)
        return written

    def insert(self, statement: str, values: list[object], fresh: str) -> int:
        """Run the INSERT of the rows that are `fresh` in their order; return their number."""
        # Records are made, and so returned, in the order of the SELECT.
        statement = f"{statement} RETURNING {self._asked('0', '')}"
        written, self._kept[MADE] = gather(self._cursor, statement, values)
        self._created = self._places(f"{self._tables.staged} WHERE {fresh}")
        return written

    def take(self, index: pd.Index[Any]) -> pa.Table | None:
        """Return the image of the piece; `index` holds the row numbers by position."""
        updated, created = len(self._updated), len(self._created)
        positions = np.concatenate([self._updated, self._created])
        if not len(positions):
            return None
        columns: dict[str, Any] = {
            ROW: pa.array(index.to_numpy("int64")[positions]),
            ACTION: pa.array([UPDATED] * updated + [CREATED] * created),
        }
        image = pa.table(columns).replace_schema_metadata(self._metadata())
        self.start()
        return image

    def drop(self) -> None:
        """Nothing is kept in the database."""
        self._cursor.close()

    def _metadata(self) -> dict[bytes, bytes]:
        head = Head(
            form=STORED, resource=self._target.resource.label, key=self._target.plan.key
        )
        known = {
            "columns": self._columns,
            "codec": CODEC,
            "lines": {name: len(lines) for name, lines in self._kept.items()},
        }
        codec = pa.Codec(CODEC)
        packed = {
            name.encode(): codec.compress(lines, asbytes=True)
            for name, lines in self._kept.items()
        }
        metadata: dict[bytes, bytes] = head.put_on(pa.table({})).schema.metadata
        return metadata | {FOLDED: json.dumps(known).encode()} | packed

    def _asked(self, position: str, table: str) -> str:
        named = [f"{table}{self._tables.quote(name)}" for name in self._columns]
        return ", ".join([position, *named])

    def _places(self, rows: str) -> Any:
        # One text is much quicker than rows of one number.
        self._cursor.execute(
            f"SELECT string_agg({POSITION}::text, ',' ORDER BY {POSITION}) FROM {rows}",
            [],
        )
        (text,) = self._cursor.fetchone()
        return np.fromstring(text or "", np.int64, sep=",")


def returns(target: Target) -> bool:
    """Whether PostgreSQL's statements return all that an image holds, as it is in the end."""
    return (
        not target.links
        and target.pk not in target.values
        and not _has_triggers(target)
    )


def _has_triggers(target: Target) -> bool:
    """Whether something changes records after the statement that returns them."""
    with target.connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND NOT tgisinternal",
            [target.connection.ops.quote_name(target.meta.db_table)],
        )
        return bool(cursor.fetchall())
