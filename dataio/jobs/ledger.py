"""The ledger of chunks: what is staged, and what is loaded. A mark commits with its rows."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pandas as pd
from django.db import Error, OperationalError, transaction
from django.db.models import F, Sum
from django.utils.translation import gettext as _

from dataio.columns.problems import PROBLEM_COLUMNS
from dataio.conf import settings
from dataio.errors import DataioError
from dataio.imports.load import LoadResult
from dataio.imports.stage import StagedChunk
from dataio.models import Chunk, ChunkState, Job, JobState, Problem

COMPARED = "compared"
"""The key in `Chunk.findings` of what comparing found, see `dataio.imports.compare.Findings`."""


def record_staged(job_id: uuid.UUID, staged: StagedChunk) -> None:
    """Note a staged chunk and its problems; a chunk noted before stays as it is."""
    with transaction.atomic():
        _found, fresh = Chunk.objects.get_or_create(
            job_id=job_id,
            number=staged.number,
            defaults={
                "part": staged.part,
                "first_row": staged.first_row,
                "last_row": staged.last_row,
                "rows": staged.rows,
                "failed": staged.failed,
                "problem_count": len(staged.problems),
                "findings": {"skipped": staged.skipped} if staged.skipped else {},
            },
        )
        if fresh:
            keep_problems(job_id, staged.problems)


@contextmanager
def counted_start(job_id: uuid.UUID, number: int) -> Iterator[None]:
    """Count that a worker begins to load or compare a chunk, before its transaction.

    So the count outlives a death. A chunk of which every worker dies is not sent for ever:
    raises DataioError after DATAIO_MAX_ATTEMPTS starts. What the database refused is tried again
    by other rules and does not count.
    """
    staged = Chunk.objects.filter(job_id=job_id, number=number, state=ChunkState.STAGED)
    starts = staged.values_list("starts", flat=True).first()
    if starts is not None and starts >= settings.DATAIO_MAX_ATTEMPTS:
        said = _("The work was interrupted %(times)s times and was given up.")
        raise DataioError(said % {"times": starts})
    staged.update(starts=F("starts") + 1)
    try:
        yield
    except OperationalError:
        with suppress(Error):  # it may be gone by now
            staged.update(starts=F("starts") - 1)
        raise


def mark_loaded(job_id: uuid.UUID, number: int) -> bool:
    """Take a staged chunk for loading, inside the transaction that loads it.

    False when it is loaded already, or the job does not run (any more). The row stays locked
    until the transaction ends, so a second worker waits here, and then does nothing.
    """
    staged = Chunk.objects.filter(
        job_id=job_id,
        number=number,
        state=ChunkState.STAGED,
        job__state=JobState.RUNNING,
        job__cancel_asked=False,
    )
    return staged.update(state=ChunkState.LOADED) == 1


def record_compared(chunk: Chunk, findings: dict[str, Any]) -> bool:
    """Note what comparing a chunk found, inside the transaction that keeps it.

    False when that is noted already, or the job does not run (any more). The row stays locked
    until the transaction ends, so a second worker waits here, and then does nothing.
    """
    locked = Chunk.objects.select_for_update().filter(pk=chunk.pk).first()
    if locked is None or COMPARED in locked.findings:
        return False
    if not Job.objects.filter(pk=chunk.job_id, state=JobState.RUNNING).exists():
        return False
    locked.findings[COMPARED] = findings
    locked.starts = 0  # loading has starts of its own
    locked.save(update_fields=["findings", "starts"])
    return True


def left_out(chunk: Chunk) -> int:
    """Return how many rows of a staged chunk the check left out; their problems are listed."""
    compared = chunk.findings.get(COMPARED, {})
    return int(compared.get("conflict", 0) + compared.get("problem", 0))


def record_loaded(job_id: uuid.UUID, number: int, result: LoadResult) -> None:
    """Note what loading a chunk did, inside the same transaction."""
    chunk = Chunk.objects.get(job_id=job_id, number=number)
    refused = result.problems["row"].nunique() + left_out(chunk)
    Chunk.objects.filter(job_id=job_id, number=number).update(
        created=result.created,
        updated=result.updated,
        unchanged=result.unchanged,
        failed=F("failed") + refused,
        problem_count=F("problem_count") + len(result.problems) + left_out(chunk),
    )
    keep_problems(job_id, result.problems)


def record_rejected(job_id: uuid.UUID, number: int, result: LoadResult) -> None:
    """Note the rows for which an all-or-nothing load was taken back."""
    with transaction.atomic():
        none = LoadResult(created=0, updated=0, unchanged=0, problems=result.problems)
        record_loaded(job_id, number, none)


def write_totals(job_id: uuid.UUID) -> None:
    """Write an import's totals into its row."""
    names = ("rows", "created", "updated", "unchanged", "failed", "problem_count")
    sums = Chunk.objects.filter(job=job_id).aggregate(
        **{name: Sum(name) for name in names}
    )
    if sums["rows"] is not None:
        yet = left_out_yet(job_id)
        sums["failed"] += yet
        sums["problem_count"] += yet
        Job.objects.filter(pk=job_id).update(**sums)


def failed_rows(job: Job) -> int:
    """Return how many rows of the file have problems."""
    failed = sum(Chunk.objects.filter(job=job).values_list("failed", flat=True))
    return failed + left_out_yet(job.pk)


def left_out_yet(job_id: uuid.UUID) -> int:
    """Return how many rows the check left out of chunks that are not loaded.

    When a chunk is loaded they are counted in its `failed`.
    """
    chunks = Chunk.objects.filter(job=job_id, state=ChunkState.STAGED)
    return sum(map(left_out, chunks.only("findings")))


def keep_problems(job_id: uuid.UUID, problems: pd.DataFrame) -> None:
    """Keep as many problems as there is room for; the counts are kept by the chunks."""
    if problems.empty:
        return
    room = settings.DATAIO_MAX_PROBLEMS - Problem.objects.filter(job=job_id).count()
    kept = problems.head(max(0, room))[PROBLEM_COLUMNS]
    Problem.objects.bulk_create(
        Problem(
            job_id=job_id, row=row, column=column, code=code, value=value, message=text
        )
        for row, column, code, value, text in kept.itertuples(index=False)
    )


def noted_numbers(job: Job) -> frozenset[int]:
    """Return the chunks that are staged, or loaded already."""
    return frozenset(Chunk.objects.filter(job=job).values_list("number", flat=True))


def staged_numbers(job: Job) -> list[int]:
    """Return the chunks that are still to be loaded, in order: parents before children."""
    staged = Chunk.objects.filter(job=job, state=ChunkState.STAGED)
    return list(staged.order_by("part", "number").values_list("number", flat=True))


def uncompared_numbers(job: Job) -> list[int]:
    """Return the chunks that are still to be compared, in order: parents before children."""
    left = Chunk.objects.filter(job=job).exclude(findings__has_key=COMPARED)
    return list(left.order_by("part", "number").values_list("number", flat=True))


def numbers_at_once(job: Job) -> list[int]:
    """Return the chunks that may be loaded now, in any order: those of the first part left."""
    staged = Chunk.objects.filter(job=job, state=ChunkState.STAGED)
    left = list(staged.order_by("part", "number").values_list("part", "number"))
    return [number for part, number in left if part == left[0][0]]
