"""Stored records as clean values: what a file would have to say to mean just them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from django.db.models import QuerySet

from dataio.columns.base import Column
from dataio.columns.many import ManyToManyColumn
from dataio.columns.relation import ForeignKeyColumn

# Values in one query; SQLite takes no more than 32,766.
MOST_PARAMETERS = 30_000


def stored_path(column: Column) -> str:
    """Return what to select; the primary key stands in for several related records."""
    if isinstance(column, ForeignKeyColumn):
        return f"{column.name}__pk"
    return "pk" if isinstance(column, ManyToManyColumn) else column.name


def stored_values(column: Column, values: Sequence[Any]) -> pd.Series:
    """Return database values as clean values: primary keys for one related record."""
    series = pd.Series(list(values), dtype=object)
    if isinstance(column, ForeignKeyColumn):
        return series.astype(pd.ArrowDtype(column.arrow_type))
    return column.present(series)


def stored_relations(
    records: QuerySet[Any], column: ManyToManyColumn, keys: Sequence[Any]
) -> pd.Series:
    """Return for each primary key the list of its related keys, null where there are none.

    `records`: all records of the model.
    """
    path = f"{column.name}__pk"
    found: dict[Any, list[Any]] = {}
    for start in range(0, len(keys), MOST_PARAMETERS):
        some = records.filter(pk__in=keys[start : start + MOST_PARAMETERS])
        some = some.filter(**{f"{path}__isnull": False}).order_by()
        for key, related in some.values_list("pk", path):
            found.setdefault(key, []).append(related)
    lists = pd.Series([found.get(key) for key in keys], dtype=object)
    return lists.astype(pd.ArrowDtype(column.arrow_type))


def stored_frame(
    records: QuerySet[Any], columns: Sequence[Column], rows: QuerySet[Any]
) -> pd.DataFrame:
    """Return the rows of a query as a clean frame whose index is the primary keys.

    `records`: all records of the model, of which related ones are asked for.
    """
    paths = [stored_path(column) for column in columns]
    found = list(rows.values_list("pk", *paths))
    keys, *cells = zip(*found, strict=True) if found else [()] * (len(paths) + 1)
    return pd.DataFrame(
        {
            column.name: (
                stored_relations(records, column, keys)
                if isinstance(column, ManyToManyColumn)
                else stored_values(column, values)
            ).array
            for column, values in zip(columns, cells, strict=True)
        },
        index=pd.Index(keys, dtype=object),
    )
