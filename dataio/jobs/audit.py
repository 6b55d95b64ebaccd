"""What goes into the audit trail, and when: always in the transaction of what it tells.

Whoever asks is noted with the asking (uploaded, asked to import, ...); what came of it is noted
when the job ends, with its counts, under the name of whoever asked last.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from dataio import behalf
from dataio.models import AuditAction, AuditEntry, Job, JobKind, JobState, JobStep

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

STARTED = {
    JobKind.EXPORT: AuditAction.EXPORT_STARTED,
    JobKind.UNDO: AuditAction.UNDO_STARTED,
}
ENDED = {
    JobKind.IMPORT: AuditAction.IMPORTED,
    JobKind.EXPORT: AuditAction.EXPORTED,
    JobKind.UNDO: AuditAction.UNDID,
}
STEPS = {
    JobStep.CHECK: AuditAction.CHECKED,
    JobStep.LOAD: AuditAction.IMPORT_STARTED,
}
"""Checking again after each decision is part of the check."""


def note(
    action: AuditAction,
    *,
    person: AbstractBaseUser | None = None,
    job: Job | None = None,
    resource: str = "",
    about: str = "",
    details: dict[str, Any] | None = None,
    job_id: uuid.UUID | None = None,
) -> AuditEntry:
    """Add an entry. Call it inside the transaction that does what it tells.

    `person`: who did it; else whoever this request is of, else the owner of the job; nobody
    is the terminal. `details`: plain data, such as counts and groups. `job_id`: of a job that
    they do not see.
    """
    asked = behalf.current()
    who = person or asked.person() or (job.owner if job else None)
    known = who is not None and who.is_authenticated
    return AuditEntry.objects.create(
        action=action,
        person_key=str(who.pk) if who and known else "",
        person_name=who.get_username()[:150] if who and known else "",
        resource=resource or (job.resource if job else ""),
        job=job.pk if job else job_id,
        about=(about or (_about(job) if job else ""))[:255],
        details=details or {},
        request_id=asked.request_id or (job.request_id if job else ""),
    )


def note_start(job: Job) -> None:
    """Note that somebody let a job wait for a worker, and on the job by which request."""
    job.request_id = behalf.current().request_id
    Job.objects.filter(pk=job.pk).update(request_id=job.request_id)
    if job.kind == JobKind.IMPORT:
        action = STEPS.get(JobStep(job.step))
    else:
        action = STARTED.get(JobKind(job.kind))
    if action is not None:
        how = {"schedule": job.schedule_id} if job.schedule_id else {}
        note(action, job=job, details=how)


def note_end(job_id: uuid.UUID) -> None:
    """Note what came of a job that a worker had: done, or not, and what it left behind."""
    job = Job.objects.select_related("report").get(pk=job_id)
    if job.started_at is None or job.kind not in ENDED:
        return
    done = job.state == JobState.DONE
    starts = [*STARTED.values(), *STEPS.values()]
    asked = AuditEntry.objects.filter(job=job.pk, action__in=starts).first()
    AuditEntry.objects.create(
        action=ENDED[JobKind(job.kind)] if done else AuditAction.STOPPED,
        person_key=asked.person_key if asked else "",
        person_name=asked.person_name if asked else "",
        resource=job.resource,
        job=job.pk,
        about=_about(job),
        details={"kind": job.kind, "state": job.state} | job.totals,
        request_id=job.request_id,
    )


def _about(job: Job) -> str:
    return job.file_name or (job.report.name if job.report else "")
