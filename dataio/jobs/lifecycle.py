"""The one place where a job's state moves: by an update that must change exactly one row.

A second delivery of the same task, a second click, a second worker: the update changes no row,
and whoever asked does nothing.
"""

from __future__ import annotations

import logging
import uuid
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from dataio.errors import Cancelled, WrongState
from dataio.jobs import (
    audit,
    broadcast,
    cancelled,
    files,
    keeping,
    ledger,
    notify,
    queue,
    turns,
)
from dataio.models import (
    ENDED,
    Chunk,
    ChunkState,
    Job,
    JobState,
    JobStep,
)

logger = logging.getLogger(__name__)

UNCHECKED: dict[str, Any] = {
    "staged": False,
    "rows": 0,
    "failed": 0,
    "problem_count": 0,
    "findings": {},
}
"""What a job knows of a file that is not checked."""


def accept_review(job: Job) -> None:
    """Load what was checked, as the person decided on the review page."""
    if not accept(job, JobState.REVIEW, step=JobStep.LOAD):
        raise WrongState(_("This import has been started already."))


def check_again(job: Job) -> None:
    """Check the rows with problems again, after a decision about them."""
    if not accept(job, JobState.REVIEW, step=JobStep.RECHECK):
        raise WrongState


def check_anew(job: Job) -> None:
    """Check the whole file once more, since a decision was taken back."""
    with transaction.atomic():
        _forget_check(job)
        if not accept(job, JobState.REVIEW, step=JobStep.CHECK, **UNCHECKED):
            raise WrongState


def reopen(job: Job) -> None:
    """Let the person choose the columns of a checked import again; what was found is dropped.

    The plan stays, to start from; decisions about values stay as far as the next plan fits.
    """
    with transaction.atomic():
        back = UNCHECKED | {"step": JobStep.LOAD, "accepted_at": None}
        if not _move(job.pk, (JobState.REVIEW,), JobState.DRAFT, **back):
            raise WrongState(_("This import has been started already."))
        _forget_check(job)
    broadcast.start_over(job.pk)
    job.refresh_from_db()
    broadcast.announce(job)


def to_review(job: Job, findings: dict[str, Any]) -> bool:
    """Let the person look at what was checked."""
    guard = {"attempt": job.attempt}
    moved = _move(
        job.pk, (JobState.RUNNING,), JobState.REVIEW, guard=guard, findings=findings
    )
    if moved:
        ledger.write_totals(job.pk)
        broadcast.announce(Job.objects.get(pk=job.pk))
    return moved


def cancel(job: Job) -> None:
    """Ask a job to stop: at once while it waits, at the next chunk while it runs."""
    waiting = (JobState.DRAFT, JobState.WAITING, JobState.REVIEW)
    running = Job.objects.filter(pk=job.pk, state=JobState.RUNNING)
    broadcast.ask_to_stop(job.pk)
    # Between two looks a job may be claimed or given back, so a few are taken.
    for _look in range(3):
        if end(job.pk, waiting, JobState.CANCELLED):
            return
        if running.update(cancel_asked=True):
            return
        if Job.objects.filter(pk=job.pk, state__in=ENDED).exists():
            return
    raise WrongState


def claim(job_id: uuid.UUID) -> Job | None:
    """Take a waiting job; None when somebody else has it, or it is not waiting any more."""
    now = timezone.now()
    taken = _move(
        job_id,
        (JobState.WAITING,),
        JobState.RUNNING,
        beat_at=now,
        attempt=F("attempt") + 1,
        tries=F("tries") + 1,
    )
    if not taken:
        return None
    Job.objects.filter(pk=job_id, started_at=None).update(started_at=now)
    return Job.objects.get(pk=job_id)


def give_back(job_id: uuid.UUID, attempt: int, *, retried: bool = False) -> bool:
    """Let another worker go on with a running job whose worker is gone.

    `retried`: the message is on its way again already, so `rescue` need not send one.
    """
    return _move(
        job_id,
        (JobState.RUNNING,),
        JobState.WAITING,
        guard={"attempt": attempt},
        sent_at=timezone.now() if retried else None,
    )


def mark_staged(job: Job) -> bool:
    """Note that the last chunk is staged."""
    mine = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, attempt=job.attempt)
    return mine.update(staged=True, beat_at=timezone.now()) == 1


def finish_if_loaded(job_id: uuid.UUID) -> bool:
    """End the import when all is staged and no chunk is left; exactly one caller gets True."""
    chunks = Chunk.objects.filter(job=job_id)
    ready = Job.objects.filter(pk=job_id, staged=True, state=JobState.RUNNING).exists()
    if not ready or chunks.filter(state=ChunkState.STAGED).exists():
        return False
    return end(job_id, (JobState.RUNNING,), JobState.DONE)


def end(
    job_id: uuid.UUID,
    source: tuple[JobState, ...],
    target: JobState,
    *,
    message: str = "",
    attempt: int | None = None,
    **changes: Any,
) -> bool:
    """Move a job to its end, with its totals from the ledger; tell everybody who watches.

    `message`: a cancelled job says by itself what is in and what is not. `attempt`: of whoever
    asks; a worker that was taken for dead, and is not, ends nothing of the one after it.
    """
    changes = {"error": "", "finished_at": timezone.now(), **changes}
    guard = {} if attempt is None else {"attempt": attempt}
    with transaction.atomic():
        moved = _move(job_id, source, target, guard=guard, message=message, **changes)
        if moved:
            ledger.write_totals(job_id)
            cancelled.say(job_id)
            keeping.set_deadline(job_id)
            notify.note_end(Job.objects.get(pk=job_id))
            audit.note_end(job_id)
    if moved:
        job = Job.objects.get(pk=job_id)
        files.drop_staging(job_id)
        transaction.on_commit(lambda: broadcast.announce(job))
    return moved


def count_if_ended(job_id: uuid.UUID) -> None:
    """Count again, one after the other: a chunk was committed after the job was cancelled."""
    ended = Job.objects.filter(pk=job_id, state__in=ENDED).select_for_update()
    with transaction.atomic():
        if job := ended.first():
            ledger.write_totals(job_id)
            keeping.set_deadline(job_id)
            cancelled.say(job_id, instead=cancelled.sentence(job))


def stop_if_asked(job_id: uuid.UUID) -> None:
    """Raise Cancelled when somebody asked the job to stop."""
    if Job.objects.filter(pk=job_id, cancel_asked=True).exists():
        raise Cancelled


def accept(job: Job, source: JobState, *, send: bool = True, **changes: Any) -> bool:
    """Move a job to waiting; the message to the broker goes out when that is committed.

    `send`: give it to the workers; otherwise the caller runs it. Raises TooManyJobs.
    """
    with transaction.atomic():
        turns.require_room(job)
        now = timezone.now()
        # What the caller runs itself counts as sent, or `rescue` would send it too.
        changes |= {"accepted_at": now, "sent_at": None if send else now, "tries": 0}
        accepted = _move(job.pk, (source,), JobState.WAITING, **changes)
        job.refresh_from_db()
        if accepted:
            broadcast.start_over(job.pk)
            audit.note_start(job)
        if accepted and send:
            queue.enqueue(job.pk)
    if accepted:
        transaction.on_commit(lambda: broadcast.announce(job))
    return accepted


def _forget_check(job: Job) -> None:
    """Drop what was found, inside the transaction that moves the job."""
    job.chunks.all().delete()
    job.problems.all().delete()
    transaction.on_commit(lambda: files.drop_check(job.pk))


def _move(
    job_id: uuid.UUID,
    source: tuple[JobState, ...],
    target: JobState,
    *,
    guard: dict[str, Any] | None = None,
    **changes: Any,
) -> bool:
    rows = Job.objects.filter(pk=job_id, state__in=source, **guard or {})
    moved = rows.update(state=target, **changes) == 1
    if moved:
        logger.info(
            "Job is %s", target.value, extra={"action": "job_moved", "job": str(job_id)}
        )
    return moved
