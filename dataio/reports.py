"""Report: a file whose sheets a developer's code makes, with parameters asked for by a form.

>>> import dataio
>>> @dataio.register
... class SalesReport(dataio.Report):
...     label = "shop.sales"
...     name = "Sales"
...     form = SalesForm
...
...     def sheets(self, parameters):
...         yield dataio.Sheet(name="Sales", frames=sales_of(parameters["month"]))

People find it beside their saved reports; it runs as an export does: with the same bar,
history, schedule and delivery.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

import pandas as pd
from django import forms
from django.db import models
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from dataio.errors import UnknownReport
from dataio.resources import Resource, registry
from dataio.resources import register as register_resource
from dataio.rights import Right, everybody_may

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

Parameters = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """One sheet of a report."""

    name: str
    """Made legal and unique."""
    frames: pd.DataFrame | Iterable[pd.DataFrame]
    """The rows. An iterable of frames with the same columns and types keeps memory small.

    Types decide formats: Arrow decimals keep their places, dates and times are such in Excel.
    """
    headers: Mapping[str, str] = field(default_factory=dict)
    """Column name -> header, where it is not the name."""
    links: Iterable[str] = ()
    """Columns whose addresses become links."""
    totals: bool = False
    """A last row with the sums of the columns of numbers."""
    chart: str = ""
    """bar, line or pie. Then `frames` is one small frame, as `pivot_table` gives it: its index
    are the labels, its columns the series."""


class Report:
    """A report that code makes. Set `label` and `name`, and write `sheets`."""

    label: ClassVar[str]
    """Its name in URLs, commands and jobs, such as "shop.sales"."""
    name: ClassVar[str | Promise]
    """What people see."""
    form: ClassVar[type[forms.Form] | None] = None
    """Asks for the parameters; None: there are none."""
    using: ClassVar[str] = "default"
    """The database that all sheets read, in one consistent read."""
    reads: ClassVar[tuple[str, ...]] = ()
    """Labels of the resources whose data it shows: who may export them all may run it."""

    def sheets(self, parameters: Parameters) -> Iterable[Sheet]:
        """Yield the sheets in order. `parameters`: the cleaned data of the form."""
        raise NotImplementedError

    def may_run(self, user: AbstractBaseUser) -> bool:
        """Return whether a person may see and run the report. Asked again when it runs.

        A report that does not say what it `reads` is for superusers only, unless everybody may
        export.
        """
        if not self.reads:
            return user.is_active and (
                getattr(user, "is_superuser", False) or everybody_may(Right.EXPORT)
            )
        found = (registry.get(label) for label in self.reads)
        return all(resource.may(user, Right.EXPORT) for resource in found)

    def parameters(self, answers: Mapping[str, Any]) -> forms.Form:
        """Return the form with what was typed: field name -> text, or texts."""
        data = QueryDict(mutable=True)
        for name, value in answers.items():
            texts = value if isinstance(value, list | tuple) else [value]
            data.setlist(name, [str(one) for one in texts if one not in (None, False)])
        return (self.form or forms.Form)(data)


class ReportRegistry:
    """All reports by label; `dataio.register` fills it from each app's `resources.py`."""

    def __init__(self) -> None:
        self._reports: dict[str, Report] = {}

    def add(self, report: Report) -> None:
        self._reports[report.label] = report

    def get(self, label: str) -> Report:
        """Return the report of that label. Raises UnknownReport with those there are."""
        try:
            return self._reports[label]
        except KeyError:
            raise UnknownReport(
                _('There is no report "%(label)s". There are: %(labels)s.')
                % {"label": label, "labels": ", ".join(sorted(self._reports))}
            ) from None

    def all(self) -> list[Report]:
        """Return all reports in the order in which they were registered."""
        return list(self._reports.values())

    def of_user(self, user: AbstractBaseUser) -> list[Report]:
        """Return the reports that a person may run."""
        return [report for report in self.all() if report.may_run(user)]


reports = ReportRegistry()
ReportType = TypeVar("ReportType", bound=Report)
ResourceType = TypeVar("ResourceType", bound=Resource)
ModelType = TypeVar("ModelType", bound=models.Model)


@overload
def register(target: type[ReportType]) -> type[ReportType]: ...
@overload
def register(target: type[ResourceType]) -> type[ResourceType]: ...
@overload
def register(target: type[ModelType]) -> type[ModelType]: ...
def register(target: type[Any]) -> type[Any]:
    """Register a model, a Resource class or a Report class; works as a decorator."""
    if issubclass(target, Report):
        reports.add(target())
        return target
    return register_resource(target)
