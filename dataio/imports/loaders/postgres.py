"""PostgreSQL: rows go in by COPY, as CSV that Arrow writes.

How chunks are joined to tables of the person is not left to the planner. What it knows of the
size of a table may be old by minutes: one that was emptied and is being filled again passes for a
single row, and is gone through once for each row of a chunk. So records are looked up by an index
where there is one (OFFSET 0 keeps a subquery from being turned around), or both sides are hashed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pc_csv
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from dataio.imports.loaders.staging import POSITION, New, quoted
from dataio.imports.loaders.target import Target
from dataio.imports.loaders.values import Arrow, Field

# NULL is an empty field without quotes; every text is in quotes, the empty one too.
OPTIONS = pc_csv.WriteOptions(include_header=False, quoting_style="needed")
LINES = 500
"""Rows that the server joins into one text."""
MOST_BYTES = 2**31 - 1
"""Of CSV that Arrow reads at once."""


class Postgres:
    """See `staging.Dialect`."""

    ordered = True
    schema = "pg_temp"
    differs = "IS DISTINCT FROM"
    each = " OFFSET 0"

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection

    def quote(self, name: str | None) -> str:
        return quoted(self.connection, name)

    def encode(self, field: Field, values: Arrow) -> Arrow:
        if pa.types.is_duration(values.type):
            micros = values.cast(pa.duration("us")).cast(pa.int64()).cast(pa.string())
            return pc.binary_join_element_wise(micros, "microseconds", " ")
        if (
            pa.types.is_timestamp(values.type)
            and values.type.tz
            and not settings.USE_TZ
        ):
            local = values.cast(
                pa.timestamp("us", timezone.get_default_timezone_name())
            )
            return pc.local_timestamp(local)
        return values

    def fill(self, cursor: Any, table: str, rows: pa.Table) -> None:
        if not len(rows):
            return
        names = ", ".join(
            self.connection.ops.quote_name(name) for name in rows.column_names
        )
        with self.connection.wrap_database_errors:
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT csv)") as copy:
                copy.write(memoryview(_csv(rows)))

    def begin(self, cursor: Any, *, looks_up: bool) -> None:
        # To compile a plan takes longer than to run it for one chunk.
        cursor.execute("SET LOCAL jit = off")
        if looks_up:
            # A small table would be read whole for each row of the chunk, and it grows
            # meanwhile by the rows of other workers.
            cursor.execute("SET LOCAL enable_seqscan = off")

    def renew(self, cursor: Any, table: str) -> None:
        table = self.connection.ops.quote_name(table)
        # Less than a row in a page: it was nearly empty when it was last counted.
        cursor.execute(
            "SELECT 1 FROM pg_class, current_setting('block_size') AS page"
            " WHERE oid = to_regclass(%s) AND relkind = 'r'"
            " AND pg_relation_size(oid) > 20 * page::int"
            " AND reltuples < pg_relation_size(oid) / page::int",
            [table],
        )
        if cursor.fetchone():
            cursor.execute(f"ANALYZE (SKIP_LOCKED) {table}")

    def lookup(
        self, meta: Any, alias: str, condition: str, *, left: bool = False
    ) -> str:
        kind, table = "LEFT" if left else "INNER", self.quote(meta.db_table)
        if not meta.managed:  # it may be a view, which has no index
            return f"{kind} JOIN {table} {alias} ON {condition}"
        names = [self.quote(field.column) for field in meta.local_concrete_fields]
        columns = ", ".join(f"{alias}.{name}" for name in names)
        found = f"SELECT {columns} FROM {table} {alias} WHERE {condition}{self.each}"
        return f"{kind} JOIN LATERAL ({found}) {alias} ON TRUE"

    def among(self, column: str, query: str) -> str:
        return f"{column} = ANY (ARRAY({query}))"

    @contextmanager
    def hashed(
        self, cursor: Any, written: str = "", side: tuple[str, str] = ("", "")
    ) -> Iterator[None]:
        if written and self.has_triggers(written):
            table, column = side
            name = f"{table.partition('.')[2]}_side"
            cursor.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {table} ({column})")
            yield
            return
        cursor.execute("SET LOCAL enable_nestloop = off")
        yield
        cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")

    def clear(self, cursor: Any, table: str) -> None:
        cursor.execute(f"TRUNCATE {table}")

    def lock(self, cursor: Any, target: str, pk: str, matched: str) -> None:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT pk FROM {matched} WHERE differs"
            f" ORDER BY {POSITION}{self.each}) m JOIN LATERAL (SELECT 1 FROM {target} t"
            f" WHERE t.{pk} = m.pk FOR NO KEY UPDATE) t ON TRUE",
            [],
        )

    def has_triggers(self, table: str) -> bool:
        table = self.connection.ops.quote_name(table)
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND NOT tgisinternal",
                [table],
            )
            return bool(cursor.fetchall())

    def next_identity(self, target: Target) -> str:
        table = self.connection.ops.quote_name(target.meta.db_table).replace("'", "''")
        column = str(target.pk.column).replace("'", "''")
        return f"nextval(pg_get_serial_sequence('{table}', '{column}'))".replace(
            "%", "%%"
        )

    def insert(
        self, cursor: Any, statement: str, values: list[object], new: New
    ) -> int:
        # Records are made, and so returned, in the order of the SELECT.
        cursor.execute(
            f"WITH made AS ({statement} RETURNING {new.pk} AS pk),"
            " numbered AS (SELECT pk, row_number() OVER () AS n FROM made),"
            f" wanted AS (SELECT {POSITION}, row_number() OVER (ORDER BY {POSITION}) AS n"
            f" FROM {new.fresh}) INSERT INTO {new.made} ({POSITION}, pk)"
            f" SELECT w.{POSITION}, m.pk FROM wanted w JOIN numbered m ON m.n = w.n",
            values,
        )
        return int(cursor.rowcount)

    def read(
        self, cursor: Any, columns: list[str], rows: str, fields: list[Field | None]
    ) -> pa.Table:
        query = f"SELECT {', '.join(columns)} {rows}"
        # Sent without values, so that a percent sign is not doubled.
        query = query.replace("%%", "%")
        with self.connection.wrap_database_errors:
            with cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as copy:
                return _texts(pa.py_buffer(b"".join(copy)), len(columns))


def gather(cursor: Any, query: str) -> bytes:
    """Return the rows of a query without values as lines, in their order.

    Whole columns of texts are made of them by `texts_of`; the first column must be a number.
    The driver takes as long for a row as for a text of many rows, so the server joins them.
    """
    cursor.execute(
        f"WITH found AS ({query}), lines AS"
        " (SELECT CAST(ROW(found.*, 0) AS text) AS line, row_number() OVER () AS n FROM found)"
        " SELECT string_agg(line, chr(10) ORDER BY n) FROM lines"
        f" GROUP BY (n - 1) / {LINES} ORDER BY min(n)",
        [],
    )
    return "\n".join(lines for (lines,) in cursor.fetchall()).encode()


def texts_of(lines: bytes, columns: int) -> pa.Table:
    """Return the rows that `gather` gave: the form in which PostgreSQL takes values back.

    A line is a record as PostgreSQL writes it: CSV in parentheses, each backslash doubled.
    """
    table = _texts(pa.py_buffer(lines), columns + 1)
    first: Arrow = pc.utf8_ltrim(table.column(0), "(")
    found = [first, *table.columns[1:columns]]
    if b"\\" in lines:
        found = [pc.replace_substring(one, "\\\\", "\\") for one in found]
    return pa.table(found, table.column_names[:columns])


def written(rows: pa.Table) -> pa.Table:
    """Return rows as the texts that `Postgres.fill` sends."""
    return _texts(_csv(rows), rows.num_columns)


def _csv(rows: pa.Table) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    pc_csv.write_csv(rows, sink, OPTIONS)
    return sink.getvalue()


def _texts(csv: pa.Buffer, columns: int) -> pa.Table:
    """Return CSV of COPY as texts: the form in which PostgreSQL takes every value back."""
    names = [str(number) for number in range(columns)]
    if not csv.size:
        return pa.table({name: pa.array([], pa.string()) for name in names})
    source: Any = pa.BufferReader(csv)
    return pc_csv.read_csv(
        source,
        # In one piece, since a text may hold line ends.
        pc_csv.ReadOptions(
            column_names=names, block_size=min(csv.size + 1, MOST_BYTES)
        ),
        pc_csv.ParseOptions(newlines_in_values=True),
        pc_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
