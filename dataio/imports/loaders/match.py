"""Matcher: puts a chunk beside the table it goes to, and tells which records its rows meet.

Loading and checking share it, so that what a check shows is what loading will do.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from django.db import models

from dataio.columns.problems import no_problems
from dataio.imports.loaders import sentences
from dataio.imports.loaders.links import LinkMerge
from dataio.imports.loaders.staging import POSITION, Dialect, Staging
from dataio.imports.loaders.target import Target
from dataio.imports.loaders.values import arrow
from dataio.imports.plan import CREATE, UPDATE

FEW = 500
"""Related records that are asked for by their keys."""


class Matcher:
    """Fills the temporary tables `staged` and `matched`; writes to no other table."""

    def __init__(self, target: Target, dialect: Dialect) -> None:
        self.target = target
        self.dialect = dialect
        self.tables = Staging(target, dialect)
        self.links = LinkMerge(target, self.tables)
        self.table = self._quote(target.meta.db_table)
        self.pk = self._quote(target.pk.column)
        self.met = 0
        """Records that rows of this piece met, also where the rows are problems."""

    def match(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
        """Put a clean frame into the tables, and find the records its rows meet.

        Returns the frame in the order of the positions, and the problems of rows that were
        taken out of the tables.
        """
        frame, blank = sentences.without_blanks(frame, self.target)
        frame = self._in_order(frame)
        self.tables.stage(frame)
        self.links.stage(frame)
        problems = [blank, *self._without_parents(frame)]
        self._match()
        problems += [self._several(frame), self._impossible(frame)]
        return frame, [*problems, *self._needed(frame)]

    def differing(self) -> dict[str, str]:
        """Return for each column but the key the SQL that is true where t and s differ."""
        tests = {}
        for name, field in self.target.fields.items():
            if field not in self.target.key:
                column = self._quote(field.column)
                test = f"t.{column} {self.dialect.differs} s.{column}"
                keep = self.tables.keeps.get(name)
                tests[name] = f"(s.{keep} = 0 AND {test})" if keep else test
        return tests

    def assigned(self) -> list[str]:
        """Return for each column but the key the SQL that takes its value from s."""
        sets = []
        for name, field in self.target.fields.items():
            if field not in self.target.key:
                column, keep = self._quote(field.column), self.tables.keeps.get(name)
                # What is kept is taken from the record at that very moment.
                kept = f"CASE WHEN s.{keep} = 1 THEN t.{column} ELSE s.{column} END"
                sets.append(f"{column} = {kept if keep else f's.{column}'}")
        return sets

    def close(self) -> None:
        """Drop the temporary tables."""
        self.tables.close()

    def _in_order(self, frame: pd.DataFrame) -> pd.DataFrame:
        if not (self.dialect.ordered and self.target.plan.key):
            return frame
        keys = pa.table({name: arrow(frame[name]) for name in self.target.plan.key})
        order = pc.sort_indices(
            keys, [(name, "ascending") for name in self.target.plan.key]
        )
        return frame.take(order.to_numpy())

    def _without_parents(self, frame: pd.DataFrame) -> list[pd.DataFrame]:
        """Take out rows whose foreign key finds no record any more."""
        problems = []
        for field in self.target.parents:
            if self._all_there(field):
                continue
            lost = self.tables.lost(self.tables.staged, str(field.column), field)
            rows = self.tables.take_out(frame, lost)
            problems.append(sentences.gone(rows, self.target, field))
        return [*problems, *self.links.without_records(frame)]

    def _all_there(self, field: models.ForeignKey[Any, Any]) -> bool:
        """Tell at little cost whether the few records that many rows name are all there."""
        named = pc.unique(self.tables.rows.column(str(field.column))).drop_null()
        if len(named) > FEW or not pa.types.is_integer(named.type):
            return False
        parent = self._quote(field.related_model._meta.db_table)
        marks = ", ".join(map(str, named.to_pylist())) or "NULL"
        found = f"{parent} WHERE {self._quote(field.target_field.column)} IN ({marks})"
        return self.tables.count(found) == len(named)

    def _match(self) -> None:
        self.met = 0
        if not self.target.key:
            return
        scope, values = self.target.scope
        allowed = f" WHERE t.{self.pk} IN ({scope})" if scope else ""
        self.met = self.tables.run(
            f"INSERT INTO {self.tables.matched} ({POSITION}, pk, differs)"
            f" SELECT s.{POSITION}, t.{self.pk}, {self._difference()}"
            f" FROM {self.tables.staged} s {self.tables.records()}{allowed}",
            values,
        )
        if self.target.plan.mode != CREATE:
            self.links.mark()

    def _several(self, frame: pd.DataFrame) -> pd.DataFrame:
        if self.target.unique or not self.target.key:
            return no_problems()
        rows = self.tables.take_out(
            frame,
            f"SELECT {POSITION} FROM {self.tables.matched} GROUP BY {POSITION} HAVING count(*) > 1",
        )
        return sentences.several(rows, self.target)

    def _impossible(self, frame: pd.DataFrame) -> pd.DataFrame:
        matched = f"SELECT {POSITION} FROM {self.tables.matched}"
        if self.target.plan.mode == CREATE and self.target.key:
            return sentences.exists(self.tables.take_out(frame, matched), self.target)
        if self.target.plan.mode == UPDATE:
            unmatched = f"SELECT {POSITION} FROM {self.tables.staged} EXCEPT {matched}"
            return sentences.missing(
                self.tables.take_out(frame, unmatched), self.target
            )
        return no_problems()

    def _needed(self, frame: pd.DataFrame) -> list[pd.DataFrame]:
        """Take out new rows with a blank that only an existing record could keep."""
        fresh = f"{POSITION} NOT IN (SELECT {POSITION} FROM {self.tables.matched})"
        problems = []
        for column in sentences.needed(self.target):
            if keep := self.tables.keeps.get(column.name):
                query = f"SELECT {POSITION} FROM {self.tables.staged} WHERE {keep} = 1 AND {fresh}"
                rows = self.tables.take_out(frame, query)
                problems.append(sentences.blank(rows, column))
        return problems

    def _difference(self) -> str:
        tests = self.differing().values()
        return f"({' OR '.join(tests)})" if tests else "(1 = 0)"

    def _quote(self, name: str | None) -> str:
        return self.tables.quote(name)
