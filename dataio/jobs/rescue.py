"""What a beat task does every few seconds, so that accepted means kept."""

from __future__ import annotations

import logging
import time
import uuid
from datetime import datetime, timedelta

import redis
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from dataio.conf import settings
from dataio.jobs import (
    files,
    keeping,
    ledger,
    lifecycle,
    mailing,
    queue,
    schedules,
)
from dataio.models import ENDED, Job, JobKind, JobState, JobStep
from dataio.progress import store

logger = logging.getLogger(__name__)

RESEND_SECONDS = 120
"""A job that the broker took and no worker claimed is sent again: the broker may have lost it."""


def rescue_jobs() -> None:
    """Send what the broker did not take or lost; give jobs of dead workers to others."""
    _note()
    for job in _unsent():
        queue.send(job.pk)
    for job in _stalled():
        if job.tries >= settings.DATAIO_MAX_ATTEMPTS:
            _give_up(job)
        elif _only_loading_left(job):
            # Only loading is left: chunks that nobody marked are sent again.
            Job.objects.filter(pk=job.pk).update(beat_at=timezone.now())
            for number in ledger.numbers_at_once(job):
                queue.enqueue_chunk(job.pk, number)
            lifecycle.finish_if_loaded(job.pk)
        elif lifecycle.give_back(job.pk, job.attempt):
            logger.warning(
                "The worker of a job is gone; another goes on",
                extra={"action": "job_given_back", "job": str(job.pk)},
            )
            queue.send(job.pk)
    mailing.drain()
    schedules.run_missed()


def remove_old_files() -> None:
    """Remove the files of jobs that ended long ago; end imports nobody decided about.

    A file is left that is read now: of an import that is being undone or marked.
    """
    now = timezone.now()
    limit = now - timedelta(days=settings.DATAIO_KEEP_FILES_DAYS)
    _end_undecided(limit)
    read = _read_by_others()
    old = Job.objects.filter(state__in=ENDED, finished_at__lt=limit)
    old = old.exclude(undo_until__gt=now).exclude(pk__in=read)
    for job_id in old.values_list("pk", flat=True).iterator():
        files.remove(job_id)
    # A few days back, in case nobody looked for a while.
    over = Job.objects.filter(undo_until__range=(now - timedelta(days=3), now))
    over = over.exclude(pk__in=read)
    for job_id in over.values_list("pk", flat=True).iterator():
        keeping.drop_images(job_id)


def _end_undecided(limit: datetime) -> None:
    """End what nobody decided about since then; drafts have nothing worth keeping longer."""
    checked = Job.objects.filter(state=JobState.REVIEW, accepted_at__lt=limit)
    drafts = Job.objects.filter(state=JobState.DRAFT, created_at__lt=limit)
    days = settings.DATAIO_KEEP_FILES_DAYS
    said = _("Nobody decided for %(days)s days.") % {"days": days}
    for left in (checked, drafts):
        for job_id, state in left.values_list("pk", "state").iterator():
            state = JobState(state)
            ended = lifecycle.end(job_id, (state,), JobState.CANCELLED, message=said)
            if ended and state == JobState.DRAFT:
                files.remove(job_id)


def _read_by_others() -> list[uuid.UUID]:
    """Return the imports whose files another job works on, or waits to."""
    active = Job.objects.active()
    undone = active.filter(kind=JobKind.UNDO).values_list("undoes", flat=True)
    marked = active.filter(kind=JobKind.MARK).values_list("plan__import", flat=True)
    return [*filter(None, undone), *(uuid.UUID(one) for one in marked if one)]


def _note() -> None:
    try:
        store.note_rescue()
    except redis.RedisError:
        pass  # who looks for it finds Redis away, too


def _only_loading_left(job: Job) -> bool:
    loads = job.step == JobStep.LOAD and job.kind == JobKind.IMPORT
    return job.staged and loads and not job.plan.get("atomic")


def _unsent() -> list[Job]:
    late = timezone.now() - timedelta(seconds=RESEND_SECONDS)
    waiting = Job.objects.filter(state=JobState.WAITING)
    return list(waiting.filter(Q(sent_at=None) | Q(sent_at__lt=late)))


def _stalled() -> list[Job]:
    limit = settings.DATAIO_STALLED_SECONDS
    late = timezone.now() - timedelta(seconds=limit)
    running = Job.objects.filter(state=JobState.RUNNING, beat_at__lt=late)
    return [job for job in running if not _told_since(job, time.time() - limit)]


def _told_since(job: Job, moment: float) -> bool:
    """Whether progress was told: a long transaction cannot write its sign of life."""
    try:
        told = store.last_told(str(job.pk))
    except redis.RedisError:
        return False
    return told is not None and told > moment


def _give_up(job: Job) -> None:
    lifecycle.end(
        job.pk,
        (JobState.RUNNING,),
        JobState.FAILED,
        message=_("The work was interrupted %(times)s times and was given up.")
        % {"times": job.tries},
    )
