"""Times of day, and durations."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
from django.utils.dateparse import parse_duration
from django.utils.translation import gettext as _

from dataio.columns.base import Column, ParseContext, Parsed
from dataio.columns.cells import NUMBERS, Kind, matches
from dataio.columns.date_text import ONLY_TIME, microseconds_of, take_apart
from dataio.columns.reading import Reading

TIME = pa.time64("us")
DURATION = pa.duration("us")
NEITHER = (Kind.BOOL, *NUMBERS, Kind.DATE, Kind.DATETIME, Kind.OTHER)
# What 64 bits of microseconds hold.
MOST_DAYS = 106_000_000
# 1:30 alone could be minutes and seconds or hours and minutes.
CERTAIN = r"^-?(\d{1,9} (days?,? )?)?\d{1,9}:[0-5]\d:[0-5]\d([.,]\d{1,6})?$|^-?P\S+$|^-?\d{1,9} days?$"


class TimeColumn(Column):
    """A time of day. Excel keeps it as part of a day, so a duration below 24 hours is one."""

    kind = "time"
    arrow_type = TIME

    def parse(self, cells: pd.Series, context: ParseContext) -> Parsed:
        reading = Reading(self, cells)
        at, take = reading.cells.at, reading.cells.take
        places = at(Kind.TIME)
        naive = np.fromiter(
            (cell.tzinfo is None for cell in take(places)), np.bool_, len(places)
        )
        reading.refuse(places[~naive], "not_a_time", _not_a_time)
        reading.keep(places[naive], pa.array(take(places)[naive], TIME))
        places = at(Kind.DURATION)
        short = np.array([cell.days == 0 for cell in take(places)], np.bool_)
        reading.refuse(places[~short], "not_a_time", _not_a_time)
        micros = pa.array(take(places[short]), DURATION).cast(pa.int64())
        reading.keep(places[short], micros.cast(TIME))
        matched, parts = take_apart(reading.cells.stripped, ONLY_TIME)
        clock, right = microseconds_of(parts, matched)
        values = pa.array(np.where(right, clock, 0)).cast(TIME)
        reading.keep_good(at(Kind.TEXT), values, right, "not_a_time", _not_a_time)
        reading.refuse(at(*NEITHER), "not_a_time", _not_a_time)
        return reading.finish()

    def allowed(self) -> str:
        return _("A time of day such as 14:30.")

    def example(self) -> object:
        return dt.time(14, 30)


class DurationColumn(Column):
    """A length of time. A time of day is one too, since Excel keeps both alike."""

    kind = "duration"
    arrow_type = DURATION

    def parse(self, cells: pd.Series, context: ParseContext) -> Parsed:
        reading = Reading(self, cells)
        at, take = reading.cells.at, reading.cells.take
        places = at(Kind.DURATION)
        fits = np.array([abs(cell.days) < MOST_DAYS for cell in take(places)], np.bool_)
        reading.refuse(places[~fits], "not_a_duration", _not_a_duration)
        reading.keep(places[fits], pa.array(take(places[fits]), DURATION))
        times = pa.array(
            [cell.replace(tzinfo=None) for cell in take(at(Kind.TIME))], TIME
        )
        reading.keep(at(Kind.TIME), times.cast(pa.int64()).cast(DURATION))
        texts = reading.cells.stripped.dictionary_encode()
        known = matches(texts.dictionary, CERTAIN)
        spans = [
            _duration(text) if certain else None
            for text, certain in zip(texts.dictionary.to_pylist(), known, strict=True)
        ]
        values = pa.array(spans, DURATION).take(texts.indices)
        good = np.asarray(values.is_valid())
        reading.keep_good(
            at(Kind.TEXT), values, good, "not_a_duration", _not_a_duration
        )
        reading.refuse(at(*NEITHER), "not_a_duration", _not_a_duration)
        return reading.finish()

    def allowed(self) -> str:
        return _("A duration in hours, minutes and seconds such as 26:30:00.")

    def example(self) -> object:
        return dt.timedelta(hours=26, minutes=30)


def _duration(text: str) -> dt.timedelta | None:
    try:
        span = parse_duration(text)
    except (OverflowError, ValueError):
        return None
    return span if span is not None and abs(span.days) < MOST_DAYS else None


def _not_a_time(seen: str) -> str:
    return _('"%(value)s" is not a time of day. Write it like 14:30.') % {"value": seen}


def _not_a_duration(seen: str) -> str:
    return _(
        '"%(value)s" is not a duration. Write hours, minutes and seconds, like 26:30:00.'
    ) % {"value": seen}
