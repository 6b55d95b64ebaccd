"""May this person do that? Asked when a job is made, and again when a worker takes it.

Each function raises NotPermitted with a sentence. Where a file holds children beside their
parents, or a workbook several resources, all of them are asked about.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from dataio.errors import DataioError, NotPermitted, UnknownResource
from dataio.exports.reporting import report_of
from dataio.exports.select import ExportPlan
from dataio.imports.permitted import hidden_columns
from dataio.imports.plan import ImportPlan
from dataio.models import Job, JobKind, SavedReport
from dataio.resources import registry
from dataio.rights import Right, require

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


def require_upload(user: AbstractBaseUser | None) -> None:
    """Refuse files of whoever may import nothing."""
    if user is not None and not registry.of_user(user, Right.IMPORT):
        raise NotPermitted(_("You may not import anything."))


def require_import(user: AbstractBaseUser | None, plan: ImportPlan) -> None:
    """Refuse resources that a person may not import, and columns they may not see."""
    _require(user, Right.IMPORT, (part.resource for part in plan.all_parts))
    hidden = [
        sentence
        for part in plan.all_parts
        for sentence in hidden_columns(part, registry.get(part.resource), user)
    ]
    if hidden:
        raise NotPermitted(" ".join(hidden))


def require_export(user: AbstractBaseUser | None, plan: ExportPlan) -> None:
    """Refuse resources that a person may not export, and reports they may not run."""
    if plan.report:
        report_of(plan, user)
        return
    sheets = (one.resource for one in (plan, *plan.further))
    _require(user, Right.EXPORT, sheets)


def require_undo(user: AbstractBaseUser | None, job: Job) -> None:
    """Refuse to undo an import of what a person may not undo."""
    _require(user, Right.UNDO, _parts(job))


def may_undo(user: AbstractBaseUser, job: Job) -> bool:
    """Return whether a person may undo imports of what a job is about."""
    with suppress(NotPermitted, UnknownResource):
        require_undo(user, job)
        return True
    return False


def require_share(user: AbstractBaseUser | None, resource: str) -> None:
    """Refuse to share what is about a resource; "" is a report that code makes.

    Such a report says itself who may run it, whoever it is shared with.
    """
    _require(user, Right.SHARE, [resource] if resource else [])


def may_share(user: AbstractBaseUser, resource: str) -> bool:
    """Return whether a person may share what is about a resource."""
    with suppress(NotPermitted, UnknownResource):
        require_share(user, resource)
        return True
    return False


def require_job(job: Job) -> None:
    """Refuse a job whose owner may not do it any more."""
    _require_same(job.owner, job)


def may_repeat(user: AbstractBaseUser, job: Job) -> bool:
    """Return whether a person may do what a job did: import or export the same, undo it."""
    with suppress(DataioError):
        if job.plan or job.undoes_id:
            _require_same(user, job)
        else:
            require_upload(user)
        return True
    return False


def _require_same(user: AbstractBaseUser | None, job: Job) -> None:
    if job.kind == JobKind.UNDO and job.undoes is not None:
        require_undo(user, job.undoes)
    elif job.kind == JobKind.EXPORT:
        require_export(user, ExportPlan.from_data(job.plan))
    elif job.kind == JobKind.IMPORT:
        require_import(user, ImportPlan.from_data(job.plan))


def may_run(user: AbstractBaseUser, report: SavedReport) -> bool:
    """Return whether a person may export what a saved report holds."""
    with suppress(DataioError):
        require_export(user, ExportPlan.from_data(report.plan))
        return True
    return False


def _parts(job: Job) -> list[str]:
    parts = job.plan.get("parts") or []
    return [job.resource, *(part["resource"] for part in parts)]


def _require(
    user: AbstractBaseUser | None, right: Right, labels: Iterable[str]
) -> None:
    for label in labels:
        require(user, right, registry.get(label))
