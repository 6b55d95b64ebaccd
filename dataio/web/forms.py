"""Forms of the pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dataio.models import JobQuerySet, JobState
from dataio.resources import registry


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("Workbook"),
        error_messages={
            "required": _("Choose a file first."),
            "missing": _("Choose a file first."),
            "empty": _("This file is empty."),
        },
    )


class JobFilter(forms.Form):
    """Narrows the list of jobs. What makes no sense is passed over, as in any search."""

    text = forms.CharField(
        label=_("File name"),
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("File name")}),
    )
    kind = forms.ChoiceField(
        label=_("Kind"),
        required=False,
        choices=[
            ("", _("Imports and exports")),
            ("import", _("Imports")),
            ("export", _("Exports")),
        ],
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("Any state")), *JobState.choices],
    )
    resource = forms.ChoiceField(label=_("Data"), required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        choices = [(one.label, one.verbose_name_plural) for one in registry.all()]
        self.fields["resource"].choices = [("", _("All data")), *choices]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> dict[str, str]:
        """The filters that are set."""
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value}

    def narrow(self, jobs: JobQuerySet) -> JobQuerySet:
        chosen = dict(self.chosen)
        text = chosen.pop("text", "")
        jobs = jobs.filter(**chosen)
        return jobs.filter(Q(file_name__icontains=text)) if text else jobs
