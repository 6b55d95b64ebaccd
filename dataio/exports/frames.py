"""Rows of the database as frames: one consistent read, in memory bounded by the chunk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import pandas as pd
import pyarrow as pa
from django.db import connections, transaction
from django.db.models import QuerySet

from dataio.columns.base import Column
from dataio.columns.relation import ForeignKeyColumn, ManyToManyColumn

# Values in one query; SQLite takes no more than 32,766.
MOST_PARAMETERS = 30_000
Row = tuple[Any, ...]


@contextmanager
def one_consistent_read(using: str) -> Iterator[None]:
    """Let all queries inside see the database as it is now, whatever others commit."""
    connection = connections[using]
    outermost = not connection.in_atomic_block
    with transaction.atomic(using):
        if outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
                )
        yield


def frames(
    queryset: QuerySet[Any], columns: Sequence[Column], chunk_rows: int
) -> Iterator[pd.DataFrame]:
    """Yield frames of at most `chunk_rows` rows, with the columns' names and Arrow dtypes.

    Related records are shown by the field they are found by; several of them are joined.
    On PostgreSQL the rows come by a server-side cursor.
    """
    paths = [_path(column) for column in columns]
    rows = iter(queryset.values_list(*paths, "pk").iterator(chunk_size=chunk_rows))
    while chunk := list(islice(rows, chunk_rows)):
        yield _frame(queryset, columns, chunk)


def _path(column: Column) -> str:
    """Return what to select; the primary key stands in for several related records."""
    if isinstance(column, ForeignKeyColumn):
        return f"{column.name}__{column.field_name}"
    return "pk" if isinstance(column, ManyToManyColumn) else column.name


def _frame(
    queryset: QuerySet[Any], columns: Sequence[Column], chunk: list[Row]
) -> pd.DataFrame:
    values = list(zip(*chunk, strict=True))
    return pd.DataFrame(
        {
            column.name: _joined(queryset, column, cells)
            if isinstance(column, ManyToManyColumn)
            else column.present(pd.Series(cells, dtype=object))
            for column, cells in zip(
                columns, values, strict=False
            )  # the last is the key
        }
    )


def _joined(
    queryset: QuerySet[Any], column: ManyToManyColumn, keys: Sequence[Any]
) -> pd.Series:
    """Return for each primary key the names of its related records as one text, or null."""
    names = pd.DataFrame(
        _names(queryset, column, keys), columns=["key", "name"], dtype=object
    )
    texts = names["name"].astype(str)
    special = texts.str.contains(f'["\n{column.separator}]|^\\s|\\s$', regex=True)
    names["name"] = texts.where(~special, '"' + texts.str.replace('"', '""') + '"')
    joined = names.groupby("key", sort=False)["name"].agg(f"{column.separator} ".join)
    found = [joined.get(key) for key in keys] if len(joined) else [None] * len(keys)
    return pd.Series(found, dtype=pd.ArrowDtype(pa.string()))


def _names(
    queryset: QuerySet[Any], column: ManyToManyColumn, keys: Sequence[Any]
) -> list[Row]:
    """Return pairs of primary key and related name, in the order of the names."""
    path = f"{column.name}__{column.field_name}"
    model = queryset.model._default_manager.using(queryset.db)
    pairs: list[Row] = []
    for start in range(0, len(keys), MOST_PARAMETERS):
        some = model.filter(pk__in=keys[start : start + MOST_PARAMETERS])
        some = some.filter(**{f"{path}__isnull": False}).order_by(path)
        pairs += some.values_list("pk", path)
    return pairs
