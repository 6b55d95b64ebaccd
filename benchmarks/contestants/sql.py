"""The databases' own fastest ways in and out, written by hand."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

if TYPE_CHECKING:
    from benchmarks.contestants.task import Task

KEY, LOOKUP = "sku", "category"
FETCHED = 10_000


class Writer(Protocol):
    keeps_ready: bool
    """Whether all chunks can be made ready before the work begins."""

    def prepared(self, batch: pa.RecordBatch) -> Any: ...

    def load(self, chunk: Any) -> None: ...


def writer(task: Task) -> Writer:
    """Return who writes into the task's table."""
    from django.db import connection

    connection.ensure_connection()
    if connection.vendor == "postgresql":
        return Copying(task, connection.connection)
    return Executing(task, connection.connection)


def read_all(task: Task) -> Callable[[], None]:
    """Return work that reads every row with its category's name, and drops it."""
    from django.db import connection

    connection.ensure_connection()
    names = ", ".join(f'r."{name}"' for name in task.shape.fields if name != LOOKUP)
    query = (
        f"SELECT {names}, c.name FROM {_table(task)} r "
        "JOIN shop_category c ON c.id = r.category_id"
    )

    def copy() -> None:
        with connection.cursor() as cursor, connection.connection.transaction():
            statement = f"COPY ({query}) TO STDOUT (FORMAT binary)"
            with cursor.cursor.copy(statement) as stream:
                for _piece in stream:
                    pass

    def fetch() -> None:
        cursor = connection.connection.execute(query)
        while cursor.fetchmany(FETCHED):
            pass

    return copy if connection.vendor == "postgresql" else fetch


class Copying:
    """PostgreSQL: COPY into a temporary table, one statement that merges it."""

    keeps_ready = True

    def __init__(self, task: Task, connection: Any) -> None:
        self._connection = connection
        self._ids = _category_ids()
        names = _stored(task)
        columns = ", ".join(names)
        connection.execute(
            f"CREATE TEMP TABLE staged ON COMMIT PRESERVE ROWS AS "
            f"SELECT {columns} FROM {_table(task)} WITH NO DATA"
        )
        self._copy = f"COPY staged ({columns}) FROM STDIN (FORMAT csv)"
        self._merge = _upsert(
            task, f"SELECT {columns}{_now(task, 'now()')} FROM staged"
        )

    def prepared(self, batch: pa.RecordBatch) -> Any:
        sink = pa.BufferOutputStream()
        options = pyarrow.csv.WriteOptions(include_header=False)
        table = pa.Table.from_batches([_with_ids(batch, self._ids)])
        pyarrow.csv.write_csv(table, sink, options)
        return memoryview(sink.getvalue())

    def load(self, chunk: Any) -> None:
        with self._connection.transaction():
            with self._connection.cursor().copy(self._copy) as stream:
                stream.write(chunk)
            self._connection.execute(self._merge)
            self._connection.execute("TRUNCATE staged")


class Executing:
    """SQLite: the same statement for each row, in one transaction."""

    keeps_ready = False

    def __init__(self, task: Task, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._ids = _category_ids()
        places = ", ".join("?" for _name in _stored(task))
        now = _now(task, "strftime('%Y-%m-%d %H:%M:%f', 'now')")
        self._statement = _upsert(task, f"VALUES ({places}{now})")

    def prepared(self, batch: pa.RecordBatch) -> list[tuple[Any, ...]]:
        columns = [_plain(column) for column in _with_ids(batch, self._ids).columns]
        return list(zip(*(column.to_pylist() for column in columns), strict=True))

    def load(self, chunk: Any) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(self._statement, chunk)
        self._connection.execute("COMMIT")


def _upsert(task: Task, source: str) -> str:
    names = [*_stored(task), *(["updated_at"] if _now(task, "x") else [])]
    values = [name for name in _stored(task) if name != KEY]
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name != KEY)
    differs = " OR ".join(
        f"r.{name} IS DISTINCT FROM excluded.{name}" for name in values
    )
    return (
        f"INSERT INTO {_table(task)} AS r ({', '.join(names)}) {source} "
        f"ON CONFLICT ({KEY}) DO UPDATE SET {changes} WHERE {differs}"
    )


def _stored(task: Task) -> list[str]:
    """Return the columns of the table that the file fills, in the file's order."""
    return [f"{LOOKUP}_id" if name == LOOKUP else name for name in task.shape.fields]


def _now(task: Task, expression: str) -> str:
    names = {field.name for field in task.model._meta.concrete_fields}
    return f", {expression}" if "updated_at" in names else ""


def _table(task: Task) -> str:
    return str(task.model._meta.db_table)


def _category_ids() -> dict[str, int]:
    from project.shop.models import Category

    return dict(Category.objects.values_list("name", "pk"))


def _with_ids(batch: pa.RecordBatch, ids: dict[str, int]) -> pa.RecordBatch:
    place = batch.schema.get_field_index(LOOKUP)
    names = pa.array(list(ids))
    found = pc.index_in(batch.column(place), names)
    numbers = pa.array(list(ids.values()), pa.int64()).take(found)
    return batch.set_column(place, LOOKUP, numbers)


def _plain(column: Any) -> Any:
    """Return a column as SQLite's driver takes it."""
    odd = pa.types.is_decimal(column.type) or pa.types.is_date(column.type)
    return column.cast(pa.string()) if odd else column
