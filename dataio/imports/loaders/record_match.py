"""RecordMatcher: which records the rows of a chunk meet, found through the ORM."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
from django.db import models

from dataio.imports.loaders import sentences
from dataio.imports.loaders.records import python_value, related_keys
from dataio.imports.loaders.target import Target
from dataio.imports.loaders.values import clean_table
from dataio.imports.plan import CREATE, UPDATE

BATCH = 500
"""Keys per query, rows per statement: below the parameter limit of every database."""

Record = models.Model
Values = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Matched:
    """What the rows of a frame meet; numbers are positions in the frame."""

    frame: pd.DataFrame
    rows: list[Values]
    create: list[int]
    update: list[tuple[int, Record]]
    problems: list[pd.DataFrame]
    met: int
    """Records that rows met, also where the rows are problems."""


class RecordMatcher:
    """Finds the records of one chunk. Writes nothing."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._mode = target.plan.mode
        using = target.connection.alias
        self._records: Any = target.resource.queryset().using(using)

    def match(self, frame: pd.DataFrame) -> Matched:
        """Find the records that the rows meet. Writes nothing."""
        frame, blank = sentences.without_blanks(frame, self._target)
        rows = list(self._rows(frame))
        found = self._found(rows)
        several = [len(found.get(self._key(row), [])) > 1 for row in rows]
        known = [bool(found.get(self._key(row))) for row in rows]
        problems = [blank, sentences.several(frame[several], self._target)]
        create, update = self._sorted_out(known, several)
        updates = [(n, found[self._key(rows[n])][0]) for n in update]
        self._keep(frame, rows, updates)
        create, needed = self._without_needed(frame, create)
        return Matched(
            frame=frame,
            rows=rows,
            create=create,
            update=updates,
            problems=[*problems, *self._impossible(frame, known, several), *needed],
            met=sum(len(records) for records in found.values()),
        )

    def differing(self, record: Record, row: Values) -> list[str]:
        """Return the names of the columns in which a record differs from a row."""
        plain = [
            name
            for name, field in self._target.fields.items()
            if getattr(record, field.attname) != row[name]
        ]
        return plain + [
            column.name
            for column in self._target.many
            if set(related_keys(record, column.name)) != set(row[column.name])
        ]

    def _rows(self, frame: pd.DataFrame) -> Iterator[Values]:
        fields = self._target.fields
        table = clean_table(frame, [*self._target.columns, *self._target.many])
        for row in table.to_pylist():
            yield {
                name: python_value(fields[name], value)
                if name in fields
                else list(value or [])
                for name, value in row.items()
            }

    def _keep(
        self, frame: pd.DataFrame, rows: list[Values], updates: list[tuple[int, Record]]
    ) -> None:
        """Put what is stored into the rows where the plan keeps or adds to it."""
        blank = {name: frame[name].isna().to_numpy() for name in self._target.kept}
        added = [one.name for one in self._target.many if self._target.adds(one.name)]
        for n, record in updates:
            for name in (name for name in blank if blank[name][n]):
                field = self._target.fields.get(name)
                rows[n][name] = (
                    getattr(record, field.attname)
                    if field
                    else related_keys(record, name)
                )
            for name in added:
                rows[n][name] = [*rows[n][name], *related_keys(record, name)]

    def _without_needed(
        self, frame: pd.DataFrame, create: list[int]
    ) -> tuple[list[int], list[pd.DataFrame]]:
        """Leave out new rows with a blank that only an existing record could keep."""
        problems = []
        for column in sentences.needed(self._target):
            if column.name in self._target.kept:
                blank = frame[column.name].isna().to_numpy()
                lacking = [n for n in create if blank[n]]
                problems.append(sentences.blank(frame.iloc[lacking], column))
                create = [n for n in create if not blank[n]]
        return create, problems

    def _key(self, row: Values) -> tuple[Any, ...] | None:
        key = tuple(row[name] for name in self._target.plan.key)
        return None if not key or None in key else key

    def _found(self, rows: list[Values]) -> dict[tuple[Any, ...] | None, list[Record]]:
        """Return the existing records by key."""
        keys = {key for row in rows if (key := self._key(row)) is not None}
        if not keys:
            return {}
        # Asked by the part of the key with the most values; the other parts are compared here.
        place = max(
            range(len(next(iter(keys)))), key=lambda n: len({key[n] for key in keys})
        )
        parts = list({key[place] for key in keys})
        found: dict[tuple[Any, ...] | None, list[Record]] = {}
        for start in range(0, len(parts), BATCH):
            wanted = {
                f"{self._target.key[place].name}__in": parts[start : start + BATCH]
            }
            for record in self._records.filter(**wanted):
                key = tuple(
                    getattr(record, field.attname) for field in self._target.key
                )
                if key in keys:
                    found.setdefault(key, []).append(record)
        return found

    def _sorted_out(
        self, known: list[bool], several: list[bool]
    ) -> tuple[list[int], list[int]]:
        create = [n for n, is_known in enumerate(known) if not is_known]
        update = [n for n, is_known in enumerate(known) if is_known and not several[n]]
        return (
            create if self._mode != UPDATE else [],
            update if self._mode != CREATE else [],
        )

    def _impossible(
        self, frame: pd.DataFrame, known: list[bool], several: list[bool]
    ) -> list[pd.DataFrame]:
        if self._mode == CREATE:
            taken = [k and not s for k, s in zip(known, several, strict=True)]
            return [sentences.exists(frame[taken], self._target)]
        if self._mode == UPDATE:
            return [sentences.missing(frame[[not k for k in known]], self._target)]
        return []
