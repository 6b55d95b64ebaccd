"""How an undo job runs: the chunks of its import, the last first, each in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connections, router, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from dataio.errors import DataioError, WrongState
from dataio.imports.load import LoadResult
from dataio.imports.loaders.images import Head, read_image
from dataio.imports.undo import UndoResult, preview_chunk, undo_chunk
from dataio.jobs import files, intake, keeping, ledger, lifecycle
from dataio.models import (
    ACTIVE,
    ENDED,
    Chunk,
    ChunkState,
    Job,
    JobKind,
    JobState,
)
from dataio.progress.meter import Meter
from dataio.resources import registry

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

COUNTED_ROWS = 100_000
"""Records of an import up to which a preview looks for those that were changed since."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UndoPreview:
    """What an undo would do now."""

    remove: int
    restore: int
    changed_since: int | None
    """Records that would stay as they are; None: so many records that they are not counted
    before, and then `remove` and `restore` hold them too."""


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
    left = _not_undone(job)
    if sum(chunk.created + chunk.updated for chunk in left) > COUNTED_ROWS:
        return UndoPreview(
            remove=sum(chunk.created for chunk in left),
            restore=sum(chunk.updated for chunk in left),
            changed_since=None,
        )
    results = [_preview_one(job, chunk.number) for chunk in left]
    return UndoPreview(
        remove=sum(result.removed for result in results),
        restore=sum(result.restored for result in results),
        changed_since=sum(len(result.left) for result in results),
    )


def run(job: Job, meter: Meter) -> None:
    """Undo chunk by chunk; a job that is run again goes on where it was.

    In the ledger of an undo, `created` counts removed and `updated` restored records, `failed`
    those that were left.
    """
    assert job.undoes is not None  # noqa: S101  an undo has its import
    _note_chunks(job, job.undoes)
    meter.begin("loading", _rows(job))
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
            first_row=chunk.first_row,
            last_row=chunk.last_row,
            rows=chunk.created + chunk.updated,
        )
        for chunk in _not_undone(original)
    ]
    Chunk.objects.bulk_create(fresh, ignore_conflicts=True)


def _not_undone(original: Job) -> list[Chunk]:
    """Return the chunks of an import that changed something and that no undo took back."""
    undone = Chunk.objects.filter(job__undoes=original, state=ChunkState.LOADED)
    loaded = Chunk.objects.filter(job=original, state=ChunkState.LOADED)
    chunks = loaded.exclude(number__in=undone.values("number"))
    return [chunk for chunk in chunks if chunk.created + chunk.updated]


def _undo_one(job: Job, number: int, meter: Meter) -> None:
    assert job.undoes is not None  # noqa: S101  an undo has its import
    with transaction.atomic():
        if not ledger.mark_loaded(job.pk, number):
            lifecycle.stop_if_asked(job.pk)
            return
        result = _undo(job.undoes, number)
        told = LoadResult(
            created=result.removed, updated=result.restored, problems=result.left
        )
        ledger.record_loaded(job.pk, number, told)
    meter.count(
        created=result.removed,
        updated=result.restored,
        failed=result.left["row"].nunique(),
    )
    meter.advance(
        Chunk.objects.values_list("rows", flat=True).get(job=job, number=number)
    )


def _undo(original: Job, number: int) -> UndoResult:
    path = files.undo_path(original.pk, number)
    if not path.is_file():
        raise DataioError(
            _("What the records were before the import is not kept any more.")
        )
    image = read_image(path)
    resource = registry.get(Head.of(image).resource)
    connection = connections[router.db_for_write(resource.model)]
    return undo_chunk(image, resource, connection)


def _preview_one(original: Job, number: int) -> UndoResult:
    image = read_image(files.undo_path(original.pk, number))
    resource = registry.get(Head.of(image).resource)
    connection = connections[router.db_for_write(resource.model)]
    # In a transaction of its own, or each line of a temporary table would be one.
    with transaction.atomic(using=connection.alias):
        return preview_chunk(image, resource, connection)


def _rows(job: Job) -> int:
    return sum(Chunk.objects.filter(job=job).values_list("rows", flat=True))
