"""A summary sheet: a small table, as `DataFrame.pivot_table` gives it, and its chart."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from dataio.writers.frames import arrow_cells
from dataio.writers.texts import Arrow


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """A native Excel chart of a summary: one series for each column it draws."""

    kind: Literal["column", "bar", "line", "pie"]
    """Upright bars, lying bars, lines, or a pie of the first column it draws."""
    title: str = ""
    columns: Sequence[Hashable] = ()
    """Columns of the table that are drawn; none: all but the total."""
    stacked: bool = False
    """One bar on top of the other; for columns and bars."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """A sheet of its own with a small table; the table is held in memory."""

    name: str
    """Of the sheet; made legal."""
    table: pd.DataFrame
    """Index levels are the labels of the rows, their names the headers above them.
    Columns may have several levels: as many header rows."""
    title: str = ""
    subtitle: str = ""
    """What a reader must know: the filters, the day."""
    chart: Chart | None = None
    total_row: bool = False
    """The last row is a total: bold, and not drawn."""
    total_column: bool = False
    """The last column is a total: bold, and not drawn."""
    in_front: bool = True
    """Before the sheets with rows, in the order they were given; else after them."""

    def header(self) -> list[list[str]]:
        """Return the header rows: over the labels only the last one is filled."""
        above = self.table.columns.nlevels
        labels = [_text(name) for name in self.table.index.names]
        rows: list[list[str]] = []
        for level in range(above):
            left = labels if level == above - 1 else [""] * len(labels)
            rows.append(
                [*left, *map(_text, self.table.columns.get_level_values(level))]
            )
        return rows

    def cells(self) -> list[Arrow]:
        """Return the columns of the body as Arrow arrays, labels first."""
        index = self.table.index
        labels = [
            pd.Series(index.get_level_values(level)) for level in range(index.nlevels)
        ]
        places = range(self.table.shape[1])
        values = [self.table.iloc[:, place] for place in places]
        return [arrow_cells(series) for series in [*labels, *values]]

    def drawn(self) -> list[int]:
        """Return the places of the columns that the chart draws, counted in the table."""
        if self.chart is None:
            return []
        places = list(range(self.table.shape[1] - int(self.total_column)))
        if self.chart.columns:
            wanted = set(self.chart.columns)
            places = [place for place in places if self.table.columns[place] in wanted]
        return places[:1] if self.chart.kind == "pie" else places


def _text(value: Hashable) -> str:
    return "" if value is None else str(value)
