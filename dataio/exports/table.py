"""A summary as the page and the file show it: its numbers, and what a chart draws of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

MOST_SERIES = 8  # more cannot be told apart
MOST_SLICES = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class SummaryTable:
    """The table, and what is to be said of it."""

    table: pd.DataFrame
    """Index: the labels of the lines, texts. Columns: texts. Values: Arrow numbers, NA where
    there is nothing. No line at all when there are no rows."""
    title: str
    measure: str
    """What the numbers are, such as "Sum of Price"."""
    total_row: bool = False
    """The last line is a total."""
    total_column: bool = False
    chart: str = ""
    """bar, line, pie, or none."""
    adds_up: bool = True
    """Whether the sum of the numbers means something: not so for averages."""

    @property
    def body(self) -> pd.DataFrame:
        """The table without its totals."""
        lines = len(self.table) - int(self.total_row)
        columns = self.table.shape[1] - int(self.total_column)
        return self.table.iloc[:lines, :columns]

    @property
    def drawn(self) -> list[int]:
        """Places of the columns that a chart draws: all, or the greatest ones."""
        body = self.body
        if body.shape[1] <= MOST_SERIES:
            return list(range(body.shape[1]))
        sizes = [float(body.iloc[:, place].sum()) for place in range(body.shape[1])]
        greatest = sorted(range(len(sizes)), key=lambda place: -sizes[place])
        return sorted(greatest[:MOST_SERIES])

    @property
    def is_stacked(self) -> bool:
        """Whether bars of several columns stand on top of each other."""
        numbers: list[Any] = self.body.to_numpy(dtype=object).ravel().tolist()
        return self.adds_up and not any(one < 0 for one in numbers if one is not pd.NA)

    @property
    def labels(self) -> list[str]:
        """The labels of the lines, without the total; several levels are joined."""
        return [
            " / ".join(one) if isinstance(one, tuple) else str(one)
            for one in self.body.index
        ]
