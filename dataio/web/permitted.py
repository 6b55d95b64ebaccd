"""What a person may do at all: for the links of pages, and for the words where there are none."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from dataio.jobs import permitting
from dataio.models import Job
from dataio.resources import Resource, registry
from dataio.rights import Right

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


class Permitted:
    """A person's rights, as pages ask for them."""

    def __init__(self, user: AbstractBaseUser) -> None:
        self._user = user

    @cached_property
    def imports(self) -> bool:
        """Whether there is anything that they may import."""
        return bool(registry.of_user(self._user, Right.IMPORT))

    @cached_property
    def exports(self) -> bool:
        """Whether there is anything that they may export."""
        return bool(registry.of_user(self._user, Right.EXPORT))

    def tiles(self) -> list[tuple[Resource, bool, bool]]:
        """Return each resource with whether it may be imported and exported, if any."""
        found = [
            (one, one.may(self._user, Right.IMPORT), one.may(self._user, Right.EXPORT))
            for one in registry.all()
        ]
        return [tile for tile in found if any(tile[1:])]


class PermittedJob(Permitted):
    """What a person may do with one job."""

    def __init__(self, user: AbstractBaseUser, job: Job) -> None:
        super().__init__(user)
        self._job = job

    @cached_property
    def repeat(self) -> bool:
        """Whether they may do the same again."""
        return permitting.may_repeat(self._user, self._job)

    @cached_property
    def undo(self) -> bool:
        """Whether they may undo it."""
        return permitting.may_undo(self._user, self._job)
