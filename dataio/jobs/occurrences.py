"""When a schedule is due: by the clock on the wall of its time zone, summer and winter."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from dataio.models import Schedule

SATURDAY = 5
SHORTEST_MONTH = 28
DAYS_AHEAD = 62
"""From one 31st to the next that is one, and more."""


def next_after(schedule: Schedule, moment: datetime) -> datetime:
    """Return the first occurrence after `moment`, in UTC.

    A time that the clocks skip in spring is taken as if they had not been changed, so it
    comes an hour later; of a time that comes twice in autumn, the first is meant.
    """
    zone = ZoneInfo(schedule.time_zone)
    today = moment.astimezone(zone).date()
    days = (today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1))
    fitting = (day for day in days if falls_on(schedule, day))
    times = (
        datetime.combine(day, schedule.at, zone).astimezone(UTC) for day in fitting
    )
    return next(time for time in times if time > moment)


def falls_on(schedule: Schedule, day: date) -> bool:
    """Whether the schedule is due on that day."""
    if schedule.every == Schedule.Every.WEEKDAY:
        return day.weekday() < SATURDAY
    if schedule.every == Schedule.Every.WEEK:
        return day.weekday() == schedule.weekday
    if schedule.every == Schedule.Every.MONTH:
        return day.day == min(
            schedule.day, calendar.monthrange(*day.timetuple()[:2])[1]
        )
    return True


def crontab(schedule: Schedule) -> dict[str, str]:
    """Return the fields of a crontab that ticks at each occurrence.

    In months that are shorter than the day asked for it ticks on each of the last days:
    `next_after` knows which is the last.
    """
    fields = {"minute": str(schedule.at.minute), "hour": str(schedule.at.hour)}
    fields |= {"day_of_week": "*", "day_of_month": "*", "month_of_year": "*"}
    if schedule.every == Schedule.Every.WEEKDAY:
        fields["day_of_week"] = "1-5"
    elif schedule.every == Schedule.Every.WEEK:
        fields["day_of_week"] = str((schedule.weekday + 1) % 7)  # 0 is Sunday there
    elif schedule.every == Schedule.Every.MONTH:
        short = schedule.day <= SHORTEST_MONTH
        fields["day_of_month"] = str(schedule.day) if short else "28-31"
    return fields


def words(schedule: Schedule) -> str:
    """Return when it is due in words: every weekday at 07:00 (Asia/Ho_Chi_Minh)."""
    said = {
        "at": f"{schedule.at:%H:%M}",
        "zone": schedule.time_zone,
        "weekday": WEEKDAYS[schedule.weekday],
        "day": schedule.day,
    }
    return _sentence(schedule) % said


def _sentence(schedule: Schedule) -> str:
    if schedule.every == Schedule.Every.MONTH:
        if schedule.day == 1:
            return _("on the first of every month at %(at)s (%(zone)s)")
        if schedule.day == 31:
            return _("on the last day of every month at %(at)s (%(zone)s)")
        return _("on day %(day)s of every month at %(at)s (%(zone)s)")
    return {
        Schedule.Every.DAY: _("every day at %(at)s (%(zone)s)"),
        Schedule.Every.WEEKDAY: _("every weekday at %(at)s (%(zone)s)"),
        Schedule.Every.WEEK: _("every %(weekday)s at %(at)s (%(zone)s)"),
    }[Schedule.Every(schedule.every)]
