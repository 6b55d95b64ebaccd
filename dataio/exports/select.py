"""What an export holds: the plan, and the rows it means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from dataio.columns.base import Column
from dataio.errors import DataioError
from dataio.exports.filters import filtered
from dataio.exports.masking import MaskedColumn
from dataio.exports.ordering import ordering
from dataio.exports.paths import child_of, path_column
from dataio.exports.roundtrip import Tracking, track
from dataio.resources import Resource


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """A table like a pivot table, on a sheet of its own, with a chart when asked."""

    rows: tuple[str, ...]
    """Names of the columns whose values are the lines of the table."""
    columns: tuple[str, ...] = ()
    """Names of the columns whose values are its columns; none: one column."""
    values: str = ""
    """Name of the number column that is put together; "": rows are counted."""
    aggregate: str = "count"
    """sum, mean, min, max or count."""
    chart: str = ""
    """bar, line, pie, or none."""
    by: str = ""
    """month, quarter or year: how dates among rows and columns are put together."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """How the rows lie in the workbook."""

    sheet_by: str = ""
    """Name of the column that has a sheet for each of its values."""
    group_by: tuple[str, ...] = ()
    """Names of the columns that are levels of an outline with subtotals, the outer first."""
    folded: bool = False
    """The groups are folded when the workbook is opened."""
    totals: bool = False
    """A last row with the sums of number columns."""
    table: bool = False
    """An Excel table, not an autofilter."""
    summary: Summary | None = None

    @property
    def summary_names(self) -> tuple[str, ...]:
        """Names of the columns that the summary uses."""
        if self.summary is None:
            return ()
        one = self.summary
        return (*one.rows, *one.columns, *([one.values] if one.values else []))

    @property
    def row_names(self) -> tuple[str, ...]:
        """Names of the columns by which rows are parted."""
        return (*([self.sheet_by] if self.sheet_by else []), *self.group_by)


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportPlan:
    """What a person decided on the export page. Stored with the job as JSON."""

    resource: str
    """Label of the resource."""
    columns: tuple[str, ...] = ()
    """Paths of the columns (see `dataio.exports.paths`), in the order of the file; none: all."""
    filters: dict[str, str | Sequence[str]] = field(default_factory=dict)
    """Filter name -> value(s) as typed, see `dataio.exports.filters`."""
    format: str = "xlsx"
    """A key of `dataio.writers.FORMATS`."""
    delimiter: str = ","
    byte_order_mark: bool = True
    guard_formulas: bool = True
    """Whether texts that a spreadsheet would run get an apostrophe; in CSV only."""
    to_be_edited: bool = False
    """Let the workbook say what it is and what each row was, for when it is uploaded again."""
    sort: tuple[str, ...] = ()
    """Column names, with "-" before those that go down; none: the model's own order."""
    masked: tuple[str, ...] = ()
    """Names of personal-data columns whose values are masked."""
    layout: Layout = field(default_factory=Layout)
    further: tuple[ExportPlan, ...] = ()
    """More resources, each on a sheet of its own: their resource, columns, filters and sort."""
    report: str = ""
    """Label of a `dataio.Report`, which then makes the sheets instead."""
    answers: dict[str, Any] = field(default_factory=dict)
    """What was typed into the form of that report."""
    time_zone: str = ""
    """IANA name of the zone in which "yesterday" or a date begin and end; "": the site's."""

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        """Return the plan that `as_data` gave, also by an earlier version of dataio."""
        values = dict(data)
        for name in ("columns", "sort", "masked"):
            values[name] = tuple(data.get(name, ()))
        values["layout"] = _layout(data.get("layout", {}))
        values["further"] = tuple(cls.from_data(one) for one in data.get("further", ()))
        return cls(**values)


def _layout(data: dict[str, Any]) -> Layout:
    summary = data.get("summary")
    if summary:
        lists = {name: tuple(summary.get(name, ())) for name in ("rows", "columns")}
        summary = Summary(**summary | lists)
    groups = tuple(data.get("group_by", ()))
    return Layout(**data | {"group_by": groups, "summary": summary})


def plan_columns(plan: ExportPlan, resource: Resource) -> list[Column]:
    """Return the columns of a plan, in the order of the file.

    Raises UnknownColumn with the columns there are, DataioError for children of two kinds.
    """
    names = plan.columns or tuple(resource.columns)
    child_of(resource, names)
    columns = [path_column(resource, name) for name in names]
    return [MaskedColumn(one) if one.name in plan.masked else one for one in columns]


def plan_tracking(plan: ExportPlan, resource: Resource) -> Tracking | None:
    """Return what a workbook that is to be edited carries; None for any other file.

    Raises DataioError when its rows could not be found again.
    """
    if not plan.to_be_edited or plan.format != "xlsx":
        return None
    if child_of(resource, plan.columns):
        raise DataioError(
            _("A file with a row per child cannot be uploaded again. Leave these out.")
        )
    return track(resource, plan_columns(plan, resource))


def plan_rows(plan: ExportPlan, resource: Resource) -> QuerySet[Any]:
    """Return the rows of a plan in a certain order: as sorted, and at last by primary key.

    With columns of children there is one row per child, and one for a record without any.
    Raises UnknownColumn or DataioError for filters and columns that do not fit.
    """
    child = child_of(resource, plan.columns)
    rows = filtered(
        resource, plan.filters, child=child, time_zone=plan.time_zone
    ).order_by(*ordering(resource, plan.sort, child))
    # Asking for the child's key is what makes a row of each child, also when rows are counted.
    return rows.values("pk", f"{child}__pk") if child else rows
