"""Nested: parents and children in one sheet, where blank parent cells mean "as above"."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dataio.imports.mapping import headers_of
from dataio.imports.plan import ImportPlan

OWNER = "__owner__"
"""Of a child's raw frame: the row that its parent was last named in; None where there is none."""


class Nest:
    """Takes the raw frames of one sheet apart, in their order: rows of parents and of children.

    A row with any parent cell is a row of the parent, and stays its owner until the next such
    row, also over the border of a frame. A row with any cell of a child is a row of that child.
    """

    def __init__(self, plan: ImportPlan) -> None:
        self._parent = headers_of(plan)
        self._children = [
            [header for header in headers_of(part) if header not in self._parent]
            for part in parts_in_rows(plan)
        ]
        self._owner: float = np.nan

    def apart(self, raw: pd.DataFrame) -> list[pd.DataFrame]:
        """Return the parent's rows, then those of each child with the column OWNER."""
        named = filled(raw, self._parent)
        rows = pd.Series(raw.index.to_numpy(np.float64), index=raw.index)
        owners = rows.where(named).ffill().fillna(self._owner)
        if len(owners):
            self._owner = float(owners.iloc[-1])
        known = owners.astype(object).where(owners.notna(), None)
        beside = raw.assign(
            **{OWNER: known.map(int, na_action="ignore").astype(object)}
        )
        return [raw[named], *(beside[filled(raw, own)] for own in self._children)]


def parts_in_rows(plan: ImportPlan) -> list[ImportPlan]:
    """Return the parts that stand in the rows of their parents."""
    return [part for part in plan.parts if part.sheet == plan.sheet]


def filled(raw: pd.DataFrame, headers: list[str]) -> pd.Series:
    """Return which rows have a cell that is not blank under any of the headers."""
    found = pd.Series(data=False, index=raw.index)
    for header in headers:
        found |= not_blank(raw[header])
    return found


def not_blank(cells: pd.Series) -> pd.Series:
    """Return which raw cells hold more than spaces."""
    texts = cells.astype("string").str.strip()
    return texts.notna() & (texts != "").fillna(value=False).astype(bool)
