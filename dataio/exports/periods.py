"""Days and months of dates, asked of the database in the person's time zone."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connections
from django.db.models import DateField, Expression, F, Func, Max, Min, QuerySet, Value
from django.db.models.functions import Trunc
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

PERIODS = ("month", "quarter", "year")
SECOND = dt.timedelta(seconds=1)


def period(rows: QuerySet[Any], path: str, *, kind: str, by: str) -> Expression:
    """Return an expression for the day of a date, or for the first day of its month.

    `kind`: "date" or "datetime". `by`: one of PERIODS, which are all made of months; "" is
    the day. On SQLite Django's own functions run in Python, row by row, and take 15 times
    as long as the same text cut by SQLite itself.
    """
    if connections[rows.db].vendor != "sqlite":
        return Trunc(path, "month" if by else "day", output_field=DateField())
    shape = Value("%Y-%m-01" if by else "%Y-%m-%d")
    if kind == "date":
        return _SqliteDay(shape, F(path), output_field=DateField())
    return _SqliteDay(
        shape, F(path), output_field=DateField(), shifts=_shifts(rows, path)
    )


def period_start(day: dt.date, by: str) -> dt.date:
    """Return the first day of the month, quarter or year; of the day that day itself."""
    if by == "year":
        return day.replace(month=1, day=1)
    if by == "quarter":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(day=1) if by else day


def period_label(day: dt.date, by: str) -> str:
    """Return a period as people write it, from its first day.

    >>> period_label(dt.date(2026, 4, 1), "quarter")
    'Q2 2026'
    """
    if by == "year":
        return str(day.year)
    if by == "quarter":
        names = {"quarter": (day.month + 2) // 3, "year": day.year}
        return _("Q%(quarter)s %(year)s") % names
    return date_format(day, "M Y") if by else day.isoformat()


class _SqliteDay(Func):
    """A date cut from the text that SQLite keeps, without fractions that it would round."""

    def __init__(
        self, *parts: Any, shifts: list[tuple[str, int]] | None = None, **more: Any
    ) -> None:
        super().__init__(*parts, **more)
        self.shifts = shifts or []

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        (shape, shape_params), (moment, moment_params) = (
            compiler.compile(part) for part in self.get_source_expressions()
        )
        if not self.shifts:
            sql = f"STRFTIME({shape}, SUBSTR({moment}, 1, 19))"
            return sql, (*shape_params, *moment_params)
        case = f"WHEN {moment} < %s THEN %s " * len(self.shifts)
        params = [*shape_params, *moment_params]
        for until, seconds in self.shifts:
            params += [*moment_params, until, f"{seconds:+d} seconds"]
        return f"STRFTIME({shape}, SUBSTR({moment}, 1, 19), CASE {case}END)", params


def _shifts(rows: QuerySet[Any], path: str) -> list[tuple[str, int]]:
    """Return until when (as SQLite writes it) local time was how many seconds from UTC."""
    ends = rows.order_by().aggregate(first=Min(path), last=Max(path))
    moment, last = ends["first"], ends["last"]
    if moment is None or timezone.is_naive(moment):
        return []
    moment, last = moment.astimezone(dt.UTC), last.astimezone(dt.UTC)
    found: list[tuple[str, int]] = []
    while moment <= last:
        change = _next_change(moment, last + dt.timedelta(days=1))
        found.append((f"{change:%Y-%m-%d %H:%M:%S}", _offset(moment)))
        moment = change
    return found


def _next_change(moment: dt.datetime, end: dt.datetime) -> dt.datetime:
    """Return when the clocks are changed next, or the end; by weeks, then by halves."""
    before, offset = moment.replace(microsecond=0), _offset(moment)
    after = before
    while after < end and _offset(after) == offset:
        before, after = after, after + dt.timedelta(days=7)
    if _offset(after) == offset:
        return end.replace(microsecond=0)
    while after - before > SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if _offset(middle) == offset:
            before = middle
        else:
            after = middle
    return after


def _offset(moment: dt.datetime) -> int:
    zone = timezone.get_current_timezone()
    shift = moment.astimezone(zone).utcoffset() or dt.timedelta()
    return int(shift.total_seconds())
