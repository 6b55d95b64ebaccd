"""Correct: what a person decides about problems, and the check of only the rows that have them.

The rows with problems of each chunk are kept with their raw cells. Those that are clean after a
decision become a new chunk of the job; the others are kept again, with what is wrong now.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from dataio.errors import DataioError, NotPermitted, WrongState
from dataio.imports import rejected as kept
from dataio.imports.check import Checked, check_keys
from dataio.imports.family import with_prefix
from dataio.imports.fixes import Decision, leave_out_skipped
from dataio.imports.plan import ImportPlan
from dataio.imports.stage import Staging, check_corrected, keep_rejected, write_chunk
from dataio.jobs import files, ledger, lifecycle
from dataio.jobs.problem_groups import ProblemGroup, groups
from dataio.jobs.rejected_rows import (
    RejectedPage,
    RejectedRow,
    rejected_file,
    rejected_page,
)
from dataio.jobs.staging import may_create, stagings_of
from dataio.models import Chunk, Fix, Job, JobState, Problem
from dataio.progress.meter import Meter
from dataio.resources import registry

__all__ = [
    "Decision",
    "ProblemGroup",
    "RejectedPage",
    "RejectedRow",
    "apply_fixes_data",
    "decide",
    "fixes_data",
    "groups",
    "recheck",
    "rejected_page",
]

DELETED_AT_ONCE = 500
"""Below the number of parameters that every database takes."""


def decide(job: Job, decisions: Iterable[Decision]) -> None:
    """Remember decisions and check the rows with problems again.

    Raises DataioError when a decision cannot be carried out, WrongState when the job has
    moved on; then nothing is remembered.
    """
    plan = ImportPlan.from_data(job.plan)
    with transaction.atomic():
        for one in decisions:
            _refuse_impossible(one, plan, job)
            remember(job, one)
        lifecycle.check_again(job)


def remember(job: Job, decision: Decision) -> None:
    """Keep a decision; the newest about a value or a cell counts."""
    of_cell = decision.row is not None
    Fix.objects.update_or_create(
        job=job,
        column=decision.column,
        value="" if of_cell else decision.value,
        row=decision.row,
        defaults={"action": decision.action, "replacement": decision.replacement},
    )


def fixes_data(job: Job) -> list[dict[str, str]]:
    """Return the decisions by value as plain data, for a recipe; cells of one file are left out."""
    names = ("column", "value", "action", "replacement")
    return list(job.fixes.filter(row=None).values(*names))


def apply_fixes_data(job: Job, data: Iterable[dict[str, str]]) -> None:
    """Remember decisions that `fixes_data` gave, of columns this import has."""
    parts = ImportPlan.from_data(job.plan).all_parts
    columns = {part.prefix + name for part in parts for name in ("", *part.columns)}
    for one in data:
        if one["column"] in columns:
            remember(job, Decision(row=None, **one))


def recheck(job: Job, plan: ImportPlan, meter: Meter) -> None:
    """Check the rows with problems again, chunk by chunk, parents first, and nothing else.

    A crash changes nothing but whole chunks, so another worker goes on where this one was.
    """
    stagings = stagings_of(job, plan)
    chunks = list(
        Chunk.objects.filter(job=job, failed__gt=0).order_by("part", "number")
    )
    meter.begin("checking", sum(chunk.failed for chunk in chunks))
    for chunk in chunks:
        meter.begin("checking")
        _recheck_chunk(job, chunk, stagings[chunk.part])
        meter.advance(chunk.failed)
    meter.end()


def _recheck_chunk(job: Job, chunk: Chunk, staging: Staging) -> None:
    old = rejected_file(chunk)
    rows = kept.read(old)
    number = _next_number(job)
    cells = staging.role.again(rows.cells)
    checked = check_corrected(cells, rows.problems, staging)
    checked = check_keys(checked, number, staging.plan, staging.keys, anywhere=True)
    checked = leave_out_skipped(checked, staging.fixes)
    staging.role.settled(cells.index, checked)
    if len(checked.clean):
        write_chunk(checked.clean, staging.chunk_path(number))
    version = chunk.findings.get("rejected", 0) + 1
    keep_rejected(checked, files.rejected_path(job.pk, chunk.number, version))
    with transaction.atomic():
        if not _is_mine(job):
            return
        if len(checked.clean):
            _add_chunk(chunk, number, checked.clean)
        _take_from(chunk, checked, cells.index, version, staging.plan)
    # The files of before are needed until all this is committed.
    kept.remove(old)


def _add_chunk(source: Chunk, number: int, clean: pd.DataFrame) -> None:
    Chunk.objects.create(
        job=source.job,
        number=number,
        part=source.part,
        first_row=int(clean.index.min()),
        last_row=int(clean.index.max()),
        rows=len(clean),
    )


def _take_from(
    chunk: Chunk, checked: Checked, before: pd.Index, version: int, plan: ImportPlan
) -> None:
    """Bring a chunk's counts and problems up to date after rows were taken from it.

    `before`: its rows that had problems; `plan`: that of its part.
    """
    skipped = len(before) - checked.rows - len(checked.merged)
    chunk.rows -= len(checked.clean) + len(checked.merged)
    chunk.failed = checked.failed
    chunk.problem_count = len(checked.problems)
    chunk.findings |= {
        "rejected": version,
        "skipped": chunk.findings.get("skipped", 0) + skipped,
    }
    chunk.save(update_fields=["rows", "failed", "problem_count", "findings"])
    _forget_problems(chunk, before, plan)
    ledger.keep_problems(chunk.job_id, with_prefix(checked.problems, plan))


def _forget_problems(chunk: Chunk, rows: pd.Index, plan: ImportPlan) -> None:
    """Remove the listed problems of these rows; of other rows comparing may have listed some."""
    listed = chunk.job.problems.filter(row__range=(chunk.first_row, chunk.last_row))
    fields = ["pk", "row", "column"]
    here = pd.DataFrame(listed.values_list(*fields), columns=fields)
    whole = ImportPlan.from_data(chunk.job.plan)
    here = here[here["column"].map(whole.part_of) == chunk.part]
    gone = here.loc[here["row"].isin(rows), "pk"].tolist()
    for start in range(0, len(gone), DELETED_AT_ONCE):
        part = gone[start : start + DELETED_AT_ONCE]
        Problem.objects.filter(pk__in=part).delete()


def _is_mine(job: Job) -> bool:
    """Tell whether this worker still has the job; holds the job until the transaction ends."""
    mine = Job.objects.select_for_update().filter(
        pk=job.pk, state=JobState.RUNNING, attempt=job.attempt
    )
    return mine.exists()


def _next_number(job: Job) -> int:
    highest = Chunk.objects.filter(job=job).aggregate(highest=Max("number"))["highest"]
    return int(highest or 0) + 1


def _refuse_impossible(decision: Decision, plan: ImportPlan, job: Job) -> None:
    if decision.action not in Fix.Action.values:
        raise WrongState
    part = plan.all_parts[plan.part_of(decision.column)]
    name = decision.column.removeprefix(part.prefix)
    if name not in part.columns and decision.action != Fix.Action.SKIP:
        raise DataioError(
            _("This problem is about whole rows. Correct their cells, or skip them.")
        )
    resource = registry.get(part.resource)
    creates = decision.action == Fix.Action.CREATE
    if creates and not may_create(resource, name, job.owner):
        raise NotPermitted(
            _('Missing records of "%(column)s" cannot be created here.')
            % {"column": resource.column(name).label}
        )
