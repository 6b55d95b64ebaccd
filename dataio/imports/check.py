"""Check: raw frame -> clean frame and problems, whole columns at a time. Touches no table."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from django.utils.translation import gettext as _

from dataio.columns import CellFormat, Column, ParseContext
from dataio.columns.problems import join_problems, problems_of, shown_value
from dataio.imports import awaiting, related
from dataio.imports.duplicates import KeyIndex
from dataio.imports.mapping import mapped
from dataio.imports.plan import CREATE, KEEP, ImportPlan
from dataio.imports.roundtrip import keep_fingerprints, with_fingerprints
from dataio.readers import as_objects
from dataio.resources import Resource


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What became of one raw frame."""

    clean: pd.DataFrame
    """The rows without problems: index = row numbers, columns = column names, Arrow dtypes."""
    problems: pd.DataFrame
    """See `dataio.columns.problems`."""
    cells: pd.DataFrame
    """What the columns were given, of all rows: raw cells, columns = column names."""
    merged: pd.Index = field(default_factory=lambda: pd.Index([], dtype="int64"))
    """Rows that only say again what a row above them said; they are in no other field."""

    @property
    def rows(self) -> int:
        """Rows of the raw frame that count."""
        return len(self.cells)

    @property
    def failed(self) -> int:
        """Rows left out."""
        return self.rows - len(self.clean)

    @property
    def rejected(self) -> pd.DataFrame:
        """The cells of the rows left out, as objects."""
        return as_objects(self.cells[~self.cells.index.isin(self.clean.index)])


def check_frame(
    raw: pd.DataFrame,
    plan: ImportPlan,
    resource: Resource,
    context: ParseContext,
) -> Checked:
    """Return the clean rows and the problems of one raw frame."""
    return check_cells(cells_of(raw, plan, resource), plan, resource, context)


def cells_of(raw: pd.DataFrame, plan: ImportPlan, resource: Resource) -> pd.DataFrame:
    """Return the cells of the mapped columns, under their column names.

    `before_check` may change them.
    """
    cells = mapped(raw, plan)
    if type(resource).before_check is not Resource.before_check:
        cells = resource.before_check(as_objects(cells))
    return with_fingerprints(cells, raw, plan)


def check_cells(
    cells: pd.DataFrame,
    plan: ImportPlan,
    resource: Resource,
    context: ParseContext,
    awaits: Sequence[str] = (),
) -> Checked:
    """Return the clean rows and the problems of the cells that `cells_of` gave.

    `awaits`: foreign keys whose records the same file may create; what they name and is not
    there yet waits in a column of its own, see `dataio.imports.related`.

    1. Each column parses its whole Series.
    2. The resource's own rules see the rows that are clean so far.
    """
    creating = related.creating(plan, context) | dict.fromkeys(awaits)
    context = replace(context, creating=creating)
    values: dict[str, pd.Series] = {}
    found: list[pd.DataFrame] = []
    for name in plan.columns:
        cell_format = plan.formats.get(name, CellFormat())
        column = _column(name, plan, resource)
        parsed = column.parse(cells[name], replace(context, cell_format=cell_format))
        values[name] = parsed.values
        found.append(parsed.problems)
        if parsed.pending is not None:
            values[related.NEW + name] = parsed.pending
            found.append(related.spelled_right(column, parsed.pending, context))
    clean = without_rows(pd.DataFrame(values, index=cells.index), found)
    own = resource.check(clean)
    if own is not None and len(own):
        found.append(own)
        clean = without_rows(clean, [own])
    clean = keep_fingerprints(clean, cells)
    return Checked(clean=clean, problems=join_problems(found), cells=cells)


def _column(name: str, plan: ImportPlan, resource: Resource) -> Column:
    """Return the column that reads cells; whether new rows lack a value is seen when loaded."""
    column = resource.column(name)
    if not column.required or plan.blanks.get(name) != KEEP or plan.mode == CREATE:
        return column
    column = copy(column)
    column.required = False
    return column


def check_keys(
    checked: Checked,
    number: int,
    plan: ImportPlan,
    keys: KeyIndex,
    *,
    anywhere: bool = False,
) -> Checked:
    """Return the check with rows left out whose key stands in an earlier row of the file.

    `anywhere`: or further down, for rows that are corrected after the whole file was read.
    """
    if not plan.key or checked.clean.empty:
        return checked
    columns = awaiting.key_columns(checked.clean, plan.key)
    rows = checked.clean.index.to_numpy(np.int64)
    first = keys.add(number, columns, rows, anywhere=anywhere)
    if first.empty:
        return checked
    shown = _shown_keys(checked, first.index, plan.key)
    problems = problems_of(shown, plan.key[0], "duplicate", lambda value: value)
    problems["message"] = [
        _('"%(value)s" stands in row %(row)s too. Each may stand in the file once.')
        % {"value": value, "row": row}
        for value, row in zip(shown, first, strict=True)
    ]
    return replace(
        checked,
        clean=checked.clean.drop(first.index),
        problems=join_problems([checked.problems, problems]),
    )


def _shown_keys(checked: Checked, rows: pd.Index, key: Sequence[str]) -> pd.Series:
    """Return keys as people know them: clean values, related records as in the file."""
    clean, cells = checked.clean.loc[rows], checked.cells.loc[rows]
    awaited = {name for name in key if awaiting.AWAITED + name in clean}
    shown = [
        cells[name].map(shown_value) if name in awaited else clean[name].astype(str)
        for name in key
    ]
    return pd.concat(shown, axis=1).agg(", ".join, axis=1)


def without_rows(frame: pd.DataFrame, found: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the frame without the rows that have a problem."""
    bad = [problems["row"].to_numpy() for problems in found if len(problems)]
    if not bad:
        return frame
    return frame[~frame.index.isin(np.concatenate(bad))]
