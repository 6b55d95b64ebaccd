"""Compare: staged chunks with the database, each once, here or on any number of workers.

What a chunk would change is kept beside it, and the counts in the ledger. A chunk that is noted
there is not compared again, so another worker goes on where one died.
"""

from __future__ import annotations

from django.db import transaction

from dataio.imports import changes
from dataio.imports.compare import Compared, compare_chunk
from dataio.imports.family import with_prefix
from dataio.imports.parents import Parents
from dataio.imports.plan import ImportPlan
from dataio.imports.stage import read_chunk
from dataio.jobs import checking, files, ledger, lifecycle
from dataio.jobs.ahead import gone_if_ended
from dataio.jobs.ledger import COMPARED
from dataio.jobs.staging import known_rows
from dataio.models import Chunk, Job, JobState, JobStep
from dataio.progress.meter import Meter
from dataio.resources import registry


def finish(job: Job, plan: ImportPlan, meter: Meter) -> None:
    """Compare the chunks that are not compared yet, then let the person look.

    The last first: other workers, where chunks were handed out to them, began with the first.
    Where none is free this worker compares them all.
    """
    left = ledger.uncompared_numbers(job)
    meter.begin("comparing", _rows_to_compare(job, plan, left))
    for number in left if plan.parts else reversed(left):
        compare(job, plan, number, meter)
    meter.tell()
    lifecycle.to_review(job, checking.findings_of(job, plan))


def compare_for(job: Job, number: int, meter: Meter) -> None:
    """Compare one chunk for the worker that reads the file, as a task of its own.

    That worker ends the check, and compares what nobody has compared until then.
    """
    if job.step != JobStep.CHECK or job.state != JobState.RUNNING:
        return
    lifecycle.stop_if_asked(job.pk)
    plan = ImportPlan.from_data(job.plan)
    meter.begin("comparing", known_rows(job, plan))
    with gone_if_ended(job):
        compare(job, plan, number, meter)
    meter.tell()


def compare(job: Job, plan: ImportPlan, number: int, meter: Meter) -> None:
    """Compare one staged chunk with the database and note what was found, once."""
    chunk = Chunk.objects.filter(job=job, number=number).first()
    if chunk is None or COMPARED in chunk.findings:
        return
    part = plan.all_parts[chunk.part]
    with ledger.counted_start(job.pk, number):
        frame = read_chunk(files.chunk_path(job.pk, number))
        compared = compare_chunk(frame, part, registry.get(part.resource))
        if not _note(chunk, compared, part):
            return
    if plan.parts and not chunk.part:
        # Their children are checked after them, and are left out too.
        Parents(files.parents_path(job.pk)).judge(compared.problems["row"], bad=True)
    before = meter.phase
    checks = job.step == JobStep.CHECK
    meter.begin("comparing", known_rows(job, plan) if checks else None)
    meter.count(failed=compared.findings.left_out)
    meter.advance(chunk.rows)
    meter.begin(before)


def _note(chunk: Chunk, compared: Compared, part: ImportPlan) -> bool:
    """Keep what was found of a chunk; False when another worker was quicker."""
    place = files.changes_path(chunk.job_id, chunk.number)
    draft = changes.write(compared.changes, place)
    try:
        with transaction.atomic():
            if not ledger.record_compared(chunk, compared.findings.as_data()):
                return False
            problems = with_prefix(compared.problems, part)
            ledger.keep_problems(chunk.job_id, problems)
            draft.replace(place)
    finally:
        draft.unlink(missing_ok=True)
    return True


def _rows_to_compare(job: Job, plan: ImportPlan, left: list[int]) -> int:
    if job.step == JobStep.CHECK:
        return known_rows(job, plan)
    chunks = Chunk.objects.filter(job=job, number__in=left)
    return sum(chunks.values_list("rows", flat=True))
