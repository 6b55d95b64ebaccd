"""Conflicts: rows that a person changed in an exported workbook, and somebody else meanwhile."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from dataio.errors import WrongState
from dataio.imports import changes
from dataio.imports.plan import ImportPlan
from dataio.imports.roundtrip import MINE, THEIRS
from dataio.jobs import files, lifecycle
from dataio.jobs.ledger import COMPARED
from dataio.models import Chunk, Job, JobState, Problem

SKIP = "skip"
CHOICES = (MINE, THEIRS, SKIP)
AT_ONCE = 500
"""Below the number of parameters that every database takes."""


def decide_conflicts(job: Job, choice: str, rows: Iterable[int] = ()) -> None:
    """Note whose values stay in rows that somebody else changed, too, and compare them again.

    `choice`: "mine", "theirs" or "skip" (the row is left out, and listed as a problem).
    `rows`: as Excel numbers them; none is all of them, whatever was decided before.
    Raises WrongState when the job is not (any more) to be looked at.
    """
    assert choice in CHOICES  # noqa: S101  views offer no other
    named = {str(row): choice for row in rows}
    _decide(job, named, {} if named else {"": choice})


def ask_again(job: Job) -> None:
    """Forget all that was decided about conflicts, and compare their rows again.

    Raises WrongState when the job is not (any more) to be looked at.
    """
    _decide(job, {}, {})


def _decide(job: Job, named: dict[str, str], others: dict[str, str]) -> None:
    with transaction.atomic():
        asked = Job.objects.select_for_update().filter(pk=job.pk, state=JobState.REVIEW)
        current = asked.first()
        if current is None:
            raise WrongState
        plan = ImportPlan.from_data(current.plan)
        decided = plan.conflicts | named if named else others
        asked.update(plan=plan.with_changes(conflicts=decided).as_data())
        for chunk in Chunk.objects.filter(job=job).order_by("number"):
            if _is_touched(chunk, plan.conflicts):
                _compare_again(chunk)
        lifecycle.check_again(job)


def _is_touched(chunk: Chunk, before: dict[str, str]) -> bool:
    """Tell whether a chunk has conflicts, or had some that were decided before."""
    found = chunk.findings.get(COMPARED)
    if found is None:
        return False
    within = range(chunk.first_row, chunk.last_row + 1)
    return bool(found.get("conflict")) or any(
        not row or int(row) in within for row in before
    )


def _compare_again(chunk: Chunk) -> None:
    """Forget what comparing found of a chunk."""
    path = files.changes_path(chunk.job_id, chunk.number)
    numbers = changes.rows_left_out(path).tolist()
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        Problem.objects.filter(job=chunk.job_id, row__in=some).delete()
    del chunk.findings[COMPARED]
    chunk.save(update_fields=["findings"])
