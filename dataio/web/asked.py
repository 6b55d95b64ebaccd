"""What a report asks at each run, as a form whose answers a schedule keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from django import forms
from django.forms import BoundField
from django.http import QueryDict

from dataio.errors import UnknownColumn, UnknownReport, UnknownResource
from dataio.exports.filters import filterset
from dataio.models import Schedule
from dataio.reports import reports
from dataio.resources import registry


class AskedForm:
    """The questions of a schedule's report; `data` is the form as it came, None before."""

    def __init__(self, schedule: Schedule, data: QueryDict | None) -> None:
        self.report = schedule.report
        self.is_typed = data is not None
        self.data = data if data is not None else self._known(schedule)

    @cached_property
    def form(self) -> forms.Form | None:
        """The form; None when nothing is asked, or when what it is about is not there any more."""
        try:
            form = self._form()
        except (UnknownResource, UnknownColumn, UnknownReport):
            return None
        for field in form.fields.values() if form else ():
            if isinstance(field, forms.DateField):
                field.widget = forms.DateInput(
                    attrs={"type": "date"}, format="%Y-%m-%d"
                )
        return form

    def _form(self) -> forms.Form | None:
        if self.report.code:
            kind = reports.get(self.report.code).form
            if kind is None:
                return None
            return kind(self.data) if self.is_typed else kind(initial=self.data.dict())
        if not self.report.questions:
            return None
        resource = registry.get(self.report.resource)
        form: forms.Form = filterset(resource, self.data, self.report.questions).form
        return form

    @property
    def fields(self) -> list[BoundField]:
        return list(self.form) if self.form else []

    def is_valid(self) -> bool:
        return self.form is None or self.form.is_valid()

    @property
    def answers(self) -> dict[str, str | list[str]]:
        """What was typed, by question; what was left open is no condition."""
        return {field.name: self._answer(field) for field in self.fields}

    def _answer(self, field: BoundField) -> str | list[str]:
        texts = [text for text in self.data.getlist(field.name) if text.strip()]
        # A code-defined report's form takes one text where it asks for one.
        many = getattr(field.field.widget, "allow_multiple_selected", False)
        return "".join(texts[:1]) if self.report.code and not many else texts

    def _known(self, schedule: Schedule) -> QueryDict:
        """Return what is answered already, or saved with the report."""
        known: Mapping[str, Any] = (
            self.report.plan.get("filters", {}) | schedule.answers
        )
        data = QueryDict(mutable=True)
        for name, value in known.items():
            data.setlist(name, _texts(value))
        return data


def _texts(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
