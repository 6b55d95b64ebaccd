"""SetLoader: merges a chunk into a table with a handful of statements, on any fast database.

1. The rows go into a temporary table `staged` (position, one column per field).
2. Foreign keys are looked up; rows whose record is gone are problems.
3. One join by key fills the temporary table `matched` (position, pk, differs).
4. Rows that differ are updated; rows without a match are inserted; the rest is unchanged.
5. Join tables of many-to-many columns get the difference.

Every number is counted by the database. What differs between databases is in `staging.Dialect`.
"""

from __future__ import annotations

import pandas as pd
from django.core.management.color import no_style

from dataio.columns.problems import join_problems
from dataio.imports.loaders.folded_images import open_images
from dataio.imports.loaders.match import Matcher
from dataio.imports.loaders.result import LoadResult, Overtaken
from dataio.imports.loaders.staging import POSITION, Dialect
from dataio.imports.loaders.target import Target
from dataio.imports.loaders.values import Field
from dataio.imports.plan import CREATE, UPDATE


class SetLoader:
    """Loads pieces of a chunk. Between pieces the temporary tables stay."""

    def __init__(self, target: Target, dialect: Dialect) -> None:
        self.using = dialect.connection.alias
        self._target = target
        self._dialect = dialect
        self._plan = target.plan
        self._matcher = Matcher(target, dialect)
        self._tables = self._matcher.tables
        self._links = self._matcher.links
        self._images = (
            open_images(target, self._tables) if target.keeps_images else None
        )

    def load(self, frame: pd.DataFrame) -> LoadResult:
        """Write all rows; see `Loader.load`."""
        frame, problems = self._matcher.match(frame)
        if self._images:
            self._images.start()
        matched = self._tables.count(self._tables.matched)
        updated = self._update() if self._plan.mode != CREATE else 0
        created = self._insert(matched) if self._plan.mode != UPDATE else 0
        self._links.write()
        if self._dialect.ordered:
            # Foreign keys are checked at commit otherwise, when no row can be blamed.
            self._dialect.connection.check_constraints()
        return LoadResult(
            created=created,
            updated=updated,
            unchanged=matched - updated,
            problems=join_problems(problems),
            image=self._images.take(frame.index) if self._images else None,
        )

    def close(self) -> None:
        """Drop the temporary tables."""
        if self._images:
            self._images.drop()
        self._matcher.close()

    def _update(self) -> int:
        expected = self._tables.count(f"{self._tables.matched} WHERE differs")
        if not expected:
            return 0
        touches = self._target.touches()
        sets = self._matcher.assigned()
        sets += [f"{self._quote(field.column)} = %s" for field in touches]
        if not (self._images and self._images.locks):
            self._tables.lock(self._matcher.table, self._matcher.pk)
        if self._images:
            self._images.before(touches)
        with self._tables.written():
            written = self._write_changed(sets, touches) if sets else expected
        if written != expected:
            raise Overtaken
        return expected

    def _write_changed(self, sets: list[str], touches: dict[Field, object]) -> int:
        pk, matched = f"t.{self._matcher.pk}", self._tables.matched
        wanted = f"SELECT pk FROM {matched} WHERE differs"
        statement = (
            f"UPDATE {self._matcher.table} AS t SET {', '.join(sets)} FROM {matched} m"
            f" JOIN {self._tables.staged} s ON s.{POSITION} = m.{POSITION}"
            f" WHERE {pk} = m.pk AND m.differs AND {self._dialect.among(pk, wanted)}"
        )
        if self._images:
            return self._images.update(statement, list(touches.values()))
        return self._tables.run(statement, list(touches.values()))

    def _insert(self, matched: int) -> int:
        """Insert the rows that met no record; `matched`: how many met one, and only one."""
        fresh = f"{POSITION} NOT IN (SELECT {POSITION} FROM {self._tables.matched})"
        expected = self._tables.count(self._tables.staged) - matched
        if not expected:
            return 0
        constants = self._target.constants()
        columns = [
            self._quote(field.column) for field in (*self._tables.fields, *constants)
        ]
        values = [self._new_value(field) for field in self._tables.fields] + [
            "%s"
        ] * len(constants)
        written = self._write_new(
            f"INSERT INTO {self._matcher.table} ({', '.join(columns)}) SELECT {', '.join(values)}"
            f" FROM {self._tables.staged} WHERE {fresh} ORDER BY {POSITION}{self._on_conflict()}",
            list(constants.values()),
            fresh,
        )
        if written != expected:
            raise Overtaken
        if self._target.fills_identity:
            for statement in self._dialect.connection.ops.sequence_reset_sql(
                no_style(), [self._target.model]
            ):
                self._tables.run(statement)
        self._links.find_new(fresh)
        return expected

    def _write_new(self, statement: str, values: list[object], fresh: str) -> int:
        if self._images:
            return self._images.insert(statement, values, fresh)
        return self._tables.run(statement, values)

    def _on_conflict(self) -> str:
        """Let a record that another writer adds now show as a missing row, not an error."""
        if not (self._dialect.ordered and self._target.unique) or self._target.scope[0]:
            return ""
        columns = ", ".join(self._quote(field.column) for field in self._target.key)
        return f" ON CONFLICT ({columns}) DO NOTHING"

    def _new_value(self, field: Field) -> str:
        column = self._quote(field.column)
        if field is self._target.pk and self._target.fills_identity:
            return f"COALESCE({column}, {self._dialect.next_identity(self._target)})"
        return column

    def _quote(self, name: str | None) -> str:
        return self._tables.quote(name)
