"""What of the mapping page a person may see: resources and columns that they may import into."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dataio.errors import UnknownResource
from dataio.imports.permitted import may_fill
from dataio.imports.plan import ImportPlan
from dataio.imports.proposing import Brood
from dataio.resources import Resource, registry
from dataio.rights import Right, may

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


def importable(user: AbstractBaseUser | None) -> list[Resource]:
    """Return the resources a person may import into; None may all."""
    return [one for one in registry.all() if may(user, Right.IMPORT, one)]


def chosen(label: str, user: AbstractBaseUser | None) -> Resource | None:
    """Return the resource of that name, None when there is none that the person may import."""
    try:
        found = registry.get(label)
    except UnknownResource:
        return None
    return found if may(user, Right.IMPORT, found) else None


def permitted(found: Iterable[Brood], user: AbstractBaseUser | None) -> list[Brood]:
    """Return the children that a person may import."""
    return [one for one in found if may(user, Right.IMPORT, one.child.resource)]


def without_hidden(plan: ImportPlan, user: AbstractBaseUser | None) -> ImportPlan:
    """Return a plan in which no header becomes a column that the person may not fill."""
    resource = registry.get(plan.resource)

    def seen(name: str) -> bool:
        return name not in resource.columns or may_fill(resource, name, user)

    return plan.with_changes(
        mapping={text: name for text, name in plan.mapping.items() if seen(name)},
        joins={name: one for name, one in plan.joins.items() if seen(name)},
        constants={name: one for name, one in plan.constants.items() if seen(name)},
        key=plan.key if all(map(seen, plan.key)) else (),
        parts=tuple(without_hidden(part, user) for part in plan.parts),
    )
