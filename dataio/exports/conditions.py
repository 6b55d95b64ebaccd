"""What can be asked of a column: each filter is a name, a control for the page and a condition.

A filter's name is the column's path and a suffix: "price" + "_min". These are stored with jobs
and reports, so they never change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import django_filters as df  # type: ignore[import-untyped]
from django import forms
from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from dataio.columns import Column
from dataio.columns.choice import ChoiceColumn
from dataio.columns.relation import RelationColumn
from dataio.exports.asking import Asked, Condition, Make, Meaning
from dataio.exports.by_record import RECORD, RECORDS
from dataio.exports.controls import (
    AddressFilter,
    DayFilter,
    ListFilter,
    WholeField,
    WholeFilter,
)
from dataio.exports.relative import DAY, WORDS, days_of

TEXT_KINDS = {"text", "email", "url", "slug", "ip"}
NUMBER_KINDS = {"integer", "float", "decimal"}


def conditions_of(column: Column) -> Mapping[str, Condition]:
    """Return the filters that a column has, by suffix."""
    if isinstance(column, RelationColumn):
        return _MANY if column.many else _RELATED
    if isinstance(column, ChoiceColumn):
        return _CHOICE
    return _BY_KIND.get(column.kind, {})


def _by(path_lookup: str, *, negated: bool = False) -> Meaning:
    def means(asked: Asked, value: Any) -> Q:
        found = Q(**{f"{asked.path}__{path_lookup}": value})
        return ~found if negated else found

    return means


def _field(kind: type[df.Filter]) -> Make:
    return lambda column: kind(label=column.label)


def _labelled(kind: type[df.Filter], words: Callable[[str], str]) -> Make:
    return lambda column: kind(label=words(str(column.label)))


def _from(column: str) -> str:
    return _("%(column)s from") % {"column": column}


def _to(column: str) -> str:
    return _("%(column)s to") % {"column": column}


def _list(base: Callable[[], forms.Field]) -> Make:
    return lambda column: ListFilter(base=base(), label=column.label)


def _empty(column: Column) -> df.Filter:
    return df.TypedChoiceFilter(
        choices=[("", _("Any")), ("yes", _("Empty")), ("no", _("Not empty"))],
        coerce=lambda word: word == "yes",
        label=_("%(column)s is empty") % {"column": column.label},
    )


def _is_null(asked: Asked, value: Any) -> Q:
    return Q(**{f"{asked.path}__isnull": value})


def _is_blank(asked: Asked, value: Any) -> Q:
    blank = Q(**{f"{asked.path}__isnull": True}) | Q(**{f"{asked.path}__exact": ""})
    return blank if value else ~blank


# Choices, yes or no


def _choices(column: Column) -> df.Filter:
    assert isinstance(column, ChoiceColumn)  # noqa: S101
    choices = [(str(value), label) for value, label in column.choices]
    return df.MultipleChoiceFilter(choices=choices, label=column.label)


def _yes_or_no(column: Column) -> df.Filter:
    return df.TypedChoiceFilter(
        choices=[("", _("Any")), ("yes", _("Yes")), ("no", _("No"))],
        coerce=lambda word: word == "yes",
        label=column.label,
    )


# Days


def _period(column: Column) -> df.Filter:
    return df.ChoiceFilter(choices=list(WORDS.items()), label=column.label)


def _since(asked: Asked, day: dt.date) -> Q:
    return Q(**{f"{asked.path}__gte": _start(asked, day)})


def _until(asked: Asked, day: dt.date) -> Q:
    if asked.column.kind == "date":
        return Q(**{f"{asked.path}__lte": day})
    return Q(**{f"{asked.path}__lt": _start(asked, day + DAY)})


def _on(asked: Asked, day: dt.date) -> Q:
    return _since(asked, day) & _until(asked, day)


def _within(asked: Asked, word: str) -> Q:
    first, last = days_of(word, timezone.localdate(timezone=asked.zone))
    return _since(asked, first) & _until(asked, last)


def _start(asked: Asked, day: dt.date) -> dt.date:
    """Return a day, or for a column with a time the moment at which the day begins."""
    if asked.column.kind == "date":
        return day
    zone = asked.zone if settings.USE_TZ else None
    return dt.datetime.combine(day, dt.time.min, tzinfo=zone)


NULL = Condition(make=_empty, means=_is_null)
_TEXT = {
    "": Condition(make=_field(df.CharFilter), means=_by("icontains")),
    "_not": Condition(make=_field(df.CharFilter), means=_by("icontains", negated=True)),
    "_starts": Condition(make=_field(df.CharFilter), means=_by("istartswith")),
    "_is": Condition(make=_field(df.CharFilter), means=_by("exact")),
    "_in": Condition(make=_list(forms.CharField), means=_by("in")),
    "_empty": Condition(make=_empty, means=_is_blank),
}


def _range(kind: type[df.Filter], ends: tuple[str, str]) -> dict[str, Condition]:
    low, high = ends
    return {
        low: Condition(make=_labelled(kind, _from), means=_by("gte")),
        high: Condition(make=_labelled(kind, _to), means=_by("lte")),
        "_is": Condition(make=_field(kind), means=_by("exact")),
    }


_WHOLE = _range(WholeFilter, ("_min", "_max")) | {
    "_in": Condition(make=_list(WholeField), means=_by("in")),
    "_empty": NULL,
}
_NUMBER = _range(df.NumberFilter, ("_min", "_max")) | {
    "_in": Condition(make=_list(forms.DecimalField), means=_by("in")),
    "_empty": NULL,
}
_DAYS = {
    "_from": Condition(make=_labelled(DayFilter, _from), means=_since),
    "_to": Condition(make=_labelled(DayFilter, _to), means=_until),
    "_is": Condition(make=_field(DayFilter), means=_on),
    "_period": Condition(make=_period, means=_within),
    "_empty": NULL,
}
_CHOICE = {
    "": Condition(make=_choices, means=_by("in")),
    "_not": Condition(make=_choices, means=_by("in", negated=True)),
    "_empty": Condition(make=_empty, means=_is_null),
}
_RELATED = {"": RECORD, "_in": RECORDS, "_empty": NULL}
_MANY = {"": _RELATED[""], "_empty": NULL}
_ADDRESS = _TEXT | {
    "_is": Condition(make=_field(AddressFilter), means=_by("exact")),
    "_in": Condition(make=_list(forms.GenericIPAddressField), means=_by("in")),
    "_empty": NULL,
}
_UUID = {
    "": Condition(make=_field(df.UUIDFilter), means=_by("exact")),
    "_in": Condition(make=_list(forms.UUIDField), means=_by("in")),
    "_empty": NULL,
}
_BY_KIND: dict[str, Mapping[str, Condition]] = {
    **dict.fromkeys(TEXT_KINDS, _TEXT),
    "ip": _ADDRESS,
    **dict.fromkeys(NUMBER_KINDS, _NUMBER),
    "integer": _WHOLE,
    "date": _DAYS,
    "datetime": _DAYS,
    "time": _range(df.TimeFilter, ("_from", "_to")) | {"_empty": NULL},
    "duration": _range(df.DurationFilter, ("_min", "_max")) | {"_empty": NULL},
    "boolean": {"": Condition(make=_yes_or_no, means=_by("exact")), "_empty": NULL},
    "uuid": _UUID,
    "json": {"_empty": NULL},
}
