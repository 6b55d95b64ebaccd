"""Dates and times written as text, taken apart a whole Series at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from dataio.columns.cells import Arrow, Mask, as_mask, pc

DAY = r"(?P<a>\d{1,4})(?P<s>[-/. ])(?P<b>\d{1,2})(?P<t>[-/. ])(?P<c>\d{1,4})"
CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,6}))?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
)
ZONE = r"(?P<zone>[Zz]|[+-]\d{2}:?\d{2})"
ONLY_TIME = rf"^{CLOCK}$"
DAY_AND_TIME = rf"^{DAY}(?:(?:[Tt]| +){CLOCK} ?{ZONE}?)?$"
MICROSECONDS = 1_000_000
DAY_LENGTH = 86_400 * MICROSECONDS

Numbers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Days:
    """Days read from text; arrays of one length."""

    days: NDArray[np.datetime64]
    """datetime64[D]; without meaning where neither good nor ambiguous."""
    good: Mask
    ambiguous: Mask
    """The day and the month could be either way round."""
    short_year: Mask
    """The year has two digits."""


def take_apart(texts: Arrow, pattern: str) -> tuple[Mask, Arrow]:
    """Return which texts match, and the groups as a struct array ("" for a part not there)."""
    parts = pc.extract_regex(texts, pattern)
    return as_mask(parts.is_valid()), parts


def days_of(parts: Arrow, matched: Mask, date_order: str) -> Days:
    """Return the days that parts a, b and c name.

    A year of four digits in front is always year, month, day. A year behind is read by
    `date_order` (DMY or MDY), or, when that is not said, where only one reading is a day.
    """
    first, middle, last = (numbers(parts, name) for name in "abc")
    year_first = (lengths(parts, "a") == 4) & (lengths(parts, "c") <= 2)
    year_last = (lengths(parts, "c") == 4) & (lengths(parts, "a") <= 2)
    matched = matched & as_mask(
        pc.equal(pc.struct_field(parts, "s"), pc.struct_field(parts, "t"))
    )
    iso, iso_good = calendar(first, middle, last)
    day_first, day_first_good = calendar(last, middle, first)
    month_first, month_first_good = calendar(last, first, middle)
    day_first_good &= date_order != "MDY"
    month_first_good &= date_order != "DMY"
    both = day_first_good & month_first_good & (day_first != month_first)
    behind = np.where(day_first_good, day_first, month_first)
    behind_good = (day_first_good | month_first_good) & ~both
    short = (lengths(parts, "a") <= 2) & (lengths(parts, "c") <= 2)
    return Days(
        days=np.where(year_first, iso, behind),
        good=matched & ((year_first & iso_good) | (year_last & behind_good)),
        ambiguous=matched & year_last & both,
        short_year=matched & short,
    )


def calendar(
    year: Numbers, month: Numbers, day: Numbers
) -> tuple[NDArray[np.datetime64], Mask]:
    """Return days as datetime64[D], and which of them are in the calendar (years 1 to 9999)."""
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1)
    right = (month >= 1) & (month <= 12) & (day >= 1) & (year >= 1) & (year <= 9999)
    return np.asarray(days), np.asarray(
        right & (days.astype("datetime64[M]") == months)
    )


def microseconds_of(parts: Arrow, matched: Mask) -> tuple[Numbers, Mask]:
    """Return the time of day in microseconds, and which are times (0 where none is written)."""
    hour, minute, second = (
        numbers(parts, name) for name in ("hour", "minute", "second")
    )
    fraction = pc.struct_field(parts, "fraction")
    micro = as_numbers(pc.utf8_rpad(fraction, 6, "0"))
    half = pc.utf8_lower(pc.struct_field(parts, "half"))
    halved = as_mask(pc.not_equal(half, ""))
    right = np.where(halved, (hour >= 1) & (hour <= 12), hour <= 23)
    hour = np.where(halved, hour % 12 + 12 * as_mask(pc.equal(half, "p")), hour)
    total = ((hour * 60 + minute) * 60 + second) * MICROSECONDS + micro
    return total, matched & right & (minute <= 59) & (second <= 59)


def zone_microseconds(parts: Arrow) -> tuple[Mask, Numbers, Mask]:
    """Return which texts carry a zone, its distance from UTC in microseconds, which are right."""
    zone = pc.struct_field(parts, "zone")
    digits = pc.replace_substring_regex(pc.utf8_upper(zone), "[Z:+-]", "")
    number = as_numbers(digits)
    minutes = number // 100 * 60 + number % 100
    sign = np.where(as_mask(pc.starts_with(zone, "-")), -1, 1)
    right = (number % 100 <= 59) & (minutes < 24 * 60)
    return as_mask(pc.not_equal(zone, "")), sign * minutes * 60 * MICROSECONDS, right


def numbers(parts: Arrow, name: str) -> Numbers:
    """Return one group as whole numbers, 0 where it is not there."""
    return as_numbers(pc.struct_field(parts, name))


def as_numbers(digits: Arrow) -> Numbers:
    """Return texts of digits as whole numbers, 0 for "" and null."""
    filled = pc.fill_null(pc.if_else(pc.equal(digits, ""), "0", digits), "0")
    return np.asarray(filled.cast(pa.int64()))


def lengths(parts: Arrow, name: str) -> Numbers:
    """Return the number of characters of one group."""
    return np.asarray(
        pc.fill_null(pc.utf8_length(pc.struct_field(parts, name)), 0), np.int64
    )


def readings(text: str) -> tuple[date, date]:
    """Return both days that an ambiguous text can mean, the one with the day first first."""
    parts = re.match(DAY_AND_TIME, text.strip())
    if parts is None:
        raise ValueError(text)
    a, b, c = (int(parts[name]) for name in "abc")
    return date(c, b, a), date(c, a, b)


def ambiguous(seen: str) -> str:
    """Return the sentence for a text that can mean two days."""
    one, other = (format_date(day, "j F Y") for day in readings(seen))
    return _(
        '"%(value)s" can mean %(one)s or %(other)s. Choose the order of day and month on the '
        "mapping page, or write it like 2024-12-31."
    ) % {"value": seen, "one": one, "other": other}


def short_year(seen: str) -> str:
    """Return the sentence for a year of two digits."""
    return _(
        '"%(value)s" has a year of two digits. Write all four, like 2024-12-31.'
    ) % {"value": seen}
