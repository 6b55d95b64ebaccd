"""RecordImages: images of what the ORM writes, with values as the fields write them in texts."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pyarrow as pa
from django.db import models

from dataio.imports.loaders.images import (
    ACTION,
    CREATED,
    RECORDS,
    ROW,
    UPDATED,
    Head,
)
from dataio.imports.loaders.target import Target
from dataio.imports.loaders.values import Field

State = dict[str, Any]
"""Texts by column, lists of primary keys by name of a many-to-many field."""
BATCH = 500


class RecordImages:
    """Collects the states of the records of one piece."""

    def __init__(self, target: Target, using: str) -> None:
        self._target = target
        self._model = target.model
        self._using = using
        self._many = [column.name for column in target.many]
        self._before: dict[int, State] = {}

    def before(self, records: list[tuple[int, models.Model]]) -> None:
        """Keep what records are, before they are changed, by the place of their row."""
        self._before = {place: state(record, self._many) for place, record in records}

    def take(
        self, written: dict[int, models.Model], rows: pd.Index[Any]
    ) -> pa.Table | None:
        """Return the image of the written records, by place; `rows`: row numbers by place."""
        if not written:
            return None
        after = self._states([record.pk for record in written.values()])
        lines = [
            self._line(int(rows[place]), self._before.get(place), after[str(record.pk)])
            for place, record in written.items()
        ]
        head = Head(
            form=RECORDS,
            resource=self._target.resource.label,
            key=self._target.plan.key,
        )
        return head.put_on(pa.Table.from_pylist(lines, self._schema))

    def _states(self, keys: list[Any]) -> dict[str, State]:
        manager: Any = self._model._base_manager.using(self._using)
        found = {}
        for start in range(0, len(keys), BATCH):
            for record in manager.filter(pk__in=keys[start : start + BATCH]):
                found[str(record.pk)] = state(record, self._many)
        return found

    def _line(self, row: int, before: State | None, after: State) -> State:
        line: State = {ROW: row, ACTION: UPDATED if before else CREATED}
        for side, values in (("old", before or {}), ("new", after)):
            for name, value in values.items():
                dot = "_links." if isinstance(value, list) else "."
                line[f"{side}{dot}{name}"] = value
        return line

    @property
    def _schema(self) -> pa.Schema:
        kinds: dict[str, Any] = {ROW: pa.int64(), ACTION: pa.string()}
        for side in ("old", "new"):
            for field in self._model._meta.concrete_fields:
                kinds[f"{side}.{field.column}"] = pa.string()
            for name in self._many:
                kinds[f"{side}_links.{name}"] = pa.list_(pa.string())
        return pa.schema(kinds)


def state(record: models.Model, many: list[str]) -> State:
    """Return what a record is: texts by column, and its links."""
    texts: State = {
        str(field.column): as_text(field, record)
        for field in record._meta.concrete_fields
    }
    return texts | {
        name: sorted(
            str(pk) for pk in getattr(record, name).values_list("pk", flat=True)
        )
        for name in many
    }


def as_text(field: Field, record: models.Model) -> str | None:
    """Return a field's value as text; None stays None."""
    value = field.value_from_object(record)
    if value is None:
        return None
    if isinstance(field, models.JSONField):
        return json.dumps(value, cls=field.encoder)
    return str(field.value_to_string(record))


def from_text(field: Field, text: str | None) -> Any:
    """Return the value that `as_text` wrote."""
    if text is None:
        return None
    if isinstance(field, models.JSONField):
        return json.loads(text, cls=field.decoder)
    return field.to_python(text)
