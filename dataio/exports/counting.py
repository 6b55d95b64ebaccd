"""How many rows an export will hold, said before anybody gets impatient.

All rows are counted as long as that takes no more than a second; then it is only known that
there are more than 100,000, or nothing at all.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connections, transaction
from django.db.models import QuerySet

PATIENCE = 1.0
"""Seconds that counting may take."""
MANY = 100_000
SQLITE_STEPS = 20_000  # of its virtual machine, about a millisecond


class TooSlow(Exception):
    """The database did not answer in time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """What is known of the number of rows."""

    rows: int
    is_exact: bool = True
    """False: there are more than `rows`."""


def counted(rows: QuerySet[Any]) -> Count | None:
    """Return how many rows there are, None when the database takes too long to tell."""
    unordered = rows.order_by()
    try:
        with time_limit(rows.db, PATIENCE):
            return Count(rows=unordered.count())
    except TooSlow:
        pass
    try:
        with time_limit(rows.db, PATIENCE):
            found = unordered[: MANY + 1].count()
    except TooSlow:
        return None
    return Count(rows=min(found, MANY), is_exact=found <= MANY)


@contextmanager
def time_limit(using: str, seconds: float) -> Iterator[None]:
    """Let queries inside take that long, then stop them and raise TooSlow.

    PostgreSQL and SQLite can be stopped; other databases take the time they take.
    """
    vendor = connections[using].vendor
    stopped = False
    try:
        if vendor == "postgresql":
            with transaction.atomic(using), _postgres_limit(using, seconds):
                yield
        elif vendor == "sqlite":
            with _sqlite_limit(using, seconds):
                yield
        else:
            yield
    except OperationalError as error:
        words = str(error)
        stopped = "interrupted" in words or "statement timeout" in words
        if not stopped:
            raise
    if stopped:
        raise TooSlow


@contextmanager
def _postgres_limit(using: str, seconds: float) -> Iterator[None]:
    with connections[using].cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = %s", [round(seconds * 1000)])
        yield
        # In a transaction that goes on, as in tests, the limit must not.
        cursor.execute("SET LOCAL statement_timeout = DEFAULT")


@contextmanager
def _sqlite_limit(using: str, seconds: float) -> Iterator[None]:
    connection = connections[using]
    connection.ensure_connection()
    raw: Any = connection.connection
    end = time.monotonic() + seconds
    raw.set_progress_handler(lambda: time.monotonic() > end, SQLITE_STEPS)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)
