"""SQLite: rows go in by executemany, as the texts and numbers Django stores there."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from dataio.imports.loaders.images import plain_values, values_array
from dataio.imports.loaders.staging import POSITION, New, quoted
from dataio.imports.loaders.target import Target
from dataio.imports.loaders.values import Arrow, Field

FETCHED = 1_000
"""Rows taken from the database at once."""


class Sqlite:
    """See `staging.Dialect`."""

    ordered = False  # one writer at a time
    schema = "temp"
    differs = "IS NOT"
    each = ""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection

    def quote(self, name: str | None) -> str:
        return quoted(self.connection, name)

    def encode(self, field: Field, values: Arrow) -> Arrow:
        kind = values.type
        stored = _target_field(field)
        if isinstance(stored, models.UUIDField):
            return pc.utf8_lower(
                pc.replace_substring(values.cast(pa.string()), "-", "")
            )
        if isinstance(stored, models.JSONField):
            return _json(values, stored)
        if pa.types.is_timestamp(kind):
            return _without_zero_fraction(
                _naive(values, self.connection).cast(pa.string())
            )
        if pa.types.is_time(kind):
            return _without_zero_fraction(
                values.cast(pa.time64("us")).cast(pa.string())
            )
        if pa.types.is_duration(kind):
            return values.cast(pa.duration("us")).cast(pa.int64())
        if pa.types.is_decimal(kind) or pa.types.is_date(kind):
            return values.cast(pa.string())
        return values.cast(pa.int8()) if pa.types.is_boolean(kind) else values

    def fill(self, cursor: Any, table: str, rows: pa.Table) -> None:
        if not len(rows):
            return
        names = ", ".join(map(self.quote, rows.column_names))
        marks = ", ".join(["%s"] * rows.num_columns)
        columns = [plain_values(column) for column in rows.columns]
        cursor.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({marks})",
            zip(*columns, strict=True),
        )

    def begin(self, cursor: Any, *, looks_up: bool) -> None:
        pass

    def renew(self, cursor: Any, table: str) -> None:
        pass

    def lookup(
        self, meta: Any, alias: str, condition: str, *, left: bool = False
    ) -> str:
        # Neither is ever turned around.
        kind = "LEFT" if left else "CROSS"
        return f"{kind} JOIN {self.quote(meta.db_table)} {alias} ON {condition}"

    def among(self, column: str, query: str) -> str:
        return f"{column} IN ({query})"

    def hashed(
        self, cursor: Any, written: str = "", side: tuple[str, str] = ("", "")
    ) -> AbstractContextManager[None]:
        return nullcontext()  # it does not hash

    def clear(self, cursor: Any, table: str) -> None:
        cursor.execute(f"DELETE FROM {table}")

    def lock(self, cursor: Any, target: str, pk: str, matched: str) -> None:
        pass

    def has_triggers(self, table: str) -> bool:
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
                [table],
            )
            return bool(cursor.fetchall())

    def next_identity(self, target: Target) -> str:
        return "NULL"

    def insert(
        self, cursor: Any, statement: str, values: list[object], new: New
    ) -> int:
        # One writer at a time: what is above the highest key of now is what is new.
        given = new.target.pk in (*new.target.fields.values(), *new.target.varying)
        counted = isinstance(new.target.pk, models.AutoField)
        if counted:
            cursor.execute(f"SELECT max({new.pk}) FROM {new.table}", [])
            highest = cursor.fetchone()[0] or 0
        cursor.execute(statement, values)
        written = int(cursor.rowcount)
        if given:
            cursor.execute(
                f"INSERT INTO {new.made} SELECT {POSITION}, {new.pk} FROM {new.fresh}"
                f" AND {new.pk} IS NOT NULL",
                [],
            )
        if counted:
            _note_counted(cursor, new, highest, given=given)
        return written

    def read(
        self, cursor: Any, columns: list[str], rows: str, fields: list[Field | None]
    ) -> pa.Table:
        # The plus changes no value; without it Django's converters would.
        named = [f"+{column} AS c{place}" for place, column in enumerate(columns)]
        cursor.execute(f"SELECT {', '.join(named)} {rows}", [])
        values: list[list[object]] = [[] for _column in columns]
        # A few rows at a time: all at once would take twice as long.
        while found := cursor.fetchmany(FETCHED):
            for column, more in zip(values, zip(*found, strict=True), strict=True):
                column.extend(more)
        arrays = [
            values_array(column, inexact=is_inexact(field))
            for column, field in zip(values, fields, strict=True)
        ]
        return pa.table(arrays, [f"c{place}" for place in range(len(columns))])


def _note_counted(cursor: Any, new: New, highest: int, *, given: bool) -> None:
    """Note the primary keys that the database counted up from `highest`."""
    blank = f" AND {new.pk} IS NULL" if given else ""
    noted = f" AND {new.pk} NOT IN (SELECT pk FROM {new.made})" if given else ""
    cursor.execute(
        f"INSERT INTO {new.made} SELECT w.{POSITION}, m.pk FROM"
        f" (SELECT {POSITION}, row_number() OVER (ORDER BY {POSITION}) AS n"
        f" FROM {new.fresh}{blank}) w JOIN"
        f" (SELECT {new.pk} AS pk, row_number() OVER (ORDER BY {new.pk}) AS n"
        f" FROM {new.table} WHERE {new.pk} > %s{noted}) m ON m.n = w.n",
        [highest],
    )


def is_inexact(field: Field | None) -> bool:
    """Return whether fractions are kept as floating point numbers, whole ones as integers."""
    stored = field and _target_field(field)
    return isinstance(stored, models.DecimalField | models.FloatField)


def _target_field(field: Field) -> Field:
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return field


def _naive(values: Arrow, connection: BaseDatabaseWrapper) -> Arrow:
    """Return moments as wall-clock time in the zone the database keeps."""
    if not values.type.tz:
        return values.cast(pa.timestamp("us"))
    zone = (
        connection.timezone_name
        if settings.USE_TZ
        else timezone.get_default_timezone_name()
    )
    return pc.local_timestamp(values.cast(pa.timestamp("us", zone)))


def _without_zero_fraction(texts: Arrow) -> Arrow:
    """Cut ".000000", which Python's own texts of moments leave out."""
    return pc.replace_substring_regex(texts, r"\.0+$", "")


def _json(values: Arrow, field: models.JSONField) -> Arrow:
    """Return JSON texts as Django's encoder spells them; one pass over distinct texts."""
    distinct = values.cast(pa.string()).dictionary_encode()
    texts = [
        json.dumps(json.loads(text, cls=field.decoder), cls=field.encoder)
        for text in distinct.dictionary.to_pylist()
    ]
    return pa.DictionaryArray.from_arrays(
        distinct.indices, pa.array(texts, pa.string())
    ).dictionary_decode()
