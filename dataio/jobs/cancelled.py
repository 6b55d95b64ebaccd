"""What a cancelled job says of itself: what is in, and what is not."""

from __future__ import annotations

import uuid

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataio.models import Job, JobKind, JobState


def say(job_id: uuid.UUID, *, instead: str = "") -> None:
    """Write it into the row of a cancelled job, where nothing or `instead` is said."""
    told = Job.objects.filter(pk=job_id, state=JobState.CANCELLED, message=instead)
    for job in told:
        told.update(message=sentence(job))


def sentence(job: Job) -> str:
    """Return what is told of a job that was cancelled; its totals must be right already."""
    if job.started_at is None:
        return _("Cancelled before it started.")
    if job.kind in (JobKind.EXPORT, JobKind.MARK):
        return _("Cancelled. No file was made.")
    done = job.created + job.updated + job.unchanged
    if job.kind == JobKind.UNDO:
        return _undone(done)
    if not done:
        return _("Cancelled. Nothing was imported.")
    return _imported(job, done)


def _imported(job: Job, done: int) -> str:
    counts = {
        "done": f"{done:,}",
        "rows": f"{job.rows:,}",
        "left": f"{job.rows - done:,}",
    }
    if not job.staged:
        text = _(
            "Cancelled. %(done)s rows were imported and stay; the others were not."
        )
        return text % counts
    if job.rows == done:
        return _("Cancelled, but all rows were imported already.")
    text = ngettext(
        "Cancelled. %(done)s of %(rows)s rows were imported and stay; %(left)s was not.",
        "Cancelled. %(done)s of %(rows)s rows were imported and stay; %(left)s were not.",
        job.rows - done,
    )
    return text % counts


def _undone(done: int) -> str:
    if not done:
        return _("Cancelled. Nothing was taken back.")
    text = ngettext(
        "Cancelled. %(done)s record was taken back and stays so; the others were not.",
        "Cancelled. %(done)s records were taken back and stay so; the others were not.",
        done,
    )
    return text % {"done": f"{done:,}"}
