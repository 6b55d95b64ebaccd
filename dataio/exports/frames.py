"""Rows of the database as frames: one consistent read, in memory bounded by the chunk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import Any

import pandas as pd
from django.db import connections, transaction
from django.db.models import Expression, QuerySet

from dataio.columns import ForeignKeyColumn, ManyToManyColumn
from dataio.columns.base import Column
from dataio.columns.fingerprint import fingerprints
from dataio.columns.related_key import key_paths, key_value
from dataio.columns.stored import (
    MOST_PARAMETERS,
    stored_path,
    stored_relations,
    stored_values,
)
from dataio.exports.ahead import one_ahead
from dataio.exports.masking import MaskedColumn
from dataio.exports.paths import lookup, model_at
from dataio.exports.roundtrip import Tracking
from dataio.identity import CHECK_HEADER, ID_HEADER

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
    queryset: QuerySet[Any],
    columns: Sequence[Column],
    chunk_rows: int,
    tracking: Tracking | None = None,
) -> Iterator[pd.DataFrame]:
    """Yield frames of at most `chunk_rows` rows, with the columns' names and Arrow dtypes.

    Related records are shown by the field they are found by; several of them are joined.
    On PostgreSQL the rows come by a server-side cursor.
    `tracking`: add the hidden columns of an export that is to be uploaded again.
    """
    related = _foreign(tracking)
    paths: list[str | Expression] = [select_path(column) for column in columns]
    paths += [stored_path(column) for column in related]
    rows = iter(queryset.values_list(*paths, "pk").iterator(chunk_size=chunk_rows))
    made = one_ahead(
        (chunk, partial(_frame, columns, chunk, _several(queryset, columns, chunk)))
        for chunk in iter(lambda: list(islice(rows, chunk_rows)), [])
    )
    for chunk, frame in made:
        yield (
            frame
            if tracking is None
            else _tracked(queryset, columns, chunk, frame, tracking)
        )


def select_path(column: Column) -> str | Expression:
    """Return what to select; the primary key stands in for several related records."""
    source, path = _source(column), lookup(column.name)
    if isinstance(source, ForeignKeyColumn):
        return key_value(source.field_name, path)
    if isinstance(source, ManyToManyColumn):
        return lookup(".".join([*column.name.split(".")[:-1], "pk"]))
    return path


def _source(column: Column) -> Column:
    """Return the column that knows the database."""
    return column.inner if isinstance(column, MaskedColumn) else column


def _several(
    queryset: QuerySet[Any], columns: Sequence[Column], chunk: list[Row]
) -> dict[str, pd.Series]:
    """Return several related records, which are asked for here, by the column's name."""
    return {
        column.name: _lists(queryset, source, [row[place] for row in chunk])
        for place, column in enumerate(columns)
        if isinstance(source := _source(column), ManyToManyColumn)
    }


def _frame(
    columns: Sequence[Column], chunk: list[Row], several: dict[str, pd.Series]
) -> pd.DataFrame:
    # All that needs no database is done here, beside the next rows' way to this process.
    values = zip(columns, zip(*chunk, strict=True), strict=False)
    cells = {column.name: pd.Series(own, dtype=object) for column, own in values}
    cells |= several
    shown = {column.name: column.present(cells[column.name]) for column in columns}
    return pd.DataFrame(shown, copy=False)


def _foreign(tracking: Tracking | None) -> list[Column]:
    columns = tracking.columns if tracking else ()
    return [one for one in columns if isinstance(one, ForeignKeyColumn)]


def _tracked(
    queryset: QuerySet[Any],
    columns: Sequence[Column],
    chunk: list[Row],
    frame: pd.DataFrame,
    tracking: Tracking,
) -> pd.DataFrame:
    """Return a frame with the hidden columns."""
    *cells, keys = zip(*chunk, strict=True)
    names = [column.name for column in columns]
    found = dict(zip(names, cells, strict=False))
    related = [column.name for column in _foreign(tracking)]
    found |= dict(zip(related, cells[len(names) :], strict=True))
    records = queryset.model._default_manager.using(queryset.db)
    clean = pd.DataFrame(
        {
            column.name: stored_relations(records, column, keys)
            if isinstance(column, ManyToManyColumn)
            else stored_values(column, found[column.name])
            for column in tracking.columns
        },
        index=frame.index,
    )
    if tracking.key_column is not None:
        frame = frame.assign(**{ID_HEADER: stored_values(tracking.key_column, keys)})
    return frame.assign(**{CHECK_HEADER: fingerprints(clean, tracking.columns)})


def _lists(
    queryset: QuerySet[Any], column: ManyToManyColumn, keys: Sequence[Any]
) -> pd.Series:
    """Return for each primary key the list of its related names, None where there are none."""
    distinct = [key for key in dict.fromkeys(keys) if key is not None]
    pairs = pd.DataFrame(
        _names(queryset, column, distinct), columns=["key", "name"], dtype=object
    )
    lists = pairs["name"].map(str).groupby(pairs["key"], sort=False).agg(list)
    return pd.Series([lists.get(key) for key in keys], dtype=object)


def _names(
    queryset: QuerySet[Any], column: ManyToManyColumn, keys: Sequence[Any]
) -> list[Row]:
    """Return pairs of primary key and related name, in the order of the names."""
    path = column.name.rpartition(".")[2]
    ordered = key_paths(column.field_name, path)
    name = key_value(column.field_name, path)
    there = f"{name if isinstance(name, str) else path}__isnull"
    owner = model_at(queryset.model, column.name)
    model = owner._default_manager.using(queryset.db)
    pairs: list[Row] = []
    for start in range(0, len(keys), MOST_PARAMETERS):
        some = model.filter(pk__in=keys[start : start + MOST_PARAMETERS])
        some = some.filter(**{there: False}).order_by(*ordered)
        pairs += some.values_list("pk", name)
    return pairs
