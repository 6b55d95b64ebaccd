"""Forms of the pages."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
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
        label=_("Text"),
        required=False,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": _("File name, message, recipe")}
        ),
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
    person = forms.ChoiceField(label=_("Person"), required=False)

    def __init__(self, data: Any, people: Sequence[tuple[str, str]] = ()) -> None:
        """`people`: the names of those whose jobs may be seen, by what the filter sends."""
        super().__init__(data)
        if len(people) > 1:
            everybody = [("", _("Everybody")), *people]
            self.fields["person"].choices = everybody  # type: ignore[attr-defined]
        else:
            del self.fields["person"]
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
        if person := chosen.pop("person", ""):
            chosen["owner"] = person
        jobs = jobs.filter(**chosen)
        return jobs.filter(_says(text)) if text else jobs


def people_of(jobs: JobQuerySet) -> list[tuple[str, str]]:
    """Return whose jobs these are, by name."""
    owners = get_user_model().objects.filter(pk__in=jobs.order_by().values("owner"))
    return sorted(
        ((str(one.pk), one.get_full_name() or one.get_username()) for one in owners),
        key=lambda one: one[1].casefold(),
    )


def _says(text: str) -> Q:
    """Return which jobs have a text somewhere."""
    places = ("file_name", "message", "recipe__name")
    found = [Q(**{f"{place}__icontains": text}) for place in places]
    return reduce(or_, found)
