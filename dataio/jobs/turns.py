"""Whose job is next: people take turns, so that nobody waits for all jobs of another.

A message of the broker is a ticket: it says that a job waits, and whoever takes it runs the
job whose turn it is. There are as many tickets as jobs that wait, so each job is run. Short
jobs and long ones have tickets of their own, see `queue`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, F, Max, Min, Q
from django.utils.translation import ngettext

from dataio.conf import settings
from dataio.errors import TooManyJobs
from dataio.jobs import queue
from dataio.models import Job, JobQuerySet, JobState


@dataclass(frozen=True, kw_only=True, slots=True)
class _Person:
    """Somebody whose jobs wait."""

    waiting: int
    first: datetime
    """When the first of these was accepted."""
    running: int = 0
    served: datetime | None = None
    """When a job of theirs was last worked on."""

    @property
    def turn(self) -> tuple[int, float, datetime]:
        """Who has the least is next: the fewest jobs that run, then the longest wait."""
        served = self.served.timestamp() if self.served else 0.0
        return self.running, served, self.first


def next_job(ticket: uuid.UUID) -> uuid.UUID | None:
    """Return the job that whoever holds the ticket of that job is to claim; None: none waits.

    Within a person's jobs the first that was accepted is next. A job that is tried again
    comes with its own ticket only, which is held back a while.
    """
    lane = queue.short_jobs()
    if not Job.objects.filter(lane, pk=ticket).exists():
        lane = ~lane
    own = Job.objects.filter(pk=ticket, state=JobState.WAITING, tries__gt=0)
    if own.exists():
        return ticket
    waiting = _waiting().filter(lane, tries=0)
    while people := _people(waiting):
        owner = min(people, key=lambda one: people[one].turn)
        first = waiting.filter(owner=owner).order_by("accepted_at", "pk")
        found = first.values_list("pk", flat=True).first()
        # None when somebody took their last job just now: others may still wait.
        if found is not None:
            return found
    return None


def place(job: Job) -> int:
    """Return how many jobs come before one that waits; 0 when it does not wait."""
    if job.state != JobState.WAITING:
        return 0
    waiting = _waiting()
    people = _people(waiting)
    me = people.get(job.owner_id)
    if me is None:
        return 0
    mine = waiting.filter(owner=job.owner_id, accepted_at__lt=job.accepted_at)
    before = mine.count()
    # Each other person has a turn before each of mine; who is served before me, one more.
    others = (
        min(one.waiting, before + (one.turn < me.turn))
        for owner, one in people.items()
        if owner != job.owner_id
    )
    return before + sum(others)


def require_room(job: Job) -> None:
    """Raise TooManyJobs when the owner has as many jobs that wait or run as are allowed.

    What a schedule or the terminal starts is nobody's haste, and not counted against it.
    """
    limit = settings.DATAIO_MAX_JOBS_PER_PERSON
    if not limit or job.owner_id is None or job.schedule_id is not None:
        return
    own = Job.objects.filter(owner=job.owner_id, schedule=None).exclude(pk=job.pk)
    if own.active().count() >= limit:
        text = ngettext(
            "%(count)s job of yours waits or runs, as many as are allowed at one time. "
            "Wait until it has finished, or cancel it.",
            "%(count)s jobs of yours wait or run, as many as are allowed at one time. "
            "Wait until one has finished, or cancel one.",
            limit,
        )
        raise TooManyJobs(text % {"count": limit})


def _waiting() -> JobQuerySet:
    """Return the jobs that wait for any worker: not those that a terminal runs itself."""
    waiting = Job.objects.filter(state=JobState.WAITING)
    return waiting.exclude(sent_at=F("accepted_at"))


def _people(waiting: JobQuerySet) -> dict[int | None, _Person]:
    """Return those whose jobs wait, by their key; None: nobody, as a terminal starts jobs."""
    counted = waiting.order_by().values_list("owner")
    counts = counted.annotate(n=Count("pk"), first=Min("accepted_at"))
    people = {
        owner: _Person(waiting=count, first=first) for owner, count, first in counts
    }
    if len(people) < 2:
        return people
    of_them = Q(owner__in=[owner for owner in people if owner is not None])
    if None in people:
        of_them |= Q(owner=None)
    running = Count("pk", filter=Q(state=JobState.RUNNING))
    served = Job.objects.filter(of_them).order_by().values_list("owner")
    for owner, count, last in served.annotate(n=running, last=Max("beat_at")):
        people[owner] = replace(people[owner], running=count, served=last)
    return people
