"""Review: what a check found, as pages of changes for the person to look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from dataio.columns import Column
from dataio.imports import changes
from dataio.imports.awaiting import waiting_texts
from dataio.imports.changes import Piece
from dataio.imports.compare import CHANGED, CONFLICT, CREATE, KIND, OLD, ROW
from dataio.imports.plan import ImportPlan
from dataio.imports.shown import Shower
from dataio.jobs import checking
from dataio.models import Job
from dataio.resources import Resource, registry


@dataclass(frozen=True, kw_only=True, slots=True)
class CellChange:
    """One cell: what is stored, and what the file says; "" is a blank."""

    old: str
    new: str
    changed: bool = False
    old_raw: Any = None
    """The clean value; the primary key of a related record."""
    new_raw: Any = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeRow:
    """What one row of the file does."""

    row: int
    """As Excel shows it."""
    kind: str
    """create, update, unchanged or conflict."""
    cells: dict[str, CellChange]
    """By column name."""
    message: str = ""
    """Why a conflict is one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangesPage:
    """Some of the changes of a checked job."""

    total: int
    """Changes of the kinds and columns asked for."""
    rows: list[ChangeRow]
    columns: list[str]
    """Names of the mapped columns, in the order of the file."""


def changes_page(
    job: Job,
    *,
    part: int = 0,
    kind: str = "",
    column: str = "",
    start: int = 0,
    count: int = 100,
) -> ChangesPage:
    """Return the changes of a part (see `ImportPlan.all_parts`) from number `start` on.

    `kind`: create, update, unchanged or conflict; "" is all of them. `column`: only updates in
    which this column differs. A job whose changes are not kept (any more) has none.
    """
    plan = ImportPlan.from_data(job.plan).all_parts[part]
    column = column.removeprefix(plan.prefix)
    names = checking.columns_of(job, plan)
    resource = registry.get(plan.resource)
    chunks = checking.compared_chunks(job, part)
    try:
        pieces = changes.page(chunks, kind, column, start, count)
    except FileNotFoundError:
        return ChangesPage(total=0, rows=[], columns=names)
    shower = Shower()
    rows = [row for piece in pieces for row in _rows(piece, names, resource, shower)]
    return ChangesPage(
        total=sum(chunk.findings.count(kind, column) for chunk in chunks),
        rows=[_with_prefix(row, plan) for row in _explained(job, rows)],
        columns=[plan.prefix + name for name in names],
    )


def _rows(
    piece: Piece, names: list[str], resource: Resource, shower: Shower
) -> Iterator[ChangeRow]:
    table: Any = piece.changes
    cells = {name: _cells(piece, name, resource, shower) for name in names}
    rows, kinds = table[ROW].to_pylist(), table[KIND].to_pylist()
    for place, (row, kind) in enumerate(zip(rows, kinds, strict=True)):
        here = {name: found[place] for name, found in cells.items()}
        yield ChangeRow(row=row, kind=kind, cells=here)


def _with_prefix(row: ChangeRow, plan: ImportPlan) -> ChangeRow:
    cells = {plan.prefix + name: cell for name, cell in row.cells.items()}
    return replace(row, cells=cells)


def _cells(
    piece: Piece, name: str, resource: Resource, shower: Shower
) -> list[CellChange]:
    """Return the cells of one column; a page of them, so a loop is fine."""
    column, table = resource.column(name), piece.changes
    new = shower.values(piece.clean[name], column)
    texts = _new_texts(piece, new, column, shower)
    changed, old = _old(table, name)
    old_texts = shower.texts(old, column).to_pylist()
    # What does not differ, is stored as it is in the file; new rows have nothing stored.
    created = [kind != CREATE and kind != CONFLICT for kind in table[KIND].to_pylist()]
    parts = zip(
        texts,
        new.to_pylist(),
        changed,
        old_texts,
        old.to_pylist(),
        created,
        strict=True,
    )
    return [
        CellChange(
            old=(old_text if differs else text if stored else "") or "",
            new=text or "",
            changed=differs,
            old_raw=old_raw if differs else raw if stored else None,
            new_raw=raw,
        )
        for text, raw, differs, old_text, old_raw, stored in parts
    ]


def _new_texts(piece: Piece, new: Any, column: Column, shower: Shower) -> list[Any]:
    """Return the new values as texts; a related record that is not there yet by its name."""
    texts: list[Any] = shower.texts(new, column).to_pylist()
    waiting = waiting_texts(piece.clean, column.name)
    if waiting is None:
        return texts
    names = waiting.astype(object).where(waiting.notna(), None).tolist()
    return [name or text for name, text in zip(names, texts, strict=True)]


def _old(table: Any, name: str) -> tuple[list[bool], Any]:
    """Return whether each cell differs, and the values stored where it does."""
    if CHANGED + name not in table.column_names:
        return [False] * len(table), pa.array([None] * len(table), pa.string())
    return table[CHANGED + name].to_pylist(), table[OLD + name].combine_chunks()


def _explained(job: Job, rows: list[ChangeRow]) -> list[ChangeRow]:
    conflicts = [row.row for row in rows if row.kind == CONFLICT]
    if not conflicts:
        return rows
    found = job.problems.filter(row__in=conflicts).values_list("row", "message")
    told = dict(found)
    return [
        ChangeRow(
            row=row.row, kind=row.kind, cells=row.cells, message=told.get(row.row, "")
        )
        for row in rows
    ]
