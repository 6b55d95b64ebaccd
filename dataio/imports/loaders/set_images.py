"""SetImages: images of what a SetLoader writes, by a few SELECTs over its temporary tables."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa

from dataio.imports.loaders.images import (
    ACTION,
    CREATED,
    ROW,
    STORED,
    UPDATED,
    Head,
    join_images,
    lists_array,
)
from dataio.imports.loaders.staging import POSITION, New, Staging
from dataio.imports.loaders.target import Link, Target
from dataio.imports.loaders.values import Field


class SetImages:
    """Takes the image of one piece after the other:

    1. `before`: the records about to be updated, when they are locked.
    2. `insert`: new records, with their primary keys noted in the temporary table `made`.
    3. `take`: the same records as they are now.
    """

    locks = False
    """Whether `before` locks the records itself."""

    def __init__(self, target: Target, tables: Staging) -> None:
        self._target = target
        self._tables = tables
        self._dialect = tables.dialect
        self._cursor: Any = self._dialect.connection.cursor()
        self._fields = target.meta.local_concrete_fields
        self._made = f"{self._dialect.schema}.dataio_made"
        kind = target.pk.db_type(self._dialect.connection)
        self.drop()
        self._tables.run(
            f"CREATE TEMPORARY TABLE dataio_made ({POSITION} integer, pk {kind})"
        )
        self._before: pa.Table | None = None

    def start(self) -> None:
        """Forget an earlier piece."""
        self._before = None
        self._dialect.clear(self._cursor, self._made)

    def before(self, touches: dict[Field, object]) -> None:
        """Keep the records that differ, as they are stored now; `touches`: what all get."""
        rows = f"{self._tables.matched} m {self._record('m.pk')}"
        linked = f"{self._tables.matched} m"
        self._before = self._read("old", rows, linked, "WHERE m.differs")

    def update(self, statement: str, values: list[object]) -> int:
        """Run the UPDATE of the rows that differ; return their number."""
        return self._tables.run(statement, values)

    def insert(self, statement: str, values: list[object], fresh: str) -> int:
        """Run the INSERT of the rows that are `fresh` in their order; return their number."""
        return self._dialect.insert(
            self._cursor,
            statement,
            values,
            New(
                target=self._target,
                table=self._table,
                pk=self._pk,
                made=self._made,
                fresh=f"{self._tables.staged} WHERE {fresh}",
            ),
        )

    def take(self, index: pd.Index[Any]) -> pa.Table | None:
        """Return the image of the piece; `index` holds the row numbers by position."""
        return join_images([self._updated(index), self._created(index)])

    def drop(self) -> None:
        """Drop the temporary table."""
        self._tables.run(f"DROP TABLE IF EXISTS {self._made}")

    def _updated(self, index: pd.Index[Any]) -> pa.Table | None:
        if self._before is None:
            return None
        linked = f"{self._tables.matched} m"
        pk, rows = "m.pk", linked
        if self._target.pk in self._target.values:
            # The file changes primary keys.
            pk = f"s.{self._pk}"
            rows += f" JOIN {self._tables.staged} s ON s.{POSITION} = m.{POSITION}"
        rows += f" {self._record(pk)}"
        after = self._read("new", rows, linked, "WHERE m.differs")
        return self._image(UPDATED, index, self._before, after)

    def _created(self, index: pd.Index[Any]) -> pa.Table | None:
        rows = f"{self._made} m {self._record('m.pk')}"
        after = self._read("new", rows, f"{self._made} m", "")
        if not len(after):
            return None
        names = [name.replace("new", "old", 1) for name in after.column_names[1:]]
        blank: list[Any] = [pa.nulls(len(after)) for _name in names]
        return self._image(
            CREATED, index, pa.table([after.column(0), *blank], [ROW, *names]), after
        )

    def _image(
        self, action: str, index: pd.Index[Any], before: pa.Table, after: pa.Table
    ) -> pa.Table:
        rows = index.to_numpy("int64")[after.column(POSITION).to_numpy()]
        columns: dict[str, Any] = {
            ROW: pa.array(rows),
            ACTION: pa.repeat(pa.scalar(action), len(after)),
        }
        for table in (before, after):
            columns |= dict(zip(table.column_names[1:], table.columns[1:], strict=True))
        head = Head(
            form=STORED,
            resource=self._target.resource.label,
            key=self._target.plan.key,
        )
        return head.put_on(pa.table(columns))

    def _read(self, side: str, rows: str, linked: str, where: str) -> pa.Table:
        """Return (position, side.column ..., side_links.name ...) in the order of positions."""
        columns = [f"t.{self._quote(field.column)}" for field in self._fields]
        names = [f"{side}.{field.column}" for field in self._fields]
        order = f"ORDER BY m.{POSITION}"
        table = self._dialect.read(
            self._cursor,
            [f"m.{POSITION}", *columns],
            f"FROM {rows} {where} {order}",
            [None, *self._fields],
        ).rename_columns([POSITION, *names])
        place = table.column(0).cast(pa.int64())
        table = table.set_column(0, POSITION, place)
        for link in self._target.links:
            name = f"{side}_links.{link.column.name}"
            pairs = self._pairs(link, linked, f"{where} {order}")
            table = table.append_column(name, lists_array(place, pairs))
        return table

    def _pairs(self, link: Link, linked: str, rest: str) -> pa.Table:
        """Return (position, primary key of a related record as text), in order."""
        source = f"h.{self._quote(link.source.column)}"
        held = self._dialect.lookup(link.through._meta, "h", f"{source} = m.pk")
        target = f"h.{self._quote(link.target.column)}"
        pairs = self._dialect.read(
            self._cursor,
            [f"m.{POSITION}", target],
            f"FROM {linked} {held} {rest}, {target}",
            [None, link.target],
        )
        whole, text = pa.int64(), pa.string()
        columns: Any = [pairs.column(0).cast(whole), pairs.column(1).cast(text)]
        return pa.table(columns, [POSITION, "pk"])

    def _record(self, pk: str) -> str:
        """Return SQL that joins the record (t) with a primary key."""
        return self._dialect.lookup(self._target.meta, "t", f"t.{self._pk} = {pk}")

    @property
    def _table(self) -> str:
        return self._quote(self._target.meta.db_table)

    @property
    def _pk(self) -> str:
        return self._quote(self._target.pk.column)

    def _quote(self, name: str | None) -> str:
        return self._tables.quote(name)
