"""Target: where the rows of one plan go: a table, its columns, and what each is filled with."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
import pyarrow as pa
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from dataio.columns import Column
from dataio.imports.loaders.unique import unique_groups
from dataio.imports.loaders.values import Field, constant, varies
from dataio.imports.plan import CREATE, KEEP, ImportPlan
from dataio.resources import Resource

METHODS = (
    "get_prep_value",
    "get_db_prep_value",
    "get_db_prep_save",
    "pre_save",
    "db_type",
)
"""What decides how a field stores a value; a field that changes one is left to the ORM."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A many-to-many column: its join table and the names of the two columns there."""

    column: Column
    through: type[models.Model]
    source: models.ForeignKey[Any, Any]
    target: models.ForeignKey[Any, Any]


class Target:
    """The table of a plan. Names are database columns, not quoted."""

    def __init__(
        self,
        plan: ImportPlan,
        resource: Resource,
        connection: BaseDatabaseWrapper,
        *,
        keeps_images: bool = False,
    ) -> None:
        """`keeps_images`: say what each record was before and after it is written."""
        self.plan = plan
        self.resource = resource
        self.connection = connection
        self.keeps_images = keeps_images
        self.pending: tuple[str, ...] = ()
        """Columns whose related records are yet to be created: blank while comparing."""
        self.model = resource.model
        self.meta = resource.model._meta
        assert self.meta.pk is not None  # noqa: S101  every concrete model has one
        self.pk: Field = self.meta.pk
        mapped = [resource.column(name) for name in plan.columns]
        self.columns = [column for column in mapped if not self._is_many(column)]
        self.many = [column for column in mapped if self._is_many(column)]
        self.fields = {column.name: self._field(column.name) for column in self.columns}
        self.key = [self.fields[name] for name in plan.key]
        self.values = [field for field in self.fields.values() if field not in self.key]

    @cached_property
    def links(self) -> list[Link]:
        """Join tables of the many-to-many columns."""
        return [self._link(column) for column in self.many]

    @cached_property
    def varying(self) -> list[Field]:
        """Fields no column fills, with a default of its own for each new row."""
        return [
            field for field in self._unmapped if not _is_clock(field) and _varies(field)
        ]

    def constants(self) -> dict[Field, object]:
        """Return what new rows get in all other fields, as the database driver takes it."""
        return {
            field: self._prepared(field, _default(field))
            for field in self._unmapped
            if field not in self.varying
        }

    def touches(self) -> dict[Field, object]:
        """Return what updated rows get in fields that keep the time of the last change."""
        return {
            field: self._prepared(field, _default(field))
            for field in self._unmapped
            if getattr(field, "auto_now", False)
        }

    @cached_property
    def kept(self) -> list[str]:
        """Names of the columns whose blank cells leave an existing record as it is."""
        if self.plan.mode == CREATE:
            return []
        return [
            name
            for name in self.plan.columns
            if self.plan.blanks.get(name) == KEEP and name not in self.plan.key
        ]

    def adds(self, name: str) -> bool:
        """Tell whether a many-to-many column adds to the related records."""
        return name in self.plan.add_related

    @property
    def fills_identity(self) -> bool:
        """Whether the file gives values of a primary key that the database counts."""
        return isinstance(self.pk, models.AutoField) and self.pk in self.fields.values()

    @cached_property
    def unique(self) -> bool:
        """Whether a unique index holds exactly the key."""
        names = {field.name for field in self.key}
        return any(set(group) == names for group in unique_groups(self.meta))

    @cached_property
    def looked_up(self) -> bool:
        """Whether an index finds the few records that a key may mean."""
        names = {field.name for field in self.key}
        alone = len(self.key) == 1 and getattr(self.key[0], "db_index", False)
        return alone or any(names.issuperset(one) for one in unique_groups(self.meta))

    @cached_property
    def scope(self) -> tuple[str, tuple[Any, ...]]:
        """SQL of the primary keys that may be updated, and its values; "" means all."""
        records = self.resource.queryset().using(self.connection.alias).order_by()
        if not (records.query.where or records.query.is_sliced):
            return "", ()
        sql, values = (
            records.values("pk").query.get_compiler(self.connection.alias).as_sql()
        )
        return sql, tuple(values)

    def with_targets(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Replace primary keys by the values stored, for foreign keys to another field.

        A record that is gone leaves a blank.
        """
        for name, field in self.fields.items():
            related = getattr(field, "target_field", None)
            if related is None or related.primary_key:
                continue
            keys = frame[name].dropna().unique().tolist()
            records = related.model._base_manager.using(self.connection.alias)
            stored = dict(
                records.filter(pk__in=keys).values_list("pk", related.attname)
            )
            values = frame[name].astype(object).map(stored).to_list()
            made = pd.arrays.ArrowExtensionArray(pa.array(values, from_pandas=True))
            frame = frame.assign(**{name: pd.Series(made, index=frame.index)})
        return frame

    @cached_property
    def parents(self) -> list[models.ForeignKey[Any, Any]]:
        """Mapped foreign keys that the database guards."""
        return [
            field
            for field in self.fields.values()
            if isinstance(field, models.ForeignKey)
            and getattr(field, "db_constraint", True)
        ]

    @property
    def stock(self) -> bool:
        """Whether all is stored the way Django's own fields store it, in one table."""
        fields = [*self.fields.values(), *self._unmapped]
        own_table = not any(link for link in self.meta.parents.values())
        return (
            own_table
            and all(_is_stock(field) for field in fields)
            and all(link.through._meta.auto_created for link in self.links)
            and not (self.links and (not self.key or self.fills_identity))
        )

    @cached_property
    def _unmapped(self) -> list[Field]:
        return [
            field
            for field in self.meta.local_concrete_fields
            if field not in self.fields.values()
            and not isinstance(field, models.AutoField)
            and not getattr(field, "generated", False)
            and not (field.has_db_default() and not field.has_default())
        ]

    def _field(self, name: str) -> Field:
        found: Any = self.meta.get_field(name)
        field: Field = found
        return field

    def _is_many(self, column: Column) -> bool:
        try:
            return bool(self.meta.get_field(column.name).many_to_many)
        except FieldDoesNotExist:
            return False

    def _link(self, column: Column) -> Link:
        field: Any = self.meta.get_field(column.name)
        through = field.remote_field.through
        return Link(
            column=column,
            through=through,
            source=through._meta.get_field(field.m2m_field_name()),
            target=through._meta.get_field(field.m2m_reverse_field_name()),
        )

    def _prepared(self, field: Field, value: object) -> object:
        prepared: object = field.get_db_prep_save(value, self.connection)
        return prepared


def _is_clock(field: Field) -> bool:
    return bool(
        getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    )


def _varies(field: Field) -> bool:
    return field.has_default() and varies(field.default)


def _default(field: Field) -> object:
    if not _is_clock(field):
        return constant(field.default) if field.has_default() else field.get_default()
    if isinstance(field, models.DateTimeField):
        return timezone.now()
    # As Django does: the day and time of the server, not of the current time zone.
    now = dt.datetime.now()  # noqa: DTZ005
    return now.time() if isinstance(field, models.TimeField) else now.date()


def _is_stock(field: Field) -> bool:
    own: Any = getattr(models, field.get_internal_type(), None)
    if own is None or getattr(field, "db_collation", None):
        return False
    return all(
        getattr(type(field), name, None) is getattr(own, name) for name in METHODS
    )
