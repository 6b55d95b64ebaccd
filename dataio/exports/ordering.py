"""The order of an export's rows: as the person sorted them, and never by chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import F
from django.db.models.expressions import OrderBy
from django.utils.translation import gettext as _

from dataio.columns import ForeignKeyColumn
from dataio.errors import DataioError
from dataio.exports.paths import lookup, place_of
from dataio.resources import Resource

Order = str | OrderBy


def ordering(resource: Resource, sort: Sequence[str], child: str) -> list[Order]:
    """Return what to order by: the sorted columns or the model's own order, then by keys.

    `sort`: paths, with "-" before those that go down. Rows without a value come last, up and
    down, as in Excel. `child`: the relation to children of which each has a row; they follow
    in their own order.
    Raises UnknownColumn, or DataioError for a column that cannot be sorted by.
    """
    found: list[Order] = [_sorted(resource, one, child) for one in sort]
    if not sort:
        rows = resource.queryset()
        own: Any = rows.query.order_by or rows.model._meta.ordering or ()
        found += own
    found.append("pk")
    return [*found, *_of_children(resource, child)] if child else found


def can_sort(resource: Resource, path: str) -> bool:
    """Return whether rows can be sorted by a column; several values have no order."""
    place = place_of(resource, path)
    return not place.column.many and place.column.kind != "json"


def _sorted(resource: Resource, sort: str, child: str) -> OrderBy:
    path = sort.removeprefix("-")
    place = place_of(resource, path)
    if not can_sort(resource, path) or place.child not in ("", child):
        raise DataioError(
            _('Rows cannot be sorted by "%(column)s".') % {"column": path}
        )
    key = isinstance(place.column, ForeignKeyColumn) and place.column.field_name
    by = F(f"{lookup(path)}__{key}" if key else lookup(path))
    down = sort.startswith("-")
    return by.desc(nulls_last=True) if down else by.asc(nulls_last=True)


def _of_children(resource: Resource, child: str) -> Iterator[Order]:
    relation: Any = resource.model._meta.get_field(child)
    back = relation.field.name
    for one in relation.related_model._meta.ordering:
        if isinstance(one, str) and one.lstrip("-") not in (back, f"{back}_id"):
            minus = "-" if one.startswith("-") else ""
            yield f"{minus}{child}__{one.lstrip('-')}"
    yield f"{child}__pk"
