"""Check: raw frame -> clean frame and problems, whole columns at a time. Touches no table."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from django.utils.translation import gettext as _

from dataio.columns import CellFormat, ParseContext
from dataio.columns.problems import join_problems, problems_of
from dataio.imports.duplicates import KeyIndex
from dataio.imports.plan import ImportPlan
from dataio.resources import Resource


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What became of one raw frame."""

    clean: pd.DataFrame
    """The rows without problems: index = row numbers, columns = column names, Arrow dtypes."""
    problems: pd.DataFrame
    """See `dataio.columns.problems`."""
    rows: int
    """Rows of the raw frame."""

    @property
    def failed(self) -> int:
        """Rows left out."""
        return self.rows - len(self.clean)


def check_frame(
    raw: pd.DataFrame,
    plan: ImportPlan,
    resource: Resource,
    context: ParseContext,
) -> Checked:
    """Return the clean rows and the problems of one raw frame.

    1. Only mapped columns are kept, under their column names; `before_check` may change them.
    2. Each column parses its whole Series.
    3. The resource's own rules see the rows that are clean so far.
    """
    cells = resource.before_check(
        raw[list(plan.mapping)].set_axis(plan.columns, axis=1)
    )
    values: dict[str, pd.Series] = {}
    found: list[pd.DataFrame] = []
    for name in plan.columns:
        cell_format = plan.formats.get(name, CellFormat())
        parsed = resource.column(name).parse(
            cells[name], replace(context, cell_format=cell_format)
        )
        values[name] = parsed.values
        found.append(parsed.problems)
    clean = without_rows(pd.DataFrame(values, index=raw.index), found)
    own = resource.check(clean)
    if own is not None and len(own):
        found.append(own)
        clean = without_rows(clean, [own])
    return Checked(clean=clean, problems=join_problems(found), rows=len(raw))


def check_keys(
    checked: Checked, number: int, plan: ImportPlan, keys: KeyIndex
) -> Checked:
    """Return the check with rows left out whose key stands in an earlier row of the file."""
    if not plan.key or checked.clean.empty:
        return checked
    columns = checked.clean[list(plan.key)]
    first = keys.add(number, columns, checked.clean.index.to_numpy(np.int64))
    if first.empty:
        return checked
    shown = columns.loc[first.index].astype(str).agg(", ".join, axis=1)
    problems = problems_of(shown, plan.key[0], "duplicate", lambda value: value)
    problems["message"] = [
        _('"%(value)s" stands in row %(row)s too. Each may stand in the file once.')
        % {"value": value, "row": row}
        for value, row in zip(shown, first, strict=True)
    ]
    return Checked(
        clean=checked.clean.drop(first.index),
        problems=join_problems([checked.problems, problems]),
        rows=checked.rows,
    )


def without_rows(frame: pd.DataFrame, found: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the frame without the rows that have a problem."""
    bad = [problems["row"].to_numpy() for problems in found if len(problems)]
    if not bad:
        return frame
    return frame[~frame.index.isin(np.concatenate(bad))]
