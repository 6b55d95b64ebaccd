"""Columns of related records: "customer.email", and of children: "lines.quantity".

A path leads over foreign keys from resource to resource. Its first step may go down to the
children of a record; then the export has one row per child. Only models with a resource of
their own are reached, so nothing is shown that nobody registered.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from dataio.columns import Column, ManyToManyColumn
from dataio.columns.relation import RelationColumn
from dataio.errors import DataioError, UnknownColumn
from dataio.resources import Resource, registry

MOST_STEPS = 3
"""Relations between a resource and a column that it shows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One relation of a path."""

    name: str
    label: str
    resource: Resource
    """The one it leads to."""
    is_child: bool = False
    """Whether it leads to many records, of which each has a row of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a path leads."""

    steps: tuple[Step, ...]
    owner: Resource
    """The resource that has the column."""
    column: Column

    @property
    def child(self) -> str:
        """Name of the relation to children, "" when there is none."""
        return self.steps[0].name if self.steps and self.steps[0].is_child else ""

    @property
    def is_many(self) -> bool:
        """Whether one row may have several values."""
        return bool(self.child) or isinstance(self.column, ManyToManyColumn)


@dataclass(frozen=True, kw_only=True)
class Branch:
    """A relation of a resource, with what can be added from there."""

    path: str
    step: Step
    root: Resource
    above: tuple[Step, ...] = ()

    @property
    def label(self) -> str:
        return self.step.label

    @cached_property
    def columns(self) -> list[Column]:
        """The related record's columns."""
        steps = (*self.above, self.step)
        return [
            _named(f"{self.path}.{name}", steps, column)
            for name, column in _reached(self.step.resource).items()
        ]

    @property
    def branches(self) -> list[Branch]:
        """The relations that lead on from here."""
        above = (*self.above, self.step)
        return [
            Branch(
                path=f"{self.path}.{step.name}", step=step, root=self.root, above=above
            )
            for step in _steps(self.root, above)
        ]


def tree(resource: Resource) -> list[Branch]:
    """Return the relations of a resource: to one other record each, then to children."""
    return [
        Branch(path=step.name, step=step, root=resource)
        for step in _steps(resource, ())
    ]


def place_of(resource: Resource, path: str) -> Place:
    """Return where a path leads. Raises UnknownColumn with the columns there are."""
    *names, last = path.split(".")
    owner: Resource = resource
    steps: tuple[Step, ...] = ()
    for name in names:
        found = [step for step in _steps(resource, steps) if step.name == name]
        if not found:
            raise _unknown(path, owner)
        steps += (found[0],)
        owner = found[0].resource
    columns = _reached(owner) if steps else owner.columns
    if last not in columns:
        raise _unknown(path, owner)
    return Place(steps=steps, owner=owner, column=columns[last])


def path_column(resource: Resource, path: str) -> Column:
    """Return the column of a path, named by the path: "Customer: e-mail".

    Raises UnknownColumn with the columns there are.
    """
    if path in resource.columns:
        return resource.columns[path]
    place = place_of(resource, path)
    return _named(path, place.steps, place.column)


def child_of(resource: Resource, paths: Iterable[str]) -> str:
    """Return the relation to children that these paths go down, "" when there is none.

    Raises DataioError when there are two: their rows would multiply.
    """
    found = dict.fromkeys(place_of(resource, path).child for path in paths)
    names = [name for name in found if name]
    if len(names) > 1:
        labels = [str(_children(resource.model)[name].label) for name in names]
        raise DataioError(
            _(
                'One row can be for one of "%(first)s" or for one of "%(second)s", not for '
                "both. Choose columns of one of them."
            )
            % {"first": labels[0], "second": labels[1]}
        )
    return names[0] if names else ""


def lookup(path: str) -> str:
    """Return how Django calls a path."""
    return path.replace(".", "__")


def model_at(model: type[models.Model], path: str) -> type[models.Model]:
    """Return the model that owns the column at the end of a path."""
    for name in path.split(".")[:-1]:
        related = model._meta.get_field(name).related_model
        assert isinstance(related, type)  # noqa: S101 - a path was followed before
        model = related
    return model


def _steps(root: Resource, above: tuple[Step, ...]) -> Iterator[Step]:
    """Yield where one can go from the end of a path, never back to where one came from."""
    if len(above) >= MOST_STEPS:
        return
    passed = [root.model, *(step.resource.model for step in above)]
    here = above[-1].resource if above else root
    for step in _forward(here):
        # A record of the same kind, such as a manager, is somebody else.
        if step.resource.model not in passed[:-1]:
            yield step
    if not above:
        yield from _children(root.model).values()


def _forward(resource: Resource) -> Iterator[Step]:
    for name, column in resource.columns.items():
        if isinstance(column, RelationColumn) and not column.many:
            related = registry.of_model(column.model)
            if related is not None:
                yield Step(name=name, label=str(column.label), resource=related)


def _children(model: type[models.Model]) -> dict[str, Step]:
    found = {}
    for relation in model._meta.related_objects:
        related: Any = relation.related_model
        resource = registry.of_model(related)
        if relation.one_to_many and resource is not None and not relation.hidden:
            found[relation.name] = Step(
                name=relation.name,
                label=_capital(resource.verbose_name),
                resource=resource,
                is_child=True,
            )
    return found


def _reached(resource: Resource) -> dict[str, Column]:
    """Return the columns that other resources reach: what only its own query computes is not."""
    fields = {field.name for field in resource.model._meta.get_fields()}
    return {name: column for name, column in resource.columns.items() if name in fields}


def _named(path: str, steps: tuple[Step, ...], column: Column) -> Column:
    named = copy.copy(column)
    named.name = path
    labels = [(step.name, step.label) for step in steps[1:]]
    labels.append((column.name, str(column.label)))
    words = [
        _inside(step.resource.model, name, label)
        for step, (name, label) in zip(steps, labels, strict=True)
    ]
    named.label = ": ".join([steps[0].label, *words])
    named.read_only = True
    return named


def _inside(model: type[models.Model], name: str, label: str) -> str:
    """Return a label as it stands after a colon: as its field is called, "e-mail"."""
    fields: dict[str, Any] = {
        field.name: field for field in model._meta.concrete_fields
    }
    called = str(fields[name].verbose_name) if name in fields else ""
    return called if called and _capital(called) == label else label


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _unknown(path: str, owner: Resource) -> UnknownColumn:
    return UnknownColumn(
        _('There is no column "%(name)s". There are: %(names)s.')
        % {"name": path, "names": ", ".join(owner.columns)}
    )
