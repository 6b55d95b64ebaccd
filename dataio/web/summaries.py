"""The summary of an export as a page shows it: a chart, and the table beside it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from django.utils.translation import gettext as _

from dataio.errors import DataioError
from dataio.exports.select import ExportPlan
from dataio.exports.summary import summary_table
from dataio.exports.table import SummaryTable
from dataio.resources import Resource
from dataio.web.chart_marks import shown_number
from dataio.web.charts import Chart, chart_of

MOST_LINES = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownLine:
    """A line of the table."""

    labels: list[str]
    numbers: list[str]
    is_total: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownSummary:
    """What parts/export_summary.html shows."""

    title: str = ""
    label_headers: list[str]
    headers: list[str]
    lines: list[ShownLine]
    total_column: bool = False
    chart: Chart | None = None
    note: str = ""
    error: str = ""
    """A sentence, in place of all the rest."""
    is_slow: bool = False
    """It takes longer than a page waits: only the file has it."""


def shown_summary(plan: ExportPlan, resource: Resource) -> ShownSummary | None:
    """Return the summary of a plan; None when it has none. What is wrong is a sentence in it."""
    if plan.layout.summary is None:
        return None
    try:
        return shown_table(summary_table(plan, resource))
    except DataioError as error:
        return ShownSummary(label_headers=[], headers=[], lines=[], error=error.message)


def slow_summary() -> ShownSummary:
    """Return what stands for a summary that a page does not wait for."""
    return ShownSummary(label_headers=[], headers=[], lines=[], is_slow=True)


def shown_table(found: SummaryTable) -> ShownSummary:
    """Return a summary for a page: the first lines, and the total."""
    table = found.table
    count = len(found.body)
    places = [*range(min(count, MOST_LINES)), *range(count, len(table))]
    return ShownSummary(
        title=found.title,
        label_headers=[str(name) for name in table.index.names],
        headers=[str(name) for name in table.columns],
        lines=[_line(table, place, is_total=place >= count) for place in places],
        total_column=found.total_column,
        chart=chart_of(found),
        note=_note(count),
    )


def _line(table: pd.DataFrame, place: int, *, is_total: bool) -> ShownLine:
    label = table.index[place]
    return ShownLine(
        labels=[str(one) for one in (label if isinstance(label, tuple) else (label,))],
        numbers=[
            shown_number(table.iat[place, column]) for column in range(table.shape[1])
        ],
        is_total=is_total,
    )


def _note(count: int) -> str:
    if count <= MOST_LINES:
        return ""
    return _("The first %(shown)s of %(all)s lines. The file has them all.") % {
        "shown": MOST_LINES,
        "all": count,
    }
