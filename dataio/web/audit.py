"""What the page of the audit trail shows: filters, and each entry as a sentence."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dataio.errors import UnknownResource
from dataio.models import AuditAction, AuditEntry, AuditQuerySet
from dataio.resources import registry
from dataio.web.problems import harmless

ICONS = {
    AuditAction.UPLOADED: "upload",
    AuditAction.CHECKED: "list-checks",
    AuditAction.IMPORT_STARTED: "file-up",
    AuditAction.IMPORTED: "file-up",
    AuditAction.UNDO_STARTED: "undo-2",
    AuditAction.UNDID: "undo-2",
    AuditAction.EXPORT_STARTED: "file-down",
    AuditAction.EXPORTED: "file-down",
    AuditAction.CANCELLED: "ban",
    AuditAction.STOPPED: "circle-x",
    AuditAction.DOWNLOADED: "download",
    AuditAction.SHARED: "users",
    AuditAction.DENIED: "key-round",
}
COUNTS = ("created", "updated", "unchanged", "failed")


class AuditFilter(forms.Form):
    """Narrows the trail. What makes no sense is passed over, as in any search."""

    person = forms.CharField(
        label=gettext_lazy("Person"),
        required=False,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": gettext_lazy("User name")}
        ),
    )
    action = forms.ChoiceField(label=gettext_lazy("What was done"), required=False)
    text = forms.CharField(
        label=gettext_lazy("File or request"),
        required=False,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": gettext_lazy("Name or number")}
        ),
    )
    resource = forms.ChoiceField(label=gettext_lazy("Data"), required=False)
    since = forms.DateField(
        label=gettext_lazy("From day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=gettext_lazy("To day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        resources = [(one.label, one.verbose_name_plural) for one in registry.all()]
        choices = {
            "action": [("", _("Everything")), *AuditAction.choices],
            "resource": [("", _("All data")), *resources],
        }
        for name, values in choices.items():
            self.fields[name].choices = values  # type: ignore[attr-defined]

    @property
    def chosen(self) -> dict[str, Any]:
        """The filters that are set."""
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value}

    def narrow(self, entries: AuditQuerySet) -> AuditQuerySet:
        lookups = {
            "person": "person_name__icontains",
            "since": "at__date__gte",
            "until": "at__date__lte",
        }
        found = self.chosen
        if text := found.pop("text", ""):
            about, request = Q(about__icontains=text), Q(request_id__startswith=text)
            entries = entries.filter(about | request)
        return entries.filter(
            **{lookups.get(name, name): value for name, value in found.items()}
        )


class ShownEntry:
    """One entry, for people."""

    def __init__(self, entry: AuditEntry) -> None:
        self.entry = entry
        self.icon = ICONS.get(AuditAction(entry.action), "circle")

    @property
    def person(self) -> str:
        return self.entry.person_name or _("The terminal")

    @property
    def things(self) -> str:
        """The data it is about, such as "products"; "" for none."""
        try:
            return registry.get(self.entry.resource).verbose_name_plural
        except UnknownResource:
            return self.entry.resource

    @property
    def sentence(self) -> str:
        """What was done, such as "imported products"."""
        action = AuditAction(self.entry.action)
        sentences = {
            AuditAction.UNDO_STARTED: _("asked to undo an import of %(things)s"),
            AuditAction.UNDID: _("undid an import of %(things)s"),
            AuditAction.CANCELLED: _("asked to stop a job with %(things)s"),
            AuditAction.STOPPED: _("started a job with %(things)s that did not finish"),
        }
        if not self.things:
            return str(action.label)
        if action in sentences:
            return sentences[action] % {"things": self.things}
        return f"{action.label} {self.things}"

    @property
    def about(self) -> str:
        """The file, report or address it was about."""
        return self.entry.about

    @property
    def came(self) -> str:
        """What came of it: counts, groups, addresses."""
        details = self.entry.details
        named = [*details.get("groups", []), *details.get("addresses", [])]
        if named:
            return ", ".join(named)
        if self.entry.action == AuditAction.SHARED:
            return _("with nobody any more")
        return ", ".join(_counts(details)) if "rows" in details else ""


def _counts(details: dict[str, Any]) -> Iterator[str]:
    words = {
        "created": _("%(n)s created"),
        "updated": _("%(n)s updated"),
        "unchanged": _("%(n)s unchanged"),
        "failed": _("%(n)s left out"),
    }
    rows = details["rows"]
    yield ngettext("%(n)s row", "%(n)s rows", rows) % {"n": f"{rows:,}"}
    for name in COUNTS:
        if details.get(name):
            yield words[name] % {"n": f"{details[name]:,}"}


def audit_lines(entries: AuditQuerySet, pk_below: int, count: int) -> tuple[str, int]:
    """Return some lines of CSV, newest first, and the last entry's number; 0 after the last.

    `pk_below`: where to go on.
    """
    page = list(entries.filter(pk__lt=pk_below)[:count])
    text = "".join(_line(_cells(ShownEntry(one))) for one in page)
    return text, page[-1].pk if len(page) == count else 0


def audit_head() -> str:
    """Return the first line of the CSV, with the mark that Excel needs to read UTF-8."""
    names = [
        _("Time"),
        _("Person"),
        _("Account"),
        _("Action"),
        _("Data"),
        _("About"),
        _("What came of it"),
        _("Job"),
        _("Request"),
    ]
    return "\ufeff" + _line(names)


def _cells(shown: ShownEntry) -> list[str]:
    entry = shown.entry
    job = str(entry.job) if entry.job else ""
    return [
        _iso(entry.at),
        entry.person_name,
        entry.person_key,
        entry.action,
        entry.resource,
        entry.about,
        shown.came,
        job,
        entry.request_id,
    ]


def _iso(at: datetime) -> str:
    return timezone.localtime(at).isoformat(timespec="milliseconds")


def _line(cells: list[str]) -> str:
    buffer = StringIO()
    csv.writer(buffer).writerow([harmless(text) for text in cells])
    return buffer.getvalue()
