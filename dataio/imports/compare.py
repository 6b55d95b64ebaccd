"""Compare: what a staged chunk would do to the table, as loading will do it. Writes nothing.

Only temporary tables are filled; no record is locked, no primary key is used up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
from django.db import connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from dataio.columns.problems import join_problems
from dataio.imports.awaiting import waiting_texts, without_awaited
from dataio.imports.load import set_dialect, without_repeats
from dataio.imports.loaders.differences import (
    Differ,
    Difference,
    RecordDiffer,
    SetDiffer,
)
from dataio.imports.loaders.target import Target
from dataio.imports.loaders.values import arrow
from dataio.imports.plan import ImportPlan
from dataio.imports.related import join_names, without_new
from dataio.imports.roundtrip import sort_out
from dataio.resources import Resource

CREATE, UPDATE, UNCHANGED = "create", "update", "unchanged"
CONFLICT, PROBLEM = "conflict", "problem"
KINDS = (CREATE, UPDATE, UNCHANGED, CONFLICT)
CONFLICTS = ("exists", "missing", "several", "duplicate", "conflict")
"""Codes of problems that a row has only because of other records or rows."""
ROW, KIND = "row", "kind"
CHANGED, OLD = "changed.", "old."


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """What comparing found of one chunk, in rows. create + ... + problem = clean rows."""

    create: int = 0
    update: int = 0
    unchanged: int = 0
    conflict: int = 0
    """Rows that the mode or the key does not allow; they are left out."""
    problem: int = 0
    """Rows left out for another reason, such as a related record deleted meanwhile."""
    changed_columns: dict[str, int] = field(default_factory=dict)
    """Rows to update, by column that differs."""
    filled: dict[str, int] = field(default_factory=dict)
    """Rows whose cell is not blank, by column."""
    new_related: dict[str, list[str]] = field(default_factory=dict)
    """Names of related records that will be created, by column."""
    met: int = 0
    """Records of the table that rows of the file meet."""

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        """Return the findings that `as_data` gave."""
        return cls(**data)

    @property
    def left_out(self) -> int:
        """Rows that will not be loaded."""
        return self.conflict + self.problem

    def count(self, kind: str = "", column: str = "") -> int:
        """Return the number of changes of a kind, in which a column differs ("": any)."""
        if column:
            fits = kind in ("", UPDATE)
            return self.changed_columns.get(column, 0) if fits else 0
        return sum(getattr(self, name) for name in ([kind] if kind else KINDS))


def total(parts: Iterable[Findings]) -> Findings:
    """Return the sums of all chunks."""
    sums: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    filled: Counter[str] = Counter()
    fresh: dict[str, list[str]] = {}
    for part in parts:
        data = part.as_data()
        fresh = join_names([fresh, data.pop("new_related")])
        changed.update(data.pop("changed_columns"))
        filled.update(data.pop("filled"))
        sums.update(data)
    return Findings(
        **sums,
        changed_columns=dict(changed),
        filled=dict(filled),
        new_related=fresh,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """What the rows of one clean frame would do."""

    findings: Findings
    changes: pa.Table
    """One line per row of the frame, in its order: `row`, `kind` (create, update, unchanged,
    conflict, problem) and, for each column that differs anywhere, `changed.<name>` (bool) and
    `old.<name>` (type of clean values; null where it does not differ)."""
    problems: pd.DataFrame
    """Of rows of the kinds conflict and problem; see `dataio.columns.problems`."""


def compare_chunk(
    frame: pd.DataFrame, plan: ImportPlan, resource: Resource
) -> Compared:
    """Tell what `load_chunk` would do with a clean frame (see there)."""
    connection = connections[router.db_for_write(resource.model)]
    target = Target(plan, resource, connection)
    filled = _filled(frame, plan)
    bare, new = without_new(frame)
    frame, awaited = without_awaited(bare)
    target.pending = (*new, *awaited)
    with _reading(connection), closing(_open_differ(target, connection)) as differ:
        rows = sort_out(frame, target)
        rest, repeated = without_repeats(target.with_targets(rows.frame), target)
        found = differ.find(rest)
    frame = frame[list(rest.columns)]
    problems = join_problems([rows.conflicts, repeated, found.problems])
    kinds = _kinds(frame, found, problems)
    kinds.loc[rows.unchanged] = UNCHANGED
    changes = _changes(frame, found, kinds)
    findings = replace(_findings(found, kinds), new_related=new, filled=filled)
    return Compared(findings=findings, changes=changes, problems=problems)


def _open_differ(target: Target, connection: BaseDatabaseWrapper) -> Differ:
    dialect = set_dialect(target, connection)
    return SetDiffer(target, dialect) if dialect else RecordDiffer(target)


@contextmanager
def _reading(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Work in one transaction that does not stand in the way of writers."""
    if connection.in_atomic_block or connection.vendor != "sqlite":
        with transaction.atomic(using=connection.alias):
            yield
        return
    # A transaction of Django's may begin with the lock that only one writer can have. This
    # one takes none: it writes to temporary tables only.
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def _kinds(frame: pd.DataFrame, found: Difference, problems: pd.DataFrame) -> Any:
    """Return the kind of each row of the frame."""
    rows = found.frame.index
    kinds = pd.Series(CREATE, index=frame.index, dtype=object)
    kinds.loc[rows[found.update]] = UPDATE
    kinds.loc[rows[found.unchanged]] = UNCHANGED
    conflicts = problems["code"].isin(CONFLICTS)
    kinds.loc[problems.loc[conflicts, "row"]] = CONFLICT
    kinds.loc[problems.loc[~conflicts, "row"]] = PROBLEM
    return kinds


def _filled(frame: pd.DataFrame, plan: ImportPlan) -> dict[str, int]:
    """Return how many cells of each column are not blank."""
    counts = {}
    for name in plan.columns:
        there, waiting = frame[name].notna(), waiting_texts(frame, name)
        counts[name] = int(
            (there if waiting is None else there | waiting.notna()).sum()
        )
    return counts


def _findings(found: Difference, kinds: Any) -> Findings:
    counts: dict[str, Any] = {name: int(n) for name, n in kinds.value_counts().items()}
    changed = {name: int(mask.sum()) for name, mask in found.changed.items()}
    return Findings(
        **counts,
        changed_columns={name: n for name, n in changed.items() if n},
        met=found.met,
    )


def _changes(frame: pd.DataFrame, found: Difference, kinds: Any) -> pa.Table:
    """Return the lines in the order of the rows; what was found comes in another order."""
    rows = frame.index.to_numpy(np.int64)
    updated = found.frame.index.to_numpy(np.int64)[found.update]
    # By row number: where each row stands among those that differ, null for the others.
    order = np.argsort(updated, kind="stable")
    places = np.searchsorted(updated[order], rows)
    within = np.minimum(places, max(len(updated) - 1, 0))
    hit = updated[order][within] == rows if len(updated) else np.zeros(len(rows), bool)
    taken: Any = pa.array(order[within] if len(updated) else within, mask=~hit)
    columns: dict[str, Any] = {ROW: pa.array(rows), KIND: arrow(kinds)}
    for name, mask in found.changed.items():
        if mask.any():
            differs = pa.array(mask).take(taken).fill_null(False)  # noqa: FBT003
            columns[CHANGED + name] = differs
            columns[OLD + name] = found.old[name].take(taken)
    return pa.table(columns)
