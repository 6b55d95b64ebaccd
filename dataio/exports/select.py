"""What an export holds: the plan, and the rows it means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from django.db.models import QuerySet

from dataio.columns.base import Column
from dataio.exports.filters import filtered
from dataio.exports.roundtrip import Tracking, track
from dataio.resources import Resource


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportPlan:
    """What a person decided on the export page. Stored with the job as JSON."""

    resource: str
    """Label of the resource."""
    columns: tuple[str, ...] = ()
    """Names of the columns, in the order of the file; none: all."""
    filters: dict[str, str | Sequence[str]] = field(default_factory=dict)
    """Filter name -> value(s) as typed, see `dataio.exports.filters`."""
    format: str = "xlsx"
    """A key of `dataio.writers.FORMATS`."""
    delimiter: str = ","
    byte_order_mark: bool = True
    to_be_edited: bool = False
    """Let the workbook say what it is and what each row was, for when it is uploaded again."""

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        """Return the plan that `as_data` gave."""
        return cls(**data | {"columns": tuple(data["columns"])})


def plan_columns(plan: ExportPlan, resource: Resource) -> list[Column]:
    """Return the columns of a plan, in the order of the file.

    Raises UnknownColumn with the columns there are.
    """
    return [resource.column(name) for name in plan.columns or resource.columns]


def plan_tracking(plan: ExportPlan, resource: Resource) -> Tracking | None:
    """Return what a workbook that is to be edited carries; None for any other file.

    Raises DataioError when its rows could not be found again.
    """
    if not plan.to_be_edited or plan.format != "xlsx":
        return None
    return track(resource, plan_columns(plan, resource))


def plan_rows(plan: ExportPlan, resource: Resource) -> QuerySet[Any]:
    """Return the rows of a plan in a certain order: the model's own, then by primary key.

    Raises UnknownColumn or DataioError for filters that do not fit.
    """
    rows = filtered(resource, plan.filters)
    ordering = rows.query.order_by or resource.model._meta.ordering or ()
    return rows.order_by(*ordering, "pk")
