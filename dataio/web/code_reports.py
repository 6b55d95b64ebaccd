"""A report that code makes as the pages show it: its questions are a form of Django."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import QueryDict

from dataio.models import Job
from dataio.reports import Report
from dataio.web.shown import ShownJob

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

RUNS = 20


class CodeReport:
    """One report. `saved`: answers kept with it; `typed`: what came from the page."""

    def __init__(
        self,
        report: Report,
        saved: Mapping[str, Any] | None = None,
        typed: QueryDict | None = None,
    ) -> None:
        self.report = report
        self.saved = saved or {}
        self.typed = typed

    @cached_property
    def form(self) -> forms.Form:
        """The questions, with what is known of the answers."""
        if self.typed is not None:
            form = self.report.parameters(self.given)
        else:
            form = (self.report.form or forms.Form)(initial=dict(self.saved))
        for field in form.fields.values():
            if isinstance(field, forms.DateField):
                kind = {"type": "date"}
                field.widget = forms.DateInput(attrs=kind, format="%Y-%m-%d")
        return form

    @property
    def errors(self) -> list[str]:
        """Sentences about the form as a whole; those of a field stand beside it."""
        return [str(one) for one in self.form.non_field_errors()]

    @property
    def is_answered(self) -> bool:
        return self.typed is not None and self.form.is_valid()

    @property
    def given(self) -> dict[str, Any]:
        """What was typed: field name -> text, or texts where a field takes several."""
        data = self.typed if self.typed is not None else QueryDict()
        found: dict[str, Any] = {}
        for name, field in (self.report.form or forms.Form)().fields.items():
            several = getattr(field.widget, "allow_multiple_selected", False)
            if name in data:
                found[name] = data.getlist(name) if several else data[name]
        return found

    def jobs(self, user: AbstractBaseUser) -> list[ShownJob]:
        """Return the last runs that a person may see, the newest first."""
        jobs = Job.objects.visible_to(user).filter(plan__report=self.report.label)
        return [ShownJob(job) for job in jobs.order_by("-created_at")[:RUNS]]
