"""Small choices per column on the mapping page: blanks, related records, what the file lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dataio.columns import Column
from dataio.imports.plan import KEEP, ImportPlan
from dataio.jobs.staging import may_create
from dataio.resources import Resource

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

SENT = "options-sent"
"""A hidden field: without it, a box that is not ticked cannot be told from no boxes at all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnOption:
    """What can be chosen about one column, and what is."""

    column: Column
    keeps: bool
    """A blank cell leaves an existing record as it is."""
    can_add: bool
    adds: bool
    """Related records are added to those there are."""
    can_create: bool
    creates: bool
    """Related records that are missing are created."""
    prefix: str = ""
    """Of the part it belongs to, see `ImportPlan.prefix`."""

    @property
    def name(self) -> str:
        """What forms call the column."""
        return self.prefix + self.column.name

    @property
    def related(self) -> str:
        """The related model's name for people."""
        model = getattr(self.column, "model", None)
        return str(model._meta.verbose_name_plural) if model else ""


def column_options(
    plan: ImportPlan, resource: Resource, user: AbstractBaseUser | None = None
) -> list[ColumnOption]:
    """Return the choices about each column that a file may fill.

    `user`: whose choices they are; None may do all.
    """
    return [
        ColumnOption(
            column=column,
            keeps=plan.blanks.get(name) == KEEP,
            can_add=column.many,
            adds=name in plan.add_related,
            can_create=may_create(resource, name, user),
            creates=name in plan.create_missing,
        )
        for name, column in resource.import_columns.items()
    ]


def with_options(
    plan: ImportPlan, resource: Resource, data: Mapping[str, str]
) -> ImportPlan:
    """Return the plan with what the form says; unchanged when the form has no options."""
    if SENT not in data:
        return plan

    def chosen(prefix: str) -> tuple[str, ...]:
        names = resource.import_columns
        return tuple(one for one in names if data.get(f"{prefix}-{one}") == "yes")

    creatable = chosen("create")
    return plan.with_changes(
        blanks=dict.fromkeys(chosen("keep"), KEEP),
        add_related=chosen("add"),
        create_missing=tuple(n for n in creatable if n in resource.create_missing),
        remove_missing=data.get("remove-missing") == "yes",
    )
