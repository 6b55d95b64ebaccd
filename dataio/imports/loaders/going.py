"""Going: records about to be removed, with all that goes with them, read before it goes.

Django's own collector says what a removal takes along: rows of other tables that cascade,
links, and references that are set to something else. Each table becomes one Arrow table whose
values are as the database keeps them, so that `dataio.imports.undo_back` can put them back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Self

import pyarrow as pa
from django.apps import apps
from django.db import models
from django.db.models.deletion import Collector

from dataio.imports.loaders.staging import Dialect
from dataio.imports.loaders.values import Field

PK, OLD, NEW = "pk", "old", "new"
MOST_ROWS = 100_000
"""Rows of one table that one removal may take along: they are held in memory."""
HELD = "dataio_going"


class NotKept(Exception):
    """A removal would take rows along that could not be put back."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words
        """What they are, such as "order lines"."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GoneHead:
    """What is known of one table of a removal."""

    model: str
    """Label of the model whose table it is."""
    column: str = ""
    """Set: the rows (pk, old, new) of a reference that was set to something else."""
    key: tuple[str, ...] = ()
    """Columns by which people know a record."""

    @classmethod
    def of(cls, table: pa.Table) -> Self:
        data = json.loads((table.schema.metadata or {})[b"dataio"])
        return cls(**data | {"key": tuple(data["key"])})

    def put_on(self, table: pa.Table) -> pa.Table:
        """Return the table with this head."""
        return table.replace_schema_metadata({"dataio": json.dumps(asdict(self))})

    @property
    def meta(self) -> Any:
        return apps.get_model(self.model)._meta


class Going:
    """One removal: what it takes along, read, and then removed."""

    def __init__(
        self, records: models.QuerySet[Any], dialect: Dialect, key: tuple[str, ...]
    ) -> None:
        """Raises ProtectedError or RestrictedError; nothing is changed then."""
        self._model = records.model
        self._dialect = dialect
        self._key = key
        self._cursor: Any = dialect.connection.cursor()
        self._collector: Any = Collector(using=dialect.connection.alias, origin=records)
        self._collector.collect(records)

    def read(self) -> list[pa.Table]:
        """Return the rows that go; raises NotKept. Its temporary table needs a savepoint."""
        return [table for model in self._models() if len(table := self._rows(model))]

    def remove(self, *, kept: bool) -> tuple[int, list[pa.Table]]:
        """Remove everything; return the number of records, and the references that changed.

        `kept`: whether these are asked for.
        """
        before = list(self._references()) if kept else []
        _all, counts = self._collector.delete()
        changed = [
            self._reference(field, old, self._values(field, old.column(PK).to_pylist()))
            for field, old in before
        ]
        return int(counts.get(self._model._meta.label, 0)), changed

    def _models(self) -> list[Any]:
        """Return the models of all rows that go, as the collector met them."""
        fast = [records.model for records in self._collector.fast_deletes]
        found = [*self._collector.data, *fast]
        return list(dict.fromkeys(model._meta.concrete_model for model in found))

    def _rows(self, model: Any) -> pa.Table:
        meta = model._meta
        instances, queries = self._parts(model)
        if not instances and not any(query.exists() for query in queries):
            return pa.table({})
        if not meta.managed or not getattr(meta.pk, "column", None):
            raise NotKept(str(meta.verbose_name_plural))
        self._hold(meta, instances, queries)
        if self._held() > MOST_ROWS:
            raise NotKept(str(meta.verbose_name_plural))
        fields = list(meta.local_concrete_fields)
        pk = self._quote(meta.pk.column)
        rows = self._dialect.read(
            self._cursor,
            [f"t.{self._quote(field.column)}" for field in fields],
            f"FROM {HELD} g {self._record(meta)} ORDER BY t.{pk}",
            fields,
        ).rename_columns([field.column for field in fields])
        known = self._key if model is self._model._meta.concrete_model else ()
        key = tuple(str(meta.get_field(name).column) for name in known)
        return GoneHead(model=meta.label, key=key).put_on(rows)

    def _parts(self, model: Any) -> tuple[list[Any], list[models.QuerySet[Any]]]:
        instances = [
            one
            for found, several in self._collector.data.items()
            if found._meta.concrete_model is model
            for one in several
        ]
        fast = self._collector.fast_deletes
        same = [query for query in fast if query.model._meta.concrete_model is model]
        return instances, same

    def _hold(
        self, meta: Any, instances: list[Any], queries: list[models.QuerySet[Any]]
    ) -> None:
        """Put the primary keys of all these into a temporary table."""
        connection = self._dialect.connection
        self._run(f"DROP TABLE IF EXISTS {HELD}")
        kind = meta.pk.rel_db_type(connection)
        self._run(f"CREATE TEMPORARY TABLE {HELD} (pk {kind} PRIMARY KEY)")
        keys = [
            [meta.pk.get_db_prep_save(getattr(one, meta.pk.attname), connection)]
            for one in instances
        ]
        if keys:
            self._cursor.executemany(f"INSERT INTO {HELD} (pk) VALUES (%s)", keys)
        for query in queries:
            plain: Any = query.order_by().values("pk").query
            sql, values = plain.get_compiler(connection.alias).as_sql()
            self._cursor.execute(
                # SQLite takes ON for a join's without a WHERE before it.
                f"INSERT INTO {HELD} (pk) SELECT * FROM ({sql}) q WHERE 1 = 1"
                " ON CONFLICT DO NOTHING",
                values,
            )

    def _held(self) -> int:
        self._run(f"SELECT count(*) FROM {HELD}")
        return int(self._cursor.fetchone()[0])

    def _references(self) -> Iterable[tuple[Field, pa.Table]]:
        """Yield each field that is about to be set to something else, with (pk, old)."""
        for (field, _value), parts in self._collector.field_updates.items():
            keys: list[Any] = []
            for part in parts:
                listed = isinstance(part, models.QuerySet)
                keys += (
                    part.values_list("pk", flat=True)
                    if listed
                    else [one.pk for one in part]
                )
            if keys:
                yield field, self._values(field, keys)

    def _values(self, field: Field, keys: list[Any]) -> pa.Table:
        """Return (pk, value of now) of these rows, in the order of their keys."""
        meta: Any = field.model._meta
        connection = self._dialect.connection
        self._hold(meta, [], [])
        prepared = [[meta.pk.get_db_prep_save(key, connection)] for key in keys]
        self._cursor.executemany(
            f"INSERT INTO {HELD} (pk) VALUES (%s) ON CONFLICT DO NOTHING", prepared
        )
        return self._dialect.read(
            self._cursor,
            ["g.pk", f"t.{self._quote(field.column)}"],
            f"FROM {HELD} g {self._record(meta, left=True)} ORDER BY g.pk",
            [meta.pk, field],
        ).rename_columns([PK, OLD])

    def _record(self, meta: Any, *, left: bool = False) -> str:
        """Return SQL that joins to keys held (g) their records (t)."""
        same = f"t.{self._quote(meta.pk.column)} = g.pk"
        return self._dialect.lookup(meta, "t", same, left=left)

    def _reference(self, field: Field, old: pa.Table, new: pa.Table) -> pa.Table:
        table = old.append_column(NEW, new.column(OLD))
        return GoneHead(model=field.model._meta.label, column=str(field.column)).put_on(
            table
        )

    def _run(self, sql: str) -> None:
        self._cursor.execute(sql, [])

    def _quote(self, name: str | None) -> str:
        return self._dialect.quote(name)
