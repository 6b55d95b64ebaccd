"""GenericLoader: any database, any field, through the ORM; with save() per row where asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
from django.core.exceptions import ValidationError
from django.db import models, transaction

from dataio.columns.problems import join_problems
from dataio.imports.loaders import sentences
from dataio.imports.loaders.record_images import RecordImages
from dataio.imports.loaders.records import python_value, related_keys
from dataio.imports.loaders.result import LoadResult, same_problem
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


class GenericLoader:
    """Loads one chunk record by record in Python, batch by batch in the database."""

    def __init__(self, target: Target) -> None:
        self.using = target.connection.alias
        self.model = target.model
        self._target = target
        self._mode = target.plan.mode
        # bulk_create does not know models in two tables.
        self._one_by_one = target.resource.save_each or any(
            target.meta.parents.values()
        )
        self._records: Any = target.resource.queryset().using(self.using)
        self._manager: Any = target.model._base_manager.using(self.using)
        self._images = RecordImages(target, self.using) if target.keeps_images else None

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

    def load(self, frame: pd.DataFrame) -> LoadResult:
        """Write all rows; see `Loader.load`."""
        matched = self.match(frame)
        rows = matched.rows
        if self._images:
            self._images.before(matched.update)
        changed = [
            (n, record) for n, record in matched.update if self._change(record, rows[n])
        ]
        fresh = [(n, self._new(rows[n])) for n in matched.create]
        failed = self._write(matched.frame, fresh, changed, rows)
        return LoadResult(
            created=len(fresh) - sum(n in failed for n, _record in fresh),
            updated=len(changed) - sum(n in failed for n, _record in changed),
            unchanged=len(matched.update) - len(changed),
            problems=join_problems([*matched.problems, *failed.values()]),
            image=self._image([*fresh, *changed], failed, matched.frame),
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

    def close(self) -> None:
        """Nothing is kept in the database."""

    def _image(
        self,
        records: list[tuple[int, Record]],
        failed: dict[int, pd.DataFrame],
        frame: pd.DataFrame,
    ) -> pa.Table | None:
        if self._images is None:
            return None
        written = {n: record for n, record in records if n not in failed}
        return self._images.take(written, frame.index)

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

    def _new(self, row: Values) -> Record:
        fields = self._target.fields
        return self.model(
            **{fields[n].attname: v for n, v in row.items() if n in fields}
        )

    def _change(self, record: Record, row: Values) -> bool:
        """Put the row's values on the record; return whether any differs."""
        names = self.differing(record, row)
        for name in names:
            if name in self._target.fields:
                setattr(record, self._target.fields[name].attname, row[name])
        return bool(names)

    def _write(
        self,
        frame: pd.DataFrame,
        fresh: list[tuple[int, Record]],
        changed: list[tuple[int, Record]],
        rows: list[Values],
    ) -> dict[int, pd.DataFrame]:
        """Write the records; return the problems by position."""
        failed: dict[int, pd.DataFrame] = {}
        if self._one_by_one:
            for n, record in [*fresh, *changed]:
                problem = self._save(frame.iloc[[n]], record, rows[n])
                failed |= {} if problem is None else {n: problem}
            return failed
        self._manager.bulk_create([record for _n, record in fresh], batch_size=BATCH)
        self._bulk_update([record for _n, record in changed])
        for n, record in [*fresh, *changed]:
            self._relate(record, rows[n])
        return failed

    def _bulk_update(self, records: list[Record]) -> None:
        names = [field.name for field in self._target.values if not field.primary_key]
        for field in self._target.meta.concrete_fields:
            if getattr(field, "auto_now", False):
                names.append(field.name)
                for record in records:
                    field.pre_save(record, add=False)
        if names and records:
            self._manager.bulk_update(
                records, list(dict.fromkeys(names)), batch_size=BATCH
            )

    def _save(
        self, cells: pd.DataFrame, record: Record, row: Values
    ) -> pd.DataFrame | None:
        try:
            with transaction.atomic(using=self.using):
                if self._target.resource.save_each:
                    record.full_clean()
                record.save(using=self.using)
                self._relate(record, row)
        except ValidationError as error:
            return _told(cells, error)
        return None

    def _relate(self, record: Record, row: Values) -> None:
        for column in self._target.many:
            getattr(record, column.name).set(row[column.name])


def _told(cells: pd.DataFrame, error: ValidationError) -> pd.DataFrame:
    """Return a row's ValidationError as problems, one per message."""
    parts = []
    messages = (
        error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    )
    for name, texts in messages.items():
        column = name if name in cells.columns else ""
        shown = (
            cells[column].astype(object) if column else pd.Series("", index=cells.index)
        )
        for text in texts:
            told = text if column or name in ("", "__all__") else f"{name}: {text}"
            parts.append(same_problem(shown, column, "refused", str(told)))
    return join_problems(parts)
