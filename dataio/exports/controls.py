"""What reads the value of a filter, and refuses what no database could answer."""

from __future__ import annotations

import datetime as dt
from typing import Any

import django_filters as df  # type: ignore[import-untyped]
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from dataio.exports.lists import ListField

LARGEST = 2**63 - 1
# A day must have one before and one after it, wherever on earth it begins.
FIRST_DAY, LAST_DAY = dt.date(1, 1, 3), dt.date(9999, 12, 29)


class WholeField(forms.IntegerField):
    """A whole number that a database can hold."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **{"min_value": -LARGEST, "max_value": LARGEST, "step_size": 1} | options
        )


class DayField(forms.DateField):
    """A day of the calendar."""

    default_validators = [MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)]


class WholeFilter(df.Filter):  # type: ignore[misc]
    field_class = WholeField


class DayFilter(df.Filter):  # type: ignore[misc]
    field_class = DayField


class AddressFilter(df.Filter):  # type: ignore[misc]
    field_class = forms.GenericIPAddressField


class ListFilter(df.Filter):  # type: ignore[misc]
    field_class = ListField


BY_KEY: dict[str, tuple[type[df.Filter], type[forms.Field]]] = {
    "integer": (WholeFilter, WholeField),
    "uuid": (df.UUIDFilter, forms.UUIDField),
}
"""Filter and field for keys of records; all others are texts."""
