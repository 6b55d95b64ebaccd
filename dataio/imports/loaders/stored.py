"""Values on their way from the database: whole columns as Arrow, of the types of clean frames.

The way back of `Dialect.encode`. What cannot be read as the clean type is kept as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from dataio.columns.structured import rewritten
from dataio.imports.loaders.postgres import gather, texts_of
from dataio.imports.loaders.values import Arrow, Field
from dataio.writers.texts import as_text


class Stored(Protocol):
    """How one database is asked for whole columns."""

    join: str
    """The SQL that joins the values of a column, {}, into one text, with commas."""

    def select(self, field: Field, column: str) -> str:
        """Return the SQL that gives a column in a form that `decode` reads."""

    def fetch(self, cursor: Any, query: str, names: Sequence[str]) -> pa.Table:
        """Return what a query without values gives; its types are the database's own."""


class PostgresStored:
    """All values come as texts; the first column of a query must be a number."""

    join = "string_agg(CAST({} AS text), ',')"

    def select(self, field: Field, column: str) -> str:
        stored = stored_field(field)
        if isinstance(stored, models.DurationField):
            return f"round(EXTRACT(EPOCH FROM {column}) * 1000000)::bigint"
        if isinstance(stored, models.DateTimeField) and settings.USE_TZ:
            return f"{column} AT TIME ZONE 'UTC'"
        return column

    def fetch(self, cursor: Any, query: str, names: Sequence[str]) -> pa.Table:
        return texts_of(gather(cursor, query), len(names)).rename_columns(list(names))


class SqliteStored:
    """Values come as the numbers and texts that SQLite keeps."""

    join = "group_concat({}, ',')"

    def select(self, field: Field, column: str) -> str:
        # As text a number has 15 digits, as many as Django takes for sure.
        if isinstance(stored_field(field), models.DecimalField):
            return f"CAST({column} AS TEXT)"
        return column

    def fetch(self, cursor: Any, query: str, names: Sequence[str]) -> pa.Table:
        cursor.execute(query, [])
        columns = list(zip(*cursor.fetchall(), strict=True)) or [()] * len(names)
        return pa.table(dict(zip(names, map(_array, columns), strict=True)))


def whole_numbers(stored: Stored, cursor: Any, query: str, name: str) -> Any:
    """Return the column of that name of a query as a numpy array.

    All in one text: a driver takes as long for a row of one number as for a long row.
    """
    cursor.execute(f"SELECT {stored.join.format(name)} FROM ({query}) found", [])
    (text,) = cursor.fetchone()
    return np.fromstring(str(text) if text is not None else "", np.int64, sep=",")


def stored_of(connection: BaseDatabaseWrapper) -> Stored:
    """Return how this database is asked."""
    return PostgresStored() if connection.vendor == "postgresql" else SqliteStored()


def stored_field(field: Field) -> Field:
    """Return the field that decides how a value is stored: the target of a foreign key."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return field


def decode(values: Arrow, field: Field, kind: pa.DataType, zone: str) -> Arrow:
    """Return stored values as the Arrow type of clean values, as text where that is impossible.

    `zone`: of moments that are stored without one.
    """
    stored = stored_field(field)
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    try:
        if isinstance(stored, models.UUIDField):
            return _dashed(values.cast(pa.string()))
        if isinstance(stored, models.JSONField):
            return _json(values)
        return _typed(values, kind, zone)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError):
        return as_text(values)


def truths(values: Arrow) -> Arrow:
    """Return what a condition gave as Booleans: "t" and "f", or 1 and 0."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if pa.types.is_string(values.type):
        letter: Any = "t"
        return pc.equal(values, letter)
    return values.cast(pa.bool_())


def numbers(values: Arrow) -> Any:
    """Return whole numbers as a numpy array."""
    return values.cast(pa.int64()).to_numpy()


def _typed(values: Arrow, kind: pa.DataType, zone: str) -> Arrow:
    if values.null_count == len(values):
        nothing: Arrow = pa.array([None] * len(values), kind)
        return nothing
    if pa.types.is_boolean(kind):
        return truths(values)
    if pa.types.is_duration(kind):
        return values.cast(pa.int64()).cast(pa.duration("us")).cast(kind)
    if pa.types.is_time(kind):
        moments = pc.binary_join_element_wise("1970-01-01", values, " ")
        return moments.cast(pa.timestamp("us")).cast(pa.time64("us")).cast(kind)
    if pa.types.is_timestamp(kind):
        wall = values.cast(pa.timestamp("us"))
        return pc.assume_timezone(wall, zone).cast(kind)
    return values.cast(kind)


def zone_of(connection: BaseDatabaseWrapper) -> str:
    """Return the zone of the moments that `Stored.fetch` gives."""
    if not settings.USE_TZ:
        return timezone.get_default_timezone_name()
    return "UTC" if connection.vendor == "postgresql" else connection.timezone_name


def _array(values: tuple[Any, ...]) -> Arrow:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        # SQLite keeps whatever it was given, row by row.
        return pa.array([None if value is None else str(value) for value in values])


def _dashed(texts: Arrow) -> Arrow:
    parts = r"^(.{8})(.{4})(.{4})(.{4})(.{12})$"
    return pc.replace_substring_regex(texts, parts, r"\1-\2-\3-\4-\5")


def _json(values: Arrow) -> Arrow:
    """Return JSON in the one way of writing of clean values; one pass over distinct texts."""
    distinct = values.cast(pa.string()).dictionary_encode()
    texts = distinct.dictionary.to_pylist()
    again = [rewritten(text) or text for text in texts]
    return pa.DictionaryArray.from_arrays(
        distinct.indices, pa.array(again, pa.string())
    ).dictionary_decode()
