"""Schedules: due by the clock on the wall, run once each time, or not at all."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from time import sleep
from time import time as clock
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from django_celery_beat.tzcrontab import TzAwareCrontab

from dataio.exports.select import ExportPlan
from dataio.jobs import files, occurrences, reports, runner, schedules
from dataio.models import Job, JobState, Mail, SavedReport, Schedule
from project.shop.models import Category

DAILY = {"every": "day"}


def schedule_at(zone: str, at: str = "07:00", **changes) -> Schedule:
    facts = {"at": time.fromisoformat(at), "time_zone": zone, **changes}
    return Schedule(**facts)


def moments(schedule: Schedule, start: str, count: int) -> list[str]:
    """The first occurrences after `start`, as the wall shows them."""
    zone = ZoneInfo(schedule.time_zone)
    moment = datetime.fromisoformat(start).replace(tzinfo=zone)
    found = []
    for _number in range(count):
        moment = occurrences.next_after(schedule, moment)
        assert moment.tzinfo is UTC
        found.append(f"{moment.astimezone(zone):%a %m-%d %H:%M %z}")
    return found


@pytest.mark.parametrize(
    ("zone", "at", "start", "expected"),
    [
        (
            "Europe/Berlin",
            "07:00",
            "2026-03-27 12:00",
            ["Sat 03-28 07:00 +0100", "Sun 03-29 07:00 +0200", "Mon 03-30 07:00 +0200"],
        ),
        (
            "Europe/Berlin",
            "07:00",
            "2026-10-23 12:00",
            ["Sat 10-24 07:00 +0200", "Sun 10-25 07:00 +0100", "Mon 10-26 07:00 +0100"],
        ),
        (
            "America/New_York",
            "07:00",
            "2026-03-06 12:00",
            ["Sat 03-07 07:00 -0500", "Sun 03-08 07:00 -0400", "Mon 03-09 07:00 -0400"],
        ),
        (
            "America/New_York",
            "07:00",
            "2026-10-30 12:00",
            ["Sat 10-31 07:00 -0400", "Sun 11-01 07:00 -0500", "Mon 11-02 07:00 -0500"],
        ),
        (  # 02:30 is skipped on the 29th
            "Europe/Berlin",
            "02:30",
            "2026-03-28 01:00",
            ["Sat 03-28 02:30 +0100", "Sun 03-29 03:30 +0200", "Mon 03-30 02:30 +0200"],
        ),
        (  # 02:30 comes twice on the 25th
            "Europe/Berlin",
            "02:30",
            "2026-10-24 01:00",
            ["Sat 10-24 02:30 +0200", "Sun 10-25 02:30 +0200", "Mon 10-26 02:30 +0100"],
        ),
        (
            "Asia/Ho_Chi_Minh",
            "00:00",
            "2026-12-31 00:00",
            ["Fri 01-01 00:00 +0700", "Sat 01-02 00:00 +0700"],
        ),
    ],
)
def test_seven_stays_seven_when_the_clocks_change(zone, at, start, expected):
    schedule = schedule_at(zone, at, **DAILY)
    assert moments(schedule, start, len(expected)) == expected


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        (
            {"every": "weekday"},
            ["Fri 01-30", "Mon 02-02", "Tue 02-03"],
            "every weekday at 07:00 (UTC)",
        ),
        (
            {"every": "week", "weekday": 6},
            ["Sun 02-01", "Sun 02-08"],
            "every Sunday at 07:00 (UTC)",
        ),
        (
            {"every": "month", "day": 1},
            ["Sun 02-01", "Sun 03-01"],
            "on the first of every month at 07:00 (UTC)",
        ),
        (
            {"every": "month", "day": 15},
            ["Sun 02-15", "Sun 03-15"],
            "on day 15 of every month at 07:00 (UTC)",
        ),
        (
            {"every": "month", "day": 30},
            ["Fri 01-30", "Sat 02-28", "Mon 03-30"],
            "on day 30 of every month at 07:00 (UTC)",
        ),
        (
            {"every": "month", "day": 31},
            ["Sat 01-31", "Sat 02-28", "Tue 03-31", "Thu 04-30", "Sun 05-31"],
            "on the last day of every month at 07:00 (UTC)",
        ),
        (
            DAILY,
            ["Fri 01-30", "Sat 01-31", "Sun 02-01"],
            "every day at 07:00 (UTC)",
        ),
    ],
)
def test_it_is_due_on_the_days_that_its_words_say(changes, expected, said):
    schedule = schedule_at("UTC", **changes)
    found = moments(schedule, "2026-01-29 12:00", len(expected))
    assert found == [f"{day} 07:00 +0000" for day in expected]
    assert occurrences.words(schedule) == said


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize("month", [3, 10, 11])
@pytest.mark.parametrize(
    "changes",
    [{"every": "weekday"}, {"every": "week", "weekday": 6}, DAILY],
    ids=["weekday", "sunday", "day"],
)
def test_the_clock_ticks_at_each_occurrence(zone, month, changes):
    schedule = schedule_at(zone, **changes)
    moment = datetime(2026, month, 1, 12, tzinfo=UTC)
    end = moment + timedelta(days=31)
    while (moment := occurrences.next_after(schedule, moment)) < end:
        minute = timedelta(minutes=1)
        assert ticks(schedule, at=moment, last=moment - timedelta(hours=20))
        assert not ticks(schedule, at=moment - minute, last=moment - timedelta(hours=1))
        assert not ticks(schedule, at=moment + minute, last=moment)


def ticks(schedule: Schedule, at: datetime, last: datetime) -> bool:
    """Whether beat's clock ticks at one moment, when it ticked last at another."""
    zone = ZoneInfo(schedule.time_zone)
    clock = TzAwareCrontab(**occurrences.crontab(schedule), tz=zone)
    clock.nowfun = lambda: at.astimezone(zone)
    return bool(clock.is_due(last).is_due)


@pytest.fixture
def alice(db) -> User:
    return User.objects.create_user("alice", "alice@example.com")


@pytest.fixture(autouse=True)
def nothing_is_sent(monkeypatch):
    monkeypatch.setattr("dataio.jobs.queue.send_mail", lambda mail_id: None)
    monkeypatch.setattr("dataio.jobs.queue.send", lambda job_id: False)


@pytest.fixture
def schedule(alice) -> Schedule:
    plan = ExportPlan(resource="shop.category", columns=("name",))
    report = reports.save(alice, "Categories", plan)
    schedule = Schedule(
        report=report,
        owner=alice,
        every="day",
        at=time(7),
        time_zone="Europe/Berlin",
        recipients=["bob@example.com", "carla@example.com"],
    )
    schedules.save(schedule)
    return schedule


def make_due(schedule: Schedule, ago: timedelta = timedelta(minutes=1)) -> None:
    Schedule.objects.filter(pk=schedule.pk).update(next_at=timezone.now() - ago)


def run(job: Job) -> Job:
    """Do what a worker does with it."""
    runner.run_job(job.pk)
    job.refresh_from_db()
    return job


def test_saving_sets_the_clock_of_beat(schedule):
    clock = PeriodicTask.objects.get(pk=schedule.periodic_task_id)
    assert clock.task == "dataio.tasks.run_schedule"
    assert json.loads(clock.args) == [schedule.pk]
    assert (clock.crontab.hour, clock.crontab.minute) == ("7", "0")
    assert str(clock.crontab.timezone) == "Europe/Berlin"
    assert clock.enabled
    schedule.at = time(8, 30)
    schedules.save(schedule)
    clock.refresh_from_db()
    assert (clock.crontab.hour, clock.crontab.minute) == ("8", "30")
    assert PeriodicTask.objects.filter(task=clock.task).count() == 1


def test_pausing_stops_the_clock_and_resuming_leaves_out_what_was_missed(schedule):
    schedules.pause(schedule)
    clock = PeriodicTask.objects.get(pk=schedule.periodic_task_id)
    assert (clock.enabled, schedule.next_at) == (False, None)
    assert schedules.run_if_due(schedule.pk) is None
    schedules.resume(schedule)
    clock.refresh_from_db()
    assert clock.enabled
    assert schedule.next_at > timezone.now()


@pytest.mark.parametrize("what", ["schedule", "report", "owner"])
def test_the_clock_goes_with_whatever_is_deleted(schedule, what):
    {"schedule": schedule, "report": schedule.report, "owner": schedule.owner}[
        what
    ].delete()
    assert not PeriodicTask.objects.filter(task="dataio.tasks.run_schedule").exists()


def test_it_waits_until_it_is_due(schedule):
    assert schedules.run_if_due(schedule.pk) is None
    assert not Job.objects.exists()


def test_an_occurrence_runs_once_however_often_it_is_told(schedule, settings):
    for name in ("Tools", "Đồ chơi"):
        Category.objects.create(name=name)
    make_due(schedule)
    job = schedules.run_if_due(schedule.pk)
    assert [schedules.run_if_due(schedule.pk) for _time in range(3)] == [None] * 3
    schedules.run_missed()
    assert Job.objects.get() == job
    assert (job.report, job.schedule, job.owner) == (
        schedule.report,
        schedule,
        schedule.owner,
    )
    job = run(job)
    assert (job.state, job.rows) == (JobState.DONE, 2)
    mails = Mail.objects.values_list("kind", "recipient")
    assert set(mails) == {
        ("report", "bob@example.com"),
        ("report", "carla@example.com"),
    }
    schedule.refresh_from_db()
    assert schedule.next_at > timezone.now()


@pytest.mark.django_db(transaction=True)
def test_of_several_beats_one_starts_the_run(schedule):
    make_due(schedule)

    def tick(_number: int) -> None:
        schedules.run_if_due(schedule.pk)
        connection.close()

    with ThreadPoolExecutor(4) as beats:
        list(beats.map(tick, range(4)))
    assert Job.objects.count() == 1


def test_an_occurrence_missed_by_hours_runs_once_at_the_return(schedule):
    make_due(schedule, timedelta(hours=23))
    schedules.run_missed()
    schedules.run_missed()
    assert Job.objects.count() == 1


def test_an_occurrence_missed_by_a_day_is_left_out(schedule):
    make_due(schedule, timedelta(days=3))
    schedules.run_missed()
    assert not Job.objects.exists()
    schedule.refresh_from_db()
    assert schedule.next_at > timezone.now()


def test_only_what_changed_is_mailed(schedule):
    schedule.only_if_changed = True
    schedules.save(schedule)
    Category.objects.create(name="Tools")
    jobs = []
    for change in ("", "", "Toys", ""):
        if change:
            Category.objects.create(name=change)
        make_due(schedule)
        jobs.append(run(schedules.run_if_due(schedule.pk)))
    assert [job.mails.count() for job in jobs] == [2, 0, 2, 0]
    assert jobs[1].message == "Nothing changed since the last mail, so none was sent."
    again = run(schedules.run_now(schedule))
    assert again.mails.count() == 2


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_the_same_values_are_the_same_file_whenever_it_was_written(schedule, suffix):
    schedule.report.plan["format"] = suffix
    schedule.report.save()
    schedule.only_if_changed = True
    schedules.save(schedule)
    Category.objects.create(name="Tools")
    digests = set()
    for _time in range(2):
        job = run(schedules.run_now(schedule))
        digests.add(job.file_hash)
        time_passes(files.result_path(job))
    assert len(digests) == 1


def time_passes(path: Path) -> None:
    """Wait until a file written now says another second than this one."""
    end = int(path.stat().st_mtime) + 2
    while clock() < end:
        sleep(0.05)


def test_a_report_that_cannot_be_made_leaves_a_failed_run_and_a_mail(schedule):
    schedule.report.plan["columns"] = ["name", "gone"]
    schedule.report.save()
    make_due(schedule)
    job = run(schedules.run_if_due(schedule.pk))
    assert job.state == JobState.FAILED
    assert '"gone"' in job.message
    mail = Mail.objects.get()
    assert (mail.kind, mail.recipient) == ("schedule_failed", "alice@example.com")


def test_a_report_that_is_not_shared_any_more_leaves_a_failed_run(schedule):
    boss = User.objects.create_user("boss")
    SavedReport.objects.update(owner=boss)
    make_due(schedule)
    job = schedules.run_if_due(schedule.pk)
    assert job.state == JobState.FAILED
    assert job.message == "This report is not shared with you any more."
    assert job.schedule == schedule
    assert Mail.objects.get().kind == "schedule_failed"


def test_a_broken_plan_leaves_a_failed_run(schedule):
    SavedReport.objects.update(plan={"nonsense": 1})
    make_due(schedule)
    job = schedules.run_if_due(schedule.pk)
    assert (job.state, job.message) == (
        JobState.FAILED,
        "Something went wrong on our side.",
    )


def test_nothing_runs_for_a_closed_account(schedule, alice):
    alice.is_active = False
    alice.save()
    make_due(schedule)
    assert schedules.run_if_due(schedule.pk) is None
    schedule.refresh_from_db()
    assert schedule.paused
    assert not Job.objects.exists()
