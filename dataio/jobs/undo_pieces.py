"""The pieces of an import that an undo takes back: loaded chunks, and removals.

A removal took records that the file lacked, with all that went along; removals came last.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from django.db import connections, router, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from dataio.errors import DataioError
from dataio.imports.loaders.going import GoneHead
from dataio.imports.loaders.images import Head, read_image
from dataio.imports.undo import (
    UndoResult,
    preview_chunk,
    preview_removal,
    undo_chunk,
    undo_removal,
)
from dataio.jobs import files, keeping
from dataio.jobs.keeping import REMOVED
from dataio.models import Chunk, ChunkState, Job
from dataio.resources import registry

FIRST_REMOVAL = 1_000_000_000
"""In the ledger of an undo, removals are numbered from here on: above every chunk."""


def chunks_left(original: Job) -> list[Chunk]:
    """Return the chunks of an import that changed something and that no undo took back."""
    loaded = Chunk.objects.filter(job=original, state=ChunkState.LOADED)
    chunks = loaded.exclude(number__in=_undone(original))
    return [chunk for chunk in chunks if chunk.created + chunk.updated]


def removals_left(original: Job) -> dict[int, Path]:
    """Return by number where the removals are kept that no undo took back."""
    if not original.findings.get(REMOVED):
        return {}  # what is there is left from an attempt that was rolled back
    undone = set(_undone(original))
    folders = enumerate(keeping.removed_folders(original.pk), start=FIRST_REMOVAL)
    return {number: folder for number, folder in folders if number not in undone}


def _undone(original: Job) -> QuerySet[Chunk, int]:
    undone = Chunk.objects.filter(job__undoes=original, state=ChunkState.LOADED)
    return undone.values_list("number", flat=True)


def records_of(folder: Path, original: Job) -> int:
    """Return how many records of the import's resource one removal took."""
    meta: Any = registry.get(original.resource).model._meta
    label = meta.concrete_model._meta.label
    return sum(
        pq.read_metadata(path).num_rows
        for path in folder.iterdir()
        if (head := GoneHead.of(pq.read_schema(path).empty_table())).model == label
        and not head.column
    )


def undo(original: Job, number: int) -> UndoResult:
    """Take one piece back; must be called in a transaction."""
    if number >= FIRST_REMOVAL:
        return _undo_removal(original, number)
    path = files.undo_path(original.pk, number)
    if not path.is_file():
        raise DataioError(
            _("What the records were before the import is not kept any more.")
        )
    image = read_image(path)
    resource = registry.get(Head.of(image).resource)
    connection = connections[router.db_for_write(resource.model)]
    return undo_chunk(image, resource, connection)


def preview_chunk_of(original: Job, number: int) -> UndoResult:
    """Return what taking a chunk back would do now."""
    image = read_image(files.undo_path(original.pk, number))
    resource = registry.get(Head.of(image).resource)
    connection = connections[router.db_for_write(resource.model)]
    # In a transaction of its own, or each line of a temporary table would be one.
    with transaction.atomic(using=connection.alias):
        return preview_chunk(image, resource, connection)


def try_chunks(original: Job, chunks: list[Chunk]) -> list[UndoResult]:
    """Return what taking chunks of parents and children back would do: done, and rolled back.

    Parents can only go when their children are gone.
    """
    last_first = sorted(chunks, key=lambda one: (one.part, one.number), reverse=True)
    with transaction.atomic():
        results = [undo(original, chunk.number) for chunk in last_first]
        transaction.set_rollback(True)
    return results


def _undo_removal(original: Job, number: int) -> UndoResult:
    folder = keeping.removed_folders(original.pk)[number - FIRST_REMOVAL]
    resource = registry.get(original.resource)
    connection = connections[router.db_for_write(resource.model)]
    return undo_removal(keeping.read_removed(folder), resource, connection)


def preview_removal_of(original: Job, folder: Path) -> UndoResult:
    """Return what taking a removal back would do now."""
    resource = registry.get(original.resource)
    connection = connections[router.db_for_write(resource.model)]
    with transaction.atomic(using=connection.alias):
        return preview_removal(keeping.read_removed(folder), resource, connection)
