"""Dates, and dates with a time."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from dataio.columns.base import Column, ParseContext, Parsed
from dataio.columns.cells import NUMBERS, Kind, Places
from dataio.columns.date_text import (
    DAY_AND_TIME,
    Days,
    ambiguous,
    days_of,
    microseconds_of,
    short_year,
    take_apart,
    zone_microseconds,
)
from dataio.columns.month_names import with_digits
from dataio.columns.reading import Reading

NOT_DATES = (Kind.BOOL, Kind.TIME, Kind.DURATION, Kind.OTHER)
MICRO = pa.timestamp("us")
FOUR_CENTURIES = np.timedelta64(146_097, "D")


class DateColumn(Column):
    """A day of the years 1 to 9999."""

    kind = "date"
    arrow_type = pa.date32()

    def parse(self, cells: pd.Series, context: ParseContext) -> Parsed:
        reading = Reading(self, cells)
        places = reading.cells.at(Kind.DATE)
        reading.keep(places, pa.array(reading.cells.take(places), pa.date32()))
        self._keep_datetimes(reading)
        self._keep_texts(reading, context.cell_format.date_order)
        refuse_others(reading)
        return reading.finish()

    def _keep_datetimes(self, reading: Reading) -> None:
        places = reading.cells.at(Kind.DATETIME)
        moments = wall_times(reading.cells.take(places))
        days = moments.astype("datetime64[D]")
        values = pa.array(days, pa.date32())
        reading.keep_good(places, values, days == moments, "not_a_date", _has_time)

    def _keep_texts(self, reading: Reading, date_order: str) -> None:
        places = reading.cells.at(Kind.TEXT)
        matched, parts = take_apart(with_digits(reading.cells.stripped), DAY_AND_TIME)
        days = days_of(parts, matched, date_order)
        clock, right = microseconds_of(parts, matched)
        zoned = zone_microseconds(parts)[0]
        rest = refuse_uncertain(reading, places, days)
        timed = days.good & right & ((clock != 0) | zoned)
        reading.refuse(places[timed], "not_a_date", _has_time)
        good = days.good & right & ~timed
        reading.refuse(places[rest & ~good & ~timed], "not_a_date", not_a_date)
        reading.keep(places[good], pa.array(days.days[good], pa.date32()))

    def allowed(self) -> str:
        return _("A date such as 2024-12-31.")

    def example(self) -> object:
        return dt.date(2024, 12, 31)


class DateTimeColumn(Column):
    """A moment; clean values are in UTC. Cells without a zone are in the context's zone.

    A date without a time is midnight, which is how Excel keeps it.
    """

    kind = "datetime"
    arrow_type = pa.timestamp("us", tz="UTC")

    def parse(self, cells: pd.Series, context: ParseContext) -> Parsed:
        reading = Reading(self, cells)
        places = reading.cells.at(Kind.DATE)
        days = pa.array(reading.cells.take(places), pa.date32()).cast(MICRO)
        self._keep_local(reading, places, np.asarray(days), context)
        self._keep_datetimes(reading, context)
        self._keep_texts(reading, context)
        refuse_others(reading)
        return reading.finish()

    def _keep_datetimes(self, reading: Reading, context: ParseContext) -> None:
        places = reading.cells.at(Kind.DATETIME)
        raw = reading.cells.take(places)
        aware = has_zone(raw)
        self._keep_local(reading, places[~aware], wall_times(raw[~aware]), context)
        offsets = np.array([cell.utcoffset() for cell in raw[aware]], "timedelta64[us]")
        self._keep_utc(reading, places[aware], wall_times(raw[aware]) - offsets)

    def _keep_texts(self, reading: Reading, context: ParseContext) -> None:
        places = reading.cells.at(Kind.TEXT)
        matched, parts = take_apart(with_digits(reading.cells.stripped), DAY_AND_TIME)
        days = days_of(parts, matched, context.cell_format.date_order)
        clock, right = microseconds_of(parts, matched)
        zoned, offset, zone_right = zone_microseconds(parts)
        rest = refuse_uncertain(reading, places, days)
        good = days.good & right & zone_right
        reading.refuse(places[rest & ~good], "not_a_date", _not_a_moment)
        moments = days.days.astype("datetime64[us]") + clock.astype("timedelta64[us]")
        local, utc = good & ~zoned, good & zoned
        self._keep_local(reading, places[local], moments[local], context)
        self._keep_utc(
            reading, places[utc], moments[utc] - offset[utc].astype("timedelta64[us]")
        )

    def _keep_local(
        self,
        reading: Reading,
        places: Places,
        moments: NDArray[np.datetime64],
        context: ParseContext,
    ) -> None:
        """Keep wall-clock times of the context's zone, where there was one such moment."""
        zone = context.timezone
        # The calendar repeats after 400 years; pandas needs room on both sides of a moment.
        years = moments.astype("datetime64[Y]").astype(np.int64) + 1970
        cycles = (
            np.where(years <= 1, 1, np.where(years >= 9999, -1, 0)) * FOUR_CENTURIES
        )
        index = pd.DatetimeIndex(moments.astype("datetime64[us]") + cycles)
        located = index.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
        # Shifting only what does not exist leaves what came twice.
        shifted = index.tz_localize(zone, ambiguous="NaT", nonexistent="shift_forward")
        twice, lost = np.asarray(shifted.isna()), np.asarray(located.isna())
        reading.refuse(
            places[twice], "ambiguous_date", lambda seen: _came_twice(seen, zone.key)
        )
        reading.refuse(
            places[lost & ~twice], "not_a_date", lambda seen: _left_out(seen, zone.key)
        )
        utc = located.tz_convert("UTC").tz_localize(None).to_numpy() - cycles
        self._keep_utc(reading, places[~lost], utc[~lost])

    def _keep_utc(
        self, reading: Reading, places: Places, moments: NDArray[np.datetime64]
    ) -> None:
        years = moments.astype("datetime64[Y]").astype(np.int64) + 1970
        good = (years >= 1) & (years <= 9999)
        values = pa.array(moments, MICRO).cast(self.arrow_type)
        reading.keep_good(places, values, good, "not_a_date", _not_a_moment)

    def allowed(self) -> str:
        return _("A date with a time such as 2024-12-31 14:30.")

    def example(self) -> object:
        return dt.datetime(2024, 12, 31, 14, 30)  # noqa: DTZ001 - as cells have it


def has_zone(raw: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which datetimes carry a zone."""
    return np.fromiter((cell.tzinfo is not None for cell in raw), np.bool_, len(raw))


def wall_times(raw: NDArray[np.object_]) -> NDArray[np.datetime64]:
    """Return datetime cells as the clock shows them, datetime64[us], zones left off."""
    aware = has_zone(raw)
    if aware.any():
        raw = raw.copy()
        raw[aware] = [cell.replace(tzinfo=None) for cell in raw[aware]]
    return np.asarray(pa.array(raw, MICRO).to_numpy(zero_copy_only=False))


def refuse_uncertain(reading: Reading, places: Places, days: Days) -> NDArray[np.bool_]:
    """Refuse texts that can mean two days or have a short year; return which others there are."""
    reading.refuse(places[days.ambiguous], "ambiguous_date", ambiguous)
    reading.refuse(places[days.short_year], "not_a_date", short_year)
    return ~days.ambiguous & ~days.short_year


def refuse_others(reading: Reading) -> None:
    """Refuse numbers and everything else that is no date."""
    reading.refuse(reading.cells.at(*NUMBERS), "not_a_date", _is_number)
    reading.refuse(reading.cells.at(*NOT_DATES), "not_a_date", not_a_date)


def not_a_date(seen: str) -> str:
    """Return the sentence for what is no date."""
    return _('"%(value)s" is not a date. Write it like 2024-12-31.') % {"value": seen}


def _not_a_moment(seen: str) -> str:
    return _(
        '"%(value)s" is not a date with a time. Write it like 2024-12-31 14:30.'
    ) % {"value": seen}


def _is_number(seen: str) -> str:
    return _(
        '"%(value)s" is a number, not a date. Format the cell as a date in Excel, or write it '
        "like 2024-12-31."
    ) % {"value": seen}


def _has_time(seen: str) -> str:
    return _('"%(value)s" has a time. Only a day is allowed here, like 2024-12-31.') % {
        "value": seen
    }


def _came_twice(seen: str, zone: str) -> str:
    return _(
        '"%(value)s" came twice in %(zone)s, because the clocks were set back. Write it with its '
        "distance from UTC, like 2024-12-31 14:30+01:00."
    ) % {"value": seen, "zone": zone}


def _left_out(seen: str, zone: str) -> str:
    return _(
        '"%(value)s" did not exist in %(zone)s, because the clocks were set forward. Write '
        "another time."
    ) % {"value": seen, "zone": zone}
