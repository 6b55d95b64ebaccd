"""What the rows of a chunk would change: found as loading finds it, and nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from django.db import models

from dataio.columns.problems import join_problems
from dataio.columns.structured import encode
from dataio.imports.loaders.match import Matcher
from dataio.imports.loaders.record_match import Matched, RecordMatcher
from dataio.imports.loaders.records import related_keys
from dataio.imports.loaders.staging import POSITION, Dialect
from dataio.imports.loaders.stored import (
    decode,
    numbers,
    stored_of,
    truths,
    whole_numbers,
    zone_of,
)
from dataio.imports.loaders.target import Target
from dataio.imports.loaders.values import Arrow, Field, plain

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """What the rows of one clean frame meet. Positions count the rows of `frame` from 0."""

    frame: pd.DataFrame
    update: Positions
    """Rows that differ from the record they meet."""
    unchanged: Positions
    changed: dict[str, npt.NDArray[np.bool_]]
    """By column: whether it differs; in the order of `update`."""
    old: dict[str, Arrow]
    """By column: the values stored, of the type of clean values; in the order of `update`,
    null where the column does not differ."""
    problems: pd.DataFrame
    """Rows that cannot be loaded; they are in neither `update` nor `unchanged`."""
    met: int
    """Records that rows meet, also rows that are problems."""


class Differ(Protocol):
    """Finds differences; see `SetDiffer` and `RecordDiffer`."""

    def find(self, frame: pd.DataFrame) -> Difference:
        """Compare a clean frame without repeated keys."""

    def close(self) -> None:
        """Remove what is kept in the database for comparing."""


class SetDiffer:
    """Asks the database, over temporary tables, with a handful of queries per chunk."""

    def __init__(self, target: Target, dialect: Dialect) -> None:
        self._target = target
        self._matcher = Matcher(target, dialect)
        self._tables = self._matcher.tables
        self._stored = stored_of(dialect.connection)
        self._zone = zone_of(dialect.connection)
        self._cursor: Any = dialect.connection.cursor()

    def find(self, frame: pd.DataFrame) -> Difference:
        frame, problems = self._matcher.match(frame)
        tests = self._matcher.differing()
        found = self._differing(tests)
        update = numbers(found[POSITION])
        changed = {name: _mask(truths(found[f"changed.{name}"])) for name in tests}
        old = {name: self._old(found, name) for name in tests}
        for name, query in self._matcher.links.differing().items():
            changed[name] = np.isin(update, self._positions(query))
            old[name] = self._lists(name, update, changed[name])
        same = f"SELECT {POSITION} FROM {self._tables.matched} WHERE NOT differs"
        return Difference(
            frame=frame,
            update=update,
            unchanged=self._positions(same),
            changed=changed,
            old=old,
            problems=join_problems(problems),
            met=self._matcher.met,
        )

    def close(self) -> None:
        self._cursor.close()
        self._matcher.close()

    def _differing(self, tests: dict[str, str]) -> pa.Table:
        """Return (position, changed.name ..., old.name ...) of the rows that differ."""
        lookup = self._matcher.dialect.lookup
        asked = {POSITION: f"m.{POSITION}"}
        for name, test in tests.items():
            asked[f"changed.{name}"] = f"({test})"
            value = self._stored.select(*self._column(name))
            asked[f"old.{name}"] = f"CASE WHEN {test} THEN {value} END"
        query = (
            f"SELECT {', '.join(asked.values())} FROM {self._tables.matched} m"
            f" JOIN {self._tables.staged} s ON s.{POSITION} = m.{POSITION}"
            f" {lookup(self._target.meta, 't', f't.{self._matcher.pk} = m.pk')}"
            " WHERE m.differs"
        )
        return self._stored.fetch(self._cursor, query, list(asked))

    def _column(self, name: str) -> tuple[Field, str]:
        """Return the field and the SQL of what is stored; primary keys for foreign keys."""
        field = self._target.fields[name]
        column = f"t.{self._tables.quote(field.column)}"
        related = getattr(field, "target_field", None)
        if related is None or related.primary_key:
            return field, column
        meta = related.model._meta
        pk = f"r.{self._tables.quote(meta.pk.column)}"
        place = f"r.{self._tables.quote(related.column)}"
        table = self._tables.quote(meta.db_table)
        return meta.pk, f"(SELECT {pk} FROM {table} r WHERE {place} = {column})"

    def _old(self, found: pa.Table, name: str) -> Arrow:
        kind = self._target.resource.column(name).arrow_type
        field, _sql = self._column(name)
        return decode(found[f"old.{name}"], field, kind, self._zone)

    def _positions(self, query: str) -> Positions:
        found: Positions = whole_numbers(self._stored, self._cursor, query, POSITION)
        return found

    def _lists(
        self, name: str, update: Positions, changed: npt.NDArray[np.bool_]
    ) -> Arrow:
        """Return the keys of the related records stored, as one list per row."""
        link = next(one for one in self._target.links if one.column.name == name)
        query = self._matcher.links.stored()[name]
        pairs = self._stored.fetch(self._cursor, query, [POSITION, "pk"])
        kind = link.column.arrow_type
        keys = decode(pairs["pk"], link.target, kind.field(0).type, self._zone)
        order, place = np.argsort(update, kind="stable"), numbers(pairs[POSITION])
        at = order[np.searchsorted(update[order], place)] if len(place) else place
        by_row = np.argsort(at, kind="stable")
        counts = np.bincount(at, minlength=len(update))
        offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
        lists: Arrow = pa.ListArray.from_arrays(
            offsets, keys.take(pa.array(by_row)), mask=pa.array(~changed)
        )
        return lists


class RecordDiffer:
    """Asks the ORM, record by record: any database, any field."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._matcher = RecordMatcher(target)

    def find(self, frame: pd.DataFrame) -> Difference:
        matched = self._matcher.match(frame)
        names = {
            n: self._matcher.differing(record, matched.rows[n])
            for n, record in matched.update
        }
        update = [n for n, differing in names.items() if differing]
        columns = [*self._target.fields, *(one.name for one in self._target.many)]
        changed = {
            name: np.array([name in names[n] for n in update], bool) for name in columns
        }
        return Difference(
            frame=matched.frame,
            update=np.array(update, np.int64),
            unchanged=np.array([n for n in names if not names[n]], np.int64),
            changed=changed,
            old={
                name: self._old(name, matched, update, changed[name])
                for name in columns
            },
            problems=join_problems(matched.problems),
            met=matched.met,
        )

    def close(self) -> None:
        """Nothing is kept in the database."""

    def _old(
        self,
        name: str,
        matched: Matched,
        update: list[int],
        changed: npt.NDArray[np.bool_],
    ) -> Arrow:
        records = dict(matched.update)
        values = [
            self._value(records[n], name) if differs else None
            for n, differs in zip(update, changed, strict=True)
        ]
        kind = self._target.resource.column(name).arrow_type
        try:
            return pa.array(values, kind)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            return pa.array([None if one is None else str(one) for one in values])

    def _value(self, record: models.Model, name: str) -> Any:
        field = self._target.fields.get(name)
        if field is None:
            return related_keys(record, name)
        if isinstance(field, models.ForeignKey):
            related = getattr(record, field.name)
            return None if related is None else related.pk
        value = getattr(record, field.attname)
        if isinstance(field, models.JSONField):
            return None if value is None else encode(value)
        return plain(value)


def _mask(values: Arrow) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = values.fill_null(False).to_numpy(  # noqa: FBT003
        zero_copy_only=False
    )
    return found
