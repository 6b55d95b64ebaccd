"""The form of a schedule. Its fields have a hyphen in their names, as no filter can have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.template.defaultfilters import filesizeformat
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dataio.conf import settings
from dataio.models import Schedule

if TYPE_CHECKING:
    Base = forms.ModelForm[Schedule]
else:
    Base = forms.ModelForm

MOST_RECIPIENTS = 50
LAST_DAY = 31
BETWEEN_ADDRESSES = re.compile(r"[\s,;]+")
NO_PLACES = ("Etc/", "SystemV/", "US/", "Brazil/", "Canada/", "Mexico/", "Chile/")


class Addresses(forms.CharField):
    """Mail addresses in lines, or with commas between; the cleaned value is a list."""

    widget = forms.Textarea(
        attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "off"}
    )

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        """Return each address once. Raises ValidationError that names the wrong ones."""
        found = [one for one in BETWEEN_ADDRESSES.split(super().clean(value)) if one]
        addresses = list(dict.fromkeys(found))
        if len(addresses) > MOST_RECIPIENTS:
            said = {"count": len(addresses), "most": MOST_RECIPIENTS}
            text = _("These are %(count)s addresses. At most %(most)s are allowed.")
            raise ValidationError(text % said)
        errors = [_refusal(one) for one in addresses]
        if sentences := [one for one in errors if one]:
            raise ValidationError(sentences)
        return addresses


class ScheduleForm(Base):
    """When, to whom and how a report is mailed."""

    prefix = "schedule"
    every = forms.ChoiceField(
        label=gettext_lazy("How often"),
        choices=Schedule.Every.choices,
        widget=forms.RadioSelect,
    )
    weekday = forms.TypedChoiceField(
        label=gettext_lazy("Day of the week"), coerce=int, choices=()
    )
    day = forms.TypedChoiceField(
        label=gettext_lazy("Day of the month"), coerce=int, choices=()
    )
    at = forms.TimeField(
        label=gettext_lazy("Time"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={
            "required": gettext_lazy("Say at what time, such as 07:00."),
            "invalid": gettext_lazy("Write the time like 07:00."),
        },
    )
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=())
    recipients = Addresses(
        label=gettext_lazy("To"),
        help_text=gettext_lazy("Mail addresses, one a line or with commas between."),
        error_messages={"required": gettext_lazy("Name at least one mail address.")},
    )
    attach = forms.TypedChoiceField(
        label=gettext_lazy("The file"),
        coerce=lambda value: value == "yes",
        choices=(),
        widget=forms.RadioSelect,
    )
    only_if_changed = forms.BooleanField(
        label=gettext_lazy("Only if something changed"),
        help_text=gettext_lazy("The file is compared with the one mailed last."),
        required=False,
    )

    class Meta:
        model = Schedule
        fields = [
            "every",
            "weekday",
            "day",
            "at",
            "time_zone",
            "recipients",
            "attach",
            "only_if_changed",
        ]

    def __init__(self, data: Any = None, *, instance: Schedule) -> None:
        super().__init__(data, instance=instance)
        # Each choice is made at run time, in the person's language.
        self.initial["attach"] = "yes" if instance.attach else "no"
        size = filesizeformat(settings.DATAIO_MAX_ATTACHMENT_BYTES)
        choices: Mapping[str, list[tuple[Any, Any]]] = {
            "every": [
                (value, capfirst(text)) for value, text in Schedule.Every.choices
            ],
            "weekday": [(number, str(name)) for number, name in WEEKDAYS.items()],
            "day": [
                *((day, str(day)) for day in range(1, LAST_DAY)),
                (31, _("the last")),
            ],
            "time_zone": [(name, name.replace("_", " ")) for name in _zones(instance)],
            "attach": [
                ("yes", _("Attached, up to %(size)s") % {"size": size}),
                ("no", _("A link, which asks for a login")),
            ],
        }
        for name, values in choices.items():
            self.fields[name].choices = values  # type: ignore[attr-defined]
            self.fields[name].widget.is_required = False  # one of the radios is chosen


def _zones(schedule: Schedule) -> list[str]:
    """Return the names of time zones that are places, and the one chosen already."""
    places = [
        name
        for name in available_timezones()
        if "/" in name and not name.startswith(NO_PLACES)
    ]
    return sorted({*places, "UTC", schedule.time_zone} - {""})


def _refusal(address: str) -> str:
    """Return why a text is no mail address, "" when it is one."""
    try:
        validate_email(address)
    except ValidationError:
        text = _('"%(text)s" is not a mail address. Write it like anna@example.com.')
        return text % {"text": address}
    return ""
