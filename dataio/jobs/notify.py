"""Which mails the end of a job is worth. Their rows are committed with the job's end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from dataio.conf import settings
from dataio.jobs import queue
from dataio.models import Job, JobKind, JobState, Mail, Schedule

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


def note_end(job: Job) -> None:
    """Put the mails about a job that ends into the outbox; call it in that transaction.

    Each is sent when the transaction is committed. A second call finds the rows there and
    does nothing: a job has one mail of a kind for a recipient, ever.
    """
    for kind, recipient in _wanted(job):
        mail, made = Mail.objects.get_or_create(job=job, kind=kind, recipient=recipient)
        if made:
            queue.enqueue_mail(mail.pk)


def address_of(person: AbstractBaseUser | None) -> str:
    """Return the mail address of an account, "" when it has none or is closed."""
    if person is None or not person.is_active:
        return ""
    return str(getattr(person, person.get_email_field_name(), "") or "")


def _wanted(job: Job) -> Iterator[tuple[Mail.Kind, str]]:
    if job.schedule is not None:
        yield from _wanted_of_schedule(job, job.schedule)
        return
    ended = {
        (JobKind.IMPORT, JobState.DONE): Mail.Kind.IMPORT_FINISHED,
        (JobKind.IMPORT, JobState.FAILED): Mail.Kind.IMPORT_FINISHED,
        (JobKind.EXPORT, JobState.DONE): Mail.Kind.EXPORT_READY,
    }
    kind = ended.get((JobKind(job.kind), JobState(job.state)))
    owner = address_of(job.owner)
    if kind is not None and owner and _took_long(job):
        yield kind, owner


def _wanted_of_schedule(
    job: Job, schedule: Schedule
) -> Iterator[tuple[Mail.Kind, str]]:
    if job.state == JobState.FAILED and (owner := address_of(schedule.owner)):
        yield Mail.Kind.SCHEDULE_FAILED, owner
    elif job.state == JobState.DONE and _is_news(job, schedule):
        for recipient in dict.fromkeys(schedule.recipients):
            yield Mail.Kind.REPORT, recipient


def _is_news(job: Job, schedule: Schedule) -> bool:
    """Whether the file differs from the one sent last; that counts as sent from now on."""
    if not job.file_hash:  # always sent
        return True
    rows = Schedule.objects.filter(pk=schedule.pk)
    if rows.exclude(digest=job.file_hash).update(digest=job.file_hash):
        return True
    nothing = _("Nothing changed since the last mail, so none was sent.")
    Job.objects.filter(pk=job.pk).update(message=nothing)
    return False


def _took_long(job: Job) -> bool:
    """Whether the person may have gone away since they pressed the button."""
    if job.accepted_at is None or job.finished_at is None:
        return False
    took = (job.finished_at - job.accepted_at).total_seconds()
    return took >= settings.DATAIO_MAIL_AFTER_SECONDS
