"""Load one chunk of clean rows into the database, inside the caller's transaction.

How a row is written depends on the database: PostgreSQL and SQLite have set-based loaders, any
other database, and models with fields of their own making, go through the ORM.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pandas as pd
from django.db import connections, router
from django.db.backends.base.base import BaseDatabaseWrapper

from dataio.columns.problems import join_problems, no_problems
from dataio.imports.awaiting import with_parents
from dataio.imports.loaders import sentences
from dataio.imports.loaders.generic import GenericLoader
from dataio.imports.loaders.merge import SetLoader
from dataio.imports.loaders.postgres import Postgres
from dataio.imports.loaders.refusals import Search
from dataio.imports.loaders.result import Loader, LoadResult, join_results
from dataio.imports.loaders.sqlite import Sqlite
from dataio.imports.loaders.staging import Dialect
from dataio.imports.loaders.target import Target
from dataio.imports.plan import ImportPlan
from dataio.imports.related import create_related
from dataio.imports.roundtrip import sort_out
from dataio.resources import Resource

__all__ = ["LoadResult", "load_chunk"]


def load_chunk(
    frame: pd.DataFrame,
    plan: ImportPlan,
    resource: Resource,
    *,
    keeps_images: bool = False,
) -> LoadResult:
    """Write the rows of a clean frame; must be called in a transaction.

    `frame`: index = row numbers as Excel shows them, columns = names of the mapped columns,
    Arrow dtypes, pd.NA = blank. Rows the database refuses are problems and do not stop the rest.
    `keeps_images`: the result says what each record was before and after.
    Errors that have nothing to do with the rows (connection lost, deadlock) are raised.
    """
    connection = connections[router.db_for_write(resource.model)]
    target = Target(plan, resource, connection, keeps_images=keeps_images)
    frame, orphans = with_parents(frame, resource)
    frame = create_related(frame, resource, connection.alias)
    rows = sort_out(frame, target, lock=True)
    frame = rows.frame.drop(index=rows.conflicts["row"].tolist())
    frame, repeated = without_repeats(target.with_targets(frame), target)
    left = LoadResult(
        unchanged=len(rows.unchanged),
        problems=join_problems([orphans, rows.conflicts, repeated]),
    )
    if frame.empty:
        return left
    with closing(open_loader(target, connection)) as loader:
        result = Search(loader, target).load(frame)
    return join_results([result, left])


def open_loader(target: Target, connection: BaseDatabaseWrapper) -> Loader:
    """Return the fastest loader that stores exactly what the ORM would."""
    dialect = set_dialect(target, connection)
    return SetLoader(target, dialect) if dialect else GenericLoader(target)


def set_dialect(target: Target, connection: BaseDatabaseWrapper) -> Dialect | None:
    """Return how to speak to the database in sets; None: only the ORM stores it right."""
    if target.resource.save_each or not target.stock:
        return None
    if connection.vendor == "postgresql" and _speaks_psycopg3(connection):
        return Postgres(connection)
    # UPDATE ... FROM came with SQLite 3.33.
    if connection.vendor == "sqlite" and sqlite3.sqlite_version_info >= (3, 33):
        return Sqlite(connection)
    return None


def _speaks_psycopg3(connection: BaseDatabaseWrapper) -> bool:
    return hasattr(getattr(connection, "Database", None), "AsyncConnection")


def without_repeats(
    frame: pd.DataFrame, target: Target
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keep the first row of each key. Rows with a blank in the key are never the same."""
    key = list(target.plan.key)
    if not key:
        return frame, no_problems()
    again = frame.duplicated(key) & frame[key].notna().all(axis="columns")
    if not again.any():
        return frame, no_problems()
    return frame[~again], sentences.repeated(frame[again], target)
