"""Sharing recipes and reports with the groups that a person is in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext as _

from dataio.errors import NotPermitted
from dataio.jobs import audit, permitting
from dataio.models import AuditAction, Recipe, SavedReport

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


@transaction.atomic
def share(
    kept: Recipe | SavedReport, user: AbstractBaseUser, groups: Iterable[Group]
) -> None:
    """Share a recipe or a report with these groups of the person, and with no others of them.

    Raises NotPermitted for a group the person is not in, and without the right to share.
    """
    permitting.require_share(user, kept.resource)
    wanted, own = set(groups), set(groups_of(user))
    if wanted - own:
        raise NotPermitted(_("You can share with groups you are in."))
    kept.groups.remove(*(own - wanted))
    kept.groups.add(*wanted)
    audit.note(
        AuditAction.SHARED,
        person=user,
        resource=kept.resource,
        about=kept.name,
        details={
            "kind": "recipe" if isinstance(kept, Recipe) else "report",
            "groups": sorted(group.name for group in wanted),
        },
    )


def groups_for(
    kept: Recipe | SavedReport, user: AbstractBaseUser
) -> list[tuple[Group, bool]]:
    """Return the groups a person is in, each with whether a recipe or report is shared."""
    shared = set(kept.groups.all())
    return [(group, group in shared) for group in groups_of(user)]


def groups_of(user: AbstractBaseUser) -> list[Group]:
    """Return the groups a person is in, by name."""
    return list(Group.objects.filter(user=user.pk).order_by("name"))
