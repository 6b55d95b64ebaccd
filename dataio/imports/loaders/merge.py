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
import pyarrow as pa
import pyarrow.compute as pc
from django.core.management.color import no_style

from dataio.columns.problems import join_problems, no_problems
from dataio.imports.loaders import sentences
from dataio.imports.loaders.links import LinkMerge
from dataio.imports.loaders.result import LoadResult, Overtaken
from dataio.imports.loaders.staging import POSITION, Dialect, Staging
from dataio.imports.loaders.target import Target
from dataio.imports.loaders.values import Field, arrow
from dataio.imports.plan import CREATE, UPDATE


class SetLoader:
    """Loads pieces of a chunk. Between pieces the temporary tables stay."""

    def __init__(self, target: Target, dialect: Dialect) -> None:
        self.using = dialect.connection.alias
        self._target = target
        self._dialect = dialect
        self._plan = target.plan
        self._tables = Staging(target, dialect)
        self._links = LinkMerge(target, self._tables)
        self._table = self._quote(target.meta.db_table)
        self._pk = self._quote(target.pk.column)

    def load(self, frame: pd.DataFrame) -> LoadResult:
        """Write all rows; see `Loader.load`."""
        frame, blank = sentences.without_blanks(frame, self._target)
        frame = self._in_order(frame)
        self._tables.stage(frame)
        self._links.stage(frame)
        problems = [blank, *self._without_parents(frame)]
        self._match()
        problems += [self._several(frame), self._impossible(frame)]
        matched = self._tables.count(self._tables.matched)
        updated = self._update() if self._plan.mode != CREATE else 0
        created = self._insert() if self._plan.mode != UPDATE else 0
        self._links.write()
        if self._dialect.ordered:
            # Foreign keys are checked at commit otherwise, when no row can be blamed.
            self._dialect.connection.check_constraints()
        return LoadResult(
            created=created,
            updated=updated,
            unchanged=matched - updated,
            problems=join_problems(problems),
        )

    def close(self) -> None:
        """Drop the temporary tables."""
        self._tables.close()

    def _in_order(self, frame: pd.DataFrame) -> pd.DataFrame:
        if not (self._dialect.ordered and self._plan.key):
            return frame
        keys = pa.table({name: arrow(frame[name]) for name in self._plan.key})
        order = pc.sort_indices(keys, [(name, "ascending") for name in self._plan.key])
        return frame.take(order.to_numpy())

    def _without_parents(self, frame: pd.DataFrame) -> list[pd.DataFrame]:
        """Take out rows whose foreign key finds no record any more."""
        problems = []
        for field in self._target.parents:
            column = self._quote(field.column)
            parent = self._quote(field.related_model._meta.db_table)
            found = self._quote(field.target_field.column)
            known = f"SELECT {found} FROM {parent}"
            lost = f"{column} IN (SELECT DISTINCT {column} FROM {self._tables.staged} EXCEPT {known})"
            rows = self._tables.take_out(
                frame, f"SELECT {POSITION} FROM {self._tables.staged} WHERE {lost}"
            )
            problems.append(sentences.gone(rows, self._target, field))
        return [*problems, *self._links.without_records(frame)]

    def _match(self) -> None:
        if not self._target.key:
            return
        joined = self._equal("t", "s")
        scope, values = self._target.scope
        allowed = f" AND t.{self._pk} IN ({scope})" if scope else ""
        self._tables.run(
            f"INSERT INTO {self._tables.matched} ({POSITION}, pk, differs)"
            f" SELECT s.{POSITION}, t.{self._pk}, {self._difference()}"
            f" FROM {self._tables.staged} s JOIN {self._table} t ON {joined}{allowed}",
            values,
        )
        if self._plan.mode != CREATE:
            self._links.mark()

    def _several(self, frame: pd.DataFrame) -> pd.DataFrame:
        if self._target.unique or not self._target.key:
            return no_problems()
        rows = self._tables.take_out(
            frame,
            f"SELECT {POSITION} FROM {self._tables.matched} GROUP BY {POSITION} HAVING count(*) > 1",
        )
        return sentences.several(rows, self._target)

    def _impossible(self, frame: pd.DataFrame) -> pd.DataFrame:
        matched = f"SELECT {POSITION} FROM {self._tables.matched}"
        if self._plan.mode == CREATE and self._target.key:
            return sentences.exists(self._tables.take_out(frame, matched), self._target)
        if self._plan.mode == UPDATE:
            unmatched = f"SELECT {POSITION} FROM {self._tables.staged} EXCEPT {matched}"
            return sentences.missing(
                self._tables.take_out(frame, unmatched), self._target
            )
        return no_problems()

    def _update(self) -> int:
        expected = self._tables.count(f"{self._tables.matched} WHERE differs")
        if not expected:
            return 0
        touches = self._target.touches()
        columns = [self._quote(field.column) for field in self._target.values]
        sets = [f"{column} = s.{column}" for column in columns]
        sets += [f"{self._quote(field.column)} = %s" for field in touches]
        self._tables.lock(self._table, self._pk)
        if sets:
            written = self._tables.run(
                f"UPDATE {self._table} AS t SET {', '.join(sets)} FROM {self._tables.matched} m"
                f" JOIN {self._tables.staged} s ON s.{POSITION} = m.{POSITION}"
                f" WHERE t.{self._pk} = m.pk AND m.differs",
                list(touches.values()),
            )
            if written != expected:
                raise Overtaken
        return expected

    def _insert(self) -> int:
        fresh = f"{POSITION} NOT IN (SELECT {POSITION} FROM {self._tables.matched})"
        expected = self._tables.count(f"{self._tables.staged} WHERE {fresh}")
        if not expected:
            return 0
        constants = self._target.constants()
        columns = [
            self._quote(field.column) for field in (*self._tables.fields, *constants)
        ]
        values = [self._new_value(field) for field in self._tables.fields] + [
            "%s"
        ] * len(constants)
        written = self._tables.run(
            f"INSERT INTO {self._table} ({', '.join(columns)}) SELECT {', '.join(values)}"
            f" FROM {self._tables.staged} WHERE {fresh} ORDER BY {POSITION}{self._on_conflict()}",
            list(constants.values()),
        )
        if written != expected:
            raise Overtaken
        if self._target.fills_identity:
            for statement in self._dialect.connection.ops.sequence_reset_sql(
                no_style(), [self._target.model]
            ):
                self._tables.run(statement)
        self._links.find_new(self._equal("t", "s"), fresh)
        return expected

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

    def _difference(self) -> str:
        columns = [self._quote(field.column) for field in self._target.values]
        tests = [f"t.{column} {self._dialect.differs} s.{column}" for column in columns]
        return f"({' OR '.join(tests)})" if tests else "(1 = 0)"

    def _equal(self, left: str, right: str) -> str:
        columns = [self._quote(field.column) for field in self._target.key]
        return " AND ".join(f"{left}.{column} = {right}.{column}" for column in columns)

    def _quote(self, name: str | None) -> str:
        return self._tables.quote(name)
