"""Chunks that other workers take while one still reads: loaded at once, or compared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext as _

from dataio.errors import Cancelled, DataioError
from dataio.imports.plan import ImportPlan
from dataio.jobs import files, ledger, queue
from dataio.models import ENDED, Chunk, ChunkState, Job, JobStep


def may_go_ahead(job: Job, plan: ImportPlan) -> bool:
    """Whether what follows staging can be done chunk by chunk, in any order, by any worker."""
    if plan.parts:
        return False  # children wait for their parents
    if job.step == JobStep.CHECK:
        # A short one is checked before a message of the usual queue would have its turn.
        return not queue.is_short(job)
    return job.step == JobStep.LOAD and not plan.atomic


class Ahead:
    """Hands chunks out as soon as they are staged, so that reading overlaps with what follows.

    The newest is kept until the next one comes: a short file is done by the worker that read
    it, and waits for nobody. A chunk that is handed out twice is done once.
    """

    def __init__(self, job: Job) -> None:
        self._job_id = job.pk
        self._loads = job.step == JobStep.LOAD
        self.kept: list[int] = []
        self.began = Chunk.objects.filter(job=job, state=ChunkState.LOADED).exists()
        """Whether rows may have been loaded."""
        left = ledger.staged_numbers if self._loads else ledger.uncompared_numbers
        # Of an attempt whose worker died: what it handed out may be lost.
        for number in left(job):
            self.staged(number)

    def staged(self, number: int) -> None:
        """Take a staged chunk; hand out the one before."""
        send = queue.enqueue_chunk if self._loads else queue.enqueue_comparison
        for earlier in self.kept:
            send(self._job_id, earlier)
            self.began = self._loads
        self.kept = [number]


@contextmanager
def said_what_is_in(job: Job, ahead: Ahead | None) -> Iterator[None]:
    """Say of a file that cannot be read to its end that some of it was imported."""
    try:
        with gone_if_ended(job):
            yield
    except DataioError as error:
        if ahead and ahead.began and not isinstance(error, Cancelled):
            said = _("Rows further up were imported; the numbers say how many.")
            raise DataioError(f"{error} {said}") from error
        raise


@contextmanager
def gone_if_ended(job: Job) -> Iterator[None]:
    """Take whatever fails for a cancel when the job was ended meanwhile, with its folders."""
    try:
        yield
    except Exception:
        if Job.objects.filter(pk=job.pk, state__in=ENDED).exists():
            # What was written since then is left by nobody else.
            files.drop_staging(job.pk)
            raise Cancelled from None
        raise
