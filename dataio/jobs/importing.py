"""How an import job runs: stage all chunks, then load them, here or on any number of workers."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction
from django.utils.translation import ngettext

from dataio.errors import Cancelled, EmptyFile, RejectedRows
from dataio.imports.load import LoadResult, load_chunk
from dataio.imports.plan import ImportPlan
from dataio.imports.stage import read_chunk, stage
from dataio.jobs import (
    checking,
    correcting,
    files,
    keeping,
    ledger,
    lifecycle,
    queue,
    removing,
)
from dataio.jobs.staging import staging_of
from dataio.models import Chunk, Job, JobStep
from dataio.progress.meter import Meter
from dataio.readers import open_reader
from dataio.resources import registry


def run(job: Job, meter: Meter, *, here: bool) -> None:
    """Stage the file, then load it; or compare it and stop, for the person to look.

    1. Each chunk is read, checked, kept, and noted in the ledger.
    2. All or nothing: every chunk is loaded in one transaction, if no row has a problem.
       Otherwise each chunk is one task and one transaction.
    3. Whoever loads the last chunk ends the job.

    `here`: load all chunks in this process instead of sending them to the workers.
    """
    plan = ImportPlan.from_data(job.plan)
    if job.step == JobStep.RECHECK:
        correcting.recheck(job, plan, meter)
        checking.finish(job, plan, meter)
        return
    if not job.staged:
        _stage(job, plan, meter)
    if job.step == JobStep.CHECK:
        checking.finish(job, plan, meter)
        return
    meter.begin("loading", _rows(job))
    numbers = ledger.staged_numbers(job)
    if plan.atomic:
        _load_all(job, plan, numbers, meter)
    elif here:
        for number in numbers:
            _load_one(job, plan, number, meter)
    else:
        # The first is loaded by this worker, which has nothing else to do.
        for number in numbers[1:]:
            queue.enqueue_chunk(job.pk, number)
        for number in numbers[:1]:
            _load_one(job, plan, number, meter)
        meter.tell()
    _finish(job, plan)


def load(job: Job, number: int, meter: Meter) -> None:
    """Load one chunk as a task of its own."""
    meter.begin("loading", _rows(job))
    plan = ImportPlan.from_data(job.plan)
    _load_one(job, plan, number, meter)
    meter.tell()
    if not _finish(job, plan):
        lifecycle.count_if_ended(job.pk)


def _stage(job: Job, plan: ImportPlan, meter: Meter) -> None:
    staging = staging_of(job, plan)
    reader = open_reader(
        files.source_path(job), plan.sheet or None, plan.header_row, plan.header_rows
    )
    try:
        for chunk in stage(reader, staging, meter):
            meter.count(failed=chunk.failed)
            ledger.record_staged(job.pk, chunk)
            if job.step == JobStep.CHECK:
                checking.compare(job, plan, chunk.number, meter)
    finally:
        reader.close()
    if not Chunk.objects.filter(job=job).exists():
        raise EmptyFile
    lifecycle.mark_staged(job)


def _finish(job: Job, plan: ImportPlan) -> bool:
    """End the job, if this was the last chunk; return whether it was."""
    removed = removing.remove_if_loaded(job, plan)
    return removed and lifecycle.finish_if_loaded(job.pk)


def _load_one(job: Job, plan: ImportPlan, number: int, meter: Meter) -> None:
    with transaction.atomic():
        if not ledger.mark_loaded(job.pk, number):
            lifecycle.stop_if_asked(job.pk)
            return
        result = _load(job, plan, number)
        ledger.record_loaded(job.pk, number, result)
    _tell(job, number, result, meter)
    if not plan.remove_missing:  # which asks all chunks once more
        files.chunk_path(job.pk, number).unlink(missing_ok=True)


def _load_all(job: Job, plan: ImportPlan, numbers: list[int], meter: Meter) -> None:
    """Load every chunk in one transaction; a single problem leaves nothing, but is listed."""
    rejected: dict[int, LoadResult] = {}
    try:
        if ledger.failed_rows(job):
            raise RejectedRows
        with transaction.atomic():
            for number in numbers:
                if not ledger.mark_loaded(job.pk, number):
                    raise Cancelled
                result = _load(job, plan, number)
                ledger.record_loaded(job.pk, number, result)
                _tell(job, number, result, meter)
                if len(result.problems):
                    rejected[number] = result
            if rejected:
                raise RejectedRows
    except RejectedRows:
        for number, result in rejected.items():
            ledger.record_rejected(job.pk, number, result)
        raise RejectedRows(_rejection(ledger.failed_rows(job))) from None


def _load(job: Job, plan: ImportPlan, number: int) -> LoadResult:
    frame = read_chunk(files.chunk_path(job.pk, number))
    frame = checking.without_left_out(job, number, frame)
    resource = registry.get(plan.resource)
    wanted = keeping.wants_images(job, resource)
    result = load_chunk(frame, plan, resource, keeps_images=wanted)
    keeping.keep(job, number, result, resource)
    # Dropped here: all or nothing would hold the images of every rejected chunk.
    return replace(result, image=None)


def _tell(job: Job, number: int, result: LoadResult, meter: Meter) -> None:
    rows = Chunk.objects.values_list("rows", flat=True).get(job=job, number=number)
    meter.count(
        created=result.created,
        updated=result.updated,
        unchanged=result.unchanged,
        failed=result.problems["row"].nunique(),
    )
    meter.advance(rows)


def _rows(job: Job) -> int:
    return sum(Chunk.objects.filter(job=job).values_list("rows", flat=True))


def _rejection(failed: int) -> str:
    return ngettext(
        "Nothing was imported: %(failed)s row has a problem, and all or nothing was chosen.",
        "Nothing was imported: %(failed)s rows have problems, and all or nothing was chosen.",
        failed,
    ) % {"failed": f"{failed:,}"}
