"""LinkMerge: join tables of many-to-many columns, as sets: only the difference is written."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dataio.imports.loaders import sentences
from dataio.imports.loaders.staging import POSITION, Staging
from dataio.imports.loaders.target import Link, Target
from dataio.imports.loaders.values import arrow


class LinkMerge:
    """Replaces the related records of each row by those of the file, or adds them."""

    def __init__(self, target: Target, tables: Staging) -> None:
        self._target = target
        self._tables = tables
        self._links = list(zip(target.links, tables.links, strict=True))

    def stage(self, frame: pd.DataFrame) -> None:
        """Put the lists of all rows into temporary tables: one row per related record."""
        for link, table in self._links:
            lists = arrow(frame[link.column.name])
            rows = {
                POSITION: pc.list_parent_indices(lists),
                "pk": self._tables.dialect.encode(
                    link.target.target_field, pc.list_flatten(lists)
                ),
            }
            staged = pa.table(rows)
            self._tables.fill(table, staged.group_by(staged.column_names).aggregate([]))

    def without_records(self, frame: pd.DataFrame) -> list[pd.DataFrame]:
        """Take out rows that name a related record that is gone; return the problems."""
        problems = []
        for link, table in self._links:
            lost = self._tables.lost(table, "pk", link.target)
            rows = self._tables.take_out(frame, lost)
            problems.append(
                sentences.gone(rows, self._target, link.target, link.column.name)
            )
        return problems

    def mark(self) -> None:
        """Mark matched rows as different when only their related records differ."""
        for query in self.differing().values():
            self._tables.run(
                f"UPDATE {self._tables.matched} SET differs = (1 = 1)"
                f" WHERE {POSITION} IN ({query})",
                [],
            )

    def differing(self) -> dict[str, str]:
        """Return for each column the query for the positions where the related records differ."""
        return {
            link.column.name: f"SELECT {POSITION} FROM {self._added(link, table)}"
            f" UNION SELECT m.{POSITION} FROM {self._removed(link, table)}"
            for link, table in self._links
        }

    def stored(self) -> dict[str, str]:
        """Return for each column the query for (position, key of a related record) as stored."""
        return {
            link.column.name: f"SELECT m.{POSITION}, h.{self._tables.quote(link.target.column)}"
            f" FROM {self._tables.matched} m {self._held(link)} WHERE m.differs"
            for link, _table in self._links
        }

    def find_new(self, fresh: str) -> None:
        """Add the primary keys of created rows to the matched ones."""
        if not self._links:
            return
        pk = self._tables.quote(self._target.pk.column)
        self._tables.run(
            f"INSERT INTO {self._tables.matched} ({POSITION}, pk, differs)"
            f" SELECT s.{POSITION}, t.{pk}, (1 = 0) FROM {self._tables.staged} s"
            f" {self._tables.records()} WHERE s.{fresh}",
            [],
        )

    def write(self) -> None:
        """Remove the links the file does not have, add those it has."""
        for link, table in self._links:
            through = self._tables.quote(link.through._meta.db_table)
            source, target = (
                self._tables.quote(link.source.column),
                self._tables.quote(link.target.column),
            )
            assert link.through._meta.pk is not None  # noqa: S101  an automatic table has one
            pk = self._tables.quote(link.through._meta.pk.column)
            gone = f"SELECT h.{pk} FROM {self._removed(link, table)}"
            among = self._tables.dialect.among(pk, gone)
            self._tables.run(f"DELETE FROM {through} WHERE {among}", [])
            self._tables.run(
                f"INSERT INTO {through} ({source}, {target})"
                f" SELECT source, target FROM {self._added(link, table)} ORDER BY 1, 2",
                [],
            )

    def _added(self, link: Link, table: str) -> str:
        """Return SQL of the links (position, source, target) that are not there yet."""
        target = self._tables.quote(link.target.column)
        return (
            f"(SELECT m.{POSITION}, m.pk AS source, l.pk AS target FROM {table} l"
            f" JOIN {self._tables.matched} m ON m.{POSITION} = l.{POSITION}"
            f" EXCEPT SELECT m.{POSITION}, m.pk, h.{target}"
            f" FROM {self._tables.matched} m {self._held(link)}) a"
        )

    def _removed(self, link: Link, table: str) -> str:
        target = self._tables.quote(link.target.column)
        return (
            f"{self._tables.matched} m {self._held(link)}"
            f" WHERE NOT EXISTS (SELECT 1 FROM {table} l"
            f" WHERE l.{POSITION} = m.{POSITION} AND l.pk = h.{target})"
            f"{self._never_removed(link, table)}"
        )

    def _held(self, link: Link) -> str:
        """Return SQL that joins to matched rows (m) the links (h) of their records."""
        same = f"h.{self._tables.quote(link.source.column)} = m.pk"
        return self._tables.dialect.lookup(link.through._meta, "h", same)

    def _never_removed(self, link: Link, table: str) -> str:
        """Return SQL for what the plan says of related records that the file does not name."""
        if self._target.adds(link.column.name):
            return " AND 1 = 0"
        if link.column.name not in self._target.kept:
            return ""
        return (
            f" AND EXISTS (SELECT 1 FROM {table} k WHERE k.{POSITION} = m.{POSITION})"
        )
