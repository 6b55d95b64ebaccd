"""An edited export comes back: only what the person changed counts, and changes of others show.

Each row carries the fingerprint of what it was when it was exported. With "mine" that of the
row in the file and "theirs" that of the record as it is now:

| mine       | theirs            | the row is                                    |
|------------|-------------------|-----------------------------------------------|
| as it was  | anything          | left alone                                    |
| changed    | as it was         | written                                       |
| changed    | changed alike     | left alone                                    |
| changed    | changed otherwise | a conflict, which the person decides          |
| changed    | gone              | a conflict, which the person decides          |
| no fingerprint: added in Excel |               | created or updated as in any other file       |
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
from django.db import connections
from django.utils.translation import gettext as _

from dataio.columns import Column
from dataio.columns.fingerprint import fingerprints
from dataio.columns.problems import join_problems, no_problems, problems_of
from dataio.columns.stored import MOST_PARAMETERS, stored_frame
from dataio.imports.loaders.target import Target
from dataio.imports.plan import ImportPlan
from dataio.resources import Resource

BASE = "__was__"
"""The column of a clean frame that holds the fingerprints of the export."""
MINE, THEIRS = "mine", "theirs"
TEXT = pd.ArrowDtype(pa.string())


@dataclass(frozen=True, kw_only=True, slots=True)
class Sorted:
    """The rows of a chunk, sorted by what is to be done with them."""

    frame: pd.DataFrame
    """Rows to write, and the conflicts; without the fingerprints."""
    unchanged: pd.Index
    """Row numbers that are left alone."""
    conflicts: pd.DataFrame
    """Problems (code "conflict"): rows that somebody else changed, too, and nobody decided."""


def with_fingerprints(
    cells: pd.DataFrame, raw: pd.DataFrame, plan: ImportPlan
) -> pd.DataFrame:
    """Return cells with the fingerprints of their rows, where the plan names their header."""
    if not plan.fingerprint:
        return cells
    return cells.assign(**{BASE: raw[plan.fingerprint].reindex(cells.index)})


def keep_fingerprints(clean: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return a clean frame with the fingerprints that its cells came with."""
    if BASE not in cells:
        return clean
    texts = cells[BASE].reindex(clean.index)
    texts = texts.where(texts.map(lambda cell: isinstance(cell, str)), None)
    return clean.assign(**{BASE: texts.astype(TEXT)})


def sort_out(frame: pd.DataFrame, target: Target, *, lock: bool = False) -> Sorted:
    """Return which rows of a clean frame are to be written.

    `lock`: keep the records as they are until the end of the transaction.
    """
    plan = target.plan
    if BASE not in frame:
        none = frame.index[:0]
        return Sorted(frame=frame, unchanged=none, conflicts=no_problems())
    bare = frame.drop(columns=[BASE])
    was = frame[BASE]
    columns = tracked_columns(plan, target.resource)
    mine = fingerprints(bare, columns)
    touched = was.isna() | (mine != was).fillna(value=True)
    ours = touched & was.notna()
    theirs = _theirs(bare[ours], target, columns, lock=lock)
    alike = (theirs == mine[ours]).fillna(value=False)
    clash = ~alike & (theirs != was[ours]).fillna(value=True)
    choice = _choices(theirs.index, plan)
    undecided = clash & ~choice.isin([MINE, THEIRS])
    left = alike | (clash & (choice == THEIRS))
    unchanged = bare.index[~touched].union(left.index[left])
    asked = undecided.index[undecided]
    return Sorted(
        frame=bare.drop(index=unchanged),
        unchanged=unchanged,
        conflicts=_conflicts(bare.loc[asked], theirs[asked].isna(), plan),
    )


def tracked_columns(plan: ImportPlan, resource: Resource) -> list[Column]:
    """Return the columns that a fingerprint is of."""
    fillable = resource.import_columns
    return [fillable[name] for name in plan.columns if name in fillable]


def _theirs(
    rows: pd.DataFrame, target: Target, columns: list[Column], *, lock: bool
) -> pd.Series:
    """Return the fingerprints of the records of these rows as they are now, NA where none is."""
    key = list(target.plan.key)
    found = []
    for start in range(0, len(rows), MOST_PARAMETERS):
        values = rows[key[0]].iloc[start : start + MOST_PARAMETERS].dropna()
        found.append(_stored(values.unique().tolist(), target, columns, lock=lock))
    if not found:
        return pd.Series(index=rows.index, dtype=TEXT)
    stored = pd.concat(found)
    records = pd.Index(_key_texts(stored, key))
    prints = pd.Series(fingerprints(stored, columns).array, index=records, dtype=TEXT)
    prints = prints[~prints.index.duplicated()]
    wanted = _key_texts(rows, key)
    return pd.Series(prints.reindex(wanted).array, index=rows.index)


def _stored(
    values: list[object], target: Target, columns: list[Column], *, lock: bool
) -> pd.DataFrame:
    """Return the records with these values in the first key column as a clean frame."""
    using = target.connection.alias
    key = [target.resource.column(name) for name in target.plan.key]
    records = target.model._default_manager.using(using)
    first = "pk" if target.key[0].primary_key else target.key[0].name
    rows = target.resource.queryset().using(using).order_by()
    rows = rows.filter(**{f"{first}__in": values})
    if lock and connections[using].features.has_select_for_update:
        rows = rows.select_for_update(of=("self",))
    wanted = {column.name: column for column in [*columns, *key]}
    return stored_frame(records, list(wanted.values()), rows)


def _key_texts(frame: pd.DataFrame, key: list[str]) -> list[str]:
    parts = [frame[name].astype(TEXT).fillna("") for name in key]
    joined = parts[0]
    for part in parts[1:]:
        joined = joined + "\x1f" + part
    return list(joined)


def _choices(rows: pd.Index, plan: ImportPlan) -> pd.Series:
    """Return what the person decided for each row, "" for nothing."""
    others = plan.conflicts.get("", "")
    texts = rows.astype(str)
    return pd.Series(texts.map(lambda row: plan.conflicts.get(row, others)), index=rows)


def _conflicts(rows: pd.DataFrame, gone: pd.Series, plan: ImportPlan) -> pd.DataFrame:
    shown = rows[plan.key[0]].astype(str)
    changed = _("Somebody else changed this row after it was exported, and so did you.")
    removed = _("Somebody else removed this record after it was exported.")
    return join_problems(
        [
            problems_of(shown[~gone], "", "conflict", lambda _value: changed),
            problems_of(shown[gone], "", "conflict", lambda _value: removed),
        ]
    )
