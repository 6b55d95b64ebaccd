"""Trying again what failed or was stopped: the same file, the same plan, a job of its own."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from dataio.errors import WrongState
from dataio.exports.select import ExportPlan
from dataio.imports.plan import ImportPlan
from dataio.jobs import files, intake, marking, undoing
from dataio.jobs.correcting import apply_fixes_data, fixes_data
from dataio.models import Job, JobKind, JobState

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

UNFINISHED = (JobState.FAILED, JobState.CANCELLED)


def refusal(job: Job) -> str:
    """Return why a job cannot be tried again; "" when it can."""
    if job.state not in UNFINISHED or not (job.plan or job.undoes_id):
        return _("Only what failed or was stopped can be tried again.")
    if job.kind == JobKind.UNDO and job.undoes is not None:
        return undoing.refusal(job.undoes)
    if job.kind == JobKind.MARK:
        original = marking.marked_import(job)
        checked = original is not None and original.state == JobState.REVIEW
        return "" if checked else _("The import that was to be marked has moved on.")
    if job.kind == JobKind.IMPORT:
        return _refused_import(job)
    return ""


def try_again(user: AbstractBaseUser, job: Job) -> Job:
    """Start the same once more, as this person; return the new job.

    An import is checked first: rows that went in before come out as unchanged. Decisions
    about values stay. Raises WrongState with a sentence, or whatever starting it raises.
    """
    if sentence := refusal(job):
        raise WrongState(sentence)
    if job.kind == JobKind.UNDO and job.undoes is not None:
        return undoing.ask_undo(user, job.undoes)
    if job.kind == JobKind.MARK and (original := marking.marked_import(job)):
        return marking.ask_marked(user, original)
    if job.kind == JobKind.IMPORT:
        return _import_again(user, job)
    own = job.owner_id == user.pk
    return intake.create_export(
        user,
        ExportPlan.from_data(job.plan),
        job.file_name,
        job.language,
        origin=intake.Origin(report=job.report if own else None),
    )


def _refused_import(job: Job) -> str:
    if not files.source_path(job).is_file():
        return _("The file of this import is not kept any more.")
    if job.created and not ImportPlan.from_data(job.plan).key:
        return _(
            "Some rows of this file are in already, and nothing tells its rows apart: they "
            "would go in twice. Undo this import, or upload only the rows that are missing."
        )
    return ""


def _import_again(user: AbstractBaseUser, job: Job) -> Job:
    fresh = Job(
        pk=uuid.uuid4(),
        owner_id=user.pk,
        kind=JobKind.IMPORT,
        language=job.language,
        file_name=job.file_name,
        file_size=job.file_size,
        file_hash=job.file_hash,
        recipe=job.recipe,
    )
    try:
        files.keep_source_of(job, fresh)
        fresh.notes = files.peek_of(fresh).notes
        with transaction.atomic():
            fresh.save(force_insert=True)
            plan = ImportPlan.from_data(job.plan).with_changes(
                check_first=True, conflicts={}
            )
            intake.accept_import(fresh, plan)
            apply_fixes_data(fresh, fixes_data(job))
    except BaseException:
        files.remove(fresh.pk)
        raise
    return fresh
