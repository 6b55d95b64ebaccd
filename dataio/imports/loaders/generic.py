"""GenericLoader: any database, any field, through the ORM; with save() per row where asked."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
from django.core.exceptions import ValidationError
from django.db import models, transaction

from dataio.columns.problems import join_problems
from dataio.imports.loaders.record_images import RecordImages
from dataio.imports.loaders.record_match import BATCH, RecordMatcher
from dataio.imports.loaders.result import LoadResult, same_problem
from dataio.imports.loaders.target import Target

Record = models.Model
Values = dict[str, Any]


class GenericLoader:
    """Loads one chunk record by record in Python, batch by batch in the database."""

    def __init__(self, target: Target) -> None:
        self.using = target.connection.alias
        self.model = target.model
        self._target = target
        self._matcher = RecordMatcher(target)
        # bulk_create does not know models in two tables.
        self._one_by_one = target.resource.save_each or any(
            target.meta.parents.values()
        )
        self._manager: Any = target.model._base_manager.using(self.using)
        self._images = RecordImages(target, self.using) if target.keeps_images else None

    def load(self, frame: pd.DataFrame) -> LoadResult:
        """Write all rows; see `Loader.load`."""
        matched = self._matcher.match(frame)
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

    def _new(self, row: Values) -> Record:
        fields = self._target.fields
        return self.model(
            **{fields[n].attname: v for n, v in row.items() if n in fields}
        )

    def _change(self, record: Record, row: Values) -> bool:
        """Put the row's values on the record; return whether any differs."""
        names = self._matcher.differing(record, row)
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
