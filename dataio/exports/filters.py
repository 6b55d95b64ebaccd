"""Filters of an export: one form for the page, one set of names for the terminal.

| column            | filters                         | keeps rows                             |
|-------------------|---------------------------------|----------------------------------------|
| text              | name=tool, name_not=, _starts=  | that contain it, do not, start with it |
|                   | name_is=Tool                    | that are exactly this                  |
| number, time span | quantity_min=5, quantity_max=9  | from 5 to 9                            |
| time              | opens_from=8:00, opens_to=9:00  | from 8 to 9                            |
| date, datetime    | created_from=, created_to=, _is | of these days and those between        |
|                   | created_period=last_month       | of that month when the export runs     |
| choice            | status=new (may repeat), _not=  | with one of these values, with none    |
| yes or no         | active=yes, active=no           | that are so                            |
| related record(s) | category=Tools                  | with the record that is found by this  |
| many of these     | sku_in=A-1 (may repeat)         | with one of these values               |
| any               | notes_empty=yes, notes_empty=no | without a value, with one              |

The column may be one of a related record ("customer.city=Oslo") or of children
("lines.quantity_min=5"): the records that have such a child, or where an export has one row
per child, such children.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import django_filters as df  # type: ignore[import-untyped]
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from dataio.columns import Column
from dataio.errors import DataioError, UnknownColumn
from dataio.exports.asking import Asked, Condition
from dataio.exports.conditions import conditions_of
from dataio.exports.paths import path_column, place_of
from dataio.resources import Resource

Chosen = Mapping[str, str | Sequence[str]]
"""Filter name -> value as typed; several values where a filter takes several."""
SUFFIXES = (
    "_period",
    "_starts",
    "_empty",
    "_from",
    "_min",
    "_max",
    "_not",
    "_to",
    "_in",
    "_is",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedFilter:
    """One filter of a resource."""

    name: str
    column: Column
    """Named by its path."""
    condition: Condition


def named_filter(resource: Resource, name: str) -> NamedFilter:
    """Return the filter of that name. Raises UnknownColumn with the names there are.

    A column of just that name wins over a suffix.
    """
    for suffix in ("", *(one for one in SUFFIXES if name.endswith(one))):
        try:
            column = path_column(resource, name.removesuffix(suffix))
        except UnknownColumn:
            continue
        if condition := conditions_of(column).get(suffix):
            return NamedFilter(name=name, column=column, condition=condition)
    raise UnknownColumn(
        _('There is no filter "%(name)s". There are: %(names)s.')
        % {"name": name, "names": ", ".join(filter_names(resource))}
    )


def filter_names(resource: Resource) -> list[str]:
    """Return the names of the filters of a resource's own columns."""
    return [
        column.name + suffix
        for column in resource.columns.values()
        for suffix in conditions_of(column)
    ]


def filterset(
    resource: Resource, data: QueryDict, names: Iterable[str]
) -> df.FilterSet:
    """Return these filters with what was chosen; `.form` is for the page."""
    filters = {name: _filter(named_filter(resource, name)) for name in names}
    meta = type("Meta", (), {"model": resource.model, "fields": []})
    name = f"{resource.model.__name__}Filters"
    made = type(name, (df.FilterSet,), filters | {"Meta": meta})
    return made(data, queryset=resource.queryset())


def chosen_filters(resource: Resource, data: QueryDict) -> dict[str, list[str]]:
    """Return what of a page's GET or POST data are filters, as plain data for a plan."""
    chosen = {}
    for name in data:
        texts = [text for text in data.getlist(name) if text]
        if texts and is_filter(resource, name):
            chosen[name] = texts
    return chosen


def is_filter(resource: Resource, name: str) -> bool:
    try:
        named_filter(resource, name)
    except UnknownColumn:
        return False
    return True


def filtered(
    resource: Resource, chosen: Chosen, *, child: str = "", time_zone: str = ""
) -> QuerySet[Any]:
    """Return the rows that the filters keep.

    `child`: the relation to children of which each has a row of its own.
    `time_zone`: where days begin; "": in Django's current one.
    Raises UnknownColumn for a name that is no filter, DataioError for a value that is none.
    """
    if not chosen:
        return resource.queryset()
    filters = {name: named_filter(resource, name) for name in chosen}
    values = _values(resource, chosen)
    zone = ZoneInfo(time_zone) if time_zone else timezone.get_current_timezone()
    inside, outside = Q(), Q()
    for name, value in values.items():
        found, is_apart = _means(resource, filters[name], value, child, zone)
        if is_apart:
            outside &= found
        else:
            inside &= found
    rows = resource.queryset().filter(inside)
    if outside:
        # A join would repeat the records that have several of what is asked for.
        keys = resource.model._default_manager.filter(outside).values("pk")
        rows = rows.filter(pk__in=keys)
    return rows


def _means(
    resource: Resource, one: NamedFilter, value: Any, child: str, zone: dt.tzinfo
) -> tuple[Q, bool]:
    """Return the condition, and whether it is about many records that have no row each."""
    place = place_of(resource, one.column.name)
    means = one.condition.means(Asked(column=one.column, zone=zone), value)
    return means, place.is_many and (not child or place.child != child)


def _values(resource: Resource, chosen: Chosen) -> dict[str, Any]:
    """Return what was typed as values; what was left open is left out."""
    data = QueryDict(mutable=True)
    for name, value in chosen.items():
        data.setlist(name, [value] if isinstance(value, str) else list(value))
    rows = filterset(resource, data, chosen)
    if not rows.is_valid():
        raise DataioError(" ".join(_sentences(rows, data)))
    found: dict[str, Any] = rows.form.cleaned_data
    return {name: value for name, value in found.items() if not _is_open(value)}


def _is_open(value: Any) -> bool:
    return value is None or value == "" or value == []


def _sentences(rows: df.FilterSet, data: QueryDict) -> list[str]:
    return [
        _('Filter "%(name)s", "%(value)s": %(reason)s')
        % {
            "name": name,
            "value": ", ".join(data.getlist(name)),
            "reason": " ".join(reasons),
        }
        for name, reasons in rows.form.errors.items()
    ]


def _filter(one: NamedFilter) -> df.Filter:
    made = one.condition.make(one.column)
    made.field_name = one.name
    return made
