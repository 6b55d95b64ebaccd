"""RecordUndo: undoes a chunk record by record through the ORM; with save() where asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pyarrow as pa
from django.db import IntegrityError, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import ProtectedError, RestrictedError

from dataio.imports.loaders.images import ACTION, CREATED, UPDATED
from dataio.imports.loaders.record_images import State, from_text, state
from dataio.imports.undo_left import (
    CHANGED,
    GONE,
    PARENT,
    REFUSED,
    USED,
    all_told,
    references,
)
from dataio.resources import Resource

BATCH = 500


class RecordUndo:
    """Undoes one chunk of values as the fields write them."""

    def __init__(
        self, image: pa.Table, resource: Resource, connection: BaseDatabaseWrapper
    ) -> None:
        self._image = image
        self._resource = resource
        self._alias = connection.alias
        self._meta: Any = resource.model._meta
        self._manager: Any = resource.model._base_manager.using(self._alias)
        names = [name.partition("_links.")[2] for name in image.column_names]
        self._many = sorted({name for name in names if name})
        self._left: dict[int, tuple[str, str]] = {}

    def find_left(self) -> pd.DataFrame:
        """Find the records that must stay; see `TableUndo.find_left`."""
        for place, line, record in self._records():
            self._left |= self._why(place, line, record)
        while self._find_used():
            pass
        return self._told(self._left)

    def count(self) -> tuple[int, int]:
        """Return how many records would be removed and restored."""
        actions = self._image.column(ACTION).to_pylist()
        free = [action for n, action in enumerate(actions) if n not in self._left]
        return free.count(CREATED), free.count(UPDATED)

    def write(self) -> tuple[int, int, pd.DataFrame]:
        """Remove and restore; see `TableUndo.write`."""
        refused: dict[int, tuple[str, str]] = {}
        counts = {CREATED: 0, UPDATED: 0}
        # The last first, so that what refers goes before what it refers to.
        for action, act in ((CREATED, self._remove), (UPDATED, self._restore)):
            for place, line, record in reversed(list(self._free(action))):
                try:
                    with transaction.atomic(using=self._alias):
                        act(record, line)
                    counts[action] += 1
                except (IntegrityError, ProtectedError, RestrictedError):
                    refused[place] = (REFUSED, "")
        self._left |= refused
        return counts[CREATED], counts[UPDATED], self._told(refused)

    def close(self) -> None:
        """Nothing is kept in the database."""

    def _records(self) -> Iterator[tuple[int, State, models.Model | None]]:
        """Yield each line of the image with its place and its record, if that is there."""
        pk = self._meta.pk
        for start in range(0, len(self._image), BATCH):
            lines = self._image.slice(start, BATCH).to_pylist()
            keys = [from_text(pk, line[f"new.{pk.column}"]) for line in lines]
            found = self._manager.in_bulk(keys)
            for n, (line, key) in enumerate(zip(lines, keys, strict=True)):
                yield start + n, line, found.get(key)

    def _free(self, action: str) -> Iterator[tuple[int, State, models.Model]]:
        for place, line, record in self._records():
            if place not in self._left and line[ACTION] == action and record:
                yield place, line, record

    def _why(
        self, place: int, line: State, record: models.Model | None
    ) -> dict[int, tuple[str, str]]:
        if record is None:
            return {place: (GONE, "")}
        now = state(record, self._many)
        then = {name: _side(line, "new", name, value) for name, value in now.items()}
        if now != then or (line[ACTION] == CREATED and self._has_other_links(record)):
            return {place: (CHANGED, "")}
        lost = self._lost_parent(line) if line[ACTION] == UPDATED else ""
        return {place: (PARENT, lost)} if lost else {}

    def _has_other_links(self, record: models.Model) -> bool:
        others = [f.name for f in self._meta.many_to_many if f.name not in self._many]
        return any(getattr(record, name).exists() for name in others)

    def _lost_parent(self, line: State) -> str:
        """Return the name of what the record referred to and is not there any more."""
        for field in self._meta.concrete_fields:
            old, new = line[f"old.{field.column}"], line[f"new.{field.column}"]
            if isinstance(field, models.ForeignKey) and old not in (None, new):
                target: Any = field.target_field
                wanted = {target.name: from_text(field, old)}
                parents: Any = target.model._base_manager.using(self._alias)
                if not parents.filter(**wanted).exists():
                    return str(field.verbose_name)
        return ""

    def _find_used(self) -> bool:
        """Find created records that others refer to; those that go together do not count."""
        free = list(self._free(CREATED))
        going = {record.pk for _place, _line, record in free}
        used = {}
        for reference in references(self._resource.model):
            field: Any = reference.field
            target = field.target_field.attname
            manager: Any = field.model._base_manager.using(self._alias)
            for place, _line, record in free:
                others = manager.filter(**{field.attname: getattr(record, target)})
                if issubclass(field.model, self._resource.model):
                    others = others.exclude(pk__in=going)
                if others.exists():
                    used[place] = (USED, reference.words)
        self._left |= used
        return bool(used)

    def _remove(self, record: models.Model, line: State) -> None:
        record.delete(using=self._alias)

    def _restore(self, record: models.Model, line: State) -> None:
        fields = [
            field
            for field in self._meta.concrete_fields
            if not getattr(field, "generated", False) and not field.primary_key
        ]
        old = {
            field.attname: from_text(field, line[f"old.{field.column}"])
            for field in fields
        }
        if self._resource.save_each:
            for name, value in old.items():
                setattr(record, name, value)
            record.save(using=self._alias)
        # Also after save(), which puts the time of now into some fields.
        names = {field.attname: field.name for field in fields}
        values = {names[attname]: value for attname, value in old.items()}
        self._manager.filter(pk=record.pk).update(**values)
        for name in self._many:
            getattr(record, name).set(line[f"old_links.{name}"] or [])

    def _told(self, left: dict[int, tuple[str, str]]) -> pd.DataFrame:
        found = [(place, code, words) for place, (code, words) in left.items()]
        return all_told(self._image, found, self._resource)


def _side(line: State, side: str, name: str, value: Any) -> Any:
    return line.get(
        f"{side}_links.{name}" if isinstance(value, list) else f"{side}.{name}"
    )
