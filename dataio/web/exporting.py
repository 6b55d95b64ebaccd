"""The export page: what it offers, and what the person decided, as an ExportPlan.

Fields of our own have a hyphen in their names, so that no filter can have the same one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.forms import BoundField
from django.http import QueryDict
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from dataio.columns import Column
from dataio.errors import DataioError
from dataio.exports.filters import chosen_filters, filter_names, filterset
from dataio.exports.run import first_rows
from dataio.exports.select import ExportPlan, plan_rows, plan_tracking
from dataio.jobs.intake import legal_name
from dataio.resources import Resource
from dataio.web.cells import Cell, cell_of
from dataio.writers import FORMATS

PREVIEW_ROWS = 5
FURTHER = ("_in", "_is", "_not", "_starts", "_period", "_empty")


@dataclass(frozen=True, kw_only=True, slots=True)
class ChosenColumn:
    column: Column
    is_chosen: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class FilterRow:
    """The filters of one column: one field, or from and to."""

    label: str
    fields: list[BoundField]

    @property
    def is_pair(self) -> bool:
        return len(self.fields) > 1


class ExportPage:
    """The choices of one export. `data` is the query or the form as it came."""

    def __init__(self, resource: Resource, data: QueryDict) -> None:
        self.resource = resource
        self.data = data
        simple = [one for one in filter_names(resource) if not one.endswith(FURTHER)]
        self.filters = filterset(resource, data, simple)

    @property
    def things(self) -> str:
        return self.resource.verbose_name_plural

    @cached_property
    def chosen(self) -> tuple[str, ...]:
        """Names of the chosen columns, in order; all before anything was chosen."""
        if "export-sent" not in self.data:
            return tuple(self.resource.columns)
        names = dict.fromkeys(self.data.getlist("export-columns"))
        chosen = [name for name in names if name in self.resource.columns]
        return tuple(_moved(chosen, self.data.get("export-move", "")))

    @property
    def columns(self) -> list[ChosenColumn]:
        """All columns, the chosen ones first."""
        rest = [name for name in self.resource.columns if name not in self.chosen]
        return [
            ChosenColumn(
                column=self.resource.column(name), is_chosen=name in self.chosen
            )
            for name in [*self.chosen, *rest]
        ]

    @cached_property
    def filter_rows(self) -> list[FilterRow]:
        """The filters, from and to of one column together."""
        found: dict[str, list[BoundField]] = {}
        for field in self.filters.form:
            _dress(field.field)
            base = re.sub(r"_(min|max|from|to)$", "", field.name)
            column = base if base in self.resource.columns else field.name
            found.setdefault(column, []).append(field)
        for first, last in (fields for fields in found.values() if len(fields) > 1):
            first.field.widget.attrs["placeholder"] = _("from")
            last.field.widget.attrs["placeholder"] = _("to")
        return [
            FilterRow(label=str(self._label(name, fields[0])), fields=fields)
            for name, fields in found.items()
        ]

    @property
    def filters_chosen(self) -> int:
        return len(chosen_filters(self.resource, self.data))

    @property
    def formats(self) -> list[tuple[str, str]]:
        return [(name, str(one.label)) for name, one in FORMATS.items()]

    @property
    def format(self) -> str:
        wanted = self.data.get("export-format", "")
        return wanted if wanted in FORMATS else next(iter(FORMATS))

    @property
    def to_be_edited(self) -> bool:
        """Whether the workbook will come back."""
        return self.format == "xlsx" and self.data.get("export-edited") == "yes"

    @property
    def name(self) -> str:
        """The file's name without its suffix."""
        today = timezone.localdate().isoformat()
        proposed = f"{capfirst(self.things)} {today}"
        typed = legal_name(self.data.get("export-name", ""))
        return typed.removesuffix(FORMATS[self.format].suffix).strip(" .") or proposed

    @property
    def file_name(self) -> str:
        return self.name + FORMATS[self.format].suffix

    @property
    def plan(self) -> ExportPlan:
        filters: dict[str, Any] = dict(chosen_filters(self.resource, self.data))
        return ExportPlan(
            resource=self.resource.label,
            columns=self.chosen,
            filters=filters,
            format=self.format,
            to_be_edited=self.to_be_edited,
        )

    @cached_property
    def errors(self) -> list[str]:
        """What makes the export impossible as it is chosen."""
        sentences = [] if self.chosen else [_("Choose at least one column.")]
        try:
            plan_rows(self.plan, self.resource)
            plan_tracking(self.plan, self.resource)
        except DataioError as error:
            sentences.append(error.message)
        return sentences

    @cached_property
    def count(self) -> int | None:
        """Rows that the file will hold; None when the choices make no sense."""
        return None if self.errors else plan_rows(self.plan, self.resource).count()

    @cached_property
    def preview(self) -> list[list[Cell]]:
        """The first rows as the file will show them."""
        if self.errors or not self.count:
            return []
        frame = first_rows(self.plan, self.resource, PREVIEW_ROWS)
        blank_as_none = frame.astype(object).where(frame.notna(), None)
        return [
            [cell_of(value) for value in row]
            for row in blank_as_none.to_numpy().tolist()
        ]

    @property
    def headers(self) -> list[str]:
        return [str(self.resource.column(name).label) for name in self.chosen]

    def _label(self, name: str, field: BoundField) -> str:
        column = self.resource.columns.get(name)
        return str(column.label) if column else str(field.label)


def _moved(names: list[str], move: str) -> list[str]:
    """Return the names with one moved up or down, as "up:price" says (without scripts)."""
    way, _colon, name = move.partition(":")
    if name not in names or way not in ("up", "down"):
        return names
    place = names.index(name)
    other = place - 1 if way == "up" else place + 1
    if 0 <= other < len(names):
        names[place], names[other] = names[other], names[place]
    return names


def _dress(field: forms.Field) -> None:
    """Give a filter the control that a person expects."""
    if isinstance(field, forms.DateField):
        field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    elif isinstance(field, forms.DecimalField):
        field.widget.attrs.setdefault("step", "any")
    elif isinstance(field, forms.MultipleChoiceField):
        choices: Any = field.choices
        field.widget = forms.CheckboxSelectMultiple(choices=list(choices))
    elif isinstance(field, forms.ChoiceField):  # ModelChoiceField is one too
        single: Any = field  # django-filter's fields have an empty_label as well
        single.empty_label = _("Any")
