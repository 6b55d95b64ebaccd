"""A summary as the page and the file show it: its numbers, and what a chart draws of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
from django.utils.translation import gettext as _

from dataio.writers import Chart, Summary

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
        return self.adds_up and not any(one < 0 for one in numbers if not pd.isna(one))

    @property
    def labels(self) -> list[str]:
        """The labels of the lines, without the total; several levels are joined."""
        return [
            " / ".join(one) if isinstance(one, tuple) else str(one)
            for one in self.body.index
        ]


def summary_sheet(
    found: SummaryTable, name: str = "", *, in_front: bool = True
) -> Summary:
    """Return a summary as a sheet of a workbook, with its chart; "" names it "Summary"."""
    kind: Literal["column", "line", "pie"] = "column"
    if found.chart in ("line", "pie"):
        kind = "pie" if found.chart == "pie" else "line"
    drawn = [str(found.body.columns[place]) for place in found.drawn]
    chart = Chart(
        kind=kind,
        title=found.title,
        columns=drawn if len(drawn) < found.body.shape[1] else (),
        stacked=kind == "column" and len(drawn) > 1 and found.is_stacked,
    )
    return Summary(
        name=name or _("Summary"),
        table=found.table,
        title=found.title,
        chart=chart if found.chart and len(found.body) else None,
        total_row=found.total_row,
        total_column=found.total_column,
        in_front=in_front,
    )
