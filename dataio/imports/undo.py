"""Undo one loaded chunk by its image: remove what was created, restore what was updated.

Only records that still equal their after-image are touched. Records that were changed, removed
or taken into use since are left as they are, and listed.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
from django.db.backends.base.base import BaseDatabaseWrapper

from dataio.imports.loaders.images import STORED, Head
from dataio.imports.undo_records import RecordUndo
from dataio.imports.undo_tables import TableUndo
from dataio.resources import Resource


@dataclass(frozen=True, kw_only=True, slots=True)
class UndoResult:
    """What became of the records of one chunk."""

    removed: int
    restored: int
    left: pd.DataFrame
    """Records that stay as they are, and why; see `dataio.columns.problems`."""


def undo_chunk(
    image: pa.Table, resource: Resource, connection: BaseDatabaseWrapper
) -> UndoResult:
    """Undo a chunk; must be called in a transaction. See `dataio.imports.loaders.images`."""
    undo = _open(image, resource, connection)
    try:
        left = undo.find_left()
        removed, restored, refused = undo.write()
    finally:
        undo.close()
    everything = pd.concat([left, refused]) if len(refused) else left
    return UndoResult(removed=removed, restored=restored, left=everything)


def preview_chunk(
    image: pa.Table, resource: Resource, connection: BaseDatabaseWrapper
) -> UndoResult:
    """Return what `undo_chunk` would do now; writes nothing but temporary tables."""
    undo = _open(image, resource, connection)
    try:
        left = undo.find_left()
        removed, restored = undo.count()
    finally:
        undo.close()
    return UndoResult(removed=removed, restored=restored, left=left)


def _open(
    image: pa.Table, resource: Resource, connection: BaseDatabaseWrapper
) -> TableUndo | RecordUndo:
    kind = TableUndo if Head.of(image).form == STORED else RecordUndo
    return kind(image, resource, connection)
