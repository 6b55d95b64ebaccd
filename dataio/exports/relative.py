"""Days that move with time: "last month" is another month next month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Days = tuple[dt.date, dt.date]
"""The first day and the last."""
DAY = dt.timedelta(days=1)


def days_of(word: str, today: dt.date) -> Days:
    """Return the first and the last day that a word of WORDS means today.

    >>> days_of("last_month", dt.date(2026, 3, 31))
    (datetime.date(2026, 2, 1), datetime.date(2026, 2, 28))
    """
    return _DAYS[word](today)


def _back(days: int) -> Callable[[dt.date], Days]:
    """Return the days up to today, today among them."""
    return lambda today: (today - (days - 1) * DAY, today)


def _one(days: int) -> Callable[[dt.date], Days]:
    return lambda today: (today + days * DAY, today + days * DAY)


def _week(weeks: int) -> Callable[[dt.date], Days]:
    """Return a week from Monday to Sunday."""

    def days(today: dt.date) -> Days:
        monday = today - today.weekday() * DAY + 7 * weeks * DAY
        return monday, monday + 6 * DAY

    return days


def _months(length: int, steps: int) -> Callable[[dt.date], Days]:
    """Return a month (length 1), quarter (3) or year (12), some steps from today's."""

    def days(today: dt.date) -> Days:
        month = (today.month - 1) // length * length + length * steps
        return _first(today.year, month), _first(today.year, month + length) - DAY

    return days


def _first(year: int, month: int) -> dt.date:
    """Return the first day of a month counted from January of a year, 0 and up or below."""
    return dt.date(year + month // 12, month % 12 + 1, 1)


_DAYS: dict[str, Callable[[dt.date], Days]] = {
    "today": _one(0),
    "yesterday": _one(-1),
    "last_7_days": _back(7),
    "last_30_days": _back(30),
    "this_week": _week(0),
    "last_week": _week(-1),
    "this_month": _months(1, 0),
    "last_month": _months(1, -1),
    "this_quarter": _months(3, 0),
    "last_quarter": _months(3, -1),
    "this_year": _months(12, 0),
    "last_year": _months(12, -1),
}
WORDS: dict[str, str | Promise] = {
    "today": _("today"),
    "yesterday": _("yesterday"),
    "last_7_days": _("the last 7 days"),
    "last_30_days": _("the last 30 days"),
    "this_week": _("this week"),
    "last_week": _("last week"),
    "this_month": _("this month"),
    "last_month": _("last month"),
    "this_quarter": _("this quarter"),
    "last_quarter": _("last quarter"),
    "this_year": _("this year"),
    "last_year": _("last year"),
}
