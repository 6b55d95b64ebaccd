"""A table like a pivot table: the database adds up, pandas shapes, exact to the last digit.

Only one row for each pair of a line and a column of the table leaves the database, so a
million rows are summed up without ever being in memory. The page and the file show the
same table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from django.db.models import Aggregate, Count, F, Max, Min, QuerySet, Sum
from django.utils.translation import gettext as _

from dataio.columns import ForeignKeyColumn
from dataio.columns.base import Column
from dataio.errors import DataioError
from dataio.exports.periods import PERIODS, period
from dataio.exports.pivot import COUNT, DATES, NUMBER, Measure, labelled, pivoted
from dataio.exports.select import ExportPlan, Summary, plan_rows
from dataio.resources import Resource

AGGREGATES = ("count", "sum", "mean", "min", "max")
CHARTS = ("bar", "line", "pie")
NUMBERS = ("integer", "decimal", "float")
NEVER_KEYS = (
    "relations",
    "json",
    "duration",
    "float",
)  # lists, or all values different
MOST_LINES = 1_000
MOST_COLUMNS = 100
MOST_GROUPS = 200_000  # lines of the answer of the database that pandas shapes


@dataclass(frozen=True, kw_only=True, slots=True)
class SummaryTable:
    """The table, and what is to be said of it."""

    table: pd.DataFrame
    """Index: the labels of the lines, texts. Columns: texts. Values: Arrow numbers, NA where
    there is nothing. No line at all when there are no rows."""
    title: str
    measure: str
    """What the numbers are, such as "Sum of Price"."""
    total_row: bool
    """The last line is a total."""
    total_column: bool


def summary_table(plan: ExportPlan, resource: Resource) -> SummaryTable:
    """Return the summary of a plan's rows (`plan.layout.summary`).

    Dates are put together in the current time zone. Raises DataioError for choices that do
    not fit, and for columns with too many different values.
    """
    summary = plan.layout.summary
    if summary is None:
        raise DataioError(_("This export has no summary."))
    keys = [key_column(resource, name) for name in (*summary.rows, *summary.columns)]
    _check(summary, keys)
    measure = Measure(
        aggregate=summary.aggregate,
        name=measure_name(summary, resource),
        column=value_column(resource, summary),
    )
    groups = _groups(plan, resource, keys, measure)
    names = [_key_name(column, summary.by) for column in keys]
    table = pivoted(groups, len(summary.rows), measure)
    table.index.names = names[: len(summary.rows)]
    return SummaryTable(
        table=table,
        title=_("%(measure)s by %(names)s")
        % {"measure": measure.name, "names": _listed(names)},
        measure=measure.name,
        total_row=len(table) > 0,
        total_column=bool(summary.columns) and len(table) > 0,
    )


def can_be_key(column: Column) -> bool:
    """Return whether the values of a column may be lines or columns of a summary."""
    return not column.many and column.kind not in NEVER_KEYS


def can_be_value(column: Column) -> bool:
    """Return whether a column holds numbers that may be added up."""
    return column.kind in NUMBERS


def key_column(resource: Resource, name: str) -> Column:
    """Return a column whose values are lines or columns of a summary.

    Raises UnknownColumn, or DataioError for a column that holds lists.
    """
    column = resource.column(name)
    if not can_be_key(column):
        raise DataioError(
            _('A summary cannot be made by "%(column)s".') % {"column": column.label}
        )
    return column


def value_column(resource: Resource, summary: Summary) -> Column | None:
    """Return the column of numbers that is put together; None: rows are counted."""
    if summary.aggregate not in AGGREGATES:
        raise DataioError(
            _('There is no "%(name)s" of numbers. There are: %(names)s.')
            % {"name": summary.aggregate, "names": ", ".join(AGGREGATES)}
        )
    if not summary.values:
        if summary.aggregate != "count":
            raise DataioError(_("Choose the column of numbers that is summed up."))
        return None
    column = resource.column(summary.values)
    if not can_be_value(column):
        raise DataioError(
            _('"%(column)s" does not hold numbers.') % {"column": column.label}
        )
    return column


def measure_name(summary: Summary, resource: Resource) -> str:
    """Return what the numbers of a summary are, such as "Sum of Price"."""
    if not summary.values:
        things = {"things": resource.verbose_name_plural}
        return _("Number of %(things)s") % things
    said = {
        "count": _("Count of %(column)s"),
        "sum": _("Sum of %(column)s"),
        "mean": _("Average of %(column)s"),
        "min": _("Least %(column)s"),
        "max": _("Greatest %(column)s"),
    }[summary.aggregate]
    return said % {"column": resource.column(summary.values).label}


def _check(summary: Summary, keys: Sequence[Column]) -> None:
    if not summary.rows:
        raise DataioError(_("Choose what the lines of the summary are."))
    if len({column.name for column in keys}) < len(keys):
        raise DataioError(_("Choose each column once in a summary."))
    if summary.by and summary.by not in PERIODS:
        raise DataioError(
            _('Dates cannot be put together by "%(by)s". There are: %(names)s.')
            % {"by": summary.by, "names": ", ".join(PERIODS)}
        )


def _key_name(column: Column, by: str) -> str:
    if column.kind not in DATES or not by:
        return str(column.label)
    words = {"month": _("month"), "quarter": _("quarter"), "year": _("year")}
    return f"{column.label} ({words[by]})"


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    if not first:
        return last
    return _("%(first)s and %(last)s") % {"first": ", ".join(first), "last": last}


def value_path(column: Column) -> str:
    """Return what to ask the database for."""
    if isinstance(column, ForeignKeyColumn):
        return f"{column.name}__{column.field_name}"
    return column.name


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
    path = value_path(column)
    if column.kind in DATES:
        return period(rows, path, kind=column.kind, by=by)
    return F(path)


def _measures(measure: Measure) -> dict[str, Aggregate]:
    path = value_path(measure.column) if measure.column else "*"
    if measure.aggregate in ("min", "max"):
        return {NUMBER: Min(path) if measure.aggregate == "min" else Max(path)}
    count: dict[str, Aggregate] = {COUNT: Count(path)}
    return count if measure.aggregate == "count" else {NUMBER: Sum(path), **count}
