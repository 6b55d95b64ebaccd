"""Which columns of an import a person may fill: those they see, and not only masked.

A check shows what records were before, so a column that may be filled may be read as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from dataio.columns import Column
from dataio.imports.plan import ImportPlan
from dataio.resources import Resource

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


def may_fill(resource: Resource, name: str, user: AbstractBaseUser | None) -> bool:
    """Return whether a person may fill a column, or find records by it.

    `user`: None is the terminal, which may do all.
    """
    if user is None:
        return True
    masked = name in resource.personal and not resource.may_see_personal(user)
    return not masked and resource.may_view(user, name)


def fillable(
    columns: dict[str, Column], resource: Resource, user: AbstractBaseUser | None
) -> dict[str, Column]:
    """Return those of some columns that a person may fill."""
    return {
        name: column
        for name, column in columns.items()
        if may_fill(resource, name, user)
    }


def hidden_columns(
    plan: ImportPlan, resource: Resource, user: AbstractBaseUser | None
) -> list[str]:
    """Return a sentence for each column of a plan that a person may not fill."""
    names = dict.fromkeys([*plan.columns, *plan.key])
    return [
        _('You may not import into "%(column)s".')
        % {"column": resource.column(name).label}
        for name in names
        if name in resource.columns and not may_fill(resource, name, user)
    ]
