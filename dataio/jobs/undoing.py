"""How an undo job runs: the pieces of its import, the last first, each in one transaction.

A piece is a loaded chunk, or a removal of records that the file lacked; removals came last.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from dataio.columns.problems import join_problems, no_problems
from dataio.errors import WrongState
from dataio.imports.load import LoadResult
from dataio.jobs import intake, keeping, ledger, lifecycle, undo_pieces
from dataio.models import (
    ACTIVE,
    ENDED,
    Chunk,
    Job,
    JobKind,
    JobState,
)
from dataio.progress.meter import Meter

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

COUNTED_ROWS = 100_000
"""Records of an import up to which a preview looks for those that were changed since."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UndoPreview:
    """What an undo would do now."""

    remove: int
    restore: int
    bring_back: int = 0
    """Records that were removed since the file lacked them."""
    bring_along: int = 0
    """Rows of other tables that went with them."""
    changed_since: int | None
    """Records that would stay as they are; None: so many records that they are not counted
    before, and then the other counts hold them too."""
    left: pd.DataFrame = field(default_factory=no_problems, compare=False)
    """The same, and why; see `dataio.columns.problems`."""


def ask_undo(user: AbstractBaseUser | None, job: Job) -> Job:
    """Start to undo an import; return the undo job. Raises WrongState with a sentence."""
    with transaction.atomic():
        # Locked, so that of two clicks at once one finds the other's job.
        locked = Job.objects.select_for_update().get(pk=job.pk)
        if sentence := refusal(locked):
            raise WrongState(sentence)
        return intake.create_undo(user, locked)


def refusal(job: Job) -> str:
    """Return why an import cannot be undone; "" when it can."""
    if job.kind != JobKind.IMPORT:
        return _("Only an import can be undone.")
    if job.state not in ENDED:
        return _("This import has not ended yet.")
    undos = job.undos.all()
    if undos.filter(state=JobState.DONE).exists():
        return _("This import is undone already.")
    if undos.filter(state__in=ACTIVE).exists():
        return _("This import is being undone already.")
    if job.undo_until is None:
        return _("This import cannot be undone: nothing of it was kept.")
    if job.undo_until < timezone.now():
        until = date_format(timezone.localtime(job.undo_until), "DATETIME_FORMAT")
        return _("This import could be undone until %(until)s.") % {"until": until}
    return ""


def preview_undo(job: Job) -> UndoPreview:
    """Return what an undo of an import would do now; writes nothing."""
    chunks, removals = undo_pieces.chunks_left(job), undo_pieces.removals_left(job)
    touched = sum(chunk.created + chunk.updated for chunk in chunks)
    removed = sum(undo_pieces.records_of(folder, job) for folder in removals.values())
    if touched + removed > COUNTED_ROWS:
        return UndoPreview(
            remove=sum(chunk.created for chunk in chunks),
            restore=sum(chunk.updated for chunk in chunks),
            bring_back=removed,
            changed_since=None,
        )
    if any(chunk.part for chunk in chunks):
        results = undo_pieces.try_chunks(job, chunks)
    else:
        results = [undo_pieces.preview_chunk_of(job, one.number) for one in chunks]
    results += [
        undo_pieces.preview_removal_of(job, folder) for folder in removals.values()
    ]
    return UndoPreview(
        remove=sum(result.removed for result in results),
        restore=sum(result.restored for result in results),
        bring_back=sum(result.back for result in results),
        bring_along=sum(result.back_along for result in results),
        changed_since=sum(len(result.left) for result in results),
        left=join_problems(result.left for result in results),
    )


def run(job: Job, meter: Meter) -> None:
    """Undo chunk by chunk; a job that is run again goes on where it was.

    In the ledger of an undo, `created` counts removed and `updated` restored records,
    `unchanged` those that came back, `failed` those that were left.
    """
    assert job.undoes is not None  # noqa: S101  an undo has its import
    _note_chunks(job, job.undoes)
    meter.begin("undoing", _rows(job))
    for number in reversed(ledger.staged_numbers(job)):
        _undo_one(job, number, meter)
    meter.begin("finishing")
    ended = lifecycle.end(job.pk, (JobState.RUNNING,), JobState.DONE)
    if ended:
        keeping.drop_images(job.undoes.pk)
    meter.end()


def _note_chunks(job: Job, original: Job) -> None:
    """Put the chunks to be undone into the ledger, once."""
    fresh = [
        Chunk(
            job=job,
            number=chunk.number,
            part=chunk.part,
            first_row=chunk.first_row,
            last_row=chunk.last_row,
            rows=chunk.created + chunk.updated,
        )
        for chunk in undo_pieces.chunks_left(original)
    ]
    fresh += [
        Chunk(job=job, number=number, rows=undo_pieces.records_of(folder, original))
        for number, folder in undo_pieces.removals_left(original).items()
    ]
    Chunk.objects.bulk_create(fresh, ignore_conflicts=True)


def _undo_one(job: Job, number: int, meter: Meter) -> None:
    assert job.undoes is not None  # noqa: S101  an undo has its import
    with transaction.atomic():
        if not ledger.mark_loaded(job.pk, number):
            lifecycle.stop_if_asked(job.pk)
            return
        result = undo_pieces.undo(job.undoes, number)
        told = LoadResult(
            created=result.removed,
            updated=result.restored,
            unchanged=result.back,
            problems=result.left,
        )
        ledger.record_loaded(job.pk, number, told)
        # Records that were removed stand in no row, so rows do not count them.
        failed = len(result.left)
        Chunk.objects.filter(job=job, number=number).update(failed=failed)
    meter.count(
        created=result.removed,
        updated=result.restored,
        unchanged=result.back,
        failed=failed,
    )
    meter.advance(
        Chunk.objects.values_list("rows", flat=True).get(job=job, number=number)
    )


def _rows(job: Job) -> int:
    return sum(Chunk.objects.filter(job=job).values_list("rows", flat=True))
