"""Where jobs come from: an upload, the choice of an export, an import that is to be undone."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dataio.errors import DataioError, WrongState
from dataio.exports.select import ExportPlan
from dataio.imports.family import about_parts
from dataio.imports.matching import check_plan
from dataio.imports.plan import ImportPlan
from dataio.imports.related import refusals
from dataio.jobs import audit, files, lifecycle, permitting
from dataio.models import (
    AuditAction,
    Job,
    JobKind,
    JobState,
    JobStep,
    SavedReport,
    Schedule,
)
from dataio.resources import registry

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

NOT_IN_NAMES = re.compile(r'[<>:"|?*/\\]+')
LONGEST_NAME = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """What an export comes of, when a person did not put it together on the page."""

    report: SavedReport | None = None
    schedule: Schedule | None = None


def receive_upload(
    owner: AbstractBaseUser | None, upload: UploadedFile[bytes], language: str = ""
) -> Job:
    """Keep an upload and return its draft job.

    Raises a DataioError with a sentence when the file is refused; then nothing is kept.
    """
    permitting.require_upload(owner)
    job_id = uuid.uuid4()
    size, digest = files.keep_upload(job_id, upload.chunks())
    job = Job(
        pk=job_id,
        owner_id=owner.pk if owner else None,
        kind=JobKind.IMPORT,
        language=language or get_language() or "en",
        file_name=shown_name(upload.name or ""),
        file_size=size,
        file_hash=digest,
    )
    try:
        job.notes = files.peek_of(job).notes
        with transaction.atomic():
            job.save(force_insert=True)
            found = {"bytes": size, "sha256": digest}
            audit.note(AuditAction.UPLOADED, person=owner, job=job, details=found)
    except BaseException:
        files.remove(job_id)
        raise
    return job


def accept_import(job: Job, plan: ImportPlan, *, send: bool = True) -> None:
    """Start a draft import as the plan says.

    Raises DataioError when the plan cannot work, or its owner may not do it.

    `send`: give it to the workers; otherwise the caller runs it.
    """
    permitting.require_import(job.owner, plan)
    sentences = about_parts(plan)
    for part in plan.all_parts:
        resource = registry.get(part.resource)
        sentences += check_plan(part, resource) or refusals(part, resource, job.owner)
    if sentences:
        raise DataioError(" ".join(sentences))
    step = JobStep.CHECK if plan.check_first else JobStep.LOAD
    changes = {"plan": plan.as_data(), "resource": plan.resource, "step": step}
    if not lifecycle.accept(job, JobState.DRAFT, send=send, **changes):
        raise WrongState(_("This import has been started already."))


def create_export(
    owner: AbstractBaseUser | None,
    plan: ExportPlan,
    file_name: str,
    language: str = "",
    *,
    origin: Origin | None = None,
    send: bool = True,
) -> Job:
    """Create an export and start it; `send` as in `accept_import`. Raises NotPermitted."""
    permitting.require_export(owner, plan)
    origin = origin or Origin()
    with transaction.atomic():
        job = Job.objects.create(
            owner_id=owner.pk if owner else None,
            kind=JobKind.EXPORT,
            resource=plan.resource,
            plan=plan.as_data(),
            report=origin.report,
            schedule=origin.schedule,
            file_name=file_name,
            language=language or get_language() or "en",
        )
        lifecycle.accept(job, JobState.DRAFT, send=send)
    return job


def create_undo(owner: AbstractBaseUser | None, job: Job) -> Job:
    """Create the undo of an import and start it. Raises NotPermitted."""
    permitting.require_undo(owner, job)
    with transaction.atomic():
        undo = Job.objects.create(
            owner_id=owner.pk if owner else None,
            kind=JobKind.UNDO,
            resource=job.resource,
            undoes=job,
            file_name=job.file_name,
            language=get_language() or "en",
        )
        lifecycle.accept(undo, JobState.DRAFT)
    return undo


def create_mark(
    owner: AbstractBaseUser | None, job: Job, plan: dict[str, Any], file_name: str
) -> Job:
    """Create the marking of an import's problems and start it; see `dataio.jobs.marking`."""
    with transaction.atomic():
        made = Job.objects.create(
            owner_id=owner.pk if owner else None,
            kind=JobKind.MARK,
            resource=job.resource,
            plan=plan,
            file_name=file_name,
            language=get_language() or "en",
        )
        lifecycle.accept(made, JobState.DRAFT)
    return made


def shown_name(name: str) -> str:
    """Return a file name as a person typed it, without folders and control characters."""
    base = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in base if sign.isprintable())[-255:]


def legal_name(name: str) -> str:
    """Return what a person typed as the name of a file: legal everywhere, not too long."""
    return shown_name(NOT_IN_NAMES.sub(" ", name)).strip(" .")[:LONGEST_NAME]
