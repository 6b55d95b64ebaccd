"""Filters of an export: one form for the page, one set of names for the terminal.

| column            | filters                        | keeps rows                            |
|-------------------|--------------------------------|---------------------------------------|
| text              | name=tool                      | that contain it, whatever the case    |
| number            | quantity_min=5, quantity_max=9 | from 5 to 9                           |
| date, datetime    | created_from=, created_to=     | of these days and those between       |
| choice            | status=new (may repeat)        | with one of these values              |
| yes or no         | active=yes, active=no          | that are so                           |
| related record(s) | category=Tools                 | with the record that is found by this |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import django_filters as df  # type: ignore[import-untyped]
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from dataio.columns.base import Column
from dataio.columns.choice import ChoiceColumn
from dataio.columns.relation import RelationColumn
from dataio.errors import DataioError, UnknownColumn
from dataio.resources import Resource

Filters = dict[str, df.Filter]
Chosen = Mapping[str, str | Sequence[str]]
"""Filter name -> value as typed; several values where a filter takes several."""
TEXT_KINDS = {"text", "email", "url", "slug", "ip"}
NUMBER_KINDS = {"integer", "float", "decimal"}
MOST_LISTED = 200  # related records that a page offers as a list; else they are typed


def filterset_class(resource: Resource) -> type[df.FilterSet]:
    """Return the FilterSet of a resource, made from its columns."""
    filters: Filters = {}
    for column in resource.columns.values():
        filters |= _filters_of(column)
    meta = type("Meta", (), {"model": resource.model, "fields": []})
    return type(
        f"{resource.model.__name__}Filters", (df.FilterSet,), filters | {"Meta": meta}
    )


def filterset(resource: Resource, data: QueryDict | None = None) -> df.FilterSet:
    """Return the filters with what was chosen; `.form` is for the page, `.qs` the rows."""
    return filterset_class(resource)(data, queryset=resource.queryset())


def chosen_filters(resource: Resource, data: QueryDict) -> dict[str, list[str]]:
    """Return what of a page's GET or POST data are filters, as plain data for a plan."""
    names = filterset_class(resource).base_filters
    chosen = {name: [text for text in data.getlist(name) if text] for name in names}
    return {name: texts for name, texts in chosen.items() if texts}


def filtered(resource: Resource, chosen: Chosen) -> QuerySet[Any]:
    """Return the rows that the filters keep.

    Raises UnknownColumn for a name that is no filter, DataioError for a value that is none.
    """
    if not chosen:
        return resource.queryset()
    filters = filterset_class(resource)
    for name in chosen:
        if name not in filters.base_filters:
            raise UnknownColumn(
                _('There is no filter "%(name)s". There are: %(names)s.')
                % {"name": name, "names": ", ".join(filters.base_filters)}
            )
    data = QueryDict(mutable=True)
    for name, value in chosen.items():
        data.setlist(name, [value] if isinstance(value, str) else list(value))
    rows = filters(data, queryset=resource.queryset())
    if not rows.is_valid():
        raise DataioError(" ".join(_sentences(rows, data)))
    found: QuerySet[Any] = rows.qs
    return found


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


def _filters_of(column: Column) -> Filters:
    if isinstance(column, RelationColumn):
        return {column.name: _related(column)}
    if isinstance(column, ChoiceColumn):
        choices = [(str(value), label) for value, label in column.choices]
        return {
            column.name: df.MultipleChoiceFilter(
                field_name=column.name, choices=choices, label=column.label
            )
        }
    if column.kind in TEXT_KINDS:
        text = df.CharFilter(
            field_name=column.name, lookup_expr="icontains", label=column.label
        )
        return {column.name: text}
    make = _MAKERS.get(column.kind)
    return make(column) if make else {}


def _related(column: RelationColumn) -> df.Filter:
    records = column.model._default_manager.all()
    if records[: MOST_LISTED + 1].count() <= MOST_LISTED:
        return df.ModelChoiceFilter(
            field_name=column.name,
            queryset=records,
            to_field_name=column.field_name,
            label=column.label,
            distinct=column.many,
        )
    path = f"{column.name}__{column.field_name}"
    return df.CharFilter(field_name=path, label=column.label, distinct=column.many)


def _number(column: Column) -> Filters:
    labels = {"min": _("%(column)s from"), "max": _("%(column)s to")}
    return {
        f"{column.name}_{end}": df.NumberFilter(
            field_name=column.name,
            lookup_expr=lookup,
            label=labels[end] % {"column": column.label},
        )
        for end, lookup in (("min", "gte"), ("max", "lte"))
    }


def _days(column: Column) -> Filters:
    labels = {"from": _("%(column)s from"), "to": _("%(column)s to")}
    by_day = "date__" if column.kind == "datetime" else ""
    return {
        f"{column.name}_{end}": df.DateFilter(
            field_name=column.name,
            lookup_expr=by_day + lookup,
            label=labels[end] % {"column": column.label},
        )
        for end, lookup in (("from", "gte"), ("to", "lte"))
    }


def _yes_or_no(column: Column) -> Filters:
    return {
        column.name: df.TypedChoiceFilter(
            field_name=column.name,
            choices=[("", _("Any")), ("yes", _("Yes")), ("no", _("No"))],
            coerce=lambda word: word == "yes",
            label=column.label,
        )
    }


def _uuid(column: Column) -> Filters:
    return {column.name: df.UUIDFilter(field_name=column.name, label=column.label)}


_MAKERS: dict[str, Callable[[Column], Filters]] = {
    **dict.fromkeys(NUMBER_KINDS, _number),
    "date": _days,
    "datetime": _days,
    "boolean": _yes_or_no,
    "uuid": _uuid,
}
