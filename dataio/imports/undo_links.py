"""UndoLinks: the many-to-many links of an image, put back as sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dataio.imports.loaders.staging import Dialect

UNDO = "dataio_undo"


class UndoLinks:
    """Temporary tables `dataio_undo_old_<n>` and `dataio_undo_new_<n>` (place, pk)."""

    def __init__(self, image: pa.Table, meta: Any, dialect: Dialect, key: str) -> None:
        self._dialect = dialect
        self._key = key
        self._undo = f"{dialect.schema}.{UNDO}"
        self._cursor: Any = dialect.connection.cursor()
        automatic = [
            field
            for field in meta.many_to_many
            if field.remote_field.through._meta.auto_created
        ]
        self._kept = [
            field
            for field in automatic
            if f"new_links.{field.name}" in image.column_names
        ]
        self._other = [field for field in automatic if field not in self._kept]
        for number, field in enumerate(self._kept):
            for side in ("old", "new"):
                lists = image.column(f"{side}_links.{field.name}")
                self._fill(self._name(side, number), field, lists)

    def changed(self) -> Iterator[str]:
        """Yield queries for the places of records whose links were changed since."""
        for number, field in enumerate(self._kept):
            now = (
                f"SELECT u.place, h.{self._target(field)} FROM {self._undo} u"
                f" {self._held(field)}"
            )
            then = f"SELECT place, pk FROM {self._name('new', number)}"
            # A table for each side: SQLite knows no brackets between EXCEPT and UNION.
            for one, other in ((now, then), (then, now)):
                yield f"SELECT place FROM (SELECT * FROM ({one}) a EXCEPT SELECT * FROM ({other}) b) c"
        for field in self._other:
            yield (
                f"SELECT u.place FROM {self._undo} u {self._held(field)}"
                " WHERE u.action = 'created'"
            )

    def parents(self) -> Iterator[tuple[str, str]]:
        """Yield queries for the places whose old links lead nowhere any more, and their name."""
        for number, field in enumerate(self._kept):
            related = field.related_model._meta
            pk = f"r.{self._quote(related.pk.column)}"
            beside = self._dialect.lookup(related, "r", f"{pk} = l.pk", left=True)
            query = f"SELECT l.place FROM {self._name('old', number)} l {beside} WHERE {pk} IS NULL"
            yield query, str(related.verbose_name)

    def remove(self, going: str) -> None:
        """Remove the links of records that go."""
        for field in self._kept:
            among = self._dialect.among(self._source(field), going)
            self._run(f"DELETE FROM {self._through(field)} WHERE {among}")

    def restore(self, free: str) -> None:
        """Give updated records their old links back; `free`: which, as SQL over u."""
        for number, field in enumerate(self._kept):
            through, source = self._through(field), self._source(field)
            target, old = self._target(field), self._name("old", number)
            pk = self._quote(field.remote_field.through._meta.pk.column)
            gone = (
                f"SELECT h.{pk} FROM {self._undo} u {self._held(field)}"
                f" LEFT JOIN {old} l ON l.place = u.place AND l.pk = h.{target}"
                f" WHERE {free} AND l.pk IS NULL"
            )
            lost = (
                f"SELECT u.{self._key}, l.pk"
                f" FROM {self._undo} u JOIN {old} l ON l.place = u.place WHERE {free}"
                f" EXCEPT SELECT u.{self._key}, h.{target}"
                f" FROM {self._undo} u {self._held(field)} WHERE {free}"
            )
            written = field.remote_field.through._meta.db_table
            with self._dialect.hashed(self._cursor, written, (old, "place")):
                among = self._dialect.among(pk, gone)
                self._run(f"DELETE FROM {through} WHERE {among}")
                self._run(f"INSERT INTO {through} ({source}, {target}) {lost}")

    def close(self) -> None:
        """Drop the temporary tables."""
        for number in range(len(self._kept)):
            for side in ("old", "new"):
                self._run(f"DROP TABLE IF EXISTS {self._name(side, number)}")
        self._cursor.close()

    def _fill(self, table: str, field: Any, lists: Any) -> None:
        self._run(f"DROP TABLE IF EXISTS {table}")
        self._run(
            f"CREATE TEMPORARY TABLE {table.partition('.')[2]} AS SELECT"
            f" CAST(NULL AS integer) AS place, h.{self._target(field)} AS pk"
            f" FROM {self._through(field)} h WHERE 1 = 0"
        )
        whole: Any = lists.combine_chunks()
        if pa.types.is_null(whole.type):
            return
        places: Any = pc.list_parent_indices(whole)
        values: Any = pc.list_flatten(whole)
        self._dialect.fill(
            self._cursor, table, pa.table([places, values], ["place", "pk"])
        )

    def _held(self, field: Any) -> str:
        """Return SQL that joins to a line of the image (u) the links (h) of its record."""
        same = f"h.{self._source(field)} = u.{self._key}"
        return self._dialect.lookup(field.remote_field.through._meta, "h", same)

    def _name(self, side: str, number: int) -> str:
        return f"{self._dialect.schema}.{UNDO}_{side}_{number}"

    def _through(self, field: Any) -> str:
        return self._quote(field.remote_field.through._meta.db_table)

    def _source(self, field: Any) -> str:
        return self._quote(field.m2m_column_name())

    def _target(self, field: Any) -> str:
        return self._quote(field.m2m_reverse_name())

    def _run(self, sql: str) -> int:
        self._cursor.execute(sql, [])
        return int(self._cursor.rowcount)

    def _quote(self, name: str) -> str:
        return self._dialect.quote(name)
