"""A table like a pivot table: the database adds up, pandas shapes, exact to the last digit.

Only one row for each pair of a line and a column of the table leaves the database, so a
million rows are summed up without ever being in memory. The page and the file show the
same table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from django.db.models import Aggregate, Count, F, Max, Min, QuerySet, Sum
from django.utils.translation import gettext as _

from dataio.columns.base import Column
from dataio.errors import DataioError
from dataio.exports.frames import select_path
from dataio.exports.masking import MaskedColumn
from dataio.exports.paths import child_of, path_column
from dataio.exports.periods import PERIODS, period
from dataio.exports.pivot import COUNT, DATES, NUMBER, Measure, labelled, pivoted
from dataio.exports.select import ExportPlan, Summary, plan_rows
from dataio.exports.table import SummaryTable
from dataio.resources import Resource

AGGREGATES = ("count", "sum", "mean", "min", "max")
CHARTS = ("bar", "line", "pie")
NUMBERS = ("integer", "decimal", "float")
# Lists, and what is hardly ever the same in two rows.
NEVER_KEYS = ("relations", "json", "duration", "float")
MOST_LINES = 1_000
MOST_COLUMNS = 100
MOST_GROUPS = 200_000  # lines of the answer of the database that pandas shapes


def summary_table(plan: ExportPlan, resource: Resource) -> SummaryTable:
    """Return the summary of a plan's rows (`plan.layout.summary`).

    Dates are put together in the current time zone. Raises DataioError for choices that do
    not fit, and for columns with too many different values.
    """
    summary = plan.layout.summary
    if summary is None:
        raise DataioError(_("This export has no summary."))
    _check(summary)
    plan = _with_children(plan, resource)
    names = (*summary.rows, *summary.columns)
    keys = [_key_column(plan, resource, name) for name in names]
    measure = _measure(
        summary, resource, by_child=bool(child_of(resource, plan.columns))
    )
    groups = _groups(plan, resource, keys, measure)
    table = pivoted(groups, len(summary.rows), measure)
    labels = [_key_label(column, summary.by) for column in keys]
    table.index.names = labels[: len(summary.rows)]
    return SummaryTable(
        table=table,
        title=_("%(measure)s by %(names)s")
        % {"measure": measure.name, "names": _listed(labels)},
        measure=measure.name,
        total_row=len(table) > 0,
        total_column=bool(summary.columns) and len(table) > 0,
        chart=summary.chart,
        adds_up=summary.aggregate in ("count", "sum"),
    )


def can_be_key(column: Column) -> bool:
    """Return whether the values of a column may be lines or columns of a summary."""
    return not column.many and column.kind not in NEVER_KEYS


def can_be_value(column: Column) -> bool:
    """Return whether a column holds numbers that may be added up."""
    return column.kind in NUMBERS


def _with_children(plan: ExportPlan, resource: Resource) -> ExportPlan:
    """Return the plan with a row for each child, when only its summary goes down to them."""
    own = plan.columns or tuple(resource.columns)
    return replace(plan, columns=(*own, *plan.layout.summary_names))


def _key_column(plan: ExportPlan, resource: Resource, name: str) -> Column:
    column = path_column(resource, name)
    if not can_be_key(column):
        raise DataioError(
            _('A summary cannot be made by "%(column)s".') % {"column": column.label}
        )
    return MaskedColumn(column) if name in plan.masked else column


def _measure(summary: Summary, resource: Resource, *, by_child: bool) -> Measure:
    if not summary.values:
        things = {"things": _("rows") if by_child else resource.verbose_name_plural}
        name = _("Number of %(things)s") % things
        return Measure(aggregate="count", name=name, column=None)
    column = path_column(resource, summary.values)
    if not can_be_value(column):
        raise DataioError(
            _('"%(column)s" does not hold numbers.') % {"column": column.label}
        )
    said = {
        "count": _("Count of %(column)s"),
        "sum": _("Sum of %(column)s"),
        "mean": _("Average of %(column)s"),
        "min": _("Least %(column)s"),
        "max": _("Greatest %(column)s"),
    }[summary.aggregate]
    name = said % {"column": column.label}
    return Measure(aggregate=summary.aggregate, name=name, column=column)


def _check(summary: Summary) -> None:
    """Raise a DataioError for choices that make no sense whatever the columns are."""
    if not summary.rows:
        raise DataioError(_("Choose what the lines of the summary are."))
    names = (*summary.rows, *summary.columns)
    if len(set(names)) < len(names):
        raise DataioError(_("Choose each column once in a summary."))
    if not summary.values and summary.aggregate != "count":
        raise DataioError(_("Choose the column of numbers that is summed up."))
    if summary.chart == "pie" and summary.columns:
        raise DataioError(
            _(
                "A pie shows one column of numbers. Choose bars or a line, or no columns."
            )
        )
    for name, choices in (
        (summary.aggregate, AGGREGATES),
        (summary.by, ("", *PERIODS)),
        (summary.chart, ("", *CHARTS)),
    ):
        if name not in choices:
            raise DataioError(
                _('"%(name)s" is no choice for a summary. There are: %(names)s.')
                % {"name": name, "names": ", ".join(filter(None, choices))}
            )


def _key_label(column: Column, by: str) -> str:
    if column.kind not in DATES or not by:
        return str(column.label)
    words = {"month": _("month"), "quarter": _("quarter"), "year": _("year")}
    return f"{column.label} ({words[by]})"


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    if not first:
        return last
    return _("%(first)s and %(last)s") % {"first": ", ".join(first), "last": last}


def _groups(
    plan: ExportPlan, resource: Resource, keys: Sequence[Column], measure: Measure
) -> pd.DataFrame:
    """Return one row for each group: its keys as ordered labels, then COUNT and NUMBER."""
    summary = plan.layout.summary or Summary(rows=())
    rows = _rows(plan, resource)
    asked = {
        f"dataio_key_{place}": _asked(rows, key, summary.by)
        for place, key in enumerate(keys)
    }
    measures = _measures(measure)
    answer = rows.values(**asked).annotate(**measures).values_list(*asked, *measures)
    found = list(answer[: MOST_GROUPS + 1])
    frame = pd.DataFrame(found, columns=[*asked, *measures], dtype=object)
    for name, key in zip(asked, keys, strict=True):
        frame[name] = labelled(frame[name], key, summary.by)
    if NUMBER in frame:
        frame[NUMBER] = measure.exact(frame[NUMBER])
    edge, names = len(summary.rows), list(asked)
    _limit(frame, dict(zip(names[:edge], keys[:edge], strict=True)), MOST_LINES)
    _limit(frame, dict(zip(names[edge:], keys[edge:], strict=True)), MOST_COLUMNS)
    return frame


def _rows(plan: ExportPlan, resource: Resource) -> QuerySet[Any]:
    rows = plan_rows(plan, resource).order_by()
    if not rows.query.distinct:
        return rows
    # A filter by several related records finds a row once for each of them.
    return resource.queryset().filter(pk__in=rows.values("pk")).order_by()


def _limit(frame: pd.DataFrame, keys: dict[str, Column], most: int) -> None:
    """Raise a DataioError when the keys have too many different values."""
    if not keys:
        return
    too_long = len(frame) > MOST_GROUPS
    if not too_long and len(frame[list(keys)].drop_duplicates()) <= most:
        return
    widest = max(keys, key=lambda name: frame[name].nunique())
    raise DataioError(
        _(
            '"%(column)s" has too many different values for a summary. '
            "Choose a column with at most %(most)s different values."
        )
        % {"column": keys[widest].label, "most": most}
    )


def _asked(rows: QuerySet[Any], column: Column, by: str) -> Any:
    path = select_path(column)
    if not isinstance(path, str):
        return path
    if column.kind in DATES:
        return period(rows, path, kind=column.kind, by=by)
    return F(path)


def _measures(measure: Measure) -> dict[str, Aggregate]:
    path = select_path(measure.column) if measure.column else "*"
    if measure.aggregate in ("min", "max"):
        return {NUMBER: Min(path) if measure.aggregate == "min" else Max(path)}
    count: dict[str, Aggregate] = {COUNT: Count(path)}
    return count if measure.aggregate == "count" else {NUMBER: Sum(path), **count}
