"""Uploads that dataio made itself: templates and edited exports, checked without being mapped."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from dataio.errors import WrongState
from dataio.imports.plan import ImportPlan
from dataio.imports.recognise import recognise
from dataio.imports.roundtrip import MINE, THEIRS
from dataio.jobs import files, lifecycle, resuming
from dataio.models import Job, JobState

SKIP = "skip"
CHOICES = (MINE, THEIRS, SKIP)


def start_if_known(job: Job, *, send: bool = True) -> bool:
    """Check a draft at once when it is known what its columns mean; return whether it is.

    The job is told sentences on what was recognised either way.
    """
    if resuming.resume(job, send=send):
        return True
    found = recognise(files.peek_of(job))
    if found is None:
        return False
    job.notes = [*job.notes, *found.notes]
    job.save(update_fields=["notes"])
    if found.complete:
        lifecycle.accept_import(job, found.plan, send=send)
    return found.complete


def decide_conflicts(job: Job, choice: str, rows: Iterable[int] = ()) -> None:
    """Note whose values stay in rows that somebody else changed, too; of all rows, or of some.

    `choice`: "mine", "theirs" or "skip" (the row is left out, and listed as a problem).
    Raises WrongState when the job is not (any more) to be looked at.
    """
    assert choice in CHOICES  # noqa: S101  views offer no other
    with transaction.atomic():
        asked = Job.objects.select_for_update().filter(pk=job.pk, state=JobState.REVIEW)
        current = asked.first()
        if current is None:
            raise WrongState
        plan = ImportPlan.from_data(current.plan)
        named = {str(row): choice for row in rows}
        decided = plan.conflicts | named if named else {"": choice}
        asked.update(plan=plan.with_changes(conflicts=decided).as_data())
    job.refresh_from_db()
