"""Undo one loaded chunk by its image: remove what was created, restore what was updated.

And undo one removal of records that the file lacked: put them back with all that went along.

Only records that still equal their after-image are touched. Records that were changed, removed
or taken into use since are left as they are, and listed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
from django.db.backends.base.base import BaseDatabaseWrapper

from dataio.imports.loaders.images import STORED, Head
from dataio.imports.loaders.unfolded import unfolded
from dataio.imports.undo_back import TakeBack
from dataio.imports.undo_records import RecordUndo
from dataio.imports.undo_tables import TableUndo
from dataio.resources import Resource


@dataclass(frozen=True, kw_only=True, slots=True)
class UndoResult:
    """What became of the records of one chunk."""

    removed: int = 0
    restored: int = 0
    back: int = 0
    """Records that were removed since the file lacked them, and are there again."""
    back_along: int = 0
    """Rows of other tables that went with them, and are there again."""
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


def undo_removal(
    tables: Iterable[pa.Table], resource: Resource, connection: BaseDatabaseWrapper
) -> UndoResult:
    """Put back what a removal took along; must be called in a transaction."""
    return _back(tables, resource, connection, write=True)


def preview_removal(
    tables: Iterable[pa.Table], resource: Resource, connection: BaseDatabaseWrapper
) -> UndoResult:
    """Return what `undo_removal` would do now; writes nothing but temporary tables."""
    return _back(tables, resource, connection, write=False)


def _back(
    tables: Iterable[pa.Table],
    resource: Resource,
    connection: BaseDatabaseWrapper,
    *,
    write: bool,
) -> UndoResult:
    taking = TakeBack(tables, connection)
    try:
        taking.find_left()
        if write:
            taking.write()
        own, along = taking.count(resource.model)
        return UndoResult(back=own, back_along=along, left=taking.left())
    finally:
        taking.close()


def _open(
    image: pa.Table, resource: Resource, connection: BaseDatabaseWrapper
) -> TableUndo | RecordUndo:
    image = unfolded(image)
    kind = TableUndo if Head.of(image).form == STORED else RecordUndo
    return kind(image, resource, connection)
