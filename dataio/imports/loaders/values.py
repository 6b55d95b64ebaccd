"""Values on their way to the database: blanks filled, defaults made."""

from __future__ import annotations

import datetime as dt
import enum
import json
import uuid
from collections.abc import Callable
from typing import Any, TypeAlias

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from django.db import models

from dataio.columns import Column

Field: TypeAlias = "models.Field[Any, Any]"
Arrow: TypeAlias = Any
"""A pyarrow array; its stubs know too little of its methods."""


def varies(default: object) -> bool:
    """Tell whether a default differs from row to row, as uuid4 does and timezone.now does not.

    Moments count as one per chunk: rows loaded together carry one time.
    """
    if not callable(default):
        return False
    first = default()
    return not isinstance(first, dt.date | dt.time) and bool(first != default())


def constant(default: object) -> object:
    """Return the value of a default that does not vary."""
    return default() if callable(default) else default


def clean_table(frame: pd.DataFrame, columns: list[Column]) -> pa.Table:
    """Return the named columns of a clean frame as Arrow, blanks replaced by blank values."""
    return pa.table(
        {column.name: filled(arrow(frame[column.name]), column) for column in columns}
    )


def arrow(values: pd.Series) -> Arrow:
    """Return a Series as one Arrow array."""
    array: Any = pa.array(values, from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    return array


def filled(values: Arrow, column: Column) -> Arrow:
    """Return values with blanks replaced by the column's blank value."""
    blanks = values.null_count
    if not blanks or column.blank_value is None or column.many:
        return values
    if varies(column.blank_value):
        made = varying(column.blank_value, blanks)
        return pc.replace_with_mask(values, values.is_null(), made.cast(values.type))
    value = plain(constant(column.blank_value))
    return (
        values if value is None else pc.fill_null(values, pa.scalar(value, values.type))
    )


def varying(default: object, count: int) -> Arrow:
    """Return `count` values of a default that varies."""
    assert callable(default)  # noqa: S101  varies() was asked before
    make: Callable[[], object] = default
    return pa.array([plain(make()) for _ in range(count)])


def plain(value: object) -> Any:
    """Return a default as something Arrow takes."""
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, uuid.UUID):
        return str(value)
    return json.dumps(value) if isinstance(value, dict | list) else value
