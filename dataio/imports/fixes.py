"""Fixes: what a person decided about problems, applied to raw cells a whole column at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from dataio.columns.problems import join_problems
from dataio.imports.check import Checked
from dataio.models import Fix

Action = Fix.Action
Check = Callable[[pd.DataFrame], Checked]

ROUNDS = 5
"""A replacement may itself be a value about which something was decided; so many times."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What is to be done about one value of a column, or about one cell."""

    column: str
    """A column name; "" for problems of whole rows, which can only be skipped."""
    value: str = ""
    """The value as its problem shows it; of no account when a row is named."""
    action: str
    """One of `Fix.Action`."""
    replacement: str = ""
    row: int | None = None


class Fixes:
    """All decisions of one job."""

    def __init__(self, decisions: Iterable[Decision] = ()) -> None:
        every = list(decisions)
        self._cells = [one for one in every if one.row is not None]
        self._values = pd.DataFrame(
            [
                (one.column, one.value, one.action, one.replacement)
                for one in every
                if one.row is None
            ],
            columns=["column", "value", "action", "replacement"],
            dtype=object,
        )

    @property
    def created(self) -> dict[str, list[str]]:
        """The values for which related records are to be created, by column."""
        wanted = self._values[self._values["action"] == Action.CREATE]
        return {
            str(column): list(values)
            for column, values in wanted.groupby("column")["value"]
        }

    def edits(self, rows: pd.Index) -> bool:
        """Tell whether something was decided about single cells of these rows."""
        return any(one.row in rows for one in self._cells)

    def matching(self, problems: pd.DataFrame) -> pd.DataFrame:
        """Return the problems about whose values something was decided, with the decision."""
        return problems.merge(self._values, on=["column", "value"])

    def settle(
        self, cells: pd.DataFrame, problems: pd.DataFrame
    ) -> tuple[pd.DataFrame, bool]:
        """Apply what was decided about values to the cells that have these problems.

        Returns the cells without the skipped rows, and whether anything changed.
        """
        hits = self.matching(problems)
        skipped = hits.loc[hits["action"] == Action.SKIP, "row"]
        hits = hits[~hits["row"].isin(skipped) & hits["row"].isin(cells.index)]
        settled = cells[~cells.index.isin(skipped)]
        replaced = hits["action"].isin([Action.REPLACE, Action.BLANK])
        for column, found in hits[replaced].groupby("column"):
            if column in settled:
                values = found["replacement"].to_numpy(object).copy()
                values[(found["action"] == Action.BLANK).to_numpy()] = None
                settled = _with_cells(
                    settled, str(column), found["row"].to_numpy(), values
                )
        return settled, len(settled) < len(cells) or bool(replaced.any())

    def edit(
        self, cells: pd.DataFrame, problems: pd.DataFrame
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Apply what was decided about single cells.

        Returns the cells without the skipped rows, and the problems of the other cells.
        """
        here = [one for one in self._cells if one.row in cells.index]
        if not here:
            return cells, problems
        for one in here:
            if one.action in (Action.REPLACE, Action.BLANK) and one.column in cells:
                value = one.replacement if one.action == Action.REPLACE else None
                values = np.array([value], dtype=object)
                cells = _with_cells(cells, one.column, np.array([one.row]), values)
        skipped = [one.row for one in here if one.action == Action.SKIP]
        edited = pd.MultiIndex.from_tuples([(one.row, one.column) for one in here])
        places = pd.MultiIndex.from_frame(problems[["row", "column"]])
        return cells[~cells.index.isin(skipped)], problems[~places.isin(edited)]


def correct(
    cells: pd.DataFrame, problems: pd.DataFrame, fixes: Fixes, check: Check
) -> Checked:
    """Return the check of raw cells after everything decided about their problems is done.

    Rows that are skipped are not among its rows.

    1. Single cells get what the person typed.
    2. Cells whose value was decided about are replaced or emptied, or their rows skipped.
    3. All is checked, and as long as a new problem was decided about too, once more from 2.
    """
    cells, problems = fixes.edit(cells, problems)
    for _round in range(ROUNDS):
        cells, _changed = fixes.settle(cells, problems)
        checked = check(cells)
        if not fixes.settle(cells, checked.problems)[1]:
            break
        problems = checked.problems
    return checked


def leave_out_skipped(checked: Checked, fixes: Fixes) -> Checked:
    """Return the check without rows whose problems were decided to be skipped.

    For problems that `correct` cannot see, such as keys that stand twice.
    """
    hits = fixes.matching(checked.problems)
    skipped = hits.loc[hits["action"] == Action.SKIP, "row"]
    if skipped.empty:
        return checked
    problems = checked.problems[~checked.problems["row"].isin(skipped)]
    return replace(
        checked,
        problems=join_problems([problems]),
        cells=checked.cells[~checked.cells.index.isin(skipped)],
    )


def _with_cells(
    frame: pd.DataFrame,
    column: str,
    rows: np.ndarray[tuple[int], np.dtype[np.int64]],
    values: np.ndarray[tuple[int], np.dtype[np.object_]],
) -> pd.DataFrame:
    cells = frame[column].to_numpy(object).copy()
    cells[frame.index.get_indexer(pd.Index(rows))] = values
    return frame.assign(**{column: pd.Series(cells, index=frame.index, dtype=object)})
