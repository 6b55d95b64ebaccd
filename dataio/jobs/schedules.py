"""Reports that run by themselves: saved, paused, run once for each time they are due.

`Schedule.next_at` is the truth: the occurrence that nobody has run yet. The clock of
django-celery-beat only says when to look; whoever moves `next_at` on, by an update that must
change exactly one row, runs the occurrence. So two beats, a message that comes twice, or a
clock that ticks once too often start nothing twice.
"""

from __future__ import annotations

import json
import logging
from datetime import timedelta

from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from dataio.errors import DataioError
from dataio.jobs import audit, lifecycle, occurrences, permitting
from dataio.jobs.notify import address_of
from dataio.jobs.reports import run_report
from dataio.models import AuditAction, Job, JobKind, JobState, Schedule

logger = logging.getLogger(__name__)

TASK = "dataio.tasks.run_schedule"
TOO_LATE = timedelta(days=1)
"""An occurrence missed by so much is left out; the next one comes by itself."""
MISSED = timedelta(seconds=10)
"""The clock gets so long to tell of an occurrence before `run_missed` takes it."""


@transaction.atomic
def save(schedule: Schedule) -> None:
    """Save a schedule and set its clock; from now on only what comes next counts.

    Raises NotPermitted for addresses of others without the right to share.
    """
    require_mailing(schedule)
    schedule.digest = ""
    _wait_for_next(schedule)
    schedule.save()
    _set_clock(schedule)
    audit.note(
        AuditAction.SHARED,
        person=schedule.owner,
        resource=schedule.report.resource,
        about=schedule.report.name,
        details={"kind": "mail", "addresses": list(schedule.recipients)},
    )


def require_mailing(schedule: Schedule) -> None:
    """Refuse to mail to others what its owner may not share."""
    own = address_of(schedule.owner).casefold()
    if any(one.casefold() != own for one in schedule.recipients):
        permitting.require_share(schedule.owner, schedule.report.resource)


def pause(schedule: Schedule) -> None:
    """Run the schedule no more until it is resumed."""
    _switch(schedule, paused=True)


def resume(schedule: Schedule) -> None:
    """Run the schedule again from its next occurrence on; what was left out stays so."""
    _switch(schedule, paused=False)


def run_now(schedule: Schedule) -> Job:
    """Run a schedule at once, whenever it is due, and mail it whether it changed or not."""
    Schedule.objects.filter(pk=schedule.pk).update(digest="")
    return _start(schedule)


def run_if_due(schedule_id: int) -> Job | None:
    """Run the occurrence that is due, unless somebody has; None when nothing was run.

    A schedule whose owner's account is closed is paused instead.
    """
    now = timezone.now()
    due = Schedule.objects.filter(pk=schedule_id, paused=False, next_at__lte=now)
    schedule = due.select_related("report", "owner").first()
    if schedule is None or schedule.next_at is None:
        return None
    if not schedule.owner.is_active:
        pause(schedule)
        return None
    late = now - schedule.next_at
    following = occurrences.next_after(schedule, now)
    with transaction.atomic():
        mine = due.filter(next_at=schedule.next_at).update(next_at=following) == 1
        return _start(schedule) if mine and late < TOO_LATE else None


def run_missed() -> None:
    """Run what is due and nobody told of: beat was down, or the broker lost the message."""
    late = Schedule.objects.filter(paused=False, next_at__lte=timezone.now() - MISSED)
    for schedule_id in late.values_list("pk", flat=True):
        run_if_due(schedule_id)


def _start(schedule: Schedule) -> Job:
    """Start the export; when that cannot be done, leave a failed job that says why."""
    try:
        with transaction.atomic():
            require_mailing(schedule)
            answers = schedule.answers
            return run_report(
                schedule.report, schedule.owner, answers, schedule=schedule
            )
    except DataioError as error:
        return _failed(schedule, error.message)
    except OperationalError:
        raise  # the database is away or busy: Celery runs the task again
    except Exception:
        logger.exception("A schedule failed", extra={"action": "schedule_failed"})
        return _failed(schedule, _("Something went wrong on our side."))


def _failed(schedule: Schedule, why: str) -> Job:
    with transaction.atomic():
        job = Job.objects.create(
            owner=schedule.owner,
            kind=JobKind.EXPORT,
            resource=schedule.report.resource,
            report=schedule.report,
            schedule=schedule,
            file_name=schedule.report.name,
        )
        lifecycle.end(job.pk, (JobState.DRAFT,), JobState.FAILED, message=why)
    job.refresh_from_db()
    return job


def _switch(schedule: Schedule, *, paused: bool) -> None:
    with transaction.atomic():
        schedule.paused = paused
        _wait_for_next(schedule)
        schedule.save(update_fields=["paused", "next_at"])
        _set_clock(schedule)


def _wait_for_next(schedule: Schedule) -> None:
    now = timezone.now()
    following = None if schedule.paused else occurrences.next_after(schedule, now)
    schedule.next_at = following


def _set_clock(schedule: Schedule) -> None:
    """Let django-celery-beat tick at the schedule's times, or not at all while it is paused."""
    fields = occurrences.crontab(schedule) | {"timezone": schedule.time_zone}
    crontab = CrontabSchedule.objects.filter(**fields).first()
    crontab = crontab or CrontabSchedule.objects.create(**fields)
    clock = schedule.periodic_task or PeriodicTask(
        name=f"dataio schedule {schedule.pk}",
        task=TASK,
        args=json.dumps([schedule.pk]),
    )
    clock.crontab, clock.enabled = crontab, not schedule.paused
    clock.description = f"{schedule.report}: {occurrences.words(schedule)}"
    clock.save()
    if schedule.periodic_task_id != clock.pk:
        schedule.periodic_task = clock
        schedule.save(update_fields=["periodic_task"])
