"""The order of an export's rows: as the person sorted them, and never by chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import F
from django.db.models.expressions import OrderBy
from django.utils.translation import gettext as _

from dataio.columns import ForeignKeyColumn
from dataio.columns.related_key import key_paths
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
    found: list[Order] = [*sorted_by(resource, sort, child)]
    if not sort:
        rows = resource.queryset()
        own: Any = rows.query.order_by or rows.model._meta.ordering or ()
        found += own
    found.append("pk")
    return [*found, *_of_children(resource, child)] if child else found


def sorted_by(resource: Resource, sort: Sequence[str], child: str) -> list[OrderBy]:
    """Return what to order by as far as a person sorts: nothing is added.

    Raises UnknownColumn, or DataioError for a column that cannot be sorted by.
    """
    return [by for one in sort for by in _sorted(resource, one, child)]


def can_sort(resource: Resource, path: str) -> bool:
    """Return whether rows can be sorted by a column; several values have no order."""
    place = place_of(resource, path)
    return not place.column.many and place.column.kind != "json"


def _sorted(resource: Resource, sort: str, child: str) -> Iterator[OrderBy]:
    path = sort.removeprefix("-")
    place = place_of(resource, path)
    if not can_sort(resource, path) or place.child not in ("", child):
        raise DataioError(
            _('Rows cannot be sorted by "%(column)s".') % {"column": path}
        )
    by: tuple[str, ...] = (lookup(path),)
    if isinstance(place.column, ForeignKeyColumn):
        by = key_paths(place.column.field_name, lookup(path))
    down = sort.startswith("-")
    for one in map(F, by):
        yield one.desc(nulls_last=True) if down else one.asc(nulls_last=True)


def _of_children(resource: Resource, child: str) -> Iterator[Order]:
    relation: Any = resource.model._meta.get_field(child)
    back = relation.field.name
    for one in relation.related_model._meta.ordering:
        if isinstance(one, str) and one.lstrip("-") not in (back, f"{back}_id"):
            minus = "-" if one.startswith("-") else ""
            yield f"{minus}{child}__{one.lstrip('-')}"
    yield f"{child}__pk"
