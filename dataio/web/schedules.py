"""A schedule as the pages show it: when, what came of it, what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataio.jobs import occurrences
from dataio.models import Job, JobState, Mail, Schedule
from dataio.web.shown import ShownJob

RUNS_SHOWN = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One run of a schedule."""

    shown: ShownJob
    mark: str
    """done, unchanged, failed, cancelled, running or waiting: for its icon and colour."""
    words: str
    why: str = ""
    """Why it failed."""
    errors: list[str]
    """Why mails of it were not sent."""


class ShownSchedule:
    """One schedule."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule

    @property
    def pk(self) -> int:
        return self.schedule.pk

    @property
    def name(self) -> str:
        return self.schedule.report.name

    @property
    def words(self) -> str:
        """Such as "Every weekday at 07:00 (Asia/Ho_Chi_Minh)"."""
        words = occurrences.words(self.schedule)
        return words[:1].upper() + words[1:]

    @property
    def next_words(self) -> str:
        """Day and time of the next run by the clock of its time zone."""
        if self.schedule.next_at is None:
            return ""
        zone = ZoneInfo(self.schedule.time_zone)
        when = timezone.localtime(self.schedule.next_at, zone)
        return f"{date_format(when, 'l j F Y')}, {date_format(when, 'H:i')}"

    @property
    def next_at(self) -> datetime | None:
        return self.schedule.next_at

    @cached_property
    def runs(self) -> list[Run]:
        """The newest runs, the newest first."""
        return [run_of(job) for job in self._jobs[:RUNS_SHOWN]]

    @cached_property
    def last(self) -> Run | None:
        job = self._jobs.first()
        return run_of(job) if job else None

    @property
    def _jobs(self) -> QuerySet[Job]:
        jobs = self.schedule.jobs.order_by("-created_at")
        return jobs.select_related("report", "owner").prefetch_related("mails")


def run_of(job: Job) -> Run:
    """Return what became of one run, in words."""
    mails = list(job.mails.all())
    lost = [mail for mail in mails if mail.state == Mail.State.FAILED]
    errors = [f"{mail.recipient}: {mail.error}" for mail in lost]
    shown = ShownJob(job)
    if job.state != JobState.DONE:
        why = job.message if job.state == JobState.FAILED else ""
        words = shown.state_words
        return Run(shown=shown, mark=job.state, words=words, why=why, errors=errors)
    if not mails:
        return Run(shown=shown, mark="unchanged", words=_("Nothing changed"), errors=[])
    mark = "failed" if lost else "done"
    return Run(shown=shown, mark=mark, words=_mailed(mails), errors=errors)


def _mailed(mails: list[Mail]) -> str:
    waiting = [mail for mail in mails if mail.state != Mail.State.SENT]
    sent = len(mails) - len(waiting)
    if not waiting:
        text = ngettext("Mailed to %(n)s person", "Mailed to %(n)s people", sent)
        return text % {"n": sent}
    if all(mail.state == Mail.State.FAILED for mail in waiting):
        said = {"n": len(waiting), "all": len(mails)}
        return _("%(n)s of %(all)s mails were not sent") % said
    return _("Mails are on their way")
