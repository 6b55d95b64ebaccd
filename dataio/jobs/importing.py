"""How an import job runs: stage all chunks, and compare or load them, on any number of workers."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction
from django.utils.translation import ngettext

from dataio.errors import EmptyFile, RejectedRows
from dataio.imports.family import with_prefix
from dataio.imports.load import LoadResult, load_chunk
from dataio.imports.plan import ImportPlan
from dataio.imports.stage import read_chunk
from dataio.jobs import (
    checking,
    comparing,
    correcting,
    files,
    keeping,
    ledger,
    lifecycle,
    queue,
    removing,
)
from dataio.jobs.ahead import Ahead, may_go_ahead, said_what_is_in
from dataio.jobs.staging import known_rows, staged_chunks
from dataio.models import Chunk, Job, JobState, JobStep
from dataio.progress.meter import Meter
from dataio.resources import registry


def run(job: Job, meter: Meter, *, here: bool) -> None:
    """Stage the file, then load it; or compare it and stop, for the person to look.

    1. Each chunk is read, checked, kept, and noted in the ledger. Where somebody looks first,
       other workers compare it while this one goes on reading.
    2. All or nothing: every chunk is loaded in one transaction, if no row has a problem.
       Otherwise each chunk is one task and one transaction; where nobody looks first, and no
       chunk has to wait for another, other workers load while this one goes on reading.
    3. Whoever loads the last chunk ends the job.

    `here`: do it all in this process instead of sending chunks to the workers.
    """
    plan = ImportPlan.from_data(job.plan)
    if job.step == JobStep.RECHECK:
        correcting.recheck(job, plan, meter)
        comparing.finish(job, plan, meter)
        return
    kept: list[int] | None = None
    if not job.staged:
        overlaps = not here and may_go_ahead(job, plan)
        kept = _stage(job, plan, meter, Ahead(job) if overlaps else None)
    if job.step == JobStep.CHECK:
        comparing.finish(job, plan, meter)
        return
    meter.begin("loading", known_rows(job, plan))
    if plan.atomic:
        _load_all(job, plan, ledger.staged_numbers(job), meter)
    elif here:
        for number in ledger.staged_numbers(job):
            _load_one(job, plan, number, meter)
    else:
        # One is loaded by this worker, which has nothing else to do.
        numbers = ledger.numbers_at_once(job) if kept is None else kept
        for number in numbers[1:]:
            queue.enqueue_chunk(job.pk, number)
        for number in numbers[:1]:
            _load_one(job, plan, number, meter)
        meter.tell()
        _hand_out_children(job, plan, numbers[:1])
    _finish(job, plan)


def load(job: Job, number: int, meter: Meter) -> None:
    """Load one chunk as a task of its own."""
    plan = ImportPlan.from_data(job.plan)
    meter.begin("loading", known_rows(job, plan))
    _load_one(job, plan, number, meter)
    meter.tell()
    _hand_out_children(job, plan, [number])
    if not _finish(job, plan):
        lifecycle.count_if_ended(job.pk)


def _stage(
    job: Job, plan: ImportPlan, meter: Meter, ahead: Ahead | None
) -> list[int] | None:
    """Stage the file; return the chunks that were not handed out, None: none was.

    `ahead`: what hands chunks out to the workers while this one goes on reading.
    """
    with said_what_is_in(job, ahead):
        for chunk in staged_chunks(job, plan, meter):
            meter.count(failed=chunk.failed)
            problems = with_prefix(chunk.problems, plan.all_parts[chunk.part])
            ledger.record_staged(job.pk, replace(chunk, problems=problems))
            if ahead:
                ahead.staged(chunk.number)
            elif job.step == JobStep.CHECK:
                comparing.compare(job, plan, chunk.number, meter)
    if not Chunk.objects.filter(job=job).exists():
        raise EmptyFile
    lifecycle.mark_staged(job)
    job.staged = True
    return ahead.kept if ahead else None


def _hand_out_children(job: Job, plan: ImportPlan, loaded: list[int]) -> None:
    """Send the chunks of the next part, once the last chunk of the parts before is loaded.

    Two workers may both send them: a chunk that is sent twice is loaded once. When a worker
    dies before this, `rescue` sends them.
    """
    if not plan.parts or not loaded:
        return
    part = Chunk.objects.values_list("part", flat=True).get(job=job, number=loaded[0])
    numbers = ledger.numbers_at_once(job)
    later = Chunk.objects.filter(job=job, number__in=numbers[:1], part__gt=part)
    if later.filter(job__state=JobState.RUNNING).exists():
        for number in numbers:
            queue.enqueue_chunk(job.pk, number)


def _finish(job: Job, plan: ImportPlan) -> bool:
    """End the job, if this was the last chunk; return whether it was."""
    removed = removing.remove_if_loaded(job, plan)
    return removed and lifecycle.finish_if_loaded(job.pk)


def _load_one(job: Job, plan: ImportPlan, number: int, meter: Meter) -> None:
    with ledger.counted_start(job.pk, number), transaction.atomic():
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
                    # Cancelled, or taken over; otherwise another worker has loaded all.
                    lifecycle.stop_if_asked(job.pk)
                    meter.tell()
                    return
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
    part = plan.all_parts[Chunk.objects.get(job=job, number=number).part]
    resource = registry.get(part.resource)
    wanted = keeping.wants_images(job, resource)
    result = load_chunk(frame, part, resource, keeps_images=wanted)
    keeping.keep(job, number, result, resource)
    # Dropped here: all or nothing would hold the images of every rejected chunk.
    return replace(result, image=None, problems=with_prefix(result.problems, part))


def _tell(job: Job, number: int, result: LoadResult, meter: Meter) -> None:
    rows = Chunk.objects.values_list("rows", flat=True).get(job=job, number=number)
    meter.count(
        created=result.created,
        updated=result.updated,
        unchanged=result.unchanged,
        failed=result.problems["row"].nunique(),
    )
    meter.advance(rows)


def _rejection(failed: int) -> str:
    return ngettext(
        "Nothing was imported: %(failed)s row has a problem, and all or nothing was chosen.",
        "Nothing was imported: %(failed)s rows have problems, and all or nothing was chosen.",
        failed,
    ) % {"failed": f"{failed:,}"}
