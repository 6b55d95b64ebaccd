"""Resource: how one model is imported and exported; and the registry of all of them.

>>> import dataio
>>> dataio.register(Product)                      # all by default, or:
>>> @dataio.register
... class ProductResource(dataio.Resource):
...     model = Product
...     key = ("sku",)
...     aliases = {"sku": ["article number"]}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

import pandas as pd
from django.db import models
from django.utils.translation import gettext as _

from dataio.columns import Column, from_field
from dataio.errors import UnknownColumn, UnknownResource
from dataio.rights import Right, holds

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

Model = models.Model


class Resource:
    """Declared defaults of one model's import and export; override what differs.

    Class attributes that are columns replace the derived column of that name, or add one.
    """

    model: ClassVar[type[Model]]
    fields: ClassVar[Sequence[str]] = ()
    """Names of the columns, in order; empty: every ordinary field of the model."""
    exclude: ClassVar[Sequence[str]] = ()
    key: ClassVar[Sequence[str]] = ()
    """The columns that tell rows apart; empty: the first unique column."""
    labels: ClassVar[Mapping[str, str]] = {}
    aliases: ClassVar[Mapping[str, Sequence[str]]] = {}
    """Other headers a column is known by."""
    lookups: ClassVar[Mapping[str, str | Sequence[str]]] = {}
    """The field by which related records are found, by column; by default their natural one.
    Several fields, such as ("order__number", "position"), are one text: "SO-00001 / 3"."""
    create_missing: ClassVar[Sequence[str]] = ()
    """Foreign key columns whose missing related records a person may choose to create."""
    children: ClassVar[Sequence[str]] = ()
    """Names of reverse relations, such as "lines": the children that a file may hold beside
    their parents, in the same rows or on another sheet. Their model needs a resource too."""
    save_each: ClassVar[bool] = False
    """Load with full_clean(), save() and signals for each row. Costs about 50 times the time."""
    undo: ClassVar[bool] = True
    """Keep what records were, so that an import can be undone for DATAIO_UNDO_DAYS."""
    log_entries: ClassVar[bool] = False
    """Write an entry of Django's admin log for each record that is created or updated."""
    personal: ClassVar[Sequence[str]] = ()
    """Columns with personal data, which an export may mask and for some people must."""

    def before_check(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Change a raw frame (object cells, columns = column names) before columns parse it."""
        return frame

    def check(self, frame: pd.DataFrame) -> pd.DataFrame | None:
        """Return problems (see `dataio.columns.problems`) of a clean frame; rules over columns."""
        return None

    def queryset(self) -> models.QuerySet[Any]:
        """Return the records that may be exported and updated."""
        return self.model._default_manager.all()

    def may(self, user: AbstractBaseUser | AnonymousUser, right: Right) -> bool:
        """Return whether a person may import, export, undo or share; see `dataio.rights`.

        Asked by every page, and again when a job runs.
        """
        return holds(user, right, self.model)

    def may_view(self, user: AbstractBaseUser, column_name: str) -> bool:
        """Return whether a person may see a column, or children by the name of their relation.

        What they may not see is not offered, not written, and cannot be filtered or sorted by;
        also where a related resource leads to it. Asked again when an export runs.
        """
        return True

    def may_see_personal(self, user: AbstractBaseUser) -> bool:
        """Return whether a person may see `personal` columns as they are; else only masked."""
        return True

    @property
    def label(self) -> str:
        """The resource's name in URLs, commands and jobs, such as "shop.product"."""
        return self.model._meta.label_lower

    @property
    def verbose_name(self) -> str:
        return str(self.model._meta.verbose_name)

    @property
    def verbose_name_plural(self) -> str:
        return str(self.model._meta.verbose_name_plural)

    @cached_property
    def columns(self) -> dict[str, Column]:
        """All columns by name, in order."""
        declared = {
            column.name: column
            for kind in reversed(type(self).__mro__)
            for column in vars(kind).values()
            if isinstance(column, Column)
        }
        derived = {
            column.name: column
            for field in _fields(self.model)
            if (column := self._derive(field))
        }
        found = derived | declared
        names = self.fields or [name for name in found if name not in self.exclude]
        return {name: found[name] for name in names}

    @cached_property
    def import_columns(self) -> dict[str, Column]:
        """The columns a file may fill."""
        return {
            name: column
            for name, column in self.columns.items()
            if not column.read_only
        }

    @cached_property
    def finding_columns(self) -> dict[str, Column]:
        """The columns that a file may hold only to tell rows apart: an id that fills itself."""
        primary = str(self.model._meta.pk.name)
        column = self.columns.get(primary)
        return {primary: column} if column and column.read_only else {}

    @cached_property
    def keys(self) -> list[tuple[str, ...]]:
        """The sets of columns that tell rows apart; the default first."""
        unique = [(field.name,) for field in _fields(self.model) if field.unique]
        meta = self.model._meta
        together = [tuple(names) for names in meta.unique_together]
        together += [
            tuple(rule.fields)
            for rule in meta.constraints
            if isinstance(rule, models.UniqueConstraint)
            and rule.fields
            and rule.condition is None
        ]
        natural = [key for key in unique if not _is_primary(self.model, key)]
        primary = [key for key in unique if _is_primary(self.model, key)]
        found = [tuple(self.key)] if self.key else []
        found += [key for key in natural + together + primary if key not in found]
        return [key for key in found if all(name in self.columns for name in key)]

    def column(self, name: str) -> Column:
        """Return the column of that name, or raise UnknownColumn with the names there are."""
        try:
            return self.columns[name]
        except KeyError:
            raise UnknownColumn(
                _('There is no column "%(name)s". There are: %(names)s.')
                % {"name": name, "names": ", ".join(self.columns)}
            ) from None

    def _derive(self, field: models.Field[Any, Any]) -> Column | None:
        column = from_field(field, lookup=self.lookups.get(field.name, ""))
        if column is not None:
            column.label = self.labels.get(field.name, column.label)
            column.aliases += tuple(self.aliases.get(field.name, ()))
        return column


class Registry:
    """All resources by label; `dataio.register` fills it from each app's `resources.py`."""

    def __init__(self) -> None:
        self._resources: dict[str, Resource] = {}

    def add(self, resource: Resource) -> None:
        self._resources[resource.label] = resource

    def get(self, label: str) -> Resource:
        """Return the resource "shop.product", or "product" where that is unique.

        Raises UnknownResource with the labels there are.
        """
        wanted = label.lower()
        found = [
            resource
            for name, resource in self._resources.items()
            if wanted in (name, name.rpartition(".")[2])
        ]
        exact = self._resources.get(wanted)
        if exact is None and len(found) != 1:
            raise UnknownResource(
                _('There is no resource "%(label)s". There are: %(labels)s.')
                % {"label": label, "labels": ", ".join(sorted(self._resources))}
            )
        return exact or found[0]

    def of_user(
        self, user: AbstractBaseUser | AnonymousUser, right: Right
    ) -> list[Resource]:
        """Return the resources with which a person may do this."""
        return [one for one in self.all() if one.may(user, right)]

    def of_model(self, model: type[Model]) -> Resource | None:
        """Return the resource of a model, None when it has none."""
        found = [one for one in self._resources.values() if one.model is model]
        return found[0] if found else None

    def all(self) -> list[Resource]:
        """Return all resources in the order in which they were registered."""
        return list(self._resources.values())


registry = Registry()
ResourceType = TypeVar("ResourceType", bound=Resource)
ModelType = TypeVar("ModelType", bound=Model)


@overload
def register(target: type[ResourceType]) -> type[ResourceType]: ...
@overload
def register(target: type[ModelType]) -> type[ModelType]: ...
def register(target: type[Any]) -> type[Any]:
    """Register a model, or a Resource class; returns it, so it works as a decorator."""
    if issubclass(target, Resource):
        registry.add(target())
    else:
        name = f"{target.__name__}Resource"
        registry.add(type(name, (Resource,), {"model": target})())
    return target


def _fields(model: type[Model]) -> list[models.Field[Any, Any]]:
    meta = model._meta
    return [*meta.concrete_fields, *meta.many_to_many]


def _is_primary(model: type[Model], key: tuple[str, ...]) -> bool:
    return key == (model._meta.pk.name,)
